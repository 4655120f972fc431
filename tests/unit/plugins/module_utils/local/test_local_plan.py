"""What is planned for local volumes: tables of (found, wanted) -> actions."""

from __future__ import annotations

import dataclasses
from typing import Any, Optional

import pytest
from local_wishes import NEW, actions, planned, steps
from machines import BASE, GIB, disk, holding, host, upon, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host
from ansible_collections.cairn.storage.plugins.module_utils._block.record import MADE, MAKING, Made
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._local import apply, fstab
from ansible_collections.cairn.storage.plugins.module_utils._local.model import Entry, label
from ansible_collections.cairn.storage.plugins.module_utils._local.steps import Link, Retire
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, PhysicalVolume, State, VolumeGroup

MIB = 1024**2
UUID = "11111111-2222-3333-4444-555555555555"
PATH = f"{BASE}/local-fs/{UUID}"
LINE = fstab.line(UUID, PATH, "xfs", (), "local-fs", wwn("a"))
LINK = Entry("bulk", "wwn-0x60012", f"{BASE}/bulk/wwn-0x60012", True, "sdb")
MOUNT = Entry("local-fs", UUID, PATH, False, "sda", 2 * GIB - 64 * MIB)
FORMATTED = holding(disk("a"), "xfs", UUID, "cl-local-fs")
MOUNTED = dataclasses.replace(FORMATTED, mounts=(PATH, "/var/lib/kubelet/pods/x/volumes/y"))


def on_record(storage_class: str, device: str, mode: str = "Filesystem", **values: Any) -> Made:
    """A volume on record."""
    return Made(storage_class, BASE, mode, device, values.pop("ids", (device,)), "" if mode == "Block" else "xfs", **values)


BLOCK = {"name": "bulk", "volume_mode": "Block", "devices": {"rule": "bulk"}}
FILES = {"name": "local-fs", "devices": {"rule": "fast"}}
TO_COME = {"uuid": None, "extent_size_bytes": 4 * MIB, "tags": [], "devices": [wwn("a")], "logical_volumes": []}
VOLUMES = {"name": "lv", "logical_volumes": {"volume_group": "fast", "count": 2, "size": "500MiB"}}


def test_raw_disks() -> None:
    made = planned(host(disk("a"), disk("b")), BLOCK)
    assert steps(made) == [f"check that {wwn('b')} holds nothing", f"record bulk on {wwn('b')} as made", f"link {wwn('b')} into {BASE}/bulk"]
    assert made.after.volumes[0].dump() == {
        "class": "bulk",
        "name": "wwn-0x60012",
        "path": f"{BASE}/bulk/wwn-0x60012",
        "volume_mode": "Block",
        "device": wwn("b"),
        "size_bytes": 2 * GIB,
        "uuid": None,
        "degraded": False,
        "disks": [wwn("b")],
        "shared_capacity": False,
    }
    given = host(dataclasses.replace(disk("b"), entry="bulk/wwn-0x60012"))
    assert actions(planned(given, BLOCK, entries=(LINK,))) == []
    written = host(holding(dataclasses.replace(disk("b"), entry="bulk/wwn-0x60012"), "ext4", "a-pod-made-it"))
    assert actions(planned(written, BLOCK, entries=(LINK,))) == [], "what a pod writes on a raw volume is its own business"


def test_a_disk_with_a_file_system() -> None:
    made = planned(host(disk("a")), FILES)
    assert actions(made) == [f"format device {wwn('a')}", f"publish local volume local-fs on {wwn('a')}", "update file /etc/fstab"]
    assert steps(made) == [
        f"check that {wwn('a')} holds nothing",
        f"record local-fs on {wwn('a')} as making",
        f"make xfs labelled cl-local-fs on {wwn('a')}",
        f"record local-fs on {wwn('a')} as made",
        f"mount {wwn('a')} at {BASE}/local-fs/its new UUID",
        "write 1 and remove 0 of our lines in /etc/fstab",
        "systemctl daemon-reload",
    ]
    assert NEW not in str(made.diff()) and NEW not in str(made.describe()), "a plan does not show a UUID that only the run chooses"
    (line,) = made.diff()["after"]["file /etc/fstab"]["lines"]
    assert line.count("its-new-UUID") == 1 and line.startswith(wwn("a")), "in the path: the source is the disk"
    volume = made.after.volumes[0]
    assert (volume.name, volume.path, volume.size) == (None, None, 2 * GIB)


