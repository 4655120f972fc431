# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Building backstores. Pure."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Optional, Tuple

from ..._core.plan import Action
from . import paths
from .model import BLOCK, FILEIO, AluaGroup, Attributes, Backstore
from .steps import MakeDir, MakeFile, Tune, Write

#: Pages of a RAM disk; all machines that run LIO have this size or a multiple of it that divides the sizes that are accepted.
PAGE = 4096


def build_store(stays: Optional[Backstore], wish: Backstore, folder: str) -> Iterator[Action]:
    """What is missing of a backstore."""
    here = paths.backstore(folder, wish.name)
    before: Attributes = stays.attributes if stays else {}
    tune = tuple(Tune(f"{here}/attrib/{name}", value) for name, value in wish.attributes.items() if before.get(name) != value)
    if not stays:
        yield Action("create", "backstore", wish.key, (*_new(wish, folder, here), *tune), None, _alone(wish))
    elif tune:
        yield Action("change", "backstore", wish.key, tune, _alone(stays), _alone(wish))
    groups = {each.name: each for each in stays.alua_groups} if stays else {}
    for group in wish.alua_groups:
        yield from _alua(wish.key, f"{here}/alua/{group.name}", groups.get(group.name), group)


def _alone(store: Backstore) -> Dict[str, Any]:
    return {key: value for key, value in store.show().items() if key != "alua_groups"}


def _new(wish: Backstore, folder: str, here: str) -> Tuple[Any, ...]:
    make = (MakeDir(f"core/{folder}"), MakeDir(here))
    # The serial number can be set once it is enabled and until it is exported, never later.
    finish = (Write(f"{here}/enable", "1"), Write(f"{here}/wwn/vpd_unit_serial", wish.serial))
    control = f"{here}/control"
    if wish.kind == BLOCK:
        return (
            *make,
            Write(control, f"udev_path={wish.path}"),
            Write(control, f"readonly={int(wish.read_only)}"),
            Write(f"{here}/udev_path", wish.path),
            *finish,
        )
    if wish.kind == FILEIO:
        cache = (Write(control, "fd_buffered_io=1"),) if wish.write_back else ()
        place = Write(control, f"fd_dev_name={wish.path},fd_dev_size={wish.size}")
        flag = (Write(f"{here}/attrib/emulate_write_cache", "1"),) if wish.write_back else ()
        return (MakeFile(wish.path, wish.size), *make, place, *cache, Write(f"{here}/udev_path", wish.path), *finish, *flag)
    return (*make, Write(control, f"rd_pages={wish.size // PAGE}"), *finish)


def _alua(key: str, here: str, stays: Optional[AluaGroup], wish: AluaGroup) -> Iterator[Action]:
    before = stays or AluaGroup(wish.name, wish.id)
    steps = (
        *(() if stays else (MakeDir(here), Write(f"{here}/tg_pt_gp_id", str(wish.id)))),
        *((Write(f"{here}/alua_access_state", wish.state),) if before.state != wish.state else ()),
        *((Write(f"{here}/preferred", str(int(wish.preferred))),) if before.preferred != wish.preferred else ()),
    )
    if steps:
        shown = {"id": before.id, "state": before.state, "preferred": before.preferred} if stays else None
        yield Action(
            "change" if stays else "create",
            "ALUA group",
            f"{key} {wish.name}",
            steps,
            shown,
            {"id": wish.id, "state": wish.state, "preferred": wish.preferred},
        )
