# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What the API server holds of the wanted objects, and what it would make of our wishes where they differ."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Set, Tuple

from .._core.errors import CairnError, InvalidRequest
from . import losses
from .client import Client, find
from .discovery import Catalogue, Resource
from .manifest import Ref, is_secret, ref
from .model import Desired, Found, Observed
from .predict import Prophet

_DEFINITION = "CustomResourceDefinition"
_Placed = List[Tuple[dict, Ref, Optional[Resource]]]


def observe(client: Client, desired: Desired) -> Observed:
    """One LIST per kind and namespace (a GET where only one object is wanted, and for each Secret), then a dry run for each that differs."""
    coming = [manifest for manifest in (*desired.pending, *desired.wanted) if manifest["kind"] == _DEFINITION]
    catalogue = Catalogue(client, coming)
    reader = _Reader(client, catalogue, desired)
    kept = [manifest for manifest in desired.wanted if _kind(manifest) not in desired.optional or catalogue.find(*_kind(manifest))]
    wanted = _place_all(kept, catalogue, desired.parameter, True)
    unwanted = _place_all(desired.unwanted, catalogue, desired.parameter, False)
    live = reader.read([*wanted, *unwanted])
    pruned = reader.unlisted(wanted, {what for _manifest, what, _resource in (*wanted, *unwanted)})
    going = tuple(Found(what, resource, live.get(what)) for _manifest, what, resource in unwanted) + pruned
    leaving = [found.live for found in going if found.live is not None]
    around = reader.around(live, leaving)
    for thing in leaving:
        if not thing["metadata"].get("deletionTimestamp"):
            desired.rules.release(thing, around)
    wanted = [(desired.rules.prepare(manifest, live.get(what), around), what, resource) for manifest, what, resource in wanted]
    prophet = Prophet(client, desired, catalogue, {what for _manifest, what, _resource in wanted if what not in live})
    # Definitions first: what they change about their kinds decides whether the server can be asked about objects of these.
    order = sorted(wanted, key=lambda entry: entry[1].kind != _DEFINITION)
    found = {what: prophet.predict(Found(what, resource, live.get(what), manifest)) for manifest, what, resource in order}
    awaited = tuple((what, resource) for _manifest, what, resource in _place_all(desired.awaited, catalogue, "wait_for", True))
    return Observed(tuple(found[what] for _manifest, what, _resource in wanted), awaited, reader.stake(leaving), going, around,
                    tuple(found.ref for found in pruned))


def _kind(manifest: Mapping[str, Any]) -> Tuple[str, str]:
    return manifest["apiVersion"], manifest["kind"]


def _place_all(manifests: Iterable[dict], catalogue: Catalogue, parameter: str, must: bool) -> _Placed:
    return [(manifest, ref(manifest), _place(manifest, catalogue, parameter, must)) for manifest in manifests]


def _place(manifest: Mapping[str, Any], catalogue: Catalogue, parameter: str, must: bool) -> Optional[Resource]:
    what = ref(manifest)
    resource = catalogue.find(manifest["apiVersion"], what.kind)
    if resource is None:
        if not must:
            return None
        raise InvalidRequest(f"{what}: the API server has no kind {what.kind} in {manifest['apiVersion']}.", code="kind-unknown", parameter=parameter,
                             fix=_bring(what))
    if resource.namespaced and not what.namespace:
        raise InvalidRequest(f"{what} needs a namespace.", code="namespace-missing", parameter=parameter, fix="give metadata.namespace.")
    if what.namespace and not resource.namespaced:
        raise InvalidRequest(f"{what}: a {what.kind} stands in no namespace.", code="namespace-unwanted", parameter=parameter, found=what.namespace,
                             fix="remove metadata.namespace.")
    if not {"get", "patch", "delete"} <= set(resource.verbs):
        raise InvalidRequest(f"{what}: a {what.kind} cannot be kept as an object.", code="kind-not-kept", parameter=parameter,
                             found=f"the verbs {', '.join(resource.verbs)}", fix="take it out of the list.")
    return resource


