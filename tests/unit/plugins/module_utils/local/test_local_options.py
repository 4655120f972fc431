"""Mount options of volumes that are mounted, by what the kernel says is in force: tables of (wished, shown) -> what is done and told."""

from __future__ import annotations

import dataclasses
from typing import Any, Sequence

import pytest
from local_wishes import actions, planned, steps
from machines import BASE, GIB, disk, holding, host, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.geometry import Geometry
from ansible_collections.cairn.storage.plugins.module_utils._block.in_force import differences, remounted, unseen
from ansible_collections.cairn.storage.plugins.module_utils._core.mounts import Mount, mountinfo
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._local import fstab
from ansible_collections.cairn.storage.plugins.module_utils._local.model import Entry, Mounted

UUID = "11111111-2222-3333-4444-555555555555"
PATH = f"{BASE}/fs/{UUID}"
#: What Linux 6.1 shows of a mount without options.
PLAIN = {"ext4": "rw", "xfs": "rw,attr2,inode64,logbufs=8,logbsize=32k,noquota", "btrfs": "rw,ssd,discard=async,space_cache=v2,subvolid=5,subvol=/"}
TOLD = frozenset("rw bsddf nogrpid nodiscard delalloc barrier errors=continue commit=5 data=ordered".split())


def mount(kind: str, options: str = "rw,relatime", whole: str = "") -> Mount:
    return mountinfo(f"40 1 8:0 / {PATH} {options} shared:1 - {kind} /dev/sda {whole or PLAIN[kind]}\n")[0]


@pytest.mark.parametrize(
    "kind, wished, options, whole, expected",
    [
        ("xfs", "", "rw,relatime", "", []),
        ("ext4", "", "rw,relatime", "", []),
        ("btrfs", "", "rw,relatime", "", []),
        ("xfs", "noatime nodev nosuid noexec", "rw,nosuid,nodev,noexec,noatime", "", []),
        ("xfs", "atime", "rw,relatime", "", []),
        ("xfs", "strictatime", "rw", "", []),
        ("xfs", "strictatime", "rw,relatime", "", ["strictatime"]),
        ("xfs", "noatime", "rw,relatime", "", ["noatime"]),
        ("xfs", "", "rw,noatime,nodiratime", "", ["relatime", "diratime"]),
        ("xfs", "", "rw,nosuid,nodev,relatime", "", ["suid", "dev"]),
        ("xfs", "", "ro,relatime", "ro,attr2,inode64,noquota", ["rw"]),
        ("xfs", "ro", "ro,relatime", "ro,attr2,inode64,noquota", []),
        ("xfs", "prjquota", "rw,relatime", "rw,inode64,prjquota", []),
        ("xfs", "pquota", "rw,relatime", "rw,inode64,prjquota", []),
        ("xfs", "prjquota", "rw,relatime", "", ["!prjquota"]),
        ("xfs", "", "rw,relatime", "rw,inode64,usrquota,prjquota", ["!no usr quota", "!no prj quota"]),
        ("xfs", "pqnoenforce", "rw,relatime", "rw,inode64,prjquota", ["!pqnoenforce"]),
        ("xfs", "", "rw,relatime", "rw,inode64,discard,noquota", ["!nodiscard"]),
        ("xfs", "inode32", "rw,relatime", "", ["inode32"]),
        ("xfs", "logbsize=32k", "rw,relatime", "", []),
        ("xfs", "logbsize=32768", "rw,relatime", "", []),
        ("xfs", "logbsize=64k", "rw,relatime", "", ["!logbsize=64k"]),
        ("xfs", "", "rw,relatime", "rw,inode64,allocsize=64k,noquota", ["!no allocsize"]),
        ("xfs", "dax", "rw,relatime", "", ["!dax=always"]),
        ("ext4", "commit=30", "rw,relatime", "rw,commit=30", []),
        ("ext4", "commit=30", "rw,relatime", "", ["commit=30"]),
        ("ext4", "", "rw,relatime", "rw,commit=30", ["commit=0"]),
        ("ext4", "commit=5", "rw,relatime", "", []),
        ("ext4", "data=ordered errors=continue", "rw,relatime", "", []),
        ("ext4", "data=journal", "rw,relatime", "", ["!data=journal"]),
        ("ext4", "errors=remount-ro discard", "rw,relatime", "", ["discard", "errors=remount-ro"]),
        ("ext4", "discard", "rw,relatime", "rw,sync,lazytime", ["async", "nolazytime", "discard"]),
        ("ext4", "", "rw,relatime", "rw,dirsync", ["!no dirsync"]),
        ("btrfs", "compress=zstd", "rw,relatime", "rw,compress=zstd:3", []),
        ("btrfs", "compress", "rw,relatime", "rw,compress=zlib:3", []),
        ("btrfs", "compress=none", "rw,relatime", "", []),
        ("btrfs", "compress=zstd:5", "rw,relatime", "rw,compress=zstd:3", ["compress=zstd:5"]),
        ("btrfs", "", "rw,relatime", "rw,autodefrag,compress=lzo", ["noautodefrag", "compress=no"]),
        ("btrfs", "discard=async", "rw,relatime", "", []),
        ("btrfs", "discard", "rw,relatime", "", ["discard"]),
        ("btrfs", "nodiscard", "rw,relatime", "", ["nodiscard"]),
    ],
)
def test_what_is_in_force_is_what_the_kernel_shows(kind: str, wished: str, options: str, whole: str, expected: list) -> None:
    """Those marked with ! take more than a remount."""
    found = differences(kind, wished.split(), mount(kind, options, whole), TOLD if kind == "ext4" else ())
    assert ["!" * (not each.remount) + each.wanted for each in found] == expected


