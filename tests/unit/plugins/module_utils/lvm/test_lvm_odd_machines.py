"""What LVM and mkfs will refuse is refused by the plan; what LVM does not see is named as what it is; safeguards that are off are told."""

from __future__ import annotations

import dataclasses
import struct
from typing import Any

import pytest
from lvm_wishes import DATA, EXTENT, GROUP, MACHINE, THIN, actions, commands, fast, planned, refusal
from machines import GIB, disk, holding, host, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host, Signature
from ansible_collections.cairn.storage.plugins.module_utils._lvm import hidden, label, settings
from ansible_collections.cairn.storage.plugins.module_utils._lvm.hidden import Hidden
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, State, VolumeGroup
from ansible_collections.cairn.storage.plugins.module_utils._lvm.settings import Settings

NAMED = {"name": "fast", "devices": [wwn("a"), wwn("c")]}
RECORDED = {"fast": "u-fast"}


def lv(name: str, size: Any, **values: Any) -> dict:
    return {**NAMED, "logical_volumes": [{"name": name, "size": size, **values}]}


def group(**values: Any) -> VolumeGroup:
    return dataclasses.replace(GROUP, **values)


def with_data(**values: Any) -> VolumeGroup:
    return group(lvs=tuple(dataclasses.replace(each, **values) if each.name == "data" else each for each in GROUP.lvs))


def blocks(first: int, second: int, third: int) -> Host:
    sizes = {"sda": first, "sdb": second, "sdc": third}
    return Host({name: dataclasses.replace(each, logical_block=sizes.get(name, 0)) for name, each in MACHINE.devices.items()})


def state(found: VolumeGroup | None = GROUP, **values: Any) -> State:
    return State((found,) if found else (), **{"recorded": RECORDED if found else {}, **values})


FULL = (dataclasses.replace(GROUP.pvs[0], used=500), GROUP.pvs[1])
MORE = {"name": "fast", "devices": [wwn("a"), wwn("b"), wwn("c")]}


@pytest.mark.parametrize(
    ("found", "wish", "code", "options"),
    [
        # Mixed blocks: ccebelenski/anas#8, cephci#1536, lvm2#181.
        (GROUP, MORE, "vg-block-size", {"machine": blocks(512, 4096, 512)}),
        (None, {"name": "new", "devices": [wwn("b"), wwn("d")]}, "vg-block-size", {"machine": host(disk("b", logical_block=512), disk("d", logical_block=4096))}),
        (group(resizeable=False), MORE, "vg-not-resizeable", {}),
        (group(resizeable=False), {**NAMED, "devices": [wwn("a")], "remove_devices": [wwn("c")]}, "vg-not-resizeable", {}),
        (group(most_pvs=2), MORE, "vg-max-pvs", {}),
        (group(most_lvs=3), lv("new", "8MiB"), "vg-max-lvs", {}),
        (group(most_lvs=3), lv("snap", None, snapshot_of="thin"), "vg-max-lvs", {}),
        (group(most_lvs=3), {**NAMED, "thin_pools": [{"name": "more", "size": "8MiB"}]}, "vg-max-lvs", {}),
        (None, {"name": "shm", "devices": [wwn("b")]}, "vg-name-taken", {"state": State(taken_names=frozenset({"shm"}))}),
        (GROUP, {**NAMED, "name": "shm", "rename_from": "fast"}, "vg-name-taken", {"state": state(taken_names=frozenset({"shm"}))}),
        (group(policy="contiguous", row=100), lv("new", "404MiB"), "lv-policy", {}),
        (group(policy="contiguous", row=1000), lv("new", "8MiB", type="striped"), "lv-policy", {}),
        (with_data(policy="contiguous", behind=5), lv("data", "64MiB"), "lv-policy", {}),
        (dataclasses.replace(with_data(policy="cling", on={"/dev/sda": 10}), pvs=FULL), lv("data", "120MiB"), "lv-policy", {}),
        (with_data(policy="contiguous", behind=5), {**NAMED, "logical_volumes": [{"name": "a", "size": "16MiB"}, {"name": "data", "size": "48MiB"}]}, "lv-policy", {}),
        (group(policy="contiguous", row=3), {**NAMED, "thin_pools": [{"name": "more", "size": "80MiB"}]}, "lv-policy", {}),
        (GROUP, lv("new", "8MiB"), "lv-volume-list", {"state": state(settings=Settings(active=("other", "@tag")))}),
        (GROUP, lv("new", "16MiB", filesystem={"type": "ext4"}), "lv-read-only", {"state": state(settings=Settings(read_only=("fast",)))}),
        (GROUP, lv("new", 512), "size-unit-missing", {}),
        (GROUP, {**NAMED, "thin_pools": [{"name": "more", "size": "10240"}]}, "size-unit-missing", {}),
    ],
)
def test_what_lvm_will_refuse_is_refused_first(found: Any, wish: dict, code: str, options: dict) -> None:
    assert refusal(found, wish, **options).code == code


