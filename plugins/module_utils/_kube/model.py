# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What one call wants of the API server, what it found there, and the steps that plans are made of. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional, Tuple

from .._core.plan import Consent
from .basics import Object
from .condition import Condition
from .discovery import Resource
from .manifest import Ref
from .prune import Prune
from .rules import NO_RULES, Rules

MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Desired:
    """What one call wants: all of ``objects`` there as written, or none of them (``present``), and none of ``gone``."""

    objects: Tuple[dict, ...]
    present: bool
    consent: Consent
    manager: str = "cairn.storage"
    take: bool = False
    #: Objects that earlier tasks of the same check run would have made.
    pending: Tuple[dict, ...] = ()
    #: Objects that others make, named only; the wait includes them.
    awaited: Tuple[dict, ...] = ()
    #: Seconds to wait for the objects to be ready or gone, ``None`` for not at all.
    wait: Optional[int] = None
    #: Whether the wait is for ``objects`` too, or for ``awaited`` alone.
    wait_for_own: bool = True
    #: Objects that are to go while others are to be there.
    gone: Tuple[dict, ...] = ()
    #: What some objects are waited for, instead of what is ready for their kind.
    conditions: Mapping[Ref, Condition] = field(default_factory=dict)
    #: ``status`` to write that part of the objects and nothing else.
    subresource: str = ""
    #: Which objects of the server go because they are not in ``objects``.
    prune: Optional[Prune] = None
    #: Permission to delete and make again what cannot be changed; ``None`` where that is not offered.
    recreate: Optional[Consent] = None
    #: What the module knows of its kind.
    rules: Rules = NO_RULES
    #: (apiVersion, kind) of objects that are left out where the API server has no such kind.
    optional: Tuple[Tuple[str, str], ...] = ()
    #: The option that ``objects`` came from.
    parameter: str = "objects"

    @property
    def wanted(self) -> Tuple[dict, ...]:
        """The objects that are to be there."""
        return self.objects if self.present else ()

    @property
    def unwanted(self) -> Tuple[dict, ...]:
        """The objects that are to go."""
        return self.gone if self.present else (*self.objects, *self.gone)


@dataclass(frozen=True)
class Found:
    """One wanted object and what is there: ``live`` is ``None`` when it is not, ``predicted`` when nothing has to change.

    ``fixed`` are the paths that differ and cannot be changed, ``said`` what the API server says of that.
    """

    ref: Ref
    resource: Optional[Resource]
    live: Optional[Object] = None
    wanted: Optional[Object] = None
    predicted: Optional[Object] = None
    fixed: Tuple[str, ...] = ()
    said: str = ""


@dataclass(frozen=True)
class Observed:
    """The wanted objects in the order given; ``stake``, by kind, is read only where a deletion can lose data."""

    found: Tuple[Found, ...]
    awaited: Tuple[Tuple[Ref, Resource], ...] = ()
    stake: Mapping[str, Tuple[Object, ...]] = field(default_factory=dict)
    going: Tuple[Found, ...] = ()
    #: What the rules asked for, by kind.
    around: Mapping[str, Tuple[Object, ...]] = field(default_factory=dict)
    #: Those of ``going`` that go because they are not in the list.
    pruned: Tuple[Ref, ...] = ()


@dataclass(frozen=True)
class Request:
    """One changing request. The body may hold a secret and is never shown."""

    method: str
    path: str
    ref: Ref
    query: Tuple[Tuple[str, str], ...] = ()
    body: Optional[Object] = field(default=None, repr=False, compare=False)
    #: The body's content type, where it is not what the method has commonly.
    content: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Established:
    """Wait until a new CustomResourceDefinition serves its kinds."""

    resource: Resource
    ref: Ref

    def __str__(self) -> str:
        return f"wait until {self.ref} is established"


@dataclass(frozen=True)
class Gone:
    """Wait until the object that was just deleted is gone, so that another can take its name."""

    resource: Resource
    ref: Ref
    live: Object = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"wait until {self.ref} is gone"


def apply_request(resource: Resource, wanted: Object, what: Ref, desired: Desired, dry_run: bool = False) -> Request:
    """The server-side apply of one object. Strict: a misspelt field is an error, not something to be dropped silently."""
    query = [("fieldManager", desired.manager), ("fieldValidation", "Strict"), ("force", "true" if desired.take else "false")]
    if dry_run:
        query.append(("dryRun", "All"))
    path = resource.path(what.namespace, what.name) + (f"/{desired.subresource}" if desired.subresource else "")
    return Request("PATCH", path, what, tuple(query), wanted)


def merge_request(resource: Resource, what: Ref, patch: Object, manager: str) -> Request:
    """A change to a few fields of an object that is not ours as a whole: who owns its other fields keeps them."""
    return Request("PATCH", resource.path(what.namespace, what.name), what, (("fieldManager", manager),), patch, MERGE)
