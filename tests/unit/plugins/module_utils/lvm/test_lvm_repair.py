"""A disk of a volume group is gone for good: tables of (found, wanted) -> actions."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from lvm_wishes import EXTENT, actions, commands, fast, planned, refusal
from machines import GIB, cleared, disk, holding, host, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, PhysicalVolume, State, VolumeGroup
from ansible_collections.cairn.storage.plugins.module_utils._lvm.observe import backups

GONE = "[unknown]"
PARTIAL = "lvremove --yes --config 'activation/activation_mode=\"partial\"'"
FORGET = "vgreduce --removemissing fast"
A, C = (PhysicalVolume(f"/dev/sd{letter}", f"pv-{letter}", f"sd{letter}", 511) for letter in "ac")
LOST = PhysicalVolume(GONE, "pv-b", "", 511, missing=True)
HOST = host(*(holding(disk(letter), "LVM2_member", f"pv-{letter}") for letter in "ac"), disk("d"))
WANTED = fast(devices=[wwn("a")], repair_missing=True)


def linear(name: str, place: str, **values: Any) -> LogicalVolume:
    return LogicalVolume(name, 10, f"u-{name}", on={place: 10}, **values)


def raid(name: str, kind: str, *places: str, mirrors: int = 1, hidden: bool = False) -> tuple:
    parts = tuple(
        LogicalVolume(f"{name}_{part}_{number}", size, hidden=True, on={place: size})
        for number, place in enumerate(places)
        for part, size in (("rmeta", 1), ("rimage", 20))
    )
    names = tuple(part.name for part in parts)
    return (LogicalVolume(name, 20, f"u-{name}", f"raid,{kind}", segment=kind, mirrors=mirrors, parts=names, hidden=hidden, health="partial"), *parts)


def pool(place: str, *below: LogicalVolume) -> tuple:
    below = below or (LogicalVolume("pool_tdata", 20, hidden=True, on={place: 20}),)
    return (
        LogicalVolume("pool", 20, "u-pool", "thin,pool", segment="thin-pool", parts=(below[0].name, "pool_tmeta"), monitored=True),
        *below,
        LogicalVolume("pool_tmeta", 1, hidden=True, on={"/dev/sda": 1}),
        LogicalVolume("thin", 5, "u-thin", "thin,sparse", segment="thin", pool="pool"),
        LogicalVolume("lvol0_pmspare", 1, hidden=True, on={"/dev/sda": 1}),
    )


def cached(mode: str) -> tuple:
    return (
        LogicalVolume("o", 10, "u-o", "cache", segment="cache", cache="o_cvol", cache_mode=mode, parts=("o_corig",)),
        LogicalVolume("o_corig", 10, hidden=True, on={"/dev/sda": 10}),
        LogicalVolume("o_cvol", 4, hidden=True, on={GONE: 4}),
    )


def group(*volumes: LogicalVolume, pvs: tuple = (A, C, LOST)) -> VolumeGroup:
    pvs = tuple(dataclasses.replace(pv, used=sum(volume.on.get(pv.path, 0) for volume in volumes)) for pv in pvs)
    total = sum(pv.extents for pv in pvs)
    return VolumeGroup("fast", EXTENT, total, total - sum(pv.used for pv in pvs), "u-fast", (), pvs, volumes)


def made(found: VolumeGroup, wanted: dict = WANTED, *, machine: Host = HOST, **options: Any) -> Any:
    return planned(found, wanted, machine=machine, state=State((found,)), **options)


@pytest.mark.parametrize(
    "found, consent, expected",
    [
        (group(), {}, []),
        (group(linear("x", "/dev/sda")), {}, []),
        (group(*raid("r", "raid1", "/dev/sda", GONE, mirrors=2)), {}, ["lvconvert --yes --repair fast/r"]),
        (group(linear("x", GONE)), {"x"}, [f"{PARTIAL} fast/x"]),
        (group(linear("x", "/dev/sda"), linear("s", GONE, origin="x", layout="snapshot")), {"s"}, [f"{PARTIAL} fast/s"]),
        (group(linear("x", GONE), linear("s", "/dev/sda", origin="x")), {"x", "s"}, [f"{PARTIAL} fast/s", f"{PARTIAL} fast/x"]),
        (group(*pool(GONE)), {"pool", "thin"}, [f"{PARTIAL} fast/pool"]),
        (group(*pool("", *raid("pool_tdata", "raid1", "/dev/sda", GONE, mirrors=2, hidden=True))), {}, ["lvconvert --yes --repair fast/pool_tdata"]),
        (group(*cached("writethrough")), {}, ["lvconvert --yes --uncache --force fast/o"]),
        (group(*cached("writeback")), {"o"}, ["lvconvert --yes --uncache --force fast/o"]),
        (group(*raid("r", "raid1", GONE, GONE, mirrors=2)), {"r"}, [f"{PARTIAL} fast/r"]),
        (group(*raid("r", "raid5_ls", "/dev/sda", GONE, GONE)), {"r"}, [f"{PARTIAL} fast/r"]),
        (group(*raid("r", "raid10", "/dev/sda", "/dev/sdc", GONE, GONE, mirrors=2)), {"r"}, [f"{PARTIAL} fast/r"]),
        (group(*raid("r", "raid0", "/dev/sda", GONE)), {"r"}, [f"{PARTIAL} fast/r"]),
        (group(LogicalVolume("lvol0_pmspare", 1, hidden=True, on={GONE: 1})), {}, [f"{PARTIAL} fast/lvol0_pmspare"]),
    ],
)
def test_saved_or_given_up(found: VolumeGroup, consent: set, expected: list) -> None:
    plan = made(found, allow_data_loss={f"fast/{name}": f"u-{name}" for name in consent})
    assert commands(plan) == [*expected, FORGET]
    after = plan.after.groups[0]
    assert not after.missing and after.extents == 1022 and after.free == 1022 - sum(pv.used for pv in after.pvs)
    assert all(f"fast/{name}" in plan.actions[-2].loses or plan.actions[0].loses for name in consent), "each action says what it loses"


def test_a_raid6_with_two_disks_gone() -> None:
    spare = tuple(PhysicalVolume(f"/dev/sd{letter}", f"pv-{letter}", f"sd{letter}", 511) for letter in "efgh")
    machine = host(*HOST, *(holding(disk(letter), "LVM2_member", f"pv-{letter}") for letter in "efgh"))
    volumes = raid("r", "raid6_zr", "/dev/sda", "/dev/sdc", "/dev/sde", GONE, GONE)
    found = group(*volumes, pvs=(A, C, *spare, LOST, dataclasses.replace(LOST, uuid="pv-x")))
    assert commands(made(found, machine=machine)) == ["lvconvert --yes --repair fast/r", FORGET]


def test_a_new_disk_is_taken_in_before_the_repair() -> None:
    found = group(*raid("r", "raid1", "/dev/sda", GONE, mirrors=2), pvs=(A, LOST))
    plan = made(found, fast(devices=[wwn("a"), wwn("d")], repair_missing=True, tags=["t"]))
    assert commands(plan) == [
        f"vgextend --metadatasize 1044480b --dataalignment 1048576b fast {wwn('d')}",
        "lvconvert --yes --repair fast/r",
        FORGET,
        "vgchange --addtag t fast",
    ]


def test_the_rest_of_the_wish_follows_the_repair() -> None:
    plan = made(group(linear("x", "/dev/sda")), fast(devices=[wwn("a")], repair_missing=True, logical_volumes=[{"name": "new", "size": "40MiB"}]))
    assert actions(plan) == ["forget physical volume pv-b", "create logical volume fast/new"]


MIRROR = raid("r", "raid1", "/dev/sda", GONE, mirrors=2)


@pytest.mark.parametrize(
    "code, found, options",
    [
        ("repair-consent", group(linear("x", GONE)), {}),
        ("repair-consent", group(linear("x", GONE)), {"allow_data_loss": {"fast/x": "other"}}),
        ("repair-consent", group(*pool(GONE)), {"allow_data_loss": {"fast/pool": "u-pool"}}),
        ("repair-cache-consent", group(*cached("writeback")), {}),
        ("repair-room", group(*MIRROR, pvs=(A, LOST)), {}),
        ("repair-room", group(*MIRROR, linear("x", "/dev/sdc"), pvs=(A, dataclasses.replace(C, extents=20), LOST)), {}),
        ("lv-open", group(linear("x", GONE, open=True)), {"allow_data_loss": {"fast/x": "u-x"}}),
        (
            "lv-given-out",
            group(linear("x", GONE)),
            {"machine": Host({**HOST.devices, "dm-0": Device("dm-0", "/dev/mapper/fast-x", "lvm", GIB, entry="bulk/x")})},
        ),
    ],
)
def test_refused(code: str, found: VolumeGroup, options: dict) -> None:
    refused = refusal(found, WANTED, state=State((found,)), **{"machine": HOST, **options})
    assert refused.code == code
    if code == "repair-consent":
        assert "fast/" in refused.found and "u-" in refused.fix, "each volume is named with its UUID"


def test_a_group_that_lacks_a_disk_can_be_removed() -> None:
    found, wanted = group(linear("x", GONE)), {"name": "fast", "state": "absent"}
    assert refusal(found, wanted, machine=HOST, state=State((found,))).code == "vg-consent"
    expected = ["vgreduce --removemissing --force fast", "vgremove --yes fast", f"pvremove {wwn('a')} {wwn('c')}", cleared("a"), cleared("c")]
    assert commands(made(found, wanted, allow_data_loss={"fast": "u-fast"})) == expected


def test_a_list_that_names_the_dead_disk() -> None:
    found = group(pvs=(A, LOST))
    assert refusal(found, fast(devices=[wwn("a"), wwn("b")], repair_missing=True), machine=HOST, state=State((found,))).code == "repair-listed"


def test_without_being_asked_it_is_reported_by_the_name_it_was_listed_with() -> None:
    """storage.md 5.5: an absent device is a state to report, not an error for the whole play."""
    found = group(linear("x", GONE), pvs=(A, LOST))
    plan = made(found, fast(devices=[wwn("a"), wwn("b")], logical_volumes=[{"name": "new", "size": "1GiB"}]))
    assert actions(plan) == [] and plan.after.degraded[0]["device"] == wwn("b")
    assert "repair_missing" in plan.after.degraded[0]["reason"]


def test_a_dead_disk_that_is_listed_is_one_of_the_missing() -> None:
    """With errors it has no label for LVM to find; what is not LVM's own is refused all the same."""
    dead = dataclasses.replace(disk("b"), readable=False)
    found = group(pvs=(A, LOST))
    plan = made(found, fast(devices=[wwn("a"), wwn("b")]), machine=host(*HOST, dead))
    assert actions(plan) == [] and plan.after.degraded[0]["device"] == wwn("b")
    whole = planned(None, fast(devices=[wwn("b")]), machine=host(dead), state=State(recorded={"fast": "u"}))
    assert actions(whole) == [] and whole.after.degraded[0]["device"] == wwn("b")
    assert (
        refusal(group(pvs=(A,)), fast(devices=[wwn("a"), wwn("b")]), machine=host(*HOST, dead), state=State((group(pvs=(A,)),))).code
        == "device-unreadable"
    )