def _bring(what: Ref) -> str:
    if what.group == losses.SNAPSHOT[0].partition("/")[0]:
        return "install the CustomResourceDefinitions of external-snapshotter (client/config/crd) and its snapshot-controller first."
    return "correct apiVersion or kind, or put the CustomResourceDefinition into the same list."


class _Reader:
    """The reads: a fixed number, whatever the number of objects."""

    def __init__(self, client: Client, catalogue: Catalogue, desired: Desired) -> None:
        self._client = client
        self._catalogue = catalogue
        self._desired = desired

    def read(self, placed: _Placed) -> Dict[Ref, dict]:
        """What is there of the objects that were asked for."""
        groups: Dict[Tuple[Resource, str], List[dict]] = {}
        for manifest, what, resource in placed:
            if resource and self._catalogue.served(manifest["apiVersion"], what.kind):
                groups.setdefault((resource, what.namespace), []).append(manifest)
        live: Dict[Ref, dict] = {}
        for (resource, namespace), manifests in groups.items():
            names = [manifest["metadata"]["name"] for manifest in manifests]
            if len(names) > 1 and not is_secret(manifests[0]):
                items, _version = self._client.list(resource.path(namespace))
            else:
                items = [item for item in (find(self._client, resource.path(namespace, name)) for name in names) if item]
            live.update({ref(item): item for item in items if item["metadata"]["name"] in names})
        return live

    def unlisted(self, wanted: _Placed, listed: Set[Ref]) -> Tuple[Found, ...]:
        """What pruning takes: a LIST by label for each kind and namespace of the set. Secrets are read by name only, so they stay."""
        prune = self._desired.prune
        if prune is None:
            return ()
        spaces = sorted({what.namespace for _manifest, what, _resource in wanted if what.namespace} | set(prune.namespaces))
        kinds = {resource for manifest, what, resource in wanted if resource and not is_secret(manifest)}
        kinds |= {found for found in (self._catalogue.served(*kind) for kind in prune.kinds) if found}
        found = []
        for resource in sorted(kinds, key=str):
            if not self._catalogue.served(resource.api_version, resource.kind):
                continue
            for space in spaces if resource.namespaced else ("",):
                items, _version = self._client.list(resource.path(space), {"labelSelector": prune.selector})
                found += [Found(ref(thing), resource, thing) for thing in prune.unlisted(items, listed)]
        return tuple(found)

    def around(self, live: Mapping[Ref, dict], leaving: List[dict]) -> Dict[str, Tuple[dict, ...]]:
        """What the rules of the kind look at; objects that earlier tasks of a check run would have made count as there."""
        rules, wanted = self._desired.rules, self._desired.wanted
        found = self._collections(dict.fromkeys(rules.sources(wanted, live, leaving)))
        for _round in range(2):
            for source in dict.fromkeys(rules.hints(wanted, live, found)):
                found.update(self._permitted(source))
        for manifest in self._desired.pending:
            if manifest["kind"] in found and ref(manifest) not in {ref(thing) for thing in found[manifest["kind"]]}:
                found[manifest["kind"]] += (manifest,)
        return found

    def stake(self, leaving: List[dict]) -> Dict[str, Tuple[dict, ...]]:
        """What deletions can take along."""
        sources: Dict[Tuple[str, str, str], None] = {}
        for thing in leaving:
            what = ref(thing)
            for api_version, kind in losses.reads_needed(thing):
                cluster_wide = (api_version, kind) in (losses.VOLUME, losses.CONTENT) or what.kind == _DEFINITION
                sources[(api_version, kind, "" if cluster_wide else what.namespace or what.name)] = None
        return self._collections(sources)

    def _permitted(self, source: Tuple[str, str, str]) -> Dict[str, Tuple[dict, ...]]:
        try:
            return self._collections([source])
        except CairnError as error:
            if error.code != "api-forbidden":
                raise
            return {}

    def _collections(self, sources: Iterable[Tuple[str, str, str]]) -> Dict[str, Tuple[dict, ...]]:
        found: Dict[str, Tuple[dict, ...]] = {}
        for api_version, kind, namespace in sources:
            resource = self._catalogue.served(api_version, kind)
            items = tuple(self._client.list(resource.path(namespace))[0]) if resource else ()
            found[kind] = found.get(kind, ()) + items
        return found