@pytest.mark.parametrize(
    "device, entries, text, expected",
    [
        (MOUNTED, (MOUNT,), LINE, []),
        (MOUNTED, (MOUNT,), "", ["update file /etc/fstab"]),
        (FORMATTED, (dataclasses.replace(MOUNT, device="", capacity=0),), LINE, [f"mount local volume local-fs on {wwn('a')}"]),
        (FORMATTED, (), LINE, [f"mount local volume local-fs on {wwn('a')}"]),
    ],
    ids=["all there", "line lost", "not mounted", "only the line left"],
)
def test_what_is_missing_is_made_good(device: Device, entries: tuple, text: str, expected: list) -> None:
    made = planned(host(device), FILES, entries=entries, text=text)
    assert actions(made) == expected
    assert made.after.volumes[0].name == UUID


def test_present_volumes_have_the_size_of_their_file_system() -> None:
    assert planned(host(MOUNTED), FILES, entries=(MOUNT,), text=LINE).after.volumes[0].size == 2 * GIB - 64 * MIB


@pytest.mark.parametrize(
    "device, expected",
    [
        (disk("a"), ["format device", "publish local volume", "update file"]),
        (FORMATTED, ["wipe device", "format device", "publish local volume", "update file"]),
    ],
    ids=["before mkfs wrote", "while it wrote"],
)
def test_an_interrupted_format_is_taken_up_with_its_uuid(device: Device, expected: list) -> None:
    made = planned(host(device), FILES, made={UUID: on_record("local-fs", wwn("a"), state=MAKING)})
    assert [f"{action.verb} {action.kind}" for action in made.actions] == expected
    assert all(not action.loses for action in made.actions)
    assert [step.uuid for action in made.actions for step in action.steps if hasattr(step, "uuid")] == [UUID, UUID]
    assert [
        (name, each.state) for action in made.actions for step in action.steps for name, each in getattr(step, "put", {}).items() if name == UUID
    ] == [
        (UUID, MAKING),
        (UUID, MADE),
    ]


def test_logical_volumes_in_a_group_that_is_still_to_come() -> None:
    pending = {"volume_groups": [{**TO_COME, "name": "fast", "size_bytes": 1022 * 4 * MIB, "free_bytes": 800 * 4 * MIB}]}
    made = planned(host(disk("a"), disk("b")), VOLUMES, BLOCK, pending=pending)
    assert actions(made)[:3] == ["create logical volume fast/lv-1", "create logical volume fast/lv-2", "format device /dev/fast/lv-1"]
    assert "--addtag cairn.local=lv --addtag cairn.unformatted --name lv-1 fast" in steps(made)[0]
    assert [(volume.name, volume.device, volume.size) for volume in made.after.volumes if volume.storage_class == "lv"] == [
        (None, "/dev/fast/lv-1", 500 * MIB),
        (None, "/dev/fast/lv-2", 500 * MIB),
    ]


GROUP_DISK, LV_DEVICE = upon(
    holding(disk("a"), "LVM2_member", "pv-a"), Device("dm-0", "/dev/mapper/fast-lv--1", "lvm", 500 * MIB, links=("/dev/disk/by-id/dm-uuid-LVM-1",))
)
GROUP = VolumeGroup(
    "fast",
    4 * MIB,
    511,
    386,
    "u",
    pvs=(PhysicalVolume("/dev/sda", "pv-a", "sda", 511),),
    lvs=(LogicalVolume("lv-1", 125, "u-1", tags=("cairn.local=lv",)),),
)


def lvs(group: VolumeGroup = GROUP, device: Optional[Device] = LV_DEVICE, wanted: Any = None, **options: Any) -> Plan:
    machine = host(*((GROUP_DISK, device) if device else (disk("a"),)))
    return planned(machine, {**VOLUMES, **(wanted or {})}, state=State((group,)), **options)