@pytest.mark.parametrize("seen, device", [("/dev/sdb", ""), (wwn("b"), wwn("b"))])
def test_the_device_is_told_as_the_backup_knows_it(seen: str, device: str) -> None:
    found = group(pvs=(A, LOST))
    plan = planned(found, fast(devices=[wwn("a")]), machine=HOST, state=State((found,), last_seen={"pv-b": seen}))
    assert plan.after.degraded[0]["device"] == device and seen in plan.after.degraded[0]["reason"], "a kernel name may mean another disk by now"


def test_a_disk_that_is_back_but_counted_out() -> None:
    found = group(pvs=(A, dataclasses.replace(C, missing=True)))
    for wanted in (fast(devices=[wwn("a")]), fast(devices=[wwn("a"), wwn("c")]), fast(), fast(adopt_new=True)):
        plan = made(found, wanted)
        assert actions(plan) == [] and "vgextend --restoremissing fast /dev/sdc" in plan.after.degraded[0]["reason"], "no word of wiping it"
        assert not plan.after.unadopted
    assert refusal(found, {"name": "other", "devices": [wwn("c")]}, machine=HOST, state=State((found,)), wipe={wwn("c"): "pv-c"}).code == "device-taken"


def test_where_the_backup_tells_of_devices(tmp_path: Any) -> None:
    body = 'fast {\n\tid = "vg-uuid"\n\tphysical_volumes {\n\n\t\tpv0 {\n\t\t\tid = "pv-a"\n\t\t\tdevice = "/dev/sda"\t# Hint only\n\n\t\t\tdev_size = 8\n\t\t}\n\n'
    body += '\t\tpv1 {\n\t\t\tid = "pv-b"\n\t\t\tdevice = "/dev/sdb"\t# Hint only\n\n\t\t\tdevice_id_type = "sys_wwid"\n\t\t\tdevice_id = "naa.60012"\n\t\t}\n\t}\n}\n'
    (tmp_path / "fast").write_text(body)
    (tmp_path / "old").mkdir()
    assert backups(str(tmp_path)) == ({"fast": "vg-uuid"}, {"pv-a": "/dev/sda", "pv-b": wwn("b")})


def test_a_mirror_of_the_old_kind_keeps_the_copy_that_it_has() -> None:
    parts = tuple(LogicalVolume(f"m_mimage_{number}", 10, hidden=True, on={place: 10}) for number, place in enumerate(("/dev/sda", GONE)))
    mirror = LogicalVolume("m", 10, "u-m", "mirror", segment="mirror", mirrors=2, parts=tuple(part.name for part in parts))
    found = group(mirror, *parts)
    assert refusal(found, WANTED, machine=HOST, state=State((found,)), allow_data_loss={"fast/m": "u-m"}).code == "repair-mirror"


def test_a_physical_volume_that_only_lvm_sees() -> None:
    found = group(pvs=(A, dataclasses.replace(C, device="ram0", path="/dev/ram0")))
    assert refusal(found, fast(devices=[wwn("a")], remove_devices=["pv-c"]), machine=HOST, state=State((found,))).code == "reduce-unknown"
