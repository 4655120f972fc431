"""The device filter: what LVM is told, and what must stay in its sight."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Sequence

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core.blocks import with_block
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._lvm.filters import LOCAL, MAIN, Seen, Wanted, plan_filter
from ansible_collections.cairn.storage.plugins.module_utils._lvm.filters_io import changed_here, device_names
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, PhysicalVolume, State, VolumeGroup
from ansible_collections.cairn.storage.plugins.module_utils._lvm.patterns import configuration, parse_disks, parse_patterns, rejected_by

ID = "/dev/disk/by-id/wwn-0x1"
GUEST = ("^/dev/rbd", "^/dev/disk/by\\-id/wwn\\-0x1$")


def group(name: str, device: str, **volume: Any) -> VolumeGroup:
    volumes = (LogicalVolume("data", 1, **volume),) if volume else ()
    return VolumeGroup(name, 4194304, 10, 10, f"uuid-{name}", pvs=(PhysicalVolume(f"/dev/{device}", f"pv-{name}", device, 10),), lvs=volumes)


def seen(*groups: VolumeGroup, local: str = "", **values: Any) -> Seen:
    names = {"sda": ("/dev/sda", ID), "sdb": ("/dev/sdb",), "dm-1": ("/dev/mapper/vg-lv", "/dev/disk/by-id/dm-uuid-LVM-abc")}
    values.setdefault("files", {LOCAL: local, MAIN: "# global_filter = [ ]\n"})
    return Seen(State(groups), names=names, **values)


def planned(found: Seen, reject: Sequence[str] = GUEST) -> Plan:
    return plan_filter(found, Wanted(tuple(reject)))


def steps(plan: Plan) -> list:
    return [str(step) for action in plan.actions for step in action.steps]


def test_the_filter_is_written_and_checked() -> None:
    """storage.md 5, items 20 and 21 (fedora-coreos-tracker#1517, harvester#11098, lvm2#104)."""
    found = seen(group("fast", "sdb"), group("theirs", "sdq"), changed_here=frozenset({"uuid-fast"}), local="theirs = 1\n")
    plan = planned(found)
    assert steps(plan) == [f"write {LOCAL}", "check that LVM still sees fast"]
    text = plan.actions[0].steps[0].text
    assert (
        text.startswith("theirs = 1\n")
        and '\tglobal_filter = [ "r|^/dev/rbd|", "r|^/dev/disk/by\\-id/wwn\\-0x1$|" ]\n' in text
        and "scan_lvs = 0" in text
    )
    assert not planned(dataclasses.replace(found, files={LOCAL: text})).actions
    assert plan.actions[0].steps[1].undo[0].text == "theirs = 1\n", "what LVM loses is given back"


@pytest.mark.parametrize(
    ("code", "found", "reject"),
    [
        ("filter-hides-pv", seen(group("fast", "sda"), changed_here=frozenset({"uuid-fast"})), GUEST),
        ("filter-hides-pv", seen(group("root", "sdb", open=True)), ["sd"]),
        ("filter-hides-pv", seen(group("stacked", "dm-1", open=True)), []),
        ("filter-hides-pv", seen(group("fast", "sda", open=True), devices_file={"/dev/sda": "sda"}), GUEST),
        ("filter-foreign", seen(files={MAIN: ' global_filter = [ "a|sd|", "r|.*|" ]\n'}), GUEST),
        ("filter-foreign", seen(local='devices { }\nglobal_filter=[ "r|x|" ]\n'), GUEST),
        ("filter-foreign", seen(files={MAIN: 'devices/global_filter = [ "r|x|" ]\n'}), GUEST),
        ("filter-foreign", seen(files={MAIN: 'devices { global_filter = [ "r|x|" ] }\n'}), GUEST),
    ],
)
def test_what_the_machine_uses_is_never_hidden(code: str, found: Seen, reject: Sequence[str]) -> None:
    with pytest.raises(CairnError) as refused:
        planned(found, reject)
    assert refused.value.code == code and refused.value.parameter.startswith("reject") and refused.value.fix


def test_what_a_guest_made_goes_out_of_sight() -> None:
    plan = planned(seen(group("guest", "sda", open=False)))
    assert len(plan.actions) == 1 and "guest" in plan.warnings[0]
    assert steps(plan)[1] == "check that LVM still sees what it saw"


def test_a_machine_with_a_devices_file_has_no_filter() -> None:
    """LVM ignores a filter then and complains of it; what is not listed it does not see."""
    listed = {"/dev/sda": "sda", "/dev/sdb": "sdb"}
    plan = planned(seen(group("fast", "sdb", open=True), local=with_block("/f", "", configuration(GUEST)), devices_file=listed))
    assert "global_filter" not in plan.actions[0].steps[0].text
    assert steps(plan)[2:] == ["lvm lvmdevices --yes --deldev /dev/sda", "check that LVM still sees fast"]
    assert not planned(seen(local=with_block("/f", "", configuration(())), devices_file={"/dev/sdb": "sdb"})).actions


def test_a_global_filter_that_takes_everything_is_no_filter() -> None:
    for line in ('global_filter = [ "a|.*|" ]', 'devices { global_filter = [ "a|.*|" ] }', '\t# like global_filter = [ "r|x|" ]'):
        assert planned(seen(files={MAIN: f"{line}\n"})).actions


@pytest.mark.parametrize(
    ("code", "pattern"),
    [("filter-regex", "("), ("filter-syntax", ""), ("filter-syntax", r"sd\d"), ("filter-syntax", "sd{2}"), ("filter-syntax", '"'), ("filter-syntax", "|!,@#"),
     ("filter-syntax", "(?:x)"), ("filter-syntax", "x.*?")],
)  # fmt: skip
def test_expressions_that_lvm_reads_otherwise(code: str, pattern: str) -> None:
    with pytest.raises(CairnError) as refused:
        parse_patterns(["^/dev/rbd", pattern], "reject")
    assert (refused.value.code, refused.value.parameter) == (code, "reject[1]")


def test_expressions() -> None:
    assert parse_patterns(["^/dev/(nbd|zd)[0-9]+$"], "reject") == ("^/dev/(nbd|zd)[0-9]+$",)
    assert '"r!a|b!"' in configuration(["a|b"])
    assert rejected_by(GUEST, ["/dev/sda", ID]) == GUEST[1] and rejected_by(GUEST, ["/dev/sda"]) is None


DISK = parse_disks([ID], "disks")


@pytest.mark.parametrize(
    ("link", "name", "rejected"),
    [
        (ID, ID, True),
        (ID, f"{ID}-part1", True),
        (ID, f"{ID}-part128", True),
        (ID, f"{ID}2", False),
        (ID, f"{ID}2-part1", False),
        (ID, f"{ID}-part", False),
        (ID, f"/mnt{ID}-part1", False),
        ("/dev/disk/by-id/ata-A.B+(1)", "/dev/disk/by-id/ata-A.B+(1)-part3", True),
        ("/dev/disk/by-id/ata-A.B", "/dev/disk/by-id/ata-AxB-part3", False),
        ("/dev/disk/by-id/dm-uuid-mpath-3600", "/dev/disk/by-id/dm-uuid-mpath-3600", True),
        ("/dev/disk/by-id/dm-uuid-mpath-3600", "/dev/disk/by-id/dm-uuid-part2-mpath-3600", True),
        ("/dev/disk/by-id/dm-uuid-mpath-3600", "/dev/disk/by-id/dm-uuid-part2-mpath-36001", False),
        ("/dev/disk/by-id/dm-name-mpatha", "/dev/disk/by-id/dm-name-mpatha-part1", True),
    ],
)
def test_a_guests_disk_is_rejected_with_its_partitions(link: str, name: str, rejected: bool) -> None:
    assert bool(rejected_by(parse_disks([link], "disks"), [name])) is rejected


@pytest.mark.parametrize("link", ["", "sda", "wwn-0x1", "/dev/", "/etc/passwd", "/dev/disk/../sda", '/dev/a"b', "/dev/a b", "/dev/a\n", "/dev/|!,@#"])
def test_what_is_no_disk(link: str) -> None:
    with pytest.raises(CairnError) as refused:
        parse_disks([ID, link], "disks")
    assert refused.value.parameter == "disks[1]"


def test_a_volume_group_in_a_partition_of_a_guests_disk() -> None:
    """One that a guest made goes out of sight without a refusal, one that this machine made or has open is not hidden."""
    names = {"sda": ("/dev/sda", ID), "sda1": ("/dev/sda1", f"{ID}-part1")}
    theirs = dataclasses.replace(seen(group("guest", "sda1", active=True)), names=names)
    plan = plan_filter(theirs, Wanted((), DISK))
    assert f'global_filter = [ "r|{DISK[0]}|" ]' in plan.actions[0].steps[0].text and "guest" in plan.warnings[0]
    made = dataclasses.replace(theirs, changed_here=frozenset({"uuid-guest"}))
    for ours in (made, dataclasses.replace(theirs, state=State((group("g", "sda1", open=True),)))):
        with pytest.raises(CairnError) as refused:
            plan_filter(ours, Wanted(("^/dev/rbd",), DISK))
        assert (refused.value.code, refused.value.parameter) == ("filter-hides-pv", "disks[0]")


def test_the_filter_of_the_version_before_is_written_anew_once() -> None:
    before = with_block(LOCAL, "", configuration(GUEST))
    plan = plan_filter(seen(local=before), Wanted(GUEST[:1], DISK))
    assert len(plan.actions) == 1
    assert not plan_filter(seen(local=plan.actions[0].steps[0].text), Wanted(GUEST[:1], DISK)).actions


def test_only_changes_count_as_use(tmp_path: Path) -> None:
    """A report makes LVM write a backup as well, of all that it sees."""
    for name, line in (("made", "vgcreate -qq made /dev/sdb"), ("kept", "vgcfgbackup kept"), ("seen", "vgs"), ("booted", "pvscan --cache -aay /dev/sda"),
                       ("on", "vgchange -ay x"), ("shell", "/usr/sbin/lvm lvcreate -n x")):  # fmt: skip
        (tmp_path / name).write_text(f'description = "Created *after* executing \'{line}\'"\n{name} {{\n\tid = "{name}"\n')
    (tmp_path / "old").mkdir()
    assert changed_here(str(tmp_path)) == {"made", "kept", "shell"}
    assert changed_here(str(tmp_path / "none")) == frozenset()


def test_all_names_of_a_device(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "sda").touch()
    (tmp_path / "disk" / "wwn").symlink_to(tmp_path / "sda")
    assert device_names(str(tmp_path)) == {"sda": (str(tmp_path / "disk" / "wwn"), str(tmp_path / "sda"))}
