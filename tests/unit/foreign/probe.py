"""Inventories of nodes that a test made up, as Ansible loads the plugin. By itself, for in a test's process the collection is imported another way.

Standard input: a list of ``{nodes, hosts, groups, options}``, what is in the inventory before included; output: for each what is there then.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import yaml
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, inventory_loader

NAME = "cairn.storage.kube_nodes"


class Kept:
    """Lists, in the place of an API server."""

    def __init__(self, nodes: list[dict]) -> None:
        self.nodes = nodes

    def list(self, path: str, _query: object = None, keep: object = dict) -> tuple[list[dict], str]:
        return (self.nodes if path.endswith("/nodes") else [], "1")


def load(case: dict, file: Path) -> dict:
    file.write_text(yaml.safe_dump({"plugin": NAME, **case.get("options", {})}), encoding="utf-8")
    plugin, data = inventory_loader.get(NAME), InventoryData()
    for group in case.get("groups", []):
        data.add_group(group)
    for name, variables in case.get("hosts", {}).items():
        data.add_host(name)
        for key, value in variables.items():
            data.set_variable(name, key, value)
    globals_of = sys.modules[type(plugin).__module__].__dict__
    globals_of["connect"] = lambda _params: Kept(case["nodes"])
    try:
        plugin.parse(data, DataLoader(), str(file), cache=False)
    except Exception as problem:  # all that a test wants to know of it
        return {"error": f"{type(problem).__name__}: {problem}"}
    return {"hosts": {name: {key: str(value) for key, value in host.vars.items()} for name, host in data.hosts.items()}, "groups": list(data.groups)}


def main() -> None:
    init_plugin_loader([sys.argv[1]])
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps([load(case, Path(folder) / "x.kube_nodes.yml") for case in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
