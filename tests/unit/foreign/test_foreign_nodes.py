"""What a node says of itself, as hosts of an inventory: connections only to addresses, and no text that is more than text."""

from __future__ import annotations

import copy
import ipaddress
import json
import re
import subprocess
import sys
from pathlib import Path

import hostile
import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core import foreign
from ansible_collections.cairn.storage.plugins.module_utils._kube.node_hosts import hosts
from ansible_collections.cairn.storage.plugins.module_utils._kube.objects import Lists

REPO = Path(__file__).resolve().parents[3]
NODE = {
    "apiVersion": "v1", "kind": "Node",
    "metadata": {"name": "node1", "uid": "u", "labels": {"kubernetes.io/hostname": "node1", "topology.kubernetes.io/zone": "a"}},
    "spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]},
    "status": {
        "addresses": [{"type": "InternalIP", "address": "192.0.2.11"}, {"type": "Hostname", "address": "node1"}],
        "capacity": {"cpu": "4", "memory": "1Gi"},
        "nodeInfo": {"kernelVersion": "6.1", "osImage": "Debian", "architecture": "amd64", "kubeletVersion": "v1", "containerRuntimeVersion": "c"},
        "conditions": [{"type": "Ready", "status": "True"}],
    },
}  # fmt: skip
#: Of the hostile texts all but one are no host's name.
HOSTILE_NAMES = [text for text in hostile.TEXTS if text != "1e999"]
TYPES = ["InternalIP", "ExternalIP", "Hostname", "InternalDNS"]
GOOD = {"192.0.2.11": "InternalIP", "2001:db8::11": "ExternalIP", "node1": "Hostname", "node1.example.com": "InternalDNS", "N1": "Hostname"}
BAD = [
    ("InternalIP", each)
    for each in (
        "-oProxyCommand=touch hostile", "node1", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", "224.0.0.1", "169.254.169.254",
        "fe80::1", "fe80::1%eth0", "2001:db8::1%-oProxyCommand=x", "192.0.2.11 -oProxyCommand=x", "192.0.2.11\n", "192.0.2.011",
        "3221226219", "0xC000020B",
        "\u0661\u0669\u0662.0.2.1", "192.0.2.11/24", "[2001:db8::1]", "255.255.255.255", *hostile.TEXTS,
    )
] + [
    ("Hostname", each)
    for each in (
        "-node1", "node1-", "a..b", "a.", ".a", "a_b", "a b", "a@b", "a:22", "ssh://a", "a/b", "a%h", "a,b", "n" * 64, "a." * 127 + "a", "2130706433",
        "127.1", "0x7f.1", "192.0.2.11", "localhost", "x.localhost", "n\u043ede1", "node1\n", *HOSTILE_NAMES,
    )
]  # fmt: skip


def node(name: str = "node1", **addresses: object) -> dict:
    made = copy.deepcopy(NODE)
    made["metadata"]["name"] = name
    if addresses:
        made["status"]["addresses"] = [{"type": kind, "address": address} for kind, address in addresses.items()]
    return made


def told(*nodes: dict) -> dict:
    return hosts(Lists(nodes=nodes), [], TYPES)


@pytest.mark.parametrize("address, kind", GOOD.items())
def test_addresses_and_names_of_hosts_are_taken(address: str, kind: str) -> None:
    host = told(node(**{kind: address}))["node1"]
    assert host["address"] == address and host["variables"]["addresses"] == {kind: address} and not host["warnings"]


@pytest.mark.parametrize("kind, address", BAD)
def test_nothing_else_becomes_a_connection(kind: str, address: str) -> None:
    host = told(node(**{kind: address}))["node1"]
    assert host["address"] is None and host["variables"]["addresses"] == {}
    (warning,) = host["warnings"]
    assert "node1" in warning and kind in warning and warning.isprintable() and len(warning) < 1000


@pytest.mark.parametrize("address", ["192.0.2.11", "2001:db8::11"])
def test_an_address_that_two_nodes_claim_is_nobodys(address: str) -> None:
    found = told(node(InternalIP=address), node("evil", InternalIP=address.upper()), node("other", InternalIP="192.0.2.12"))
    assert [found[name]["address"] for name in ("node1", "evil", "other")] == [None, None, "192.0.2.12"]
    assert "evil" in found["node1"]["warnings"][0] and "node1" in found["evil"]["warnings"][0]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "all", "ungrouped", "2130706433", "0x7f.1", *HOSTILE_NAMES])
def test_nodes_that_no_machine_can_be_called_like_are_left_out(name: str) -> None:
    assert list(told(node(name))[name]) == ["warnings"]


def test_nodes_that_are_called_after_their_address_stay() -> None:
    assert told(node("192.0.2.11"))["192.0.2.11"]["address"] == "192.0.2.11"


@pytest.mark.parametrize("key", sorted(set(NODE["status"]) - {"conditions"}))
def test_hostile_values_in_a_nodes_status(key: str) -> None:
    for where, status in hostile.variants(NODE["status"][key]):
        if key != "addresses" and not isinstance(status, dict):
            continue  # the API server has a map there or nothing
        made = node()
        made["status"][key] = status
        host = told(made)["node1"]
        address = host["address"]
        assert address is None or foreign.dns_address(address) or ipaddress.ip_address(address), where
        assert all(text.isprintable() and len(text) < 3000 for text in hostile.texts(host)), where


def inventories(*cases: dict) -> list[dict]:
    command = (sys.executable, str(Path(__file__).parent / "probe.py"), str(REPO / ".work" / "collections"))
    done = subprocess.run(command, input=json.dumps(cases), capture_output=True, text=True, check=True, cwd=REPO)
    return json.loads(done.stdout)


def test_a_node_cannot_take_the_place_of_another_machine() -> None:
    before = {"vault": {}, "node1": {"ansible_host": "198.51.100.1"}}
    drawn, called = inventories(
        {"nodes": [node("vault", InternalIP="192.0.2.66"), node()], "hosts": before},
        {"nodes": [node("storage"), node()], "groups": ["storage"]},
    )
    assert "ansible_host" not in drawn["hosts"]["vault"] and drawn["hosts"]["node1"]["ansible_host"] == "198.51.100.1"
    assert "kube_labels" in drawn["hosts"]["vault"]
    assert list(called["hosts"]) == ["node1"]


def test_groups_of_labels_have_names_of_groups() -> None:
    found = []
    for text in [*hostile.TEXTS, "a-b.c", "all", "kube-api"]:
        made = node()
        made["metadata"]["labels"] = {"topology.kubernetes.io/zone": text, f"node-role.kubernetes.io/{text}": "", "rack": text}
        options = {"keyed_groups": [{"key": "kube_labels.rack", "prefix": "rack"}], "compose": {"x": "kube_labels.rack"}}
        found.append({"nodes": [made], "options": options})
    for case, told in zip(found, inventories(*found)):
        own = set(told["groups"]) - {"all", "ungrouped"}
        assert all(re.fullmatch("(kube|rack)_[A-Za-z_0-9]*", group) and len(group) < 1000 for group in own), own
        variables = told["hosts"]["node1"]
        assert {key for key in variables if key.startswith("ansible_")} == {"ansible_host"} and variables["ansible_host"] == "192.0.2.11", case


def test_a_prefix_is_no_connection_variables() -> None:
    for told in inventories(*({"nodes": [node()], "options": {"prefix": prefix}} for prefix in ("ansible_", "Ansible_x", "a-b", "{{ x }}", "1a"))):
        assert "variables cannot be called so" in told["error"]
