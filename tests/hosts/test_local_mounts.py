"""Local volumes behind symbolic links, their mount options as the kernel has them, and a machine's own configuration in the way."""

from __future__ import annotations

from typing import Any, Iterator

import pytest
from host_play import ERASE, FORGET, changed, disk_ids, own_node, play, plugged, shell, volumes

NODE = own_node()
DISKS = (13, 14)
IDS = disk_ids(NODE, DISKS)
#: The folder as it is written, and as the kernel names it.
WRITTEN, REAL = "/var/lib/lt-link/local-volumes", "/srv/lt-big/cairn/local-volumes"

XFS = {"name": "lt-xfs", "devices": [IDS[0]]}
RAW = {"name": "lt-raw", "volume_mode": "Block", "devices": [IDS[1]]}
EXT4 = {"name": "lt-ext4", "fs_type": "ext4", "devices": [IDS[1]]}

CLEAN = f"""{ERASE}
for entry in {REAL}/lt-*/*; do
  umount -l /mnt/lt-pod 2>/dev/null
  while mountpoint -q "$entry"; do umount -l "$entry"; done
  if [ -d "$entry" ]; then chattr -i "$entry"; fi
done
rm -rf /srv/lt-big /var/lib/lt-link /var/lib/lt-open /mnt/lt-pod /run/lt-fstab
{FORGET}
chattr -i /etc/fstab
sed -i '/x-cairn.class=lt-/d' /etc/fstab
for id in {' '.join(IDS)}; do [ ! -e "$id" ] || erase "$id"; done
systemctl daemon-reload
true
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """The disks, and the link as on a machine whose big disk is at /srv."""
    with plugged(NODE, DISKS, CLEAN):
        shell(NODE, "mkdir -p /srv/lt-big/cairn /mnt/lt-pod; ln -s ../../srv/lt-big/cairn /var/lib/lt-link")
        yield


def given(*classes: dict, **options: Any) -> dict:
    return volumes(*classes, base_dir=WRITTEN, **options)


def shown(storage_class: str) -> set[str]:
    """The options that the kernel shows of the one volume of a class."""
    return set(shell(NODE, f"findmnt -rno VFS-OPTIONS,FS-OPTIONS {REAL}/{storage_class}/*").replace(" ", ",").strip().split(","))


def fstab() -> str:
    return shell(NODE, "cat /etc/fstab")


def test_a_base_dir_behind_a_symbolic_link__scylla_operator_2029() -> None:
    made = play(NODE, given(XFS, RAW), given(XFS, RAW))
    assert changed(made) == [True, False]
    path = made[0]["entries"][0]["path"]
    assert path.startswith(f"{WRITTEN}/lt-xfs/"), "the cluster knows it by what was written"
    assert f" {REAL}/lt-xfs/" in fstab() and WRITTEN not in fstab(), "what boots before the link is there can be done by it"
    # As the version before left it: the line and the record by the written path.
    shell(NODE, f"sed -i 's#{REAL}#{WRITTEN}#' /etc/fstab; sed -i 's#\"{REAL}\"#\"{WRITTEN}\"#' /var/lib/cairn-storage/records/local-volumes.json; systemctl daemon-reload")
    number = shell(NODE, f"findmnt -rno ID {REAL}/lt-xfs/*")
    taken = play(NODE, given(XFS, RAW), given(XFS, RAW))
    assert changed(taken) == [True, False] and {action["name"].rpartition("/")[2] for action in taken[0]["actions"]} == {"fstab", "local-volumes.json"}
    assert shell(NODE, f"findmnt -rno ID {REAL}/lt-xfs/*") == number, "it stayed mounted" and WRITTEN not in fstab()
    absent = [{"name": item["name"], "state": "absent"} for item in (XFS, RAW)]
    published = [{"class": "other", "entry": "x", "volume": "pv", "path": path}]
    gone = play(NODE, given(*absent, published=published), given(*absent, published=[]), given(*absent, published=[]))
    assert gone[0]["error"]["code"] == "class-published" and changed(gone[1:]) == [True, False]
    assert "lt-" not in fstab() and not shell(NODE, f"findmnt -rno TARGET | grep {REAL} || true")


def test_links_that_others_could_lead_elsewhere_or_that_lead_nowhere() -> None:
    shell(NODE, "mkdir -m 777 /var/lib/lt-open; ln -s /srv/lt-big /var/lib/lt-open/link; ln -s /srv/lt-big/none /var/lib/lt-open/none; ln -s loop /srv/lt-big/loop")
    bases = ("/var/lib/lt-open/link/v", "/var/lib/lt-open/none/v", "/srv/lt-big/loop/v")
    told = play(NODE, *(volumes(XFS, base_dir=base) for base in bases), volumes(XFS, base_dir="/var/lib/lt-open/plain", check=True))
    assert [result.get("error", {}).get("code") for result in told] == ["link-foreign", "link-astray", "link-astray", None]
    assert "/var/lib/lt-open" in told[0]["error"]["found"] and not shell(NODE, "ls /srv/lt-big/v 2>/dev/null || true")


def test_mount_options_are_those_in_force__ansible_30848_and_openebs_129() -> None:
    first = play(
        NODE,
        given({**XFS, "mount_options": ["noatime", "nodev", "discard"]}, EXT4),
        given({**XFS, "mount_options": ["noatime", "nodev", "discard"]}, EXT4),
    )
    assert changed(first) == [True, False] and {"noatime", "nodev", "discard"} <= shown("lt-xfs")
    # a: taken away, b: not for a remount, and nobody uses the volume.
    second = play(NODE, given({**XFS, "mount_options": ["prjquota"]}, EXT4), given({**XFS, "mount_options": ["prjquota"]}, EXT4))
    assert changed(second) == [True, False] and "prjquota" in shown("lt-xfs") and not {"noatime", "nodev", "discard"} & shown("lt-xfs")
    # The same while a pod uses it: written, told, and done once it is gone. What a remount brings is brought.
    shell(NODE, f"mount --bind {REAL}/lt-xfs/* /mnt/lt-pod")
    used = [given({**XFS, "mount_options": ["noatime"]}, {**EXT4, "mount_options": ["commit=30"]}) for _ in range(2)]
    third = play(NODE, *used)
    assert changed(third) == [True, False] and "prjquota" in shown("lt-xfs") and {"rw", "commit=30"} <= shown("lt-ext4")
    assert all("prjquota" in result["degraded"][0]["reason"] and "/mnt/lt-pod" in result["degraded"][0]["reason"] for result in third)
    assert f"{REAL}/lt-xfs" in fstab() and "prjquota" not in fstab() and "noatime" in fstab()
    shell(NODE, "umount /mnt/lt-pod")
    assert changed(play(NODE, *used)) == [True, False] and "noatime" in shown("lt-xfs") and "prjquota" not in shown("lt-xfs")


def test_options_that_the_kernel_refuses_change_nothing() -> None:
    before = fstab(), shown("lt-ext4"), shown("lt-xfs")
    new = [{**XFS, "mount_options": ["noatime"]}, {**EXT4, "mount_options": ["prjquota"]}]
    # c: ext4 needs a feature for that. e: what passes the list of options, and not the kernel.
    refused = play(NODE, given(*new), given({**XFS, "mount_options": ["noatime", "logbsize=5000"]}, {**EXT4, "mount_options": ["commit=30"]}))
    assert [result["error"]["code"] for result in refused] == ["mount-option-untaken"] * 2
    assert (fstab(), shown("lt-ext4"), shown("lt-xfs")) == before
    assert not shell(NODE, "ls -d /var/tmp/cairn-try-* 2>/dev/null; losetup --all")


def test_a_volume_that_became_read_only() -> None:
    wanted = [{**XFS, "mount_options": ["noatime"], "grow": True}, {**EXT4, "mount_options": ["commit=30"], "grow": True}]
    shell(NODE, f"mount -o remount,ro {REAL}/lt-xfs/*")
    assert changed(play(NODE, given(*wanted), given(*wanted))) == [True, False] and {"rw", "noatime"} <= shown("lt-xfs")
    # As after an error, with errors=remount-ro.
    device = shell(NODE, f"basename $(readlink -f {IDS[1]})").strip()
    shell(NODE, f"mount -o remount,errors=remount-ro {REAL}/lt-ext4/*; echo 1 > /sys/fs/ext4/{device}/trigger_fs_error; sleep 1")
    told = play(NODE, given(*wanted))
    assert changed(told) == [False] and "read-only by the kernel" in told[0]["degraded"][0]["reason"] and "e2fsck" in told[0]["degraded"][0]["reason"]
    assert {entry["class"]: entry["degraded"] for entry in told[0]["entries"]} == {"lt-xfs": False, "lt-ext4": True}
    shell(NODE, f"umount {REAL}/lt-ext4/*; e2fsck -fy {IDS[1]} || true")
    assert changed(play(NODE, given(*wanted), given(*wanted))) == [True, False] and {"rw", "commit=30"} <= shown("lt-ext4")
