# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Manifests: reading what the user wrote, naming objects, and showing them without noise or secrets."""

from __future__ import annotations

import base64
import binascii
import copy
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Tuple

from .._core.errors import InvalidRequest, NotFound
from . import quantity

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
#: A name becomes part of a URL's path; the rest of the naming rules differ by kind and are the API server's.
_NAME = re.compile(r"(?!\.{1,2}$)[^/%\s]{1,253}")
#: Metadata that the server writes; an exported manifest carries it, and applying it would be refused.
_SERVER_METADATA = ("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
#: Groups whose kinds have quantities under the names that ``quantity`` knows. Schemas and custom objects have such names for other things.
_WITH_QUANTITIES = ("", "apps", "autoscaling", "batch", "node.k8s.io", "policy", "storage.k8s.io")
#: Parts of a manifest whose words are a user's own.
_NO_QUANTITIES = ("metadata", "data", "stringData", "binaryData")
_NOTHING: Mapping[str, Any] = MappingProxyType({})
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True)
class Ref:
    """Which object: the same whatever version of its API it is written in. ``namespace`` is empty for cluster-wide kinds."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """``namespace/name`` or ``name``."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"


def ref(manifest: Mapping[str, Any]) -> Ref:
    """The name of a manifest or live object."""
    group, slash, _version = manifest["apiVersion"].rpartition("/")
    metadata = manifest["metadata"]
    return Ref(group if slash else "", manifest["kind"], metadata.get("namespace") or "", metadata["name"])


def parse(objects: Iterable[Any], parameter: str, part: str = "") -> Tuple[dict, ...]:
    """Manifests ready to be applied, copies of ``objects``: lists unpacked, nulls and the server's own fields dropped, Secrets as ``data``.

    A document that is empty or holds comments alone is null, as a file that ends with ``---`` has it; it is passed over.
    With ``part`` (``status``) that is all that is left of them. Raises ``InvalidRequest`` naming ``parameter[index]``.
    """
    given = [(f"{parameter}[{index}]", item) for index, item in enumerate(objects) if item is not None]
    parsed = tuple(manifest for where, item in given for manifest in _checked(unpack(item, where, part), where))
    refuse_twice(parsed, parameter)
    return parsed


def _checked(manifests: Iterable[dict], where: str) -> Iterator[dict]:
    """The same; a quantity that is none is told by its field, for the API server names neither field nor value."""
    for manifest in manifests:
        known = ref(manifest).group in _WITH_QUANTITIES
        content = {key: value for key, value in manifest.items() if key not in _NO_QUANTITIES} if known else {}
        for path, value in quantity.wrong(content, ""):
            raise InvalidRequest(f"{ref(manifest)}: this is no quantity.", code="quantity-form", parameter=f"{where}{path}", found=repr(value),
                                 fix=quantity.advice(value))
        yield manifest


def documents(given: Any, parameter: str) -> List[Any]:
    """What stands for objects as a list: one manifest, several, or YAML text with any number of documents, alone or in a list."""
    items = list(given) if isinstance(given, (list, tuple)) else [given]
    return [document for item in items for document in (_read(item, parameter) if isinstance(item, str) else [item])]


def _read(text: str, parameter: str) -> Iterator[Any]:
    try:
        import yaml
    except ImportError:
        raise NotFound("the Python package yaml is not installed here.", code="library-missing", parameter=parameter,
                       fix="pip install PyYAML, for the Python that runs this module (ansible_python_interpreter).") from None
    try:
        for document in yaml.safe_load_all(text):
            # A file may hold a list of manifests.
            yield from document if isinstance(document, list) else [document]
    except yaml.YAMLError as problem:
        # The text may hold a secret, so only its place is told.
        mark = getattr(problem, "problem_mark", None)
        raise InvalidRequest("this is no YAML.", code="object-yaml", parameter=parameter,
                             found=f"{getattr(problem, 'problem', None) or 'unreadable text'}"
                                   f"{f' in line {mark.line + 1}, column {mark.column + 1}' if mark else ''}", fix="correct the text.") from None


def refuse_twice(manifests: Iterable[Mapping[str, Any]], parameter: str) -> None:
    """Raise if two of ``manifests`` are the same object."""
    seen = set()
    for key in map(ref, manifests):
        if key in seen:
            raise InvalidRequest("an object is given twice.", code="object-duplicate", parameter=parameter, found=str(key), fix="keep one of them.")
        seen.add(key)


