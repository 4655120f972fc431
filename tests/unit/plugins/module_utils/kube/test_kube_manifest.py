"""Reading manifests, and showing objects without noise or secrets."""

from __future__ import annotations

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import InvalidRequest
from ansible_collections.cairn.storage.plugins.module_utils._kube import manifest


def config(**metadata: object) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b", **metadata}}


def secret(**content: object) -> dict:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "b"}, **content}


@pytest.mark.parametrize(("code", "item"), [
    ("object-type", "apiVersion: v1"),
    ("object-type", 5),
    ("object-apiVersion", {"kind": "ConfigMap"}),
    ("object-apiVersion", {"apiVersion": 1, "kind": "ConfigMap"}),
    ("object-kind", {"apiVersion": "v1", "kind": ""}),
    ("object-metadata", {"apiVersion": "v1", "kind": "ConfigMap"}),
    ("object-metadata", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name"]}),
    ("object-generate-name", {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "x-"}}),
    ("object-name", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}),
    ("object-name", config(name=7)),
    ("object-name", config(name="../secrets/x")),
    ("object-name", config(name="..")),
    ("object-name", config(name="a b")),
    ("object-name", config(name="a%2fb")),
    ("object-namespace", config(namespace="Upper")),
    ("object-namespace", config(namespace=5)),
    ("object-namespace", config(namespace="a/b")),
    ("object-label-type", config(labels={"version": 1})),
    ("object-label-type", config(annotations={"enabled": True})),
    ("secret-encoding", secret(data={"a": "not base64!"})),
    ("secret-encoding", secret(data={"a": 5})),
    ("secret-type", secret(stringData={"a": 5})),
])
def test_refused(code: str, item: object) -> None:
    with pytest.raises(InvalidRequest) as refused:
        manifest.parse([config(name="good"), item], "objects")
    assert (refused.value.code, refused.value.parameter) == (code, "objects[1]")
    assert refused.value.fix


def test_the_same_object_twice_in_two_versions_is_refused() -> None:
    one, other = ({"apiVersion": f"apps/{version}", "kind": "Deployment", "metadata": {"name": "a", "namespace": "b"}} for version in ("v1", "v1beta1"))
    with pytest.raises(InvalidRequest) as refused:
        manifest.parse([one, other], "objects")
    assert refused.value.code == "object-duplicate"


def test_what_the_server_writes_is_dropped() -> None:
    exported = {**config(uid="u", resourceVersion="1", managedFields=[], labels={}, annotations={"a": None}, creationTimestamp=None), "status": {}, "data": {"a": None, "b": "c"}}
    assert manifest.parse([exported], "objects") == ({**config(), "data": {"b": "c"}},)


def test_lists_are_unpacked() -> None:
    nested = {"apiVersion": "v1", "kind": "List", "items": [config(name="one"), {"apiVersion": "v1", "kind": "ConfigMapList", "items": [config(name="two")]}]}
    assert [item["metadata"]["name"] for item in manifest.parse([nested], "objects")] == ["one", "two"]


def test_the_input_is_left_alone() -> None:
    given = secret(stringData={"a": "b"})
    assert manifest.parse([given], "objects") == (secret(data={"a": "Yg=="}),)
    assert given == secret(stringData={"a": "b"})


def test_secrets_are_hidden_even_in_kubectls_copy() -> None:
    live = secret(data={"same": "YQ==", "new": "Yg=="})
    live["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "YQ== Yg==", "kept": "yes"}
    shown = manifest.essence(live, secret(data={"same": "YQ==", "new": "YQ=="}))
    assert shown == {**secret(data={"same": "(hidden)", "new": "(hidden, changed)"}), "metadata": {"name": "a", "namespace": "b", "annotations": {"kept": "yes"}}}
    assert "YQ==" not in str(manifest.redact(live))


@pytest.mark.parametrize(("item", "text"), [
    (config(), "ConfigMap b/a"),
    ({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"}}, "StorageClass fast"),
])
def test_names(item: dict, text: str) -> None:
    assert str(manifest.ref(item)) == text


def limits(**resources: object) -> dict:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "annotations": {"limits": "any"}},
            "spec": {"containers": [{"resources": {"limits": resources}}]}}


@pytest.mark.parametrize(("item", "path", "fix"), [
    ({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "a"}, "spec": {"resources": {"requests": {"storage": "10GB"}}}},
     ".spec.resources.requests.storage", "write 10G:"),
    (limits(memory="10 Gi"), ".spec.containers[0].resources.limits.memory", "write 10Gi:"),
    (limits(memory="1GiB"), ".spec.containers[0].resources.limits.memory", "write 1Gi:"),
    (limits(memory="1K"), ".spec.containers[0].resources.limits.memory", "write 1Ki or 1k:"),
    (limits(cpu="half"), ".spec.containers[0].resources.limits.cpu", "write it like 10Gi"),
    ({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"volumes": [{"emptyDir": {"sizeLimit": "1gb"}}]}},
     ".spec.volumes[0].emptyDir.sizeLimit", "write 1G:"),
])
def test_a_quantity_that_is_none_is_named(item: dict, path: str, fix: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        manifest.parse([item], "objects")
    assert (refused.value.code, refused.value.parameter) == ("quantity-form", f"objects[0]{path}") and refused.value.fix.startswith(fix)


@pytest.mark.parametrize("item", [
    limits(cpu="500m", memory="1.5Gi", other=1, more=0.5),
    {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "a"}, "spec": {"default": {"size": "big"}}},
    {"apiVersion": "example.com/v1", "kind": "Quota", "metadata": {"name": "a"}, "spec": {"limits": {"speed": "fast"}}},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"limits": "none"}},
])
def test_what_only_looks_like_quantities_is_left_alone(item: dict) -> None:
    assert manifest.parse([item], "objects")
