"""Local volumes on a machine in a bad way, or with a configuration of its own: each is repaired, told, or refused before the first step."""

from __future__ import annotations

from typing import Any, Iterator

import pytest
from host_play import ERASE, FORGET, changed, disk_ids, layout, own_node, play, plugged, script, shell, volumes

NODE = own_node()
DISKS = (13, 14)
IDS = disk_ids(NODE, DISKS)
BASE = "/var/lib/cairn-storage/local-volumes"
GROUP = "ltmachine"

XFS = {"name": "lt-xfs", "devices": [IDS[0]], "mount_options": ["noatime"]}


def sized(size: str) -> dict:
    return {"name": "lt-ext4", "fs_type": "ext4", "grow": True, "logical_volumes": {"volume_group": GROUP, "count": 1, "size": size}}


CLEAN = f"""{ERASE}
mountpoint -q /etc && umount /etc
chattr -i /etc/fstab
rm -f /etc/systemd/system/*lt*xfs*.mount /run/lt-python
for entry in {BASE}/lt-*/*; do
  while mountpoint -q "$entry"; do umount -l "$entry"; done
  if [ -d "$entry" ]; then chattr -i "$entry"; fi
done
rm -rf {BASE}/lt-* {BASE}/.kept/lt-*
{FORGET}
sed -i '/x-cairn.class=lt-/d; /lt-foreign/d' /etc/fstab
vgremove -qq --force --yes {GROUP} 2>/dev/null
rm -f /etc/lvm/backup/{GROUP}
for id in {' '.join(IDS)}; do [ ! -e "$id" ] || erase "$id"; done
systemctl daemon-reload
true
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """A volume group that somebody made by hand, and a blank disk."""
    with plugged(NODE, DISKS, CLEAN):
        shell(NODE, f"pvcreate -qq {IDS[1]}; vgcreate -qq -s 8M {GROUP} {IDS[1]}; lvcreate -qq -y -L 64M -n hers {GROUP}; mkfs.ext4 -q /dev/{GROUP}/hers")
        yield


def codes(results: list[dict]) -> list[Any]:
    return [result.get("error", {}).get("code", result.get("changed")) for result in results]


def test_a_volume_group_made_by_hand_is_taken_in_without_its_devices() -> None:
    as_found = {"name": GROUP}
    listed = {"name": GROUP, "devices": [IDS[1]], "logical_volumes": [{"name": "hers", "size": "64MiB"}]}
    new = {"name": GROUP, "logical_volumes": [{"name": "ours", "size": "16MiB"}]}
    results = play(NODE, layout(as_found), layout(listed), layout(new), layout(new), layout({"name": "ltnone"}))
    assert codes(results) == [False, False, True, False, "vg-devices"]
    assert "hers" in shell(NODE, f"lvs --noheadings -o lv_name {GROUP}")


def test_what_a_volume_made_by_hand_leads_to_is_not_given_out() -> None:
    published = [{"class": "by-hand", "entry": "x", "volume": "pv-by-hand", "path": path} for path in (IDS[0], f"/dev/{GROUP}/ours")]
    raw = {"name": "lt-raw", "volume_mode": "Block"}
    unused = {"serial": IDS[0][-25:-9], "only_unused": True}
    results = play(
        NODE, *(volumes({**raw, "devices": devices}, published=published) for devices in ([IDS[0]], [f"/dev/{GROUP}/ours"], unused))
    )
    assert codes(results) == ["device-taken", "device-taken", "rule-no-disk"]
    assert all("pv-by-hand" in result["error"]["found"] for result in results) and not shell(NODE, f"ls {BASE}/lt-raw 2>/dev/null || true")


def test_a_strange_path_no_environment_and_any_umask() -> None:
    wrapper = r"#!/bin/sh\numask 000\ncd /\nexec /usr/bin/env -i PATH=/nonexistent /usr/bin/python3 \"$@\"\n"
    shell(NODE, f"printf '{wrapper}' > /run/lt-python; chmod 755 /run/lt-python")
    bare = {"vars": {"ansible_python_interpreter": "/run/lt-python"}}
    wanted = [XFS, sized("64MiB")]
    made = play(NODE, {**volumes(*wanted), **bare}, volumes(*wanted), {**volumes(*wanted), **bare})
    assert changed(made) == [True, False, False]
    assert not shell(NODE, f"find {BASE} /var/lib/cairn-storage -maxdepth 2 -perm /022 ! -type l")


def test_a_volume_that_became_read_only_or_has_errors() -> None:
    wanted, larger = [{**XFS, "grow": True}, sized("64MiB")], [{**XFS, "grow": True}, sized("128MiB")]
    options = script(f"findmnt -rno VFS-OPTIONS,FS-OPTIONS {BASE}/lt-xfs/*")
    _by_hand, repaired, now, again = play(NODE, script(f"mount -o remount,ro {BASE}/lt-xfs/*"), volumes(*wanted), options, volumes(*wanted))
    assert changed([repaired, again]) == [True, False] and now["stdout"].startswith("rw,noatime rw")
    # The file system alone, which is what the kernel does; and ext4 with an error on record.
    damage = f"mount -o remount,ro=fs {BASE}/lt-xfs/*; echo 1 > /sys/fs/ext4/$(basename $(readlink -f /dev/{GROUP}/lt-ext4-1))/trigger_fs_error"
    size = script(f"lvs --noheadings --units m -o lv_size {GROUP}/lt-ext4-1")
    _damage, told, left, kept = play(NODE, script(damage), volumes(*larger), options, size)
    assert changed([told]) == [False] and left["stdout"].startswith("rw,noatime ro")
    assert kept["stdout"].strip() == "64.00m", "LVM did not grow it either"
    reasons = {each["class"]: each["reason"] for each in told["degraded"]}
    assert "read-only by the kernel" in reasons["lt-xfs"] and "e2fsck" in reasons["lt-ext4"]
    assert {entry["class"]: entry["degraded"] for entry in told["entries"]}["lt-xfs"]
    repair = script(f"umount {BASE}/lt-xfs/* {BASE}/lt-ext4/*; e2fsck -fy /dev/{GROUP}/lt-ext4-1 || test $? = 1")
    _repair, mended, grown, settled, after = play(NODE, repair, volumes(*wanted), volumes(*larger), volumes(*larger), size)
    assert changed([mended, grown, settled]) == [True, True, False] and after["stdout"].strip() == "128.00m"


def test_what_cannot_be_written_is_refused_before_the_first_step() -> None:
    wanted, other = [XFS, sized("128MiB")], [{**XFS, "mount_options": ["nodev"]}, sized("128MiB")]
    look = script(f"findmnt -rno OPTIONS {BASE}/lt-xfs/*; cat /etc/fstab")
    before, _closed, same, refused, _open, _fixed, fixed, _loose, after = play(
        NODE, look, script("mount --bind /etc /etc; mount -o remount,bind,ro /etc"), volumes(*wanted), volumes(*other), script("umount /etc"),
        script("chattr +i /etc/fstab"), volumes(*other), script("chattr -i /etc/fstab"), look,
    )  # fmt: skip
    assert codes([same, refused, fixed]) == [False, "file-closed", "file-closed"] and before["stdout"] == after["stdout"]
    assert "read-only" in refused["error"]["found"] and "immutable" in fixed["error"]["found"]


def test_units_and_lines_of_others() -> None:
    wanted = [XFS, sized("128MiB")]
    unit = f"/etc/systemd/system/$(systemd-escape --path --suffix=mount {BASE}/lt-xfs/*)"
    written = script(rf"printf '[Mount]\nWhat=/dev/none\nWhere=%s\n' {BASE}/lt-xfs/* > {unit}; cp /etc/fstab /run/lt-fstab")
    stranger = script(f'rm {unit}; sed -i /lt-xfs/d /etc/fstab; echo "LABEL=cl-lt-xfs $(echo {BASE}/lt-xfs/*)/ xfs defaults 0 0" >> /etc/fstab')
    edited = script(rf"cp /run/lt-fstab /etc/fstab; sed -i 's#^{IDS[0]}#LABEL=cl-lt-xfs#' /etc/fstab; printf '# lt-foreign\r\n# x\vlt-foreign' >> /etc/fstab")
    _unit, by_unit, _line, by_line, _edited, mended, settled, table = play(
        NODE, written, volumes(*wanted), stranger, volumes(*wanted), edited, volumes(*wanted), volumes(*wanted), script("cat -v /etc/fstab")
    )
    assert codes([by_unit, by_line, mended, settled]) == ["unit-foreign", "fstab-foreign", True, False]
    assert "# lt-foreign^M\n# x^Klt-foreign" in table["stdout"] and "LABEL=" not in table["stdout"]