def unpack(item: Any, parameter: str, part: str = "") -> Iterator[dict]:
    """The manifests of one item, which may be a list of them; see ``parse``."""
    def refuse(code: str, message: str, found: object, fix: str) -> InvalidRequest:
        return InvalidRequest(message, code=code, parameter=parameter, found=repr(found), fix=fix)

    if not isinstance(item, Mapping):
        raise refuse("object-type", "a manifest is a dictionary.", type(item).__name__, "give it as YAML, not as text (from_yaml_all reads text).")
    for key in ("apiVersion", "kind"):
        if not isinstance(item.get(key), str) or not item[key]:
            raise refuse(f"object-{key}", f"{key} is missing.", item.get(key), f"every manifest says its {key}.")
    if item["kind"].endswith("List") and isinstance(item.get("items"), (list, tuple)):
        for index, inner in enumerate(item["items"]):
            yield from unpack(inner, f"{parameter}.items[{index}]", part)
        return
    metadata = item.get("metadata")
    if not isinstance(metadata, Mapping):
        raise refuse("object-metadata", "metadata is missing.", metadata, "give at least metadata.name.")
    if metadata.get("generateName") and not metadata.get("name"):
        raise refuse("object-generate-name", "generateName would make a new object on each run.", metadata["generateName"], "give metadata.name.")
    if not isinstance(metadata.get("name"), str) or not _NAME.fullmatch(metadata["name"]):
        raise refuse("object-name", "metadata.name is not a name.", metadata.get("name"), "give a name without spaces, / and %.")
    namespace = metadata.get("namespace")
    if namespace is not None and not (isinstance(namespace, str) and _NAMESPACE.fullmatch(namespace)):
        raise refuse("object-namespace", "metadata.namespace is not a namespace's name.", namespace, "lower-case letters, digits and -, at most 63.")
    for name in ("labels", "annotations"):
        for key, value in (metadata.get(name) or {}).items():
            if value is not None and not isinstance(value, str):
                raise refuse("object-label-type", f"the value of metadata.{name}.{key} is not text.", value, "put it in quotes.")
    manifest = _without_nulls(copy.deepcopy(dict(item)))
    if part:
        yield _only(manifest, part, parameter)
        return
    manifest.pop("status", None)
    for key in _SERVER_METADATA:
        manifest["metadata"].pop(key, None)
    for name in ("labels", "annotations"):
        if not manifest["metadata"].get(name, True):
            del manifest["metadata"][name]
    if is_secret(manifest):
        _encode_secret(manifest, parameter)
    yield manifest


def _only(manifest: dict, part: str, parameter: str) -> dict:
    """The manifest with nothing but ``part``: what a subresource takes."""
    if not isinstance(manifest.get(part), Mapping) or not manifest[part]:
        raise InvalidRequest(f"there is no {part} to write.", code=f"{part}-missing", parameter=parameter,
                             fix=f"give {part}, or leave out subresource.")
    metadata = {key: manifest["metadata"][key] for key in ("name", "namespace") if key in manifest["metadata"]}
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": metadata, part: manifest[part]}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, (list, tuple)):
        return [_without_nulls(inner) for inner in value]
    return value


def _encode_secret(manifest: dict, parameter: str) -> None:
    """stringData becomes data: the server never shows stringData again, so it could not be compared."""
    data = manifest.setdefault("data", {})
    for key, value in data.items():
        try:
            base64.b64decode(value, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise InvalidRequest(f"data.{key} of the Secret is not base64.", code="secret-encoding", parameter=parameter,
                                 fix="put plain text under stringData.") from None
    for key, value in manifest.pop("stringData", {}).items():
        if not isinstance(value, str):
            raise InvalidRequest(f"stringData.{key} of the Secret is not text.", code="secret-type", parameter=parameter,
                                 found=type(value).__name__, fix="put it in quotes.")
        data[key] = base64.b64encode(value.encode()).decode()
    if not data:
        del manifest["data"]


def is_secret(manifest: Mapping[str, Any]) -> bool:
    """Whether the values of this object are not to be shown."""
    return manifest["kind"] == "Secret" and manifest["apiVersion"] == "v1"


def redact(manifest: Mapping[str, Any], other: Mapping[str, Any] = _NOTHING) -> dict:
    """The object without a Secret's values; a value that differs from ``other``'s is shown as changed."""
    if not is_secret(manifest):
        return dict(manifest)
    theirs = other.get("data") or {}
    shown = {key: "(hidden)" if not theirs or theirs.get(key) == value else "(hidden, changed)" for key, value in (manifest.get("data") or {}).items()}
    return {**manifest, "data": shown, "metadata": _quiet(manifest["metadata"])}


def bare(manifest: Mapping[str, Any], part: str = "") -> dict:
    """The object without its status and without the server's bookkeeping, or ``part`` of it alone: what can be compared."""
    if part:
        named = {"name": manifest["metadata"]["name"]}
        return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": named, part: manifest.get(part)}
    shown = {key: value for key, value in manifest.items() if key != "status"}
    shown["metadata"] = {key: value for key, value in manifest["metadata"].items() if key not in _SERVER_METADATA}
    return shown


def essence(manifest: Mapping[str, Any], other: Mapping[str, Any] = _NOTHING, part: str = "") -> dict:
    """What a person wants to see of an object: ``bare``, without secrets and without kubectl's copy of it all."""
    shown = redact(bare(manifest, part), other)
    shown["metadata"] = _quiet(shown["metadata"])
    return shown


def visible(live: Mapping[str, Any], name: str) -> Dict[str, str]:
    """An object's ``labels`` or ``annotations`` (``name``), kubectl's copy of the object left out."""
    return {key: value for key, value in (live["metadata"].get(name) or {}).items() if key != LAST_APPLIED}


def _quiet(metadata: Mapping[str, Any]) -> dict:
    """Metadata without kubectl's copy of the whole object, which would repeat everything, secrets included."""
    quiet = dict(metadata)
    annotations = visible({"metadata": metadata}, "annotations")
    quiet.pop("annotations", None)
    return {**quiet, "annotations": annotations} if annotations else quiet
