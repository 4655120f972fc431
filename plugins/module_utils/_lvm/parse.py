# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The wish from the parameters of the LVM modules: everything that can be told without looking at the machine is checked here."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .._block.rules import parse as parse_rules
from .._block.select import parse_wanted
from .._core.errors import InvalidRequest
from .._core.plan import Consent
from .._core.quantity import human, parse_bytes
from .allowed import parse as parse_white_list
from .desired import Group, Layout
from .names import check_length, check_name, check_tags
from .parse_pool import parse_pool
from .parse_volume import parse_volume
from .references import check_references
from .space import DEFAULT_EXTENT


def parse(params: Mapping[str, Any]) -> Layout:
    """The wish of lvm_layout."""
    groups: List[Group] = []
    for index, item in enumerate(params["volume_groups"]):
        here = f"volume_groups[{index}]"
        group = parse_group(item, here, params["allow_kernel_names"])
        if group.name in (other.name for other in groups):
            raise InvalidRequest(
                "two volume groups have the same name.", code="vg-twice", parameter=f"{here}.name", found=group.name, fix="merge them or rename one."
            )
        groups.append(group)
    return layout(params, groups)


def layout(params: Mapping[str, Any], groups: List[Group]) -> Layout:
    """``groups`` with the options that all LVM modules share."""
    _check_together(groups)
    return Layout(
        tuple(groups),
        parse_rules(params.get("disk_rules") or ()),
        Consent("wipe", params["wipe"]),
        Consent("allow_data_loss", params["allow_data_loss"]),
        params["allow_kernel_names"],
        params["base_dir"],
        parse_white_list(params["white_list"]),
    )


def _check_together(groups: Sequence[Group]) -> None:
    uuids: Dict[str, str] = {}
    for group in groups:
        for each in (*group.thin_pools, *group.volumes):
            if each.state == "present":
                check_length(group.name, each.name, f"{each.parameter}.name")
        for volume in group.volumes:
            uuid = volume.filesystem.uuid if volume.filesystem else ""
            if uuid and uuids.setdefault(uuid, volume.parameter) != volume.parameter:
                raise InvalidRequest(
                    "two file systems would have the same UUID, and a mount by it would find either.",
                    code="fs-uuid-twice",
                    parameter=f"{volume.parameter}.filesystem.uuid",
                    found=f"{uuid}, as {uuids[uuid]}",
                    fix="leave it out and mkfs makes one.",
                )


def parse_alone(params: Mapping[str, Any]) -> Layout:
    """The wish of lvm_logical_volume: one volume in a volume group that has to be there."""
    volume = parse_volume(params, "", params["allow_kernel_names"])
    return layout(params, [Group(check_name(params["volume_group"], "volume_group"), "", None, volumes=(volume,))])


def parse_group(item: Mapping[str, Any], here: str, allow_kernel_names: bool) -> Group:
    """One volume group; ``here`` names its parameter, empty for a module's own options."""
    name = check_name(item["name"], f"{here}.name")
    if item["state"] == "absent":
        return Group(name, here, None, state="absent")
    return Group(
        name,
        here,
        parse_wanted(item["devices"], f"{here}.devices", allow_kernel_names) if item.get("devices") is not None else None,
        _power_of_two(item.get("extent_size"), f"{here}.extent_size", 128 * 1024, 16 * 1024**3, "extent-size", f"leave it out for {human(DEFAULT_EXTENT)}."),
        None if item.get("tags") is None else check_tags(item["tags"], f"{here}.tags"),
        *_contents(name, here, item, allow_kernel_names),
        adopt_new=item["adopt_new"],
        alignment_bytes=_power_of_two(
            item.get("data_alignment"), f"{here}.data_alignment", 4096, 64 * 1024**2, "data-alignment", "leave it out to follow the disk."
        ),
        rename_from=_rename(item, name, here),
        remove_devices=check_references(item.get("remove_devices"), f"{here}.remove_devices", allow_kernel_names),
        resize_devices=item["resize_devices"],
        repair_missing=item["repair_missing"],
        found=item.get("devices") is None,
    )


def _contents(name: str, here: str, item: Mapping[str, Any], allow_kernel_names: bool) -> Tuple[tuple, tuple]:
    pools = tuple(parse_pool(pool, f"{here}.thin_pools[{index}]") for index, pool in enumerate(item.get("thin_pools") or ()))
    volumes = tuple(
        parse_volume(volume, f"{here}.logical_volumes[{index}]", allow_kernel_names) for index, volume in enumerate(item.get("logical_volumes") or ())
    )
    seen: set = set()
    for each in (*pools, *volumes):
        if each.name in seen:
            raise InvalidRequest(
                "two logical volumes have the same name.",
                code="lv-twice",
                parameter=f"{each.parameter}.name",
                found=f"{name}/{each.name}",
                fix="rename one of them; thin pools share the names of logical volumes.",
            )
        seen.add(each.name)
    return pools, volumes


def _rename(item: Mapping[str, Any], name: str, here: str) -> str:
    old = item.get("rename_from") or ""
    if old and check_name(old, f"{here}.rename_from") == name:
        raise InvalidRequest(
            "a thing cannot be renamed to the name it has.",
            code="rename-same",
            parameter=f"{here}.rename_from",
            found=old,
            fix="take the option out.",
        )
    return old


def _power_of_two(value: Any, parameter: str, low: int, high: int, code: str, fix: str) -> Optional[int]:
    if value is None:
        return None
    size = parse_bytes(value, parameter)
    if size & (size - 1) or not low <= size <= high:
        raise InvalidRequest(f"this is a power of two between {human(low)} and {human(high)}.", code=code, parameter=parameter, found=human(size), fix=fix)
    return size