def test_what_ext4_does_not_show_because_it_is_its_own_default_is_in_force() -> None:
    """tune2fs -o discard: the table of mounts leaves it out, /proc/fs/ext4 has it."""
    assert not differences("ext4", ["discard"], mount("ext4"), TOLD - {"nodiscard"} | {"discard"})


def test_what_the_kernel_never_shows_comes_with_a_new_mount() -> None:
    found = list(unseen("ext4", ["nombcache", "noatime", "nofail"], ["stripe=16", "discard", "_netdev"]))
    assert [(each.wanted, each.asked, each.remount) for each in found] == [("nombcache", False, False), ("stripe=16", True, False)]


def test_a_remount_says_again_what_an_older_kernel_would_take_away() -> None:
    wished = ["nodev", "noatime", "discard", "dirsync"]
    assert remounted("ext4", wished, differences("ext4", wished, mount("ext4", "rw,nodev,noatime", "rw,dirsync"))) == ("nodev", "noatime", "discard")


def made(
    wished: Sequence[str], shown: Mount, kind: str = "xfs", before: Sequence[str] = (), used: bool = True, errors: int = 0,
    lacks: frozenset = frozenset(), **device: Any
) -> Plan:
    """The plan for a volume that fstab has with the options ``before`` and the kernel as ``shown``; a pod uses it, or nobody."""
    mounts = (PATH, "/var/lib/kubelet/pods/x/volumes/y") if used else (PATH,)
    volume = dataclasses.replace(holding(disk("a"), kind, UUID, "cl-fs"), mounts=mounts, **device)
    wanted = {"name": "fs", "fs_type": kind, "devices": [wwn("a")], "mount_options": list(wished), "grow": True}
    return planned(
        host(volume),
        wanted,
        entries=(Entry("fs", UUID, PATH, False, "sda", GIB),),
        text=fstab.line(UUID, PATH, kind, before, "fs", wwn("a")) + "\n",
        observed={"mounted": {PATH: Mounted(shown, TOLD if kind == "ext4" else frozenset(), errors, lacks)}},
    )


def test_what_a_remount_brings_is_remounted() -> None:
    plan = made(["noatime"], mount("xfs"), before=["noatime"])
    assert steps(plan) == [f"mount --options remount,noatime {wwn('a')} {PATH}"] and not plan.warnings, "fstab had it, the kernel had not"
    plan = made([], mount("xfs", "rw,noatime,nosuid"), before=["noatime", "nosuid"])
    assert steps(plan)[0] == f"mount --options remount,relatime,suid {wwn('a')} {PATH}" and actions(plan)[1:] == ["update file /etc/fstab"]
    assert actions(made([], mount("xfs", "ro,relatime", "ro,inode64,noquota"))) == [f"remount local volume fs on {wwn('a')}"]


def test_what_takes_a_new_mount_is_mounted_anew_where_nobody_uses_it() -> None:
    plan = made(["prjquota"], mount("xfs"), used=False)
    assert actions(plan) == ["try mount options of class fs", f"remount local volume fs on {wwn('a')}", "update file /etc/fstab"]
    assert steps(plan)[1] == f"mount {wwn('a')} at {PATH} anew with prjquota"
    assert actions(made([], mount("xfs", whole="rw,inode64,discard"), used=False)) == [f"remount local volume fs on {wwn('a')}"]


