# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Discovery authentication: whom the machine tells what targets it has, one answer for all of them. Pure."""

from __future__ import annotations

from typing import Any, List, Optional

from ..._core.plan import Action
from ..chap import Chap
from . import paths
from .build import chap_steps
from .model import show_chap
from .saved import chap_of
from .save import with_chap
from .state import Document
from .steps import Write

#: The folder that holds it.
FOLDER = f"{paths.FABRIC}/discovery_auth"
_PREFIX = "discovery_"


def saved(document: Document) -> Optional[Chap]:
    """The saved one, if it is in force."""
    item = _entry(document)
    return chap_of(item, _PREFIX) if item.get("discovery_enable_auth") else None


def replaced(document: Document, wish: Optional[Chap]) -> Document:
    """The document with ``wish`` saved; targetcli leaves the entry out where nobody is asked."""
    old = _entry(document)
    others = [item for item in document["fabric_modules"] if item is not old]
    if wish is None:
        return {**document, "fabric_modules": others}
    entry = {**with_chap(old, wish, _PREFIX), "name": paths.FABRIC, "discovery_enable_auth": True}
    return {**document, "fabric_modules": [*others, entry]}


def _entry(document: Document) -> dict:
    return next((item for item in document["fabric_modules"] if item.get("name") == paths.FABRIC), {})


def actions(running: Optional[Chap], wish: Optional[Chap]) -> List[Action]:
    """What makes the kernel ask for ``wish``, or nobody."""
    if running == wish:
        return []
    enforce = Write(f"{FOLDER}/enforce_discovery_auth", str(int(wish is not None)))
    steps = (*chap_steps(FOLDER, running, wish), enforce)
    return [Action("change", "discovery authentication", paths.FABRIC, steps, _show(running), _show(wish, running))]


def _show(chap: Optional[Chap], before: Optional[Chap] = None) -> Any:
    if chap is None:
        return {"enforced": False}
    same_users = before is not None and show_chap(before) == show_chap(chap)
    return {"enforced": True, **show_chap(chap), **({"secret": "as given"} if same_users else {})}