def test_logical_volumes_that_are_there() -> None:
    formatted = holding(LV_DEVICE, "xfs", UUID, "cl-lv")
    known = {UUID: on_record("lv", "/dev/fast/lv-1", ids=LV_DEVICE.links)}
    one = {"logical_volumes": {"volume_group": "fast", "count": 1, "size": "500MiB"}}
    assert actions(lvs(device=formatted, wanted=one, made=known)) == ["mount local volume lv on /dev/fast/lv-1", "update file /etc/fstab"]
    assert lvs(device=formatted, wanted=one, made=known).after.volumes[0].disks == (wwn("a"),)
    assert actions(lvs(device=formatted, made=known))[0] == "create logical volume fast/lv-2", "the count grew"
    raw = lvs(wanted={**one, "volume_mode": "Block"})
    assert steps(raw) == ["record lv on /dev/fast/lv-1 as made", f"link /dev/disk/by-id/dm-uuid-LVM-1 into {BASE}/lv"]
    none = dataclasses.replace(GROUP, lvs=(dataclasses.replace(GROUP.lvs[0], active=False),))
    waiting = lvs(group=none, device=None, wanted=one, entries=(Entry("lv", UUID, f"{BASE}/lv/{UUID}", False),), text=LINE)
    assert actions(waiting) == ["activate logical volume fast/lv-1", "mount local volume lv on /dev/fast/lv-1"]
    assert steps(waiting)[-1] == f"mount /dev/fast/lv-1 below {BASE}/lv if it holds the xfs that was made there"
    assert not waiting.after.degraded, "its entry is not reported as missing, it is about to be mounted"
    assert actions(lvs(group=none, device=None, wanted={**one, "volume_mode": "Block"})) == ["activate logical volume fast/lv-1"]
    fewer = dataclasses.replace(GROUP, lvs=(*GROUP.lvs, LogicalVolume("lv-2", 125, "u-2", tags=("cairn.local=lv",))))
    assert "the others stay" in lvs(group=fewer, device=formatted, wanted=one, made=known).warnings[0]


def test_a_logical_volume_that_lost_its_superblock_is_not_formatted_over() -> None:
    """xfs_repair finds another one; mkfs leaves nothing to find."""
    one = {"logical_volumes": {"volume_group": "fast", "count": 1, "size": "500MiB"}}
    assert actions(lvs(wanted=one))[0] == "format device /dev/fast/lv-1", "an interrupted run left it so"
    made = lvs(wanted=one, entries=(Entry("lv", UUID, f"{BASE}/lv/{UUID}", False),), text=LINE)
    assert actions(made) == [] and "/dev/fast/lv-1 holds nothing" in made.after.degraded[0]["reason"]
    unfinished = {"other": on_record("lv", "/dev/fast/lv-1", ids=LV_DEVICE.links, state=MAKING)}
    noted = lvs(wanted=one, entries=(Entry("lv", UUID, f"{BASE}/lv/{UUID}", False),), text=LINE, made=unfinished)
    assert actions(noted)[0] == "format device /dev/fast/lv-1", "that run says that it never held anything"


def test_which_of_too_many_logical_volumes_goes_is_for_a_person_to_say() -> None:
    def names(count: int) -> list:
        three = (LogicalVolume(f"lv-{number}", 125, f"u-{number}", tags=("cairn.local=lv",)) for number in (1, 3))
        wanted = {"name": "lv", "volume_mode": "Block", "logical_volumes": {"volume_group": "fast", "count": count, "size": "500MiB"}}
        made = lvs(group=dataclasses.replace(GROUP, lvs=tuple(three), free=261), wanted=wanted)
        return [action.name for action in made.actions if action.verb == "create"]

    assert names(2) == [], "the second was removed by name, and there are two"
    assert names(3) == ["fast/lv-2"]


