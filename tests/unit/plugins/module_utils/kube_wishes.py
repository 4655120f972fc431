"""Calls of the modules for one kind as plain values: options checked as Ansible does, objects as the API server would have them."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._kube import apply
from ansible_collections.cairn.storage.plugins.module_utils._kube.compare import differences
from ansible_collections.cairn.storage.plugins.module_utils._kube.discovery import Resource
from ansible_collections.cairn.storage.plugins.module_utils._kube.faces import claim, csi_driver, snapshot, snapshot_class, storage_class, volume
from ansible_collections.cairn.storage.plugins.module_utils._kube.faces.frame import Face
from ansible_collections.cairn.storage.plugins.module_utils._kube.manifest import ref
from ansible_collections.cairn.storage.plugins.module_utils._kube.model import Desired, Found, Observed

CLAIMS, VOLUMES, CLASSES, SNAPSHOTS, SNAPSHOT_CLASSES, DRIVERS = (
    module.FACE for module in (claim, volume, storage_class, snapshot, snapshot_class, csi_driver)
)


def parse(face: Face, *items: dict, **options: Any) -> Desired:
    """The wish of a module called with ``items``."""
    given = ArgumentSpecValidator(face.arguments).validate({face.option: list(items), **options})
    assert not given.error_messages, given.error_messages
    return face.parse(given.validated_parameters)


def build(face: Face, **item: Any) -> dict:
    """The manifest of one item."""
    (manifest,) = parse(face, item).objects
    return manifest


def plan(face: Face, *items: dict, there: tuple = (), fixed: tuple = (), **options: Any) -> Plan:
    """What a module would do where ``there`` are the objects; ``fixed`` are the paths that the API server would not change."""
    desired = parse(face, *items, **options)
    live = {ref(thing): thing for thing in there}
    leaving = [live[ref(thing)] for thing in desired.unwanted if ref(thing) in live]
    kinds = {(api_version, kind, space) for api_version, kind, space in desired.rules.sources(desired.wanted, live, leaving)}
    around: dict = {}
    for _api_version, kind, space in sorted(kinds):
        around[kind] = around.get(kind, ()) + tuple(thing for thing in there if thing["kind"] == kind and space in ("", ref(thing).namespace))
    for _round in range(2):
        for _api_version, kind, space in tuple(desired.rules.hints(desired.wanted, live, around)):
            around[kind] = tuple(thing for thing in there if thing["kind"] == kind)
    for thing in leaving:
        desired.rules.release(thing, around)
    found = []
    for manifest in desired.wanted:
        what = ref(manifest)
        wanted = desired.rules.prepare(manifest, live.get(what), around)
        changes = what not in live or differences(wanted, live[what], desired.manager)
        found.append(Found(what, resource(what.kind, face.namespaced), live.get(what), wanted, wanted if changes else None, fixed if changes else ()))
    going = tuple(Found(ref(thing), resource(thing["kind"], face.namespaced), live.get(ref(thing))) for thing in desired.unwanted)
    stake = {kind: tuple(thing for thing in there if thing["kind"] == kind) for kind in {thing["kind"] for thing in there}}
    return apply.plan(Observed(tuple(found), (), stake, going, around), desired)


def resource(kind: str, namespaced: bool) -> Resource:
    """Where objects of ``kind`` stand."""
    return Resource("", "v1", kind, f"{kind.lower()}s", namespaced)


def thing(kind: str, name: str, space: str = "", api: str = "v1", ours: dict | None = None, annotations: dict | None = None, **content: Any) -> dict:
    """A live object; ``ours`` is what cairn.storage has applied of its spec."""
    metadata: dict = {"name": name, "uid": f"uid-{name}", "resourceVersion": "7", **({"namespace": space} if space else {}),
                      **({"annotations": annotations} if annotations else {})}
    owned = {**content, "metadata": {"annotations": annotations or {}}}
    metadata["managedFields"] = [{"manager": "somebody", "operation": "Update", "apiVersion": api, "fieldsV1": tree(owned)}]
    if ours is not None:
        metadata["managedFields"].append({"manager": "cairn.storage", "operation": "Apply", "apiVersion": api, "fieldsV1": {"f:spec": ours}})
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **content}


def tree(value: Any) -> dict:
    """Managed fields of ``value``, as if its lists were replaced as a whole."""
    return {f"f:{name}": tree(inner) for name, inner in value.items()} if isinstance(value, dict) else {}


def live_claim(name: str = "a", size: str = "1Gi", has: str | None = "1Gi", phase: str = "Bound", of: str = "lvm", volume: str = "pv",
               ours: dict | None = None, **spec: Any) -> dict:
    """A claim in the namespace ``s``."""
    status = {"phase": phase, **({"capacity": {"storage": has}} if has else {})}
    content = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, "storageClassName": of, "volumeMode": "Filesystem",
               **({"volumeName": volume} if volume else {}), **spec}
    return thing("PersistentVolumeClaim", name, "s", ours=ours, spec=content, status=status)


def live_volume(name: str = "pv", claim: str = "", phase: str = "Available", policy: str = "Retain", of: str = "lvm", size: str = "1Gi",
                ours: dict | None = None,
                annotations: dict | None = None, **spec: Any) -> dict:
    """A volume, given to ``claim`` (``namespace/name``) if named."""
    space, _slash, owner = claim.partition("/")
    held = {"claimRef": {"kind": "PersistentVolumeClaim", "namespace": space, "name": owner, "uid": "uid-old"}} if claim else {}
    content = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": of, "persistentVolumeReclaimPolicy": policy,
               **held, **spec}
    return thing("PersistentVolume", name, ours=ours, annotations=annotations, spec=content, status={"phase": phase})


def live_class(name: str = "lvm", default: str = "", **content: Any) -> dict:
    """A storage class; ``default`` is the value of its mark."""
    marks = {"storageclass.kubernetes.io/is-default-class": default} if default else None
    return thing("StorageClass", name, api="storage.k8s.io/v1", annotations=marks, provisioner="d", **content)
