"""How full of a file system a device is, and what is planned for the file system of a logical volume."""

from __future__ import annotations

import dataclasses
import struct
from typing import Any, Optional

import pytest
from machines import disk, holding, host

from ansible_collections.cairn.storage.plugins.module_utils._block import fs_steps, superblock
from ansible_collections.cairn.storage.plugins.module_utils._block.filesystems import FileSystem
from ansible_collections.cairn.storage.plugins.module_utils._block.geometry import Geometry
from ansible_collections.cairn.storage.plugins.module_utils._block.model import UNKNOWN, Device, Signature
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Consent
from ansible_collections.cairn.storage.plugins.module_utils._lvm.context import Context
from ansible_collections.cairn.storage.plugins.module_utils._lvm.desired import Volume
from ansible_collections.cairn.storage.plugins.module_utils._lvm.file_systems import plan_file_system, plan_shrink
from ansible_collections.cairn.storage.plugins.module_utils._lvm.made import MADE as MADE_HERE
from ansible_collections.cairn.storage.plugins.module_utils._lvm.made import UNFORMATTED
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, VolumeGroup

MIB = 1024**2
UUID = "11111111-2222-3333-4444-555555555555"
PATH = "/dev/vg/data"
GROUP = VolumeGroup("vg", 4 * MIB, 1000, 500, "u")
ROOMY = Geometry(4096, 400 * MIB // 4096)


def volume_device(kind: str = "", mounts: tuple = (), geometry: Optional[Geometry] = ROOMY, size: int = 400 * MIB, label: str = "") -> Device:
    device = Device(
        "dm-0", "/dev/mapper/vg-data", "lvm", size, links=("/dev/disk/by-id/dm-uuid-LVM-1",), mounts=mounts, geometry=geometry if kind else None
    )
    return holding(device, kind, UUID, label) if kind else device


def planned(
    device: Optional[Device],
    wanted: Optional[dict],
    extents: int = 100,
    present: bool = True,
    opened: bool = False,
    wipe: Any = None,
    tags: tuple = (),
) -> list:
    """Actions with their steps, as text; the volume has ``extents`` afterwards."""
    context = Context(host(disk("a"), *((device,) if device else ())), Consent("wipe", wipe or {}), Consent("allow_data_loss", {}))
    system = FileSystem(parameter="logical_volumes[0].filesystem", **wanted) if wanted else None
    volume = Volume("data", "logical_volumes[0]", 400 * MIB, filesystem=system)
    before = LogicalVolume("data", 100, "lv-u", open=opened, tags=tags) if present else None
    made = plan_file_system(GROUP, volume, before, LogicalVolume("data", extents, "lv-u"), context)
    return [(action.verb, *map(str, action.steps)) for action in made]


MADE = [
    ({"type": "ext4"}, "mkfs.ext4 -q /dev/vg/data"),
    ({"type": "xfs", "label": "db", "uuid": UUID}, f"mkfs.xfs -q -L db -m uuid={UUID} /dev/vg/data"),
    ({"type": "btrfs", "label": "db", "uuid": UUID, "options": ("--mixed",)}, f"mkfs.btrfs -q --mixed -L db -U {UUID} /dev/vg/data"),
]


@pytest.mark.parametrize("wanted, command", MADE, ids=lambda value: value.get("type") if isinstance(value, dict) else "")
def test_a_file_system_is_made_on_what_holds_nothing(wanted: dict, command: str) -> None:
    trial = [f"check that mkfs.btrfs takes {' '.join(wanted['options'])}"] if "options" in wanted else []
    check, note = f"check that {PATH} holds nothing", f"tag vg/data with the UUID of its {wanted['type']}"
    assert planned(None, wanted, present=False) == [("make", *trial, check, command, note)], "on a volume that is only now made"
    assert planned(volume_device(), wanted, tags=(UNFORMATTED,)) == [("make", *trial, check, command, note)], "on one that an interrupted run left"
    begun = f"lvchange --addtag {UNFORMATTED} vg/data"
    assert planned(volume_device(), wanted) == [("make", *trial, check, begun, command, note)], "on one that had none so far"
    assert planned(None, wanted) == [], "what an inactive volume holds is not known"
    assert planned(volume_device(wanted["type"], label="db"), wanted) == [], "and not made twice"


@pytest.mark.parametrize("wanted", [{"type": "xfs"}, {"type": "ext4", "uuid": UUID.replace("1", "9")}], ids=["another type", "another UUID"])
def test_never_over_a_signature_without_consent__ansible_29256(wanted: dict) -> None:
    with pytest.raises(CairnError) as refused:
        planned(volume_device("ext4"), wanted)
    assert refused.value.code == "fs-signature" and f'"{PATH}": "{UUID}"' in refused.value.fix
    with pytest.raises(CairnError) as stale:
        planned(volume_device("ext4"), wanted, wipe={PATH: "what-was-there-last-year"})
    assert stale.value.code == "consent-differs"
    verbs = [verb for verb, *_steps in planned(volume_device("ext4"), wanted, wipe={PATH: UUID})]
    assert verbs == ["wipe", "make"]
    with pytest.raises(CairnError) as used:
        planned(volume_device("ext4", mounts=("/srv",)), wanted, wipe={PATH: UUID})
    assert used.value.code == "fs-in-use"
    with pytest.raises(CairnError) as opened:
        planned(volume_device(), wanted, opened=True)
    assert opened.value.code == "fs-in-use", "raw, in use by somebody who has written nothing yet"


NOTED = f"{MADE_HERE}{UUID}"
UNSIGNED = dataclasses.replace(volume_device(), signatures=(Signature(UNKNOWN, note="not zero at byte 4096"),))


@pytest.mark.parametrize("device", [UNSIGNED, volume_device()], ids=["unknown data", "blank"])
def test_a_file_system_of_ours_that_does_not_show_is_damaged_and_never_formatted(device: Device) -> None:
    for wipe in ({}, {PATH: UNKNOWN}, {PATH: UUID}):
        with pytest.raises(CairnError) as damaged:
            planned(device, {"type": "ext4"}, tags=(NOTED,), wipe=wipe)
        assert damaged.value.code == "fs-damaged" and UUID in damaged.value.found and "repair" in damaged.value.fix


def test_unknown_data_needs_consent_unless_it_is_what_extents_held_before() -> None:
    with pytest.raises(CairnError) as refused:
        planned(UNSIGNED, {"type": "ext4"})
    assert refused.value.code == "fs-unknown" and "4096" in refused.value.message and f'"{PATH}": "{UNKNOWN}"' in refused.value.fix
    (wiped, *steps), (made, check, *_rest) = planned(UNSIGNED, {"type": "ext4"}, wipe={PATH: UNKNOWN})
    assert (wiped, made, check) == ("wipe", "make", f"check that {PATH} holds nothing")
    # The tag first: a run that is interrupted after that needs no consent for what it has half wiped.
    assert [step.split()[0] for step in steps] == ["check", "mkfs.ext4", "lvchange", "clear", "wipefs"]
    assert steps[1] == f"mkfs.ext4 -n -F -q {PATH}", "options that mkfs refuses are found before anything is lost"
    assert planned(UNSIGNED, {"type": "ext4"}, tags=(UNFORMATTED,)) == planned(volume_device(), {"type": "ext4"}, tags=(UNFORMATTED,))
    with pytest.raises(CairnError) as signed:
        planned(volume_device("xfs"), {"type": "ext4"}, tags=(UNFORMATTED,))
    assert signed.value.code == "fs-signature", "somebody made it there since"


def test_another_file_system_takes_the_place_of_ours_with_its_tag() -> None:
    wiped, made = planned(volume_device("xfs"), {"type": "ext4"}, tags=(NOTED,), wipe={PATH: UUID})
    assert wiped[3] == f"lvchange --deltag {NOTED} --addtag {UNFORMATTED} vg/data" and "lvchange" not in " ".join(made)


def test_volumes_of_the_version_before_are_tagged_with_their_next_change() -> None:
    found, note = volume_device("ext4", label="old"), "tag vg/data with the UUID of its ext4"
    assert planned(found, {"type": "ext4"}) == [], "an upgrade changes nothing"
    assert planned(found, {"type": "ext4", "label": "new"}) == [("label", f"tune2fs -L new {PATH}", note)]
    assert planned(found, {"type": "ext4"}, tags=(UNFORMATTED,)) == [("note", note)], "what a run left undone is done"
    assert planned(dataclasses.replace(found, mounts=("/srv",)), None, 101, tags=(UNFORMATTED,)) == [("grow", f"grow ext4 on {PATH}")]


SMALL = dataclasses.replace(ROOMY, blocks=200 * MIB // 4096)


@pytest.mark.parametrize(
    "device, wanted, extents, steps",
    [
        (volume_device("xfs", geometry=SMALL, mounts=("/srv",)), {"type": "xfs"}, 100, ["grow xfs on /dev/vg/data"]),
        (volume_device("xfs", geometry=SMALL), {"type": "xfs"}, 100, ["grow xfs on /dev/vg/data, mounted for the moment"]),
        (volume_device("ext4"), {"type": "ext4"}, 101, ["grow ext4 on /dev/vg/data, mounted for the moment"]),
        (volume_device("ext4", geometry=None), {"type": "ext4"}, 101, ["grow ext4 on /dev/vg/data, mounted for the moment"]),
        (volume_device("ext4", geometry=None), {"type": "ext4"}, 100, []),
        (volume_device("btrfs"), {"type": "btrfs"}, 100, []),
        (volume_device("btrfs", mounts=("/srv",)), None, 101, ["grow btrfs on /dev/vg/data"]),
        (volume_device("btrfs"), None, 101, []),
        (volume_device("btrfs", geometry=dataclasses.replace(SMALL, blocks=100), mounts=("/srv",)), None, 50, []),
        (volume_device("LVM2_member"), None, 101, []),
    ],
    ids=[
        "mounted",
        "not mounted",
        "with its volume",
        "unknown size, volume grew",
        "unknown size",
        "full",
        "not asked for, mounted",
        "somebody else's",
        "too small for the kernel to resize",
        "no file system",
    ],
)
def test_resizefs_not_only_when_the_volume_changed__community_general_11620_and_1457_and_ansible_56403(
    device: Device, wanted: Optional[dict], extents: int, steps: list
) -> None:
    assert planned(device, wanted, extents, tags=(NOTED,)) == [("grow", step) for step in steps]


@pytest.mark.parametrize(
    "kind, mounts, command",
    [
        ("ext4", (), "tune2fs -L new /dev/vg/data"),
        ("ext4", ("/srv",), "tune2fs -L new /dev/vg/data"),
        ("xfs", (), "xfs_admin -L new /dev/vg/data"),
        ("xfs", ("/srv",), "xfs_io -c 'label -s new' /srv"),
        ("btrfs", (), "btrfs filesystem label -- /dev/vg/data new"),
        ("btrfs", ("/srv",), "btrfs filesystem label -- /srv new"),
    ],
)
def test_labels_change_online(kind: str, mounts: tuple, command: str) -> None:
    assert planned(volume_device(kind, mounts, label="old"), {"type": kind, "label": "new"}, tags=(NOTED,)) == [("label", command)]
    assert planned(volume_device(kind, mounts, label="old"), {"type": kind}) == [], "a label that was not asked for stays"


@pytest.mark.parametrize("wanted, extents", [({"type": "xfs"}, 101), ({"type": "xfs", "label": "new"}, 100)], ids=["grow", "label"])
def test_a_guests_file_system_is_not_touched_behind_its_back(wanted: dict, extents: int) -> None:
    """Open and not mounted here: a virtual machine or an initiator has it, and a mount for the moment would be the second kernel on it."""
    device = volume_device("xfs", label="old")
    for each, opened in ((device, True), (dataclasses.replace(device, entry="raw/dm-1"), False)):
        with pytest.raises(CairnError) as used:
            planned(each, wanted, extents, opened=opened)
        assert used.value.code == "fs-in-use" and used.value.fix
    assert planned(dataclasses.replace(device, mounts=("/srv",)), wanted, extents, opened=True), "mounted here it is this machine's"
    assert planned(device, {"type": "xfs"}, 100, opened=True) == [], "nothing to do is no reason to stop"


def test_no_file_system_over_a_raw_volume_that_is_given_out() -> None:
    """What a pod writes to it need not bear a signature."""
    with pytest.raises(CairnError) as given:
        planned(dataclasses.replace(volume_device(), entry="local-block/dm-uuid-LVM-1"), {"type": "xfs"})
    assert given.value.code == "fs-in-use" and "local-block/dm-uuid-LVM-1" in given.value.found


def shrunk(device: Optional[Device]) -> list:
    context = Context(host(*((device,) if device else ())), Consent("wipe", {}), Consent("allow_data_loss", {}))
    return [str(step) for step in plan_shrink(GROUP, Volume("data", "logical_volumes[0]", 200 * MIB), 200 * MIB, context)]


def test_only_ext4_shrinks_and_after_a_check__ansible_29194() -> None:
    assert shrunk(volume_device("ext4")) == [f"check that {PATH} holds {UUID}", f"e2fsck -f -p {PATH}", f"resize2fs {PATH} 204800K"]
    assert shrunk(volume_device("ext4", geometry=SMALL)) == [f"check that {PATH} holds {UUID}"], "small enough since an interrupted run"
    for device, code in (
        (volume_device("xfs"), "shrink-kind"),
        (volume_device(), "shrink-kind"),
        (None, "shrink-kind"),
        (volume_device("ext4", mounts=("/srv",)), "shrink-mounted"),
    ):
        with pytest.raises(CairnError) as refused:
            shrunk(device)
        assert refused.value.code == code and refused.value.parameter == "logical_volumes[0].size" and refused.value.fix


def test_a_file_system_needs_room() -> None:
    with pytest.raises(CairnError) as refused:
        planned(None, {"type": "xfs"}, extents=25, present=False)
    assert refused.value.code == "fs-small" and "300" in refused.value.fix


GROUP_BLOCKS = 32768
TABLE = Geometry(4096, 10 * GROUP_BLOCKS, group=GROUP_BLOCKS, least=600)


@pytest.mark.parametrize(
    "geometry, blocks, fills",
    [
        (TABLE, 10 * GROUP_BLOCKS, True),
        (TABLE, 10 * GROUP_BLOCKS + 599, True),
        (TABLE, 10 * GROUP_BLOCKS + 600, False),
        (TABLE, 11 * GROUP_BLOCKS, False),
        (dataclasses.replace(TABLE, blocks=10 * GROUP_BLOCKS - 1), 10 * GROUP_BLOCKS, False),
        (dataclasses.replace(TABLE, blocks=12 * GROUP_BLOCKS), 10 * GROUP_BLOCKS, True),
        (dataclasses.replace(TABLE, least=64, least_new=4096), 10 * GROUP_BLOCKS + 4095, True),
        (Geometry(4096, 1000), 1000, True),
        (Geometry(4096, 1000), 1001, False),
    ],
    ids=[
        "full",
        "a tail too small for a group",
        "a tail that makes one",
        "a group",
        "a block",
        "larger",
        "left out by mkfs",
        "no groups",
        "no groups, a block",
    ],
)
def test_a_tail_that_no_group_fits_in_is_no_reason_to_grow(geometry: Geometry, blocks: int, fills: bool) -> None:
    assert geometry.fills(blocks * 4096) == fills
    assert geometry.fills(blocks * 4096 + 4095) == fills, "less than a block is nothing"


def test_superblocks() -> None:
    xfs = struct.pack(">4sIQ", b"XFSB", 4096, 100000).ljust(84, b"\0") + struct.pack(">I", 25000)
    assert superblock.parse("xfs", xfs) == Geometry(4096, 100000, group=25000, least=64, least_new=4096)
    btrfs = bytearray(512)
    btrfs[64:72] = b"_BHRfS_M"
    struct.pack_into("<I", btrfs, 144, 4096)
    struct.pack_into("<QQ", btrfs, 201, 2, 160 * MIB)
    assert superblock.parse("btrfs", bytes(btrfs)) == Geometry(4096, 160 * MIB // 4096, member=2)
    assert [superblock.parse(kind, bytes(1024)) for kind in ("ext4", "xfs", "btrfs")] == [None, None, None]


def test_ext4_superblocks() -> None:
    block = bytearray(1024)
    for form, offset, value in (
        ("<I", 4, 70000),
        ("<I", 24, 2),
        ("<I", 32, 32768),
        ("<I", 40, 8192),
        ("<H", 56, 0xEF53),
        ("<H", 88, 256),
        ("<I", 96, 0x80),
        ("<H", 206, 100),
        ("<H", 254, 64),
        ("<I", 336, 1),
    ):
        struct.pack_into(form, block, offset, value)
    geometry = superblock.parse("ext4", bytes(block))
    assert (geometry.blocks, geometry.block_bytes, geometry.group) == (2**32 + 70000, 4096, 32768)
    assert geometry.least == 2 + 512 + 50, "group 131075 has no copy of the superblock"
    struct.pack_into("<II", block, 96, 0x80, 0x200)
    assert superblock.parse("ext4", bytes(block)) is None, "with clusters it is not known"


def test_making_needs_no_force() -> None:
    assert not any(flag in str(fs_steps.make(kind, "/dev/x")) for kind in fs_steps.MINIMUM for flag in (" -f", " -F", "--force"))
