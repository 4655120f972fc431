"""A volume whose file system is not seen any more is damaged, not new: nothing is formatted, and a person brings the data back."""

from __future__ import annotations

import pytest
from csi_calls import MIB, TARGET, create, gone, made, pods, programs
from csi_fixtures import _here, _nothing_left  # noqa: F401  pylint: disable=unused-import
from csi_node import GROUP, Driver

#: Kind of volume, file system, its size, and what repairs it.
KINDS = [
    ("linear", "ext4", 64 * MIB, "e2fsck -fy -b 8193 -B 1024"),
    ("linear", "ext4", 640 * MIB, "e2fsck -fy -b 32768"),
    ("thin", "xfs", 320 * MIB, "xfs_repair"),
]


def device(id_: str) -> str:
    return f"/dev/{id_.partition('/')[2]}"


def written(here: Driver, id_: str, name: str, fs: str) -> None:
    """A file in the volume, which no pod has afterwards."""
    assert here.calls(*pods(id_, name, fs)) == [{}, {}]
    here.shell(f"echo precious >{TARGET}/{name}/file; sync -f {TARGET}/{name}")
    assert here.calls(*pods(id_, name, fs, up=False)) == [{}, {}]


def zero(here: Driver, id_: str) -> None:
    """The head of a volume, as a tool overwrites it that took the wrong disk."""
    here.shell(f"dd if=/dev/zero of={device(id_)} bs=4096 count=1 conv=notrunc,fsync status=none; blockdev --flushbufs {device(id_)}")


def refused(here: Driver, id_: str, name: str, fs: str) -> None:
    """Staging says what is wrong, each time, and nothing is written."""
    since, before = here.shell("date +%s.%N").strip(), here.shell(f"md5sum <{device(id_)}")
    for answer in here.calls(pods(id_, name, fs)[0], pods(id_, name, fs)[0]):
        assert answer["code"] == "FAILED_PRECONDITION" and "not made anew" in answer["message"], answer
        assert device(id_) in answer["message"] and ("xfs_repair" if fs == "xfs" else "e2fsck -b") in answer["message"], answer
    assert not [name for name in programs(here, since) if name.startswith("mkfs")]
    assert here.shell(f"md5sum <{device(id_)}") == before


def repaired(here: Driver, id_: str, name: str, fs: str, repair: str) -> None:
    """A person brings it back, and the next pod has it."""
    # e2fsck: 1 says that it repaired something.
    here.shell(f"{repair} {device(id_)} || test $? = 1")
    assert here.calls(*pods(id_, name, fs)) == [{}, {}]
    assert here.shell(f"cat {TARGET}/{name}/file") == "precious\n"
    assert here.calls(*pods(id_, name, fs, up=False)) == [{}, {}]


def note(here: Driver, id_: str) -> str:
    """The UUID that the volume's tags say was made, ``no`` before that, nothing for one of the version before."""
    tags = here.shell(f"lvs --noheadings -o lv_tags {id_.partition('/')[2]}").strip().split(",")
    return next((tag.partition("=")[2] for tag in tags if tag.startswith("cairn.csi.made=")), "")


def forget(here: Driver, id_: str) -> None:
    """Leave the volume as the version before made it."""
    here.shell(f"lvchange --quiet --deltag cairn.csi.made={note(here, id_)} {id_.partition('/')[2]}")
    # What is known of it is a minute good.
    here.kill()
    here.start()


@pytest.mark.parametrize(("kind", "fs", "size", "repair"), KINDS)
def test_what_was_made_once_is_never_made_again(here: Driver, kind: str, fs: str, size: int, repair: str) -> None:
    id_ = made(here, *create("once", fs, size, type=kind))
    assert note(here, id_) == "no"
    written(here, id_, "once", fs)
    assert note(here, id_) == here.shell(f"blkid -p -o value -s UUID {device(id_)}").strip()
    zero(here, id_)
    refused(here, id_, "once", fs)
    here.kill()
    here.start()
    refused(here, id_, "once", fs)
    repaired(here, id_, "once", fs, repair)
    gone(here, id_)


