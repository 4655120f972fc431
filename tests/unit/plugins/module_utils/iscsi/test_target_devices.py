"""What a block backstore stands on: replaced, gone, in use, or an initiator's own."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import pytest
from lio import ADDRESS, INITIATOR, NAME, wish

sys.path.append(str(Path(__file__).resolve().parents[1]))

from machines import disk, holding, host, wwn  # noqa: E402

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target import saved  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.model import Backstore  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.plan import plan  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.save import replaced  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.seen import Observed  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.state import Kernel  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.target.observe import scans_lvs  # noqa: E402

A, B = wwn("a"), wwn("b")
WISH = wish(
    backstores=[{"name": "a", "device": A, "serial": "a1"}, {"name": "b", "device": B, "serial": "b1"}],
    tpgs=[
        {
            "portals": [{"address": ADDRESS}],
            "luns": [{"lun": 0, "backstore": "a"}, {"lun": 1, "backstore": "b"}],
            "acls": [{"initiator": INITIATOR}],
        }
    ],
)


def running(**numbers: str) -> Observed:
    """A machine on which the wish runs on 8:0 and 8:16, and these are the numbers that the paths lead to now."""
    folders = {"a": ("iblock_0", "8:0"), "b": ("iblock_1", "8:16")}
    stores = tuple(dataclasses.replace(each, folder=folders[each.name][0], number=folders[each.name][1]) for each in WISH.target.backstores)
    target = dataclasses.replace(WISH.target, backstores=stores)
    kernel = Kernel(
        {each.key: each for each in stores}, {each.key: frozenset([f"iscsi/{NAME}"]) for each in stores}, ("iblock_0", "iblock_1"), ("iscsi",)
    )
    disks = [dataclasses.replace(disk(letter), number=numbers.get(letter, "")) for letter in "ab"]
    paths = {path: numbers[letter] for letter, path in (("a", A), ("b", B)) if letter in numbers}
    return Observed(target, kernel, replaced(saved.load("", ""), WISH.target), "/saved", host(*disks), paths)


def actions(planned: Plan) -> list[tuple[str, str, str]]:
    return [(action.verb, action.kind, action.name.split()[-1]) for action in planned.actions]


def test_a_replaced_disk_makes_its_backstore_and_lun_anew_and_nothing_else__targetcli_19() -> None:
    assert not plan(running(a="8:0", b="8:16"), WISH).changed
    assert actions(plan(running(a="8:0", b="8:32"), WISH)) == [
        ("remove", "mapped LUN", "1"),
        ("remove", "LUN", "1"),
        ("remove", "backstore", "block/b"),
        ("create", "backstore", "block/b"),
        ("create", "LUN", "1"),
        ("create", "mapped LUN", "1"),
    ]


def test_a_disk_that_is_gone_is_told_and_holds_nothing_up() -> None:
    planned = plan(running(a="8:0"), WISH)
    assert not planned.changed and planned.after.degraded == ("block/b",) and "block/b" in planned.warnings[0]


def nothing(**values: Any) -> Observed:
    """A machine on which no target runs."""
    seen = running(a="8:0", b="8:16")
    return dataclasses.replace(seen, running=dataclasses.replace(seen.running, present=False, groups=(), backstores=()), kernel=Kernel(), **values)


def test_an_initiators_volume_group_on_what_was_exported_before_is_no_obstacle() -> None:
    member = dataclasses.replace(holding(disk("a"), "LVM2_member", "pv"), number="8:0")
    other = dataclasses.replace(disk("b"), number="8:16")
    assert plan(nothing(host=host(member, other)), WISH).changed
    with pytest.raises(CairnError) as refused:
        plan(nothing(host=host(member, other), document=saved.load("", "")), WISH)
    assert refused.value.code == "device-lvm-member"


def test_a_logical_volume_may_hold_anything() -> None:
    volume = Device("dm-0", "/dev/mapper/vg-lv", "lvm", 1024**2, "253:0")
    wanted = wish(
        backstores=[{"name": "lv", "device": "/dev/vg/lv"}], tpgs=[{"portals": [{"address": ADDRESS}], "luns": [{"lun": 0, "backstore": "lv"}]}]
    )
    seen = Observed(
        dataclasses.replace(WISH.target, present=False, groups=(), backstores=()),
        Kernel(),
        saved.load("", ""),
        "/saved",
        host(holding(volume, "LVM2_member", "pv")),
        {"/dev/vg/lv": "253:0"},
    )
    planned = plan(seen, wanted)
    assert any("udev_path=/dev/vg/lv" in str(step) for action in planned.actions for step in action.steps)


@pytest.mark.parametrize(
    ("change", "code"),
    (
        ({"mounts": ("/",)}, "system-disk"),
        ({"mounts": ("/mnt",)}, "device-mounted"),
        ({"readable": False}, "device-unreadable"),
        ({"read_only": True}, "device-read-only"),
        ({"entry": "class/x"}, "device-taken"),
    ),
)
def test_a_device_that_cannot_be_given_away_is_refused(change: dict, code: str) -> None:
    device = dataclasses.replace(disk("a"), number="8:0", **change)
    with pytest.raises(CairnError) as refused:
        plan(nothing(host=host(device, dataclasses.replace(disk("b"), number="8:16"))), WISH)
    assert refused.value.code == code and refused.value.parameter == "backstores[0].device"


def test_a_backstore_of_nobody_that_stands_on_something_else_is_left_alone() -> None:
    foreign = Kernel({"block/a": Backstore("a", "block", "/dev/disk/by-id/wwn-0x1", folder="iblock_7")}, {}, ("iblock_7",), ("iscsi",))
    with pytest.raises(CairnError) as refused:
        plan(dataclasses.replace(nothing(document=saved.load("", "")), kernel=foreign), WISH)
    assert refused.value.code == "backstore-foreign"


@pytest.mark.parametrize(
    ("text", "scans"),
    (
        ("", False),
        ("\t# scan_lvs = 1\n", False),
        ("devices {\n\tscan_lvs = 1\n}\n", True),
        ("devices {\n\tscan_lvs = 1\n}\ndevices {\n\tscan_lvs=0\n}\n", False),
    ),
)
def test_lvm_must_not_look_into_luns__drbd_and_harvester_11098(text: str, scans: bool) -> None:
    assert scans_lvs(text) is scans


def test_a_volume_that_an_earlier_task_makes_can_be_planned_on() -> None:
    params = {
        "backstores": [{"name": "v", "device": "/dev/fast/v"}],
        "tpgs": [{"portals": [{"address": ADDRESS}], "luns": [{"lun": 0, "backstore": "v"}], "acls": [{"initiator": INITIATOR}]}],
    }
    empty = Observed(dataclasses.replace(WISH.target, present=False, groups=(), backstores=()), Kernel(), saved.load("", ""))
    with pytest.raises(CairnError) as error:
        plan(empty, wish(**params))
    assert error.value.code == "device-absent"
    made = plan(empty, wish(**params, pending={"volume_groups": [{"logical_volumes": [{"path": "/dev/fast/v"}]}]}))
    assert ("create", "backstore", "block/v") in actions(made) and not made.after.degraded and not made.warnings


@pytest.mark.parametrize("pending", [{"volume_groups": [{"name": "fast"}]}, {"volume_groups": ["fast"]}, {"volume_groups": None}])
def test_pending_is_what_the_layout_returned(pending: dict) -> None:
    with pytest.raises(CairnError, match="not what lvm_layout returns"):
        wish(
            backstores=[{"name": "v", "device": "/dev/fast/v"}],
            tpgs=[{"portals": [{"address": ADDRESS}], "luns": [{"lun": 0, "backstore": "v"}]}],
            pending=pending,
        )
