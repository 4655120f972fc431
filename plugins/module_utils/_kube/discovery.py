# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which kinds the API server knows, and where they stand. Aggregated discovery: two requests at most, kept in memory only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterable, Mapping, Optional, Tuple

from .._core.errors import NotFound
from .client import Client

#: v2 since Kubernetes 1.30, v2beta1 since 1.27 (KEP-3352).
_ACCEPT = ",".join(f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")) + ",application/json"


@dataclass(frozen=True)
class Resource:
    """One kind as the API serves it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: Tuple[str, ...] = ("delete", "get", "list", "patch", "watch")

    @property
    def api_version(self) -> str:
        """``group/version``, or ``version`` in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "") -> str:
        """The URL's path of an object, of a namespace's collection, or of the whole collection."""
        parts = ["/apis" if self.group else "/api", self.api_version]
        if namespace and self.namespaced:
            parts += ["namespaces", namespace]
        return "/".join(parts + [self.plural] + ([name] if name else []))


class Catalogue:
    """The kinds of one API server, with those that custom resource definitions will add."""

    def __init__(self, client: Client, definitions: Iterable[Mapping[str, Any]] = ()) -> None:
        self._client = client
        self._served: Dict[str, Dict[Tuple[str, str], Resource]] = {}
        self._coming = {(found.api_version, found.kind): found for crd in definitions for found in from_definition(crd)}

    def find(self, api_version: str, kind: str) -> Optional[Resource]:
        """The kind, ``None`` when it is neither served nor coming."""
        return self.served(api_version, kind) or self._coming.get((api_version, kind))

    def served(self, api_version: str, kind: str) -> Optional[Resource]:
        """The kind if the API server has it now."""
        root = "/apis" if "/" in api_version else "/api"
        if root not in self._served:
            self._served[root] = {(found.api_version, found.kind): found for found in _read(self._client.get(root, accept=_ACCEPT))}
        return self._served[root].get((api_version, kind))


def _read(answer: Mapping[str, Any]) -> Iterable[Resource]:
    if answer.get("kind") != "APIGroupDiscoveryList":
        raise NotFound("the API server has no aggregated discovery.", code="api-too-old", parameter="kubeconfig", fix="Kubernetes 1.27 or later is needed.")
    for group in answer.get("items") or ():
        for version in group.get("versions") or ():
            for resource in version.get("resources") or ():
                kind = resource.get("responseKind") or {}
                yield Resource(group["metadata"].get("name", ""), version["version"], kind.get("kind", ""), resource["resource"],
                               resource.get("scope") == "Namespaced", tuple(resource.get("verbs") or ()))


def from_definition(crd: Mapping[str, Any]) -> Iterable[Resource]:
    """The kinds that a CustomResourceDefinition brings."""
    spec = crd.get("spec") or {}
    names = spec.get("names") or {}
    for version in spec.get("versions") or ():
        if version.get("served") and names.get("kind") and names.get("plural"):
            yield Resource(spec.get("group", ""), version.get("name", ""), names["kind"], names["plural"], spec.get("scope") == "Namespaced")