@pytest.mark.parametrize(("kind", "fs", "size", "repair"), [KINDS[0], KINDS[2]])
def test_a_copy_of_what_was_made_is_never_made_again(here: Driver, kind: str, fs: str, size: int, repair: str) -> None:
    origin = made(here, *create("origin", fs, size, type=kind))
    written(here, origin, "origin", fs)
    taken = here.call("CreateSnapshot", name="taken", source_volume_id=origin)["snapshot"]["snapshot_id"]
    restored = made(here, *create("restored", fs, size, {"snapshot": {"snapshot_id": taken}}, type=kind))
    cloned = made(here, *create("cloned", fs, size, {"volume": {"volume_id": origin}}, type=kind))
    for id_, name in ((restored, "restored"), (cloned, "cloned")):
        assert note(here, id_) == note(here, origin) != ""
        zero(here, id_)  # before any pod had it
        refused(here, id_, name, fs)
        repaired(here, id_, name, fs, repair)
    # A copy of what has no file system yet gets one of its own.
    empty = made(here, *create("empty", fs, size, type=kind))
    copy = made(here, *create("copy", fs, size, {"volume": {"volume_id": empty}}, type=kind))
    written(here, copy, "copy", fs)
    gone(here, copy, empty, cloned, restored, taken, origin)


@pytest.mark.parametrize(("kind", "fs", "size", "repair"), [KINDS[0], KINDS[2]])
def test_a_volume_of_the_version_before_is_taken_as_it_is(here: Driver, kind: str, fs: str, size: int, repair: str) -> None:
    id_ = made(here, *create("before", fs, size, type=kind))
    written(here, id_, "before", fs)
    uuid = note(here, id_)
    forget(here, id_)
    # Damaged before this version ever saw it whole.
    here.shell(f"dd if={device(id_)} of=/run/head bs=4096 count=1 status=none")
    zero(here, id_)
    refused(here, id_, "before", fs)
    here.shell(f"dd if=/run/head of={device(id_)} bs=4096 conv=notrunc,fsync status=none; blockdev --flushbufs {device(id_)}")
    # Whole, and in use all the time: only its tag is new.
    assert here.calls(*pods(id_, "before", fs)) == [{}, {}] and note(here, id_) == uuid
    assert here.shell(f"cat {TARGET}/before/file") == "precious\n"
    assert here.calls(*pods(id_, "before", fs, up=False)) == [{}, {}]
    zero(here, id_)
    refused(here, id_, "before", fs)
    repaired(here, id_, "before", fs, repair)
    gone(here, id_)


def test_a_volume_of_the_version_before_that_no_pod_ever_had_is_made_whatever_stood_there(here: Driver) -> None:
    """Its blocks hold what a volume that was deleted has left, copies of a superblock as well."""
    old = made(here, *create("old", "ext4", 64 * MIB))
    written(here, old, "old", "ext4")
    place = here.shell(f"lvs --noheadings -o seg_pe_ranges {GROUP}/csi-old").strip()
    gone(here, old)
    id_ = made(here, *create("fresh", "ext4", 64 * MIB))
    assert here.shell(f"lvs --noheadings -o seg_pe_ranges {GROUP}/csi-fresh").strip() == place, "the same blocks"
    forget(here, id_)
    written(here, id_, "fresh", "ext4")
    assert note(here, id_) == here.shell(f"blkid -p -o value -s UUID {device(id_)}").strip()
    gone(here, id_)


def test_a_volume_in_use_while_the_driver_is_renewed_gets_its_note_and_nothing_else(here: Driver) -> None:
    id_ = made(here, *create("busy"))
    assert here.calls(*pods(id_, "busy")) == [{}, {}]
    here.shell(f"echo precious >{TARGET}/busy/file")
    uuid, mounts = note(here, id_), here.shell("cat /proc/mounts")
    forget(here, id_)
    assert here.calls(*pods(id_, "busy")) == [{}, {}], "kubelet asks again after its own restart"
    assert note(here, id_) == uuid and here.shell("cat /proc/mounts") == mounts
    assert here.shell(f"cat {TARGET}/busy/file") == "precious\n"
    assert here.calls(*pods(id_, "busy", up=False)) == [{}, {}]
    gone(here, id_)
