"""What LVM on a real machine sees of a disk that was given to a pod, which partitions it and makes a volume group in a partition."""

from __future__ import annotations

from typing import Iterator

import pytest
from host_play import ERASE, changed, disk_ids, own_node, play, plugged, shell

NODE = own_node()
NUMBERS = (13, 14)
OURS, THEIRS = IDS = disk_ids(NODE, NUMBERS)
LOCAL = "/etc/lvm/lvmlocal.conf"
#: As the version before wrote it for a disk that a pod had.
BEFORE = f"^{THEIRS.replace('-', chr(92) + '-')}$"

CLEAN = f"""{ERASE}
[ ! -e /root/lvmlocal.filter ] || cp /root/lvmlocal.filter {LOCAL}
vgremove -qq --force --yes filterours podgroup 2>/dev/null
rm -f /etc/lvm/backup/filterours /etc/lvm/backup/podgroup
for id in {' '.join(IDS)}; do if [ -e "$id" ]; then wipefs -qa "$id"-part* 2>/dev/null; erase "$id"; fi; done
udevadm settle
true
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """A volume group of the machine's in a partition, and one that a pod wrote in a partition of its disk: the machine's LVM made only the first."""
    with plugged(NODE, NUMBERS, CLEAN):
        shell(
            NODE,
            f"""set -e
            {ERASE}
            cp {LOCAL} /root/lvmlocal.filter; sed -i '/BEGIN cairn/,/END cairn/d' {LOCAL}
            for id in {OURS} {THEIRS}; do printf 'label: gpt\\n,\\n' | partition "$id"; done
            vgcreate -qq filterours {OURS}-part1; lvcreate -qq -an -Zn -n data -L 16M filterours
            vgcreate -qq podgroup {THEIRS}-part1; lvcreate -qq -an -Zn -n data -L 16M podgroup
            rm /etc/lvm/backup/podgroup""",
        )
        yield


def task(*disks: str, reject: tuple = ("^/dev/rbd",)) -> dict:
    return {"cairn.storage.lvm_device_filter": {"reject": list(reject), "disks": list(disks)}}


def known() -> set:
    """Volume groups that LVM tells of after the kernel has read the partition table again."""
    shell(NODE, f"blockdev --rereadpt {THEIRS}; udevadm settle")
    return set(shell(NODE, "vgs --noheadings -o vg_name").split())


def test_a_volume_group_in_a_partition_of_a_pods_disk_is_not_the_machines() -> None:
    assert changed(play(NODE, task(reject=("^/dev/rbd", BEFORE)))) == [True]
    assert known() >= {"filterours", "podgroup"}, "the expression of the version before let it pass"
    assert changed(play(NODE, task(THEIRS), task(THEIRS))) == [True, False]
    assert "filterours" in known() and "podgroup" not in known()
    assert "-part[0-9]+)?$" in shell(NODE, f"grep global_filter {LOCAL}")
    # The reading before the mend had it activated, which lasts until it is undone or the machine boots.
    shell(NODE, f"dmsetup remove --retry podgroup-data 2>/dev/null; blockdev --rereadpt {THEIRS}; udevadm settle; vgchange -qq -ay; true")
    mapped = shell(NODE, "dmsetup ls")
    assert "filterours" in mapped and "podgroup" not in mapped


def test_a_partition_that_the_machine_uses_is_not_hidden() -> None:
    before = shell(NODE, f"cat {LOCAL}")
    (refused,) = play(NODE, task(THEIRS, OURS))
    assert (refused["error"]["code"], refused["error"]["parameter"]) == ("filter-hides-pv", "disks[1]")
    assert shell(NODE, f"cat {LOCAL}") == before and "filterours" in known()