def test_degraded_volumes_are_reported_and_the_rest_goes_on() -> None:
    gone = Entry("bulk", "wwn-0x6004", f"{BASE}/bulk/wwn-0x6004", True)
    dead = dataclasses.replace(disk("b"), readable=False, entry="bulk/wwn-0x60012")
    lost = dataclasses.replace(MOUNT, device="", capacity=0)
    made = planned(host(dead, disk("a"), disk("f")), {**BLOCK, "adopt_new": True}, FILES, entries=(LINK, gone, lost), text=LINE)
    assert sorted((each["entry"], "cannot be read" in each["reason"]) for each in made.after.degraded) == [
        (UUID, False),
        ("wwn-0x60012", True),
        ("wwn-0x6004", False),
    ]
    assert [(volume.name, volume.degraded) for volume in made.after.volumes] == [
        ("wwn-0x60012", True),
        ("wwn-0x60016", False),
        ("wwn-0x6004", True),
        (UUID, True),
    ]
    assert actions(made) == [f"publish local volume bulk on {wwn('f')}"]
    assert made.after.unadopted[0]["device"] == wwn("a")
    assert len(made.warnings) == 4


def test_a_volume_group_that_is_gone() -> None:
    made = planned(host(), VOLUMES, state=State(recorded={"fast": "u"}))
    assert actions(made) == [] and "fast is gone" in made.after.degraded[0]["reason"]
    partial = dataclasses.replace(GROUP, pvs=(PhysicalVolume("[unknown]", "pv-z", "", 511, missing=True),))
    known = {UUID: on_record("lv", "/dev/fast/lv-1", ids=LV_DEVICE.links)}
    made = lvs(group=partial, device=holding(LV_DEVICE, "xfs", UUID, "cl-lv"), made=known)
    assert actions(made) == ["mount local volume lv on /dev/fast/lv-1", "update file /etc/fstab"] and made.after.degraded


def test_giving_up_a_class() -> None:
    absent = {"name": "local-fs", "state": "absent"}
    machine = host(dataclasses.replace(MOUNTED, mounts=(PATH,)))
    made = planned(machine, absent, entries=(MOUNT,), text=f"{LINE}\n", published=[])
    assert steps(made) == [
        f"umount {PATH}",
        f"take out {PATH}",
        f"record local-fs on {wwn('a')} as given-up",
        "write 0 and remove 1 of our lines in /etc/fstab",
        "systemctl daemon-reload",
    ]
    wiped = planned(machine, absent, entries=(MOUNT,), text=LINE, published=[], wipe={wwn("a"): UUID})
    assert (
        actions(wiped) == [f"withdraw local volume local-fs/{UUID}", f"wipe device {wwn('a')}", "update file /etc/fstab"] and wiped.actions[1].loses
    )
    assert actions(planned(machine, absent)) == []
    foreign = Entry("local-fs", "lost+found", f"{BASE}/local-fs/lost+found", False)
    assert actions(planned(machine, absent, entries=(foreign,), published=[])) == [], "somebody else's folder is no volume"
    left = planned(host(FORMATTED), absent, text=f"{LINE}\n{LINE.replace('local-fs', 'other')}\n")
    assert steps(left) == ["write 0 and remove 1 of our lines in /etc/fstab", "systemctl daemon-reload"], "what an interrupted run left goes"


def test_a_raw_volume_that_was_given_up_comes_back_with_its_data() -> None:
    made = planned(host(holding(disk("b"), "ext4", "its-data")), BLOCK, kept={"sdb": "bulk/wwn-0x60012"})
    assert steps(made) == [f"record bulk on {wwn('b')} as made", f"link {wwn('b')} into {BASE}/bulk"]
    with pytest.raises(CairnError):
        planned(host(holding(disk("b"), "ext4", "its-data")), {**BLOCK, "name": "other"}, kept={"sdb": "bulk/wwn-0x60012"})


@pytest.mark.parametrize(
    "code, device",
    [
        ("device-signature", holding(disk("b"), "LVM2_member", "pv-b")),
        ("device-signature", holding(disk("b"), "xfs", UUID, "cl-files")),
        ("device-taken", disk("b", entry="other/wwn-0x60012")),
        ("device-mounted", disk("b", mounts=("/srv",))),
    ],
)
def test_a_raw_volume_that_was_given_up_and_has_gone_to_somebody_else_does_not_come_back(code: str, device: Device) -> None:
    with pytest.raises(CairnError) as refused:
        planned(host(device), BLOCK, kept={"sdb": "bulk/wwn-0x60012"})
    assert refused.value.code == code


