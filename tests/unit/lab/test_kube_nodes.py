"""Certificates, node folders and names, without a cluster."""

import json
import os
import ssl
import subprocess

import pytest
from cairn_lab import addresses, control_plane, debian, gobuild, kubelet, kubernetes, pki
from cairn_lab.config import CACHE, Lab, Node
from cairn_lab.run import LabError


@pytest.fixture
def lab(monkeypatch, tmp_path):
    monkeypatch.setattr("cairn_lab.config.STATE", tmp_path)
    made = Lab("unit")
    for index in (1, 2, 3):
        made.nodes.append(Node(f"node{index}", index, tmp_path / f"node{index}"))
    return made


def test_certificates_pass_strict_verification(tmp_path):
    pki.make_ca(tmp_path)
    whom = pki.Identity("x", "system:node:x", ["system:nodes"], ["IP:10.90.1.11", "DNS:node1"])
    certificate, key = pki.issue(tmp_path, whom)
    ca = tmp_path / "ca.crt"
    argv = ["openssl", "verify", "-x509_strict", "-CAfile", ca, certificate]
    assert subprocess.run(argv, capture_output=True, check=False).returncode == 0
    assert key.stat().st_mode & 0o077 == 0
    context = ssl.create_default_context(cafile=ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_cert_chain(certificate, key)
    shown = subprocess.check_output(["openssl", "x509", "-noout", "-subject", "-in", certificate])
    assert b"O = system:nodes, CN = system:node:x" in shown


def test_a_certificate_that_is_there_stays(tmp_path):
    pki.make_ca(tmp_path)
    before = (tmp_path / "ca.crt").read_text()
    pki.make_ca(tmp_path)
    assert (tmp_path / "ca.crt").read_text() == before


def test_a_node_gets_routes_to_the_pods_of_all_others(lab):
    control_plane.prepare(lab)
    archive = CACHE / "image/0123"
    kubelet.prepare(lab, lab.nodes[1], CACHE / "go/abcd", {"example.org/a:1": archive})
    folder = lab.nodes[1].share / "kubernetes"
    assert (folder / "routes").read_text().splitlines() == [
        "route replace 10.91.1.0/24 via 10.90.1.11",
        "route replace 10.91.3.0/24 via 10.90.1.13",
    ]
    assert os.readlink(folder / "bin/kubelet") == "/lab/cache/go/abcd"
    assert os.readlink(folder / "images/example.org_a:1") == "/lab/cache/image/0123"
    network = json.loads((folder / "cni.conflist").read_text())
    assert addresses.pod_subnet(lab.nodes[1]) in json.dumps(network)


def test_what_is_written_is_its_owners_alone(tmp_path):
    control_plane.write(tmp_path / "a", "text")
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["", "foo", "kubelet", "etcd@node1", "foo@node1"])
def test_components_that_do_not_exist_are_refused_with_those_that_do(lab, name):
    with pytest.raises(LabError, match="no such component; there are etcd, .*kubelet@NODE"):
        kubernetes.component(lab, name, "stop")


def test_a_component_of_no_node_of_the_lab_is_refused(lab):
    with pytest.raises(LabError, match="node9"):
        kubernetes.component(lab, "kubelet@node9", "stop")


@pytest.mark.parametrize(
    "version, enough", [("go1.26.0\n", True), ("go1.30.8", True), ("go1.25.11", False), ("go1.9", False), ("", False)]
)
def test_a_compiler_is_new_enough_by_number_not_by_text(version, enough):
    assert gobuild._new_enough(version) is enough


@pytest.mark.parametrize(
    "folder, lies", [("/lib/x", "usr/lib/x"), ("/usr/lib64/../lib/x", "usr/lib/x"), ("/etc", "etc")]
)
def test_where_a_library_really_lies(folder, lies):
    assert debian._inside(folder) == lies
