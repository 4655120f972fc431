"""Regular expressions that say what may be touched, as open-local's listConfig does: an expression matches a whole name."""

from __future__ import annotations

import pytest
from lvm_wishes import GROUP, actions, fast, planned, refusal
from machines import disk, host, wwn

from ansible_collections.cairn.storage.plugins.module_utils._lvm.allowed import parse


@pytest.mark.parametrize(
    "include, exclude, allowed, denied",
    [
        ([], [], ["fast", "anything"], []),
        (["open-local-pool-[0-9]+"], [], ["open-local-pool-0", "open-local-pool-12"], ["open-local-pool-", "my-open-local-pool-0", "fast"]),
        (["fast"], [], ["fast"], ["faster", "breakfast"]),
        ([], ["share"], ["fast", "shared"], ["share"]),
        (["yoda.*", "open.*"], ["yoda1"], ["yoda", "yoda12", "open1"], ["yoda1", "fast"]),
        (["a"], ["a"], [], ["a"]),
    ],
)
def test_open_local_semantics(include: list, exclude: list, allowed: list, denied: list) -> None:
    groups = parse({"volume_groups": {"include": include, "exclude": exclude}}).groups
    assert all(groups.allows([name]) for name in allowed)
    assert not any(groups.allows([name]) for name in denied)


def test_a_device_is_known_by_all_its_names() -> None:
    devices = parse({"devices": {"include": ["/dev/sd[a-c]"], "exclude": [".*wwn-0x60012"]}}).devices
    assert devices.allows(disk("a").names) and devices.allows(disk("c").names)
    assert not devices.allows(disk("b").names), "excluded by its WWN"
    assert not devices.allows(disk("d").names)


def test_a_rule_passes_over_what_is_not_allowed() -> None:
    made = planned(None, fast(), machine=host(disk("a"), disk("c")), white_list={"devices": {"exclude": [f"{wwn('c')}"]}})
    assert actions(made) == ["create volume group fast"] and [pv.device for pv in made.after.groups[0].pvs] == ["sda"]


@pytest.mark.parametrize(
    "code, white_list, wanted",
    [
        ("vg-not-allowed", {"volume_groups": {"include": ["bulk"]}}, fast()),
        ("vg-not-allowed", {"volume_groups": {"exclude": ["fa.*"]}}, fast()),
        ("vg-not-allowed", {"volume_groups": {"exclude": ["fast"]}}, {"name": "fast", "state": "absent"}),
        ("device-not-allowed", {"devices": {"exclude": ["/dev/sda"]}}, fast(devices=[wwn("a")])),
        ("device-not-allowed", {"devices": {"exclude": ["/dev/sdc"]}}, {"name": "fast", "state": "absent"}),
        ("device-not-allowed", {"devices": {"exclude": ["/dev/sdc"]}}, fast(remove_devices=[wwn("c")])),
        ("white-list-regex", {"devices": {"include": ["("]}}, fast()),
    ],
)
def test_refused(code: str, white_list: dict, wanted: dict) -> None:
    assert refusal(GROUP, wanted, white_list=white_list).code == code
