"""Situations that people reported of disks: what is held, what is no disk, and what they call a disk."""

from __future__ import annotations

from typing import Any, Iterator

import pytest
from host_play import ERASE, changed, disk_ids, layout, own_node, play, plugged, shell, volumes

NODE = own_node()
NUMBERS = (8, 9, 10)
HELD, SCRATCH, PARTED = disk_ids(NODE, NUMBERS)
#: A process in this mount namespace has a logical volume of the group as its /, as one of a machine with the system in its one group.
ROOT, PYTHON = "/run/fieldroot", "/run/field-python"

CLEAN = f"""{ERASE}
umount {ROOT}/ns {ROOT} 2>/dev/null; rm -rf {ROOT} {PYTHON}
swapoff /dev/fielddata/swap 2>/dev/null
umount /opt 2>/dev/null
for group in fielddata fieldnew fieldparts; do vgremove -qq --force --yes $group; rm -f /etc/lvm/backup/$group; done 2>/dev/null
for id in {HELD} {SCRATCH} {PARTED}; do [ ! -e "$id" ] || {{ erase "$id"*; blockdev --rereadpt "$id"; }}; done 2>/dev/null
rm -rf /dev/md; udevadm settle; modprobe -qr scsi_debug zram nbd
udevadm settle
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """Three blank disks."""
    with plugged(NODE, NUMBERS, CLEAN):
        yield


def info(**options: Any) -> dict:
    return {"cairn.storage.block_device_info": options}


def told(result: dict) -> Any:
    """Code of a refusal, else whether something changed."""
    return result["error"]["code"] if result.get("failed") and "error" in result else result.get("msg") if result.get("failed") else result["changed"]


OPT = {"name": "opt", "size": "100MiB", "filesystem": {"type": "ext4", "label": "données"}}
SWAP = {"name": "swap", "size": "40MiB"}
SELF = {"name": "root", "size": "60MiB", "filesystem": {"type": "ext4"}}


def data(devices: Any, **values: Any) -> dict:
    return {"name": "fielddata", "devices": devices, "logical_volumes": [OPT, SWAP, SELF], **values}


SERIAL = {"serial": HELD.rpartition("wwn-0x6001405")[2][:16] + "$", "only_unused": True}
RULES = [{"name": "held", "id": HELD.rpartition("/")[2] + "$"}]


def wishes(**task: Any) -> list[dict]:
    """The same wish in all forms, and those that want something new of it."""
    tasks = (
        layout(data([HELD])),
        layout(data(SERIAL)),
        layout(data({"rule": "held"}), disk_rules=RULES),
        layout({"name": "fieldnew", "devices": [HELD]}),
        layout({"name": "fieldnew", "devices": {"id": HELD.rpartition("/")[2] + "$"}}),
    )
    return [{**each, **task} for each in tasks]


OUTCOMES = [False, False, False, "system-disk", "system-disk"]


def test_what_is_held_is_managed_whatever_the_machine_has_on_it__homelab_40_rook_9267_homestead_1415() -> None:
    assert changed(play(NODE, layout(data([HELD])))) == [True]
    shell(
        NODE,
        f"""mkswap -q /dev/fielddata/swap && swapon /dev/fielddata/swap && mount /dev/fielddata/opt /opt
        mkdir -p {ROOT}; mount -t tmpfs none {ROOT}; mount --make-private {ROOT}; touch {ROOT}/ns
        cat > {ROOT}/enter <<'END'
mkdir {ROOT}/new && mount /dev/fielddata/root {ROOT}/new && cd {ROOT}/new && mkdir old
for each in bin sbin lib lib64 usr etc var dev proc sys run tmp root opt; do
  [ -L /$each ] && cp -a /$each . || {{ mkdir -p $each; mount --rbind /$each $each; }}
