# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What a module for one kind knows beyond what the API server says. Pure: asked between the reads and the dry runs, and when planning."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Optional, Sequence, Tuple

from .._core.errors import NotFound
from . import basics
from .basics import Object
from .manifest import Ref

#: What was read because ``sources`` asked for it: objects by kind.
Around = Mapping[str, Tuple[Object, ...]]
#: A collection: (apiVersion, kind, namespace).
Source = Tuple[str, str, str]


class Rules:
    """A kind without rules of its own; kinds that have some override what they need."""

    def sources(self, wanted: Sequence[Object], live: Mapping[Ref, Object], going: Sequence[Object]) -> Iterable[Source]:
        """The collections to read, for the ``wanted`` manifests, what is there of them, and the live objects that are ``going``."""
        return ()

    def hints(self, wanted: Sequence[Object], live: Mapping[Ref, Object], around: Around) -> Iterable[Source]:
        """Collections that are good to know, read after ``sources``; one that may not be read is missing in ``around``. Asked twice, so that
        the second can follow from the first."""
        return ()

    def prepare(self, manifest: dict, live: Optional[Object], around: Around) -> dict:
        """The manifest to apply, filled in from what is there; raises where the wish cannot be met."""
        return manifest

    def release(self, live: Object, around: Around) -> None:
        """Raise if an object that is to go must stay."""

    def amend(self, planned: Any, observed: Any, desired: Any) -> Any:
        """The plan with what the objects need besides themselves, and with warnings."""
        return planned


def find(around: Around, kind: str, name: str, code: str, where: str) -> Object:
    """What an item refers to by name; ``where`` is the parameter that does."""
    things = around.get(kind, ())
    found = basics.named(things, name)
    if found is None:
        there = basics.some(sorted(thing["metadata"]["name"] for thing in things))
        raise NotFound(f"there is no {kind} {name}.", code=code, parameter=where, found=there or "none", fix="name one that is there.")
    return found


NO_RULES = Rules()
