# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Objects with fields that are fixed once they are made: refused, or with consent deleted and made again."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from .._core.plan import Action
from . import fields, immutable
from .manifest import essence, visible
from .model import Desired, Found, Gone, Object, Request, apply_request, merge_request

#: The manager of what others had set on an object and what it gets back: it is not ours to take away later.
KEEPER = "cairn.storage-kept"


def delete_request(found: Found, policy: str) -> Request:
    """The deletion of the very object that was found, and of no other that has its name by then."""
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy, "preconditions": {"uid": found.live["metadata"]["uid"]}}
    return Request("DELETE", found.resource.path(found.ref.namespace, found.ref.name), found.ref, (), body)


def actions(found: Found, desired: Desired) -> Tuple[Action, ...]:
    """Deletion and creation of one object, with consent that names it and its UID."""
    what, live = found.ref, found.live
    if desired.recreate is None:
        raise immutable.refusal(what, live, list(found.fixed), found.said, desired.parameter)
    uid = live["metadata"]["uid"]
    desired.recreate.require(what.name, uid, "", code="recreate-consent-missing",
                             message=f"{what}: {', '.join(found.fixed)} cannot be changed; it takes deleting it (UID {uid}) and making it again.")
    kept = theirs(live, found.wanted, desired.manager)
    steps: List[Any] = [apply_request(found.resource, found.wanted, what, desired)]
    if kept:
        steps.append(merge_request(found.resource, what, {"metadata": kept}, KEEPER))
    gone = Action("delete", what.kind, what.path, (delete_request(found, "Background"), Gone(found.resource, what, live)), essence(live), None)
    return gone, Action("create", what.kind, what.path, tuple(steps), None, essence(found.predicted, live))


def theirs(live: Object, wanted: Object, manager: str) -> Dict[str, dict]:
    """Labels and annotations that others have put on ``live``: ``{"labels": {...}, "annotations": {...}}``, each only if there are any."""
    ours = fields.owned(live, manager)[0].get("f:metadata") or {}
    kept = {}
    for name in ("labels", "annotations"):
        mine = ours.get(f"f:{name}") or {}
        given = wanted["metadata"].get(name) or {}
        values = {key: value for key, value in visible(live, name).items() if key not in given and f"f:{key}" not in mine}
        if values:
            kept[name] = values
    return kept
