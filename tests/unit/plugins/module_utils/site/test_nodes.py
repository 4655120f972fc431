"""Hosts of the inventory whose nodes have other names."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.cairn.storage.plugins.filter.by_host import by_host
from ansible_collections.cairn.storage.plugins.filter.by_node import by_node

REPO = Path(__file__).resolve().parents[5]
BOOKS = sorted((REPO / "playbooks").glob("*.yml"))
HOSTS = [{"inventory_hostname": "box1", "storage_node_name": "node1.example.net", "facts": {"disks": [1]}},
         {"inventory_hostname": "node2", "facts": {"disks": [2]}}, {"inventory_hostname": "node3", "storage_node_name": ""}]


def test_values_by_node() -> None:
    assert by_node(HOSTS, "facts.disks") == {"node1.example.net": [1], "node2": [2]}
    assert by_host(HOSTS, "facts.disks") == {"box1": [1], "node2": [2]}
    assert by_node(HOSTS) == {"node1.example.net": "box1", "node2": "node2", "node3": "node3"}


@pytest.mark.parametrize(("hosts", "told"), [
    ([{"inventory_hostname": "a", "storage_node_name": "b"}, {"inventory_hostname": "b"}], "two hosts cannot be one node. Found: b of a and b"),
    ([{"inventory_hostname": "a", "storage_node_name": "Node 1"}], "a: storage_node_name: this is not the name of a node"),
    ([{"inventory_hostname": "a", "storage_node_name": ["b"]}], "storage_node_name"),
])
def test_names_that_no_node_can_have(hosts: list[dict], told: str) -> None:
    with pytest.raises(AnsibleFilterError, match="node") as refused:
        by_node(hosts)
    assert told in str(refused.value)


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_every_playbook_asks_the_cluster_that_was_chosen_about_nodes_by_their_names(book: Path) -> None:
    text = book.read_text(encoding="utf-8")
    for play in yaml.safe_load(text):
        if play.get("hosts") == "kube_api[0]":
            assert set(play["module_defaults"]["group/cairn.storage.kube"]) == {"kubeconfig", "context"}, play["name"]
    for words in ("published.get(inventory_hostname", "by_host('audit_facts", "by_host('local_volumes_result.entries"):
        assert words not in text
    # The file of discover.yml is by the inventory's names.
    assert book.stem == "discover" or "by_host('storage_disks" not in text