@pytest.mark.parametrize(
    ("found", "wish", "options"),
    [
        (GROUP, MORE, {"machine": blocks(512, 512, 512)}),
        # Where the operator let LVM mix them, it is not for us to say no; where nothing is known, neither.
        (GROUP, MORE, {"machine": blocks(512, 4096, 512), "state": state(settings=Settings(mixed_blocks=True))}),
        (GROUP, MORE, {"machine": blocks(512, 4096, 4096)}),
        (GROUP, MORE, {"machine": blocks(512, 0, 0)}),
        (group(most_lvs=4), lv("new", "8MiB"), {}),
        (group(policy="contiguous", row=100), lv("new", "400MiB"), {}),
        (with_data(policy="contiguous", behind=6), lv("data", "64MiB"), {}),
        (with_data(policy="anywhere"), lv("data", "64MiB"), {}),
        (GROUP, lv("new", "8MiB"), {"state": state(settings=Settings(active=("fast/new",)))}),
        (GROUP, lv("new", "8MiB"), {"state": state(settings=Settings(active=("@old",)))}),
        (GROUP, lv("new", "8MiB"), {"state": state(settings=Settings(active=("@*",)))}),
        (GROUP, lv("new", "1MiB"), {}),
    ],
)
def test_what_lvm_takes_is_planned(found: Any, wish: dict, options: dict) -> None:
    assert commands(planned(found, wish, **options))


def test_only_disks_that_give_extents_count_as_free__ansible_47301() -> None:
    closed = group(pvs=(dataclasses.replace(GROUP.pvs[0], allocatable=False), dataclasses.replace(GROUP.pvs[1], used=114)), lvs=(DATA,), free=1022 - 114)
    made = planned(closed, lv("all", "100%FREE"))
    assert "--extents 397 " in commands(made)[0]
    assert refusal(closed, lv("all", "398 extents")).code == "vg-full"


def test_nothing_left_for_a_share_of_what_is_free() -> None:
    twice = {**NAMED, "logical_volumes": [{"name": "one", "size": "100%FREE"}, {"name": "two", "size": "100%FREE"}]}
    refused = refusal(GROUP, twice)
    assert refused.code == "vg-full" and "100%FREE" in refused.found and "4MiB" not in str(refused)


def test_a_second_copy_of_the_metadata_takes_room_at_the_end() -> None:
    # 1 MiB of 4 is left at the end, which the copy then takes.
    machine = host(disk("b", 2 * GIB + 1024**2))
    for copies, count in ((1, 512), (2, 511)):
        made = planned(None, {"name": "new", "devices": [wwn("b")]}, machine=machine, state=State(settings=Settings(copies=copies)))
        assert made.after.groups[0].extents == count


def device_of(name: str, **values: Any) -> Host:
    """The machine with a volume of group fast as a device."""
    there = Device("dm-0", f"/dev/mapper/fast-{name}", "lvm", 10 * EXTENT, **values)
    return Host({**MACHINE.devices, "dm-0": there})


@pytest.mark.parametrize(
    ("wish", "values"),
    [
        (lv("data", "80MiB", filesystem={"type": "ext4"}), {"signatures": (Signature("ext4", "u"),)}),
        (lv("data", "80MiB"), {"signatures": (Signature("ext4", "u"),), "mounts": ("/srv",)}),
        (lv("data", "40MiB", filesystem={"type": "ext4", "label": "x"}), {"signatures": (Signature("ext4", "u"),)}),
        (lv("data", "40MiB", filesystem={"type": "ext4"}), {}),
        (lv("data", "20MiB"), {"signatures": (Signature("ext4", "u"),)}),
    ],
)
def test_a_read_only_volume_keeps_its_file_system(wish: dict, values: dict) -> None:
    assert refusal(with_data(read_only=True), wish, machine=device_of("data", **values)).code == "lv-read-only"


def test_a_file_system_with_errors_or_mounted_read_only_is_told_before_its_volume_grows() -> None:
    held = {"signatures": (Signature("ext4", "u"),), "stuck": "has recorded errors", "mend": "e2fsck -f /dev/fast/data while it is not mounted"}
    refused = refusal(GROUP, lv("data", "80MiB", filesystem={"type": "ext4"}), machine=device_of("data", **held))
    assert refused.code == "fs-stuck" and "recorded errors" in refused.found and "e2fsck" in refused.fix