def test_what_takes_a_new_mount_is_tried_written_and_told_where_a_pod_uses_it() -> None:
    plan = made(["prjquota"], mount("xfs"))
    assert actions(plan) == ["try mount options of class fs", "update file /etc/fstab"] and "without prjquota" in plan.warnings[0]
    later = made(["prjquota"], mount("xfs"), before=["prjquota"])
    assert actions(later) == [] and "/var/lib/kubelet/pods/x" in later.warnings[0] and "reboot" in later.warnings[0]
    assert [each["entry"] for each in later.after.degraded] == [UUID] and not later.after.volumes[0].degraded, "it is there to be used"
    both = made(["noatime", "prjquota"], mount("xfs", whole="rw,inode64,usrquota"), before=["noatime", "prjquota"])
    assert actions(both) == [f"remount local volume fs on {wwn('a')}"] and "with usrquota and without prjquota" in both.warnings[0]


def test_what_the_device_cannot_do_is_said_and_not_tried_again_and_again() -> None:
    plan = made(["discard", "dax"], mount("xfs"), before=["discard", "dax"], used=False, lacks=frozenset(("discard", "dax=always")))
    assert actions(plan) == [] and "does without discard and dax=always" in plan.warnings[0] and not plan.after.degraded


@pytest.mark.parametrize(
    "shown, errors, says",
    [
        (mount("ext4", "rw,relatime", "ro"), 0, "turned read-only by the kernel"),
        (mount("ext4"), 3, "on record (3)"),
    ],
)
def test_a_damaged_file_system_is_neither_remounted_nor_grown(shown: Mount, errors: int, says: str) -> None:
    plan = made(["noatime"], shown, "ext4", before=["noatime"], errors=errors, geometry=Geometry(4096, GIB // 4096))
    assert actions(plan) == [] and says in plan.warnings[0] and "e2fsck" in plan.warnings[0]
    assert plan.after.volumes[0].degraded == (not errors)
    assert any(step.startswith("grow ext4") for step in steps(made([], mount("ext4"), "ext4", geometry=Geometry(4096, GIB // 4096))))


def test_what_a_superblock_says_of_errors_is_told_of_one_volume_and_stops_no_other() -> None:
    small, stuck = Geometry(4096, GIB // 4096), {"stuck": "has recorded errors", "mend": "e2fsck -f"}
    plan = made([], mount("ext4"), "ext4", geometry=small, **stuck)
    assert actions(plan) == [] and "has recorded errors, and does not grow" in plan.warnings[0]
    # One that a person mounted read-only, which the block room tells in the same way, is remounted and grows.
    plan = made([], mount("ext4", "ro,relatime", "ro"), "ext4", geometry=small, stuck="is mounted read-only at x", mend="mount")
    assert actions(plan) == [f"remount local volume fs on {wwn('a')}", f"grow file system {wwn('a')}"]


def test_a_class_that_is_read_only_does_not_grow() -> None:
    shown = mount("ext4", "ro,relatime", "ro")
    plan = made(["ro"], shown, "ext4", before=["ro"], geometry=Geometry(4096, GIB // 4096))
    assert actions(plan) == [] and "does not grow" in plan.warnings[0]


def test_a_device_that_is_read_only_is_not_remounted() -> None:
    plan = made([], mount("xfs", "ro,relatime", "ro,inode64,noquota"), read_only=True, geometry=Geometry(4096, GIB // 4096))
    assert actions(plan) == [] and "as the device itself is" in plan.warnings[0]


@pytest.mark.parametrize("options, tried", [([], False), (["noatime", "nodev", "discard"], False), (["logbsize=64k"], True), (["nosymfollow"], True)])
def test_options_are_tried_before_a_disk_is_formatted(options: list, tried: bool) -> None:
    plan = planned(host(holding(disk("a"), "ext4", "precious")), {"name": "fs", "devices": [wwn("a")], "mount_options": options}, wipe={wwn("a"): "precious"})
    assert (actions(plan)[0] == "try mount options of class fs") == tried
    assert [action.verb for action in plan.actions if action.verb != "try"] == ["wipe", "format", "publish", "update"]
