"""What keeps a disk from being given to a volume group, as LVM knows it."""

from __future__ import annotations

import pytest
from machines import disk, holding, host, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.select import parse_wanted
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Consent
from ansible_collections.cairn.storage.plugins.module_utils._lvm.desired import Group, Layout
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import PhysicalVolume, State, VolumeGroup
from ansible_collections.cairn.storage.plugins.module_utils._lvm.plan import Observed, plan

MACHINE = host(holding(disk("a"), "LVM2_member", "pv-a"), disk("c"))
OTHER = VolumeGroup("other", 4 * 1024**2, 511, 511, "uuid", pvs=(PhysicalVolume(wwn("a"), "pv-a", "sda", 511),))


def layout(*groups: Group, wipe: dict = {}) -> Layout:  # noqa: B006 - never changed
    return Layout(groups, (), Consent("wipe", wipe), Consent("allow_data_loss", {}), False, "/base")


def group(name: str, *letters: str, **values: str) -> Group:
    return Group(
        name, f"volume_groups[{name}]", parse_wanted([wwn(letter) for letter in letters], f"{name}.devices", False) if letters else None, **values
    )


@pytest.mark.parametrize("wipe", [{}, {wwn("a"): "pv-a"}])
def test_a_disk_in_use_by_another_volume_group(wipe: dict) -> None:
    """storage.md 5, items 24 and 25: not even with consent to wipe it, the other volume group goes first."""
    with pytest.raises(CairnError) as refused:
        plan(Observed(MACHINE, State((OTHER,))), layout(group("new", "a", "c"), wipe=wipe))
    assert (refused.value.code, refused.value.parameter) == ("device-taken", "new.devices")
    assert "volume group other" in refused.value.found


def test_a_disk_of_a_volume_group_that_goes_can_be_had_with_consent() -> None:
    wish = layout(group("other", state="absent"), group("new", "a"), wipe={wwn("a"): "pv-a"})
    assert [str(action) for action in plan(Observed(MACHINE, State((OTHER,))), wish).actions][-1] == "create volume group new"
