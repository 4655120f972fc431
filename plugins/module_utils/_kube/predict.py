# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What an object would become: the server's own answer where it can be asked."""

from __future__ import annotations

from dataclasses import replace
from typing import List, Set, Tuple

from .._core.errors import Busy, CairnError, NotFound
from .client import Client
from .compare import differences
from .discovery import Catalogue, from_definition
from .failures import about
from .failures import immutable as is_immutable
from .manifest import Ref, bare, ref
from .model import Desired, Found, apply_request
from .send import send

#: Admission checks what these refer to (service account, role), which may be what this very plan makes.
_NOT_TRIED_FIRST = ("Pod", "RoleBinding", "ClusterRoleBinding")
_DEFINITION = "CustomResourceDefinition"


class Prophet:
    """Compares, and asks by dry run about what may differ. ``new`` are the objects that this call makes."""

    def __init__(self, client: Client, desired: Desired, catalogue: Catalogue, new: Set[Ref]) -> None:
        self._client = client
        self._desired = desired
        self._catalogue = catalogue
        self._new = new
        self._pending = {ref(manifest) for manifest in desired.pending}
        self._changing: Set[Tuple[str, str]] = set()

    def predict(self, found: Found) -> Found:
        """``found`` with ``predicted`` filled in if the object is to change."""
        predicted = self._predict(found)
        if found.ref.kind == _DEFINITION and predicted.predicted is not None:
            self._changing.update((kind.api_version, kind.kind) for kind in from_definition(found.wanted))
        return predicted

    def _predict(self, found: Found) -> Found:
        what, live, manifest = found.ref, found.live, found.wanted
        if live is None:
            if self._desired.subresource:
                raise NotFound(f"{what} does not exist; only its {self._desired.subresource} was to be written.", code="subresource-object-missing",
                               parameter=self._desired.parameter, fix="make the object first, without subresource.")
            return self._ask(found, []) if self._can_ask(found) else replace(found, predicted=manifest)
        if live["metadata"].get("deletionTimestamp"):
            raise Busy(f"{what} is being deleted.", code="object-terminating", parameter=self._desired.parameter,
                       found=f"the finalizers {', '.join(live['metadata'].get('finalizers') or ['(none)'])}",
                       fix="wait until it is gone, then run again.")
        part = self._desired.subresource
        paths = differences(manifest, live, self._desired.manager, part)
        if not paths:
            return found
        if (found.resource.api_version, what.kind) in self._changing:
            return replace(found, predicted=manifest)
        asked = self._ask(found, paths)
        return found if bare(asked.predicted, part) == bare(live, part) else asked

    def _can_ask(self, found: Found) -> bool:
        space = Ref("", "Namespace", "", found.ref.namespace)
        kind = (found.wanted["apiVersion"], found.ref.kind)
        if space in self._new or found.ref.kind in _NOT_TRIED_FIRST or kind in self._changing:
            return False
        return self._catalogue.served(*kind) is not None

    def _ask(self, found: Found, paths: List[str]) -> Found:
        what = found.ref
        request = apply_request(found.resource, found.wanted, what, self._desired, dry_run=True)
        try:
            return replace(found, predicted=send(self._client, request))
        except CairnError as error:
            pending = error.code == "namespace-not-found" and Ref("", "Namespace", "", what.namespace) in self._pending
            if pending or error.code == "dry-run-unsupported":
                return replace(found, predicted=found.wanted)
            if found.live is not None and is_immutable(error):
                return replace(found, predicted=found.wanted, fixed=tuple(paths), said=error.found)
            raise about(error, what) from None