done
pivot_root . old && umount -l /old
END
        unshare --mount={ROOT}/ns --propagation private bash {ROOT}/enter
        printf '#!/bin/sh\\nexec nsenter --mount={ROOT}/ns python3 "$@"\\n' > {PYTHON}; chmod +x {PYTHON}""",
    )
    seen = shell(NODE, f"nsenter --mount={ROOT}/ns findmnt -no SOURCE /; findmnt -no SOURCE /opt; swapon --noheadings --show=NAME")
    assert seen.split()[:2] == ["/dev/mapper/fielddata-root", "/dev/mapper/fielddata-opt"] and "/dev/dm-" in seen
    local = volumes({"name": "fieldlocal", "fs_type": "ext4", "logical_volumes": {"volume_group": "fielddata", "count": 1, "size": "20MiB"}})
    results = play(
        NODE,
        *wishes(),
        *wishes(vars={"ansible_python_interpreter": PYTHON}),
        {"cairn.storage.lvm_volume_group": {"name": "fielddata", "devices": [HELD]}, "vars": {"ansible_python_interpreter": PYTHON}},
        info(disk_rules=RULES),
        layout(data([HELD, SCRATCH]), check=True),
        layout(data([HELD, SCRATCH])),
        layout(data([HELD], remove_devices=[SCRATCH])),
        {**local, "vars": {"ansible_python_interpreter": PYTHON}, "check_mode": True},
    )
    assert [told(each) for each in results] == [*OUTCOMES, *OUTCOMES, False, False, True, True, True, True]
    assert shell(NODE, "vgs --noheadings -o pv_count,lv_count fielddata").split() == ["1", "3"]
    assert "données" in shell(NODE, "blkid -p -o value -s LABEL /dev/fielddata/opt; tune2fs -l /dev/fielddata/opt | grep volume.name")


def new(*devices: str) -> dict:
    return layout({"name": "fieldnew", "devices": list(devices)}, check=True)


PART = f"{PARTED}-part1"
#: What people call devices.
CALLED = (
    ("PARTUUID=11111111-0000-4000-8000-000000000001", "PARTLABEL=field b", "/dev/md/data ", "/dev/disk/by-id/dm-name-fielddata-a"),
    ("/dev/disk/by-partuuid/11111111-0000-4000-8000-000000000002", "/dev/disk/by-partlabel/field\\x20dé"),
)


def test_what_is_a_disk_and_what_it_is_called__linux_system_roles_92_lsp_130_jetlag_274_lvm2_181() -> None:
    shell(NODE, CLEAN)
    table = "".join(
        f"size=60M, uuid=11111111-0000-4000-8000-00000000000{number}, name=\\\"{name}\\\", type={kind}\\n"
        for number, (name, kind) in enumerate((("field dé", "L"), ("field b", "L"), ("field efi", "U")), 1)
    )
    # The link stands for an array's: the lab has no mdadm, and udev makes just such a link to /dev/md127.
    shell(
        NODE,
        f"""{ERASE}
        printf "{table}" | partition {PARTED} --label gpt
        modprobe scsi_debug removable=1 dev_size_mb=64; modprobe zram num_devices=1; echo 64M > /sys/block/zram0/disksize; modprobe nbd nbds_max=1
        vgcreate -q fielddata {HELD}; lvcreate -qqy -Wn -L 40M -n a fielddata; blkdiscard --zeroout /dev/fielddata/a
        mkdir -p /dev/md; udevadm settle; ln -s $(readlink -f {SCRATCH}) /dev/md/data""",
    )
    (stick,) = shell(NODE, "ls /dev/disk/by-id/wwn-0x333333* ").split()
    lv = {"name": "a", "size": "40MiB", "filesystem": {"type": "ext4", "label": "données"}}
    held = {"name": "fielddata", "devices": [HELD], "logical_volumes": [{"name": "a", "size": "40MiB"}, {**lv, "name": "b"}]}
    small = {"size_max": "65MiB", "only_unused": True}
    parts = {"partition_label": "^field", "serial": PARTED.rpartition("wwn-0x6001405")[2][:16] + "$", "only_unused": "yes"}
    none = {"size_min": "1PiB", "at_least": "0"}
    unmade = {"name": "fieldnew", "devices": none, "logical_volumes": [lv]}
    linear = {"name": "fieldother", "logical_volumes": {"volume_group": "fieldnew", "count": 1, "size": "20MiB"}}
    first = play(
        NODE,
        layout(held),
        info(selector=small, allow_kernel_names=True),
        info(selector={**small, "removable": False, "at_least": 0}, allow_kernel_names=True),
        volumes({"name": "fieldlocal", "devices": ["/dev/zram0"]}, check=True, allow_kernel_names=True),
        info(selector=parts),
        info(disk_rules=[{"id": f"{SCRATCH.rpartition('/')[2]}$"}], selector={"id": f"{SCRATCH.rpartition('/')[2]}$", "at_least": 0}),
        layout(unmade),
        volumes({"name": "fieldlocal", "devices": none}, linear, pending={"volume_groups": [], "left_out": ["fieldnew"]}),
        *(new(*names) for names in CALLED),
        new("/dev/disk/by-id/lvm-pv-uuid-abc"),
    )
    assert [told(each) for each in first] == [
        *(True, False, False, "device-virtual", False, False, False, False),
        *(True, True, "device-content"),
    ]
    _made, any_small, fixed, _class, by_label, nameless, left, classes = first[:8]
    assert (any_small["selected"], fixed["selected"]) == ([stick], [])
    assert not [each for each in any_small["devices"] if each["kernel_name"].startswith(("zram", "nbd", "ram"))]
    assert [each["removable"] for each in any_small["devices"] if each["id"] == stick] == [True]
    assert by_label["selected"] == [PART, f"{PARTED}-part2"], "not the one for the firmware"
    assert nameless["rules"] == {"disk_rules[0]": [SCRATCH]} and nameless["selected"] == []
    assert left["after"]["left_out"] == ["fieldnew"] and [each["class"] for each in classes["left_out"]] == ["fieldlocal", "fieldother"]
    shell(NODE, "tune2fs -L $(printf 'donn\\351es') /dev/fielddata/b >/dev/null")
    parted = layout({"name": "fieldparts", "devices": parts})
    assert changed(play(NODE, parted, parted, layout(held), layout(held))) == [True, False, True, False]
    assert shell(NODE, "vgs --noheadings -o pv_count fieldparts; blkid -p -o export /dev/fielddata/b | grep ^LABEL").split() == ["2", "LABEL=donnM-CM-)es"]
