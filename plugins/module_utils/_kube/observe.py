# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What the API server holds of the wanted objects, and what it would make of our wishes where they differ."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Set, Tuple

from .._core.errors import Busy, CairnError, InvalidRequest
from . import immutable, losses
from .apply import Desired, Found, Observed, apply_request
from .client import APPLY, Client
from .compare import differences
from .discovery import Catalogue, Resource, from_definition
from .failures import about
from .failures import immutable as is_immutable
from .manifest import Ref, bare, is_secret, ref

#: Admission checks what these refer to (service account, role), which may be what this very plan makes.
_NOT_TRIED_FIRST = ("Pod", "RoleBinding", "ClusterRoleBinding")
_DEFINITION = "CustomResourceDefinition"
_CLAIMS = Resource("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", True)
_VOLUMES = Resource("", "v1", "PersistentVolume", "persistentvolumes", False)


def observe(client: Client, desired: Desired) -> Observed:
    """One LIST per kind and namespace (a GET where only one object is wanted, and for each Secret), then a dry run for each that differs."""
    coming = [manifest for manifest in (*desired.pending, *desired.objects) if manifest["kind"] == _DEFINITION]
    catalogue = Catalogue(client, coming)
    placed = [(manifest, ref(manifest), _place(manifest, catalogue, desired.present)) for manifest in desired.objects]
    live = _read(client, catalogue, placed)
    if not desired.present:
        found = tuple(Found(what, resource, live.get(what)) for _manifest, what, resource in placed)
        return Observed(found, (), *_at_stake(client, found))
    new = {what for _manifest, what, _resource in placed if what not in live}
    prophet = _Prophet(client, desired, catalogue, new)
    # Definitions first: what they change about their kinds decides whether the server can be asked about objects of these.
    for manifest, what, resource in sorted(placed, key=lambda entry: entry[1].kind != _DEFINITION):
        prophet.predict(manifest, what, resource, live.get(what))
    awaited = tuple((ref(manifest), _place(manifest, catalogue, True)) for manifest in desired.awaited)
    return Observed(tuple(Found(what, resource, live.get(what), manifest, prophet.predicted[what]) for manifest, what, resource in placed), awaited)


def _place(manifest: Mapping[str, Any], catalogue: Catalogue, present: bool) -> Optional[Resource]:
    what = ref(manifest)
    resource = catalogue.find(manifest["apiVersion"], what.kind)
    if resource is None:
        if not present:
            return None
        raise InvalidRequest(f"{what}: the API server has no kind {what.kind} in {manifest['apiVersion']}.", code="kind-unknown", parameter="objects",
                             fix="correct apiVersion or kind, or put the CustomResourceDefinition into the same list.")
    if resource.namespaced and not what.namespace:
        raise InvalidRequest(f"{what} needs a namespace.", code="namespace-missing", parameter="objects", fix="give metadata.namespace.")
    if what.namespace and not resource.namespaced:
        raise InvalidRequest(f"{what}: a {what.kind} stands in no namespace.", code="namespace-unwanted", parameter="objects", found=what.namespace,
                             fix="remove metadata.namespace.")
    if not {"get", "patch", "delete"} <= set(resource.verbs):
        raise InvalidRequest(f"{what}: a {what.kind} cannot be kept as an object.", code="kind-not-kept", parameter="objects",
                             found=f"the verbs {', '.join(resource.verbs)}", fix="take it out of the list.")
    return resource


def _read(client: Client, catalogue: Catalogue, placed: List[Tuple[dict, Ref, Optional[Resource]]]) -> Dict[Ref, dict]:
    groups: Dict[Tuple[Resource, str], List[dict]] = {}
    for manifest, what, resource in placed:
        if resource and catalogue.served(manifest["apiVersion"], what.kind):
            groups.setdefault((resource, what.namespace), []).append(manifest)
    live: Dict[Ref, dict] = {}
    for (resource, namespace), manifests in groups.items():
        names = [manifest["metadata"]["name"] for manifest in manifests]
        if len(names) > 1 and not is_secret(manifests[0]):
            items, _version = client.list(resource.path(namespace))
        else:
            items = [item for name in names for item in _get(client, resource.path(namespace, name))]
        live.update({ref(item): item for item in items if item["metadata"]["name"] in names})
    return live


def _get(client: Client, path: str) -> List[dict]:
    try:
        return [client.get(path)]
    except CairnError as error:
        if error.code in ("api-not-found", "namespace-not-found"):
            return []
        raise


def _at_stake(client: Client, found: Tuple[Found, ...]) -> Tuple[Tuple[dict, ...], Dict[str, dict]]:
    going = [thing.live for thing in found if thing.live is not None and losses.reads_needed(thing.live)]
    spaces = {ref(live).namespace or ref(live).name for live in going}
    claims = tuple(claim for space in sorted(spaces) for claim in client.list(_CLAIMS.path(space))[0])
    return claims, {volume["metadata"]["name"]: volume for volume in client.list(_VOLUMES.path())[0]} if claims else {}


class _Prophet:
    """Says what an object would become: the server's own answer where it can be asked."""

    def __init__(self, client: Client, desired: Desired, catalogue: Catalogue, new: Set[Ref]) -> None:
        self._client = client
        self._desired = desired
        self._catalogue = catalogue
        self._new = new
        self._pending = {ref(manifest) for manifest in desired.pending}
        self._changing: Set[Tuple[str, str]] = set()
        #: The objects as they would be, ``None`` for those that stay as they are.
        self.predicted: Dict[Ref, Optional[dict]] = {}

    def predict(self, manifest: dict, what: Ref, resource: Resource, live: Optional[dict]) -> None:
        """Fill in ``predicted`` for one object."""
        self.predicted[what] = predicted = self._predict(manifest, what, resource, live)
        if what.kind == _DEFINITION and predicted is not None:
            self._changing.update((found.api_version, found.kind) for found in from_definition(manifest))

    def _predict(self, manifest: dict, what: Ref, resource: Resource, live: Optional[dict]) -> Optional[dict]:
        if live is None:
            return self._ask(manifest, what, resource, None, []) if self._can_ask(manifest, what) else manifest
        if live["metadata"].get("deletionTimestamp"):
            raise Busy(f"{what} is being deleted.", code="object-terminating", parameter="objects",
                       found=f"the finalizers {', '.join(live['metadata'].get('finalizers') or ['(none)'])}", fix="wait until it is gone, then run again.")
        paths = differences(manifest, live, self._desired.manager)
        if not paths:
            return None
        if (resource.api_version, what.kind) in self._changing:
            return manifest
        predicted = self._ask(manifest, what, resource, live, paths)
        return predicted if bare(predicted) != bare(live) else None

    def _can_ask(self, manifest: dict, what: Ref) -> bool:
        space = Ref("", "Namespace", "", what.namespace)
        kind = (manifest["apiVersion"], what.kind)
        return space not in self._new and what.kind not in _NOT_TRIED_FIRST and kind not in self._changing and self._catalogue.served(*kind) is not None

    def _ask(self, manifest: dict, what: Ref, resource: Resource, live: Optional[dict], paths: List[str]) -> dict:
        request = apply_request(resource, manifest, what, self._desired, dry_run=True)
        try:
            return self._client.request(request.method, request.path, dict(request.query), request.body, APPLY)
        except CairnError as error:
            if error.code == "dry-run-unsupported" or (error.code == "namespace-not-found" and Ref("", "Namespace", "", what.namespace) in self._pending):
                return manifest
            if live is not None and is_immutable(error):
                raise immutable.refusal(what, live, paths, error.found) from None
            raise about(error, what) from None