def test_what_a_given_up_raw_volume_holds_is_not_taken_for_nothing() -> None:
    """A database on a raw volume bears no signature."""
    kept = disk("b", kept="bulk/wwn-0x60012")
    other = {**BLOCK, "name": "other"}
    with pytest.raises(CairnError) as refused:
        planned(host(kept), other, kept={"sdb": kept.kept})
    assert refused.value.code == "device-kept" and f'"{wwn("b")}": "bulk/wwn-0x60012"' in refused.value.fix
    assert planned(host(kept), other, kept={"sdb": kept.kept}, wipe={wwn("b"): kept.kept}).changed
    assert actions(planned(host(kept), BLOCK, kept={"sdb": kept.kept})) == [f"publish local volume bulk on {wwn('b')}"]


@pytest.mark.parametrize("device, consent", [(disk("b"), "bulk/wwn-0x60012"), (holding(disk("b"), "ext4", "a-pod-made-it"), "a-pod-made-it")])
def test_a_raw_volume_that_is_given_up_with_its_data_is_not_remembered(device: Device, consent: str) -> None:
    absent = {"name": "bulk", "state": "absent"}
    given = host(dataclasses.replace(device, entry="bulk/wwn-0x60012"))
    kept = planned(given, absent, entries=(LINK,), published=[])
    assert not kept.actions[0].steps[0].forget and not any(action.loses for action in kept.actions)
    gone = planned(given, absent, entries=(LINK,), published=[], wipe={wwn("b"): consent})
    assert gone.actions[0].steps[-1].forget and any(action.loses for action in gone.actions) and not gone.warnings


def test_labels_fit_xfs() -> None:
    assert label("local-fs") == "cl-local-fs"
    assert len(label("a-class-with-a-long-name")) <= 12 and label("a-class-with-a-long-name") != label("a-class-with-a-long-nam")


COPY = dataclasses.replace(FORMATTED, kernel_name="sdc", path="/dev/sdc", links=(wwn("c"),))
FULL = dataclasses.replace(GROUP, free=10)
PUBLISHED = [{"class": "local-fs", "entry": UUID, "volume": "local-pv-1"}]
GIVEN = {"name": "local-fs", "state": "absent"}