def test_what_only_the_programs_can_say_is_asked_before_the_first_change() -> None:
    wish = {"name": "new", "devices": [wwn("b")], "logical_volumes": [{"name": "db", "size": "64MiB", "filesystem": {"type": "ext4", "options": ["-b", "65536"]}}]}
    made = planned(None, wish, machine=host(holding(disk("b"), "xfs", "u-xfs")), wipe={wwn("b"): "u-xfs"})
    assert [action.verb for action in made.actions] == ["wipe", "create", "create", "make"]
    asked = [str(step) for action in made.actions for step in action.steps if "LVM shows" in str(step) or "takes" in str(step)]
    assert asked == [str(step) for step in made.actions[0].steps[:2]] == [f"check that LVM shows {wwn('b')}", "check that mkfs.ext4 takes -b 65536"]


# What LVM does not show.
MARKED = host(holding(disk("a"), "LVM2_member", "pv-x"), disk("b"))
FOREIGN = Hidden("pv-x", hidden.FOREIGN, "data", "web2")
BY_NAME = {"name": "data", "devices": [wwn("a")]}
OTHER = {"name": "other", "devices": [wwn("a")]}


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (FOREIGN, "local/extra_system_ids"),
        (Hidden("pv-x", hidden.UNLISTED, "data"), "lvmdevices --adddev"),
        (Hidden("pv-x", hidden.FILTERED, "data"), "global_filter"),
        (Hidden("pv-x", hidden.COPY, "data", twin="/dev/sdq"), "detach the copy"),
    ],
)
@pytest.mark.parametrize("wish", [BY_NAME, OTHER, {**OTHER, "devices": {"rotational": False}}])
def test_a_hidden_volume_group_is_named_and_nobody_is_offered_to_wipe_it(why: Hidden, words: str, wish: dict) -> None:
    refused = refusal(None, wish, machine=MARKED, state=State(hidden={"sda": why}), rules=[])
    assert words in f"{refused.found} {refused.fix}" and "volume group data" in refused.found and "wipe: {" not in str(refused)


def test_consent_of_ones_own_accord_is_for_another_group_than_the_one_that_is_hidden() -> None:
    found, consent = State(hidden={"sda": FOREIGN}), {wwn("a"): "pv-x"}
    assert actions(planned(None, OTHER, machine=MARKED, state=found, wipe=consent))[0] == f"wipe device {wwn('a')}"
    assert refusal(None, BY_NAME, machine=MARKED, state=found, wipe=consent).code == "pv-foreign"
    copy = State(hidden={"sda": Hidden("pv-x", hidden.COPY, "data", twin="/dev/sdq")})
    assert refusal(None, OTHER, machine=MARKED, state=copy, wipe=consent).code == "pv-copy"


def test_a_group_is_not_made_anew_on_another_disk_while_it_is_hidden_on_one() -> None:
    wish = {"name": "data", "devices": [wwn("b")]}
    assert refusal(None, wish, machine=MARKED, state=State(hidden={"sda": FOREIGN})).code == "pv-foreign"


def test_a_recorded_group_that_is_hidden_is_told_so_and_its_disk_is_not_said_to_be_gone() -> None:
    found = State(recorded={"data": "u"}, hidden={"sda": FOREIGN})
    made = planned(None, {"name": "data", "devices": {"rule": "spare"}}, machine=MARKED, state=found, rules=[{"name": "spare", "rotational": True}])
    (reason,) = [each["reason"] for each in made.after.degraded]
    assert not made.actions and "LVM does not show it" in reason and "extra_system_ids" in reason and "adopt_new" not in reason


def test_what_is_given_out_is_not_hidden() -> None:
    given = Host({name: dataclasses.replace(each, entry="raw/x") if name == "sda" else each for name, each in MARKED.devices.items()})
    assert hidden.find(MARKED, State(), {"sda": ("data", "")}, False)["sda"].why == hidden.FILTERED
    assert hidden.find(MARKED, State(), {"sda": ("data", "")}, True)["sda"].why == hidden.UNLISTED
    assert hidden.find(MARKED, State(), {"sda": ("data", "web2")}, True)["sda"].why == hidden.FOREIGN
    assert not hidden.find(given, State(), {}, False)


def test_a_copy_and_a_shrunk_disk_are_degraded_and_other_groups_go_on() -> None:
    more = {"name": "new", "devices": [wwn("b")]}
    copied = planned(GROUP, lv("x", "8MiB"), more, state=state(hidden={"sdq": Hidden("pv-a", hidden.COPY, "fast", twin="/dev/sda")}),
                     machine=Host({**MACHINE.devices, "sdq": disk("q")}))  # fmt: skip
    small = group(pvs=(dataclasses.replace(GROUP.pvs[0], start_bytes=1024**2, device_bytes=GIB), GROUP.pvs[1]))
    shrunk = planned(small, lv("x", "8MiB"), more)
    for made, words in ((copied, "is there twice"), (shrunk, "become smaller")):
        assert words in made.after.degraded[0]["reason"] and actions(made) == ["create volume group new"]