@pytest.mark.parametrize(
    "code, machine, classes, options",
    [
        ("class-name", host(), [{**BLOCK, "name": "Bulk"}], {}),
        ("class-name", host(), [{**BLOCK, "name": "a/b"}], {}),
        ("class-name", host(), [{**BLOCK, "name": ""}], {}),
        ("class-twice", host(), [BLOCK, BLOCK], {}),
        ("class-source", host(), [{"name": "x"}], {}),
        ("class-source", host(), [{**BLOCK, "logical_volumes": VOLUMES["logical_volumes"]}], {}),
        ("class-count", host(), [{"name": "x", "logical_volumes": {"volume_group": "fast", "count": 0, "size": "1GiB"}}], {}),
        ("block-file-system", host(), [{**BLOCK, "fs_type": "xfs"}], {}),
        ("block-file-system", host(), [{**BLOCK, "mount_options": ["noatime"]}], {}),
        ("mount-option", host(), [{**FILES, "mount_options": ["noatime,discard"]}], {}),
        ("mount-option-refused", host(), [{**FILES, "mount_options": ["noauto"]}], {}),
        ("base-dir", host(), [], {"base_dir": "/"}),
        ("base-dir", host(), [], {"base_dir": "/var/lib"}),
        ("base-dir", host(), [], {"base_dir": "relative"}),
        ("base-dir", host(), [], {"base_dir": "/srv/a b"}),
        ("base-dir", host(), [], {"base_dir": "/srv/../etc"}),
        ("size-percent-of", host(), [{"name": "x", "logical_volumes": {"volume_group": "fast", "count": 1, "size": "100%FREE"}}], {}),
        ("lvm-name", host(), [{"name": "x", "logical_volumes": {"volume_group": "a b", "count": 1, "size": "1GiB"}}], {}),
        ("vg-unknown", host(), [VOLUMES], {}),
        ("pending-form", host(), [VOLUMES], {"pending": {"volume_groups": [{}]}}),
        ("vg-full", host(GROUP_DISK, holding(LV_DEVICE, "xfs", UUID, "cl-lv")), [VOLUMES], {"state": State((FULL,))}),
        (
            "lv-foreign",
            host(GROUP_DISK, LV_DEVICE),
            [VOLUMES],
            {"state": State((dataclasses.replace(GROUP, lvs=(LogicalVolume("lv-1", 125, "u-1"),)),))},
        ),
        (
            "volume-size-differs",
            host(GROUP_DISK, LV_DEVICE),
            [{"name": "lv", "logical_volumes": {"volume_group": "fast", "count": 1, "size": "1GiB"}}],
            {"state": State((GROUP,))},
        ),
        (
            "volume-small",
            host(GROUP_DISK),
            [{"name": "tiny", "logical_volumes": {"volume_group": "fast", "count": 1, "size": "100MiB"}}],
            {"state": State((GROUP,))},
        ),
        ("device-signature", host(GROUP_DISK, holding(LV_DEVICE, "ext4", "a-stranger")), [VOLUMES], {"state": State((GROUP,))}),
        ("device-signature", host(holding(disk("a"), "xfs", UUID, "cl-other")), [FILES], {}),
        ("device-small", host(disk("a", 200 * MIB)), [FILES], {}),
        (
            "device-taken",
            host(disk("a")),
            [FILES],
            {"pending": {"volume_groups": [{**TO_COME, "name": "v", "size_bytes": 4 * MIB, "free_bytes": 0}]}},
        ),
        ("device-taken", host(disk("a", entry="other/x")), [FILES], {}),
        ("rule-shared", host(disk("a")), [FILES, {**FILES, "name": "b"}], {}),
        ("rule-no-disk", host(disk("b")), [FILES], {}),
        ("mode-differs", host(MOUNTED), [{"name": "local-fs", "volume_mode": "Block", "devices": {"rule": "fast"}}], {"entries": (MOUNT,)}),
        ("mode-differs", host(disk("b")), [{"name": "bulk", "devices": {"rule": "bulk"}}], {"entries": (LINK,)}),
        ("fs-type-differs", host(MOUNTED), [{**FILES, "fs_type": "ext4"}], {"entries": (MOUNT,)}),
        (
            "mount-foreign",
            host(FORMATTED, holding(disk("b", mounts=(PATH,)), "xfs", "another")),
            [FILES],
            {"entries": (dataclasses.replace(MOUNT, device="sdb"),)},
        ),
        ("adopt-needed", host(FORMATTED), [FILES], {}),
        ("fs-uuid-twice", host(FORMATTED, COPY), [FILES], {"text": LINE}),
        ("fs-uuid-twice", host(MOUNTED, COPY), [FILES], {"entries": (MOUNT,), "text": LINE}),
        (
            "device-shared",
            host(GROUP_DISK, LV_DEVICE),
            [{"name": "raw", "volume_mode": "Block", "devices": ["/dev/fast/lv-1"]}, VOLUMES],
            {"state": State((GROUP,))},
        ),
        ("fstab-foreign", host(MOUNTED), [FILES], {"entries": (MOUNT,), "text": f"/dev/sda {PATH} xfs defaults 0 0"}),
        ("published-unknown", host(MOUNTED), [GIVEN], {"entries": (MOUNT,)}),
        ("class-published", host(MOUNTED), [GIVEN], {"entries": (MOUNT,), "published": PUBLISHED}),
        ("entry-in-use", host(MOUNTED), [GIVEN], {"entries": (MOUNT,), "published": []}),
    ],
)
def test_refusals(code: str, machine: Host, classes: list, options: dict) -> None:
    with pytest.raises(CairnError) as refused:
        planned(machine, *classes, **options)
    assert refused.value.code == code
    assert refused.value.parameter and refused.value.fix


def test_links_are_remembered_until_somebody_gets_the_device(tmp_path: Any) -> None:
    target = tmp_path / "device"
    target.touch()
    for storage_class, forget in (("one", False), ("two", False), ("three", True)):
        apply.link(Link(str(target), str(tmp_path / storage_class)))
        assert not list(tmp_path.glob(".kept/*/*")), "it is given out again"
        apply.retire(Retire(str(tmp_path / storage_class / "device"), forget))
        assert not list((tmp_path / storage_class).iterdir())
    assert not list(tmp_path.glob(".kept/*/*")), "its data went as well"