def test_what_a_pod_wrote_on_its_lun_stops_nothing() -> None:
    lun = host(holding(disk("a", transport="iscsi"), "LVM2_member", "pv-x"), disk("b"))
    for owners, group_state in (({"sda": ("new", "")}, None), ({}, dataclasses.replace(GROUP, pvs=(dataclasses.replace(GROUP.pvs[0], uuid="pv-x", device="sdb"),)))):
        seen = state(group_state, hidden=hidden.find(lun, state(group_state), owners, False))
        made = planned(group_state, {"name": "new", "devices": [wwn("b")]} if group_state is None else {**NAMED, "devices": [wwn("b")]}, machine=lun, state=seen)
        assert seen.hidden["sda"].attached and not made.after.degraded


def test_a_safeguard_that_is_off_is_told() -> None:
    assert not planned(GROUP, NAMED).warnings
    off = planned(GROUP, NAMED, state=State((GROUP,), settings=Settings(backups="/var/b")))
    assert not off.actions and "/var/b" in off.warnings[0] and "vgcfgbackup fast" in off.warnings[0]
    assert not planned(GROUP, lv("new", "8MiB"), state=State((GROUP,))).warnings, "the change itself writes one"


def test_settings_are_asked_for_where_they_are_mentioned() -> None:
    assert not settings.mentioned(["", "\t# backup_dir = '/x'\nbackup { backup = 1 }\n"])
    assert settings.mentioned(['backup {\n\tbackup_dir = "/var/b"\n}']) and settings.mentioned(["activation/volume_list=[]"])
    text = 'backup_dir="/var/b/"\nprofile_dir="/p"\npvmetadatacopies=2\nallow_mixed_block_sizes=1\nvolume_list=["a","@t"]\n'
    assert settings.parse(text) == Settings("/var/b", "/p", 2, True, ("a", "@t"), None)
    assert settings.parse('volume_list="nope"\n').active == ("nope",) and settings.parse("") == Settings()


def on_disk(text: bytes, at: int = 512) -> bytes:
    """A device as LVM writes it: a label in the second sector, the header of the metadata behind it, and the text in a ring."""
    lists = struct.pack("<QQQQQQQQ", 1024**2, 0, 0, 0, 4096, 8192, 0, 0)
    sector = (b"LABELONE" + struct.pack("<QII", 1, 0, 32) + b"LVM2 001" + b"u" * 32 + struct.pack("<Q", 2 * GIB) + lists).ljust(512, b"\0")
    header = (b"\0\0\0\0 LVM2 x[5A%r0N*>" + struct.pack("<IQQ", 1, 4096, 8192) + struct.pack("<QQII", at, len(text), 0, 0)).ljust(512, b"\0")
    ring = bytearray(8192)
    ring[:512] = header
    first = text[: 8192 - at]
    ring[at : at + len(first)] = first
    ring[512 : 512 + len(text) - len(first)] = text[len(first) :]
    return b"\0" * 512 + sector + b"\0" * 3072 + bytes(ring)


TEXT = b'data {\nid = "x"\nseqno = 3\nsystem_id = "web2"\n' + b"#" * 900


@pytest.mark.parametrize(
    ("disk_bytes", "owner"),
    [
        (on_disk(TEXT), ("data", "web2")),
        (on_disk(TEXT, at=8192 - 20), ("data", "web2")),
        (on_disk(b'data {\nid = "x"\n'), ("data", "")),
        (on_disk(b'\x1b[2J {\nsystem_id = "a\x1bb"\n'), ("", "")),
        (on_disk(TEXT)[:4096] + b"\0" * 512, ("", "")),
        (b"\0" * 8192, ("", "")),
    ],
)
def test_whose_it_is_stands_on_the_disk(disk_bytes: bytes, owner: tuple) -> None:
    assert label.parse(lambda start, length: disk_bytes[start : start + length]) == owner


def test_a_label_that_somebody_made_up_is_no_label(tmp_path: Any) -> None:
    for number, text in enumerate((on_disk(TEXT)[:560], on_disk(TEXT).replace(struct.pack("<Q", 4096), struct.pack("<Q", 2**63)), b"LABELONE")):
        (tmp_path / str(number)).write_bytes(text)
        assert label.owner(str(tmp_path / str(number))) == ("", "")


def test_a_thin_volume_needs_no_row() -> None:
    assert commands(planned(group(policy="contiguous"), {**NAMED, "logical_volumes": [{"name": "t2", "size": "8MiB", "thin_pool": "pool"}],
                                                         "thin_pools": [{"name": "pool", "size": "400MiB", "overprovision_ratio": 2}]}))  # fmt: skip
    assert isinstance(THIN, LogicalVolume)
