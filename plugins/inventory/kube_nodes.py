# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: kube_nodes
short_description: The nodes of a Kubernetes cluster as hosts
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Reads nodes, local volumes, drivers and attachments from the API server, four lists in all.
  - All nodes are in the group C(kube_nodes). Others are C(kube_ready) or C(kube_not_ready), C(kube_unschedulable), C(kube_role_ROLE),
    C(kube_zone_ZONE), C(kube_class_CLASS) for nodes with local volumes of a storage class, and C(kube_driver_DRIVER) for nodes where a driver is registered.
  - Characters of groups' names that a variable's name cannot have become C(_), in all groups that this file makes.
  - Its file is named C(*.kube_nodes.yml) or C(kube_nodes.yml), with C(.yaml) as well.
notes:
  - What a node says of itself is written by its kubelet, so it is taken only for what it is. C(ansible_host) and C(kube_addresses) hold IP
    addresses and names of hosts and nothing else. Not taken are addresses that lead to the machine where Ansible runs, link-local ones, and one that
    two nodes claim; a warning names them. Nodes that are called like a group of the inventory, or C(localhost), are left out.
  - A host that the inventory has from another source, read before, keeps its C(ansible_host), or goes without one as it did.
  - Groups that are made of labels let a node choose where it belongs, unless NodeRestriction keeps kubelets from that label; see
    C(node-restriction.kubernetes.io/) in the documentation of Kubernetes. Do not give such groups the name of one that plays run on.
  - It needs to list C(nodes), and with O(volumes) C(persistentvolumes), C(csinodes) and C(volumeattachments).
extends_documentation_fragment:
  - cairn.storage.kube_connection
  - constructed
  - inventory_cache
options:
  plugin:
    description: Says that this file is for this plugin.
    type: str
    required: true
    choices: [cairn.storage.kube_nodes]
  label_selector:
    description: Only nodes with these labels, like V(cairn.storage/storage-node=true).
    type: str
  address_types:
    description: Which of a node's addresses becomes C(ansible_host); the first type that it has. None if empty.
    type: list
    elements: str
    default: [InternalIP, ExternalIP]
  prefix:
    description: What names of groups and variables begin with. Letters, digits and C(_), and not C(ansible_), which is for connections.
    type: str
    default: kube_
  volumes:
    description: Whether to read local volumes, drivers and attachments as well.
    type: bool
    default: true
"""

EXAMPLES = r"""
# storage.kube_nodes.yml
plugin: cairn.storage.kube_nodes
kubeconfig: ~/.kube/site
label_selector: cairn.storage/storage-node=true
groups:
  storage_nodes: true
  roomy: kube_storage_bytes.values() | map(attribute='free') | sum > 1024 ** 4
keyed_groups:
  - {key: kube_info.architecture, prefix: arch}
compose:
  ansible_user: "'root'"
  free_bytes: kube_storage_bytes['local-block'].free | default(0)

# The variables of a host, with the default prefix:
#   kube_labels, kube_taints, kube_ready, kube_unschedulable
#   kube_addresses       {InternalIP: 192.0.2.11, Hostname: node1}
#   kube_capacity        {cpu: 8.0, memory_bytes: 33561112576, ephemeral_storage_bytes: ..., pods: 110}, and kube_allocatable
#   kube_info            {kernel, os, architecture, kubelet, runtime}
#   kube_volumes         local volumes, each {name, storage_class, volume_mode, capacity_bytes, phase, path, namespace, claim}
#   kube_storage_bytes   {local-block: {capacity: 4398046511104, free: 1099511627776}}
#   kube_attached        attached volumes, each {volume, driver, attached}
#   kube_drivers         {lvm.csi.example.com: 128}, how many volumes each may have there, null for any number
"""

import re

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible.utils.display import Display

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError, InvalidRequest
from ansible_collections.cairn.storage.plugins.module_utils._kube import slim
from ansible_collections.cairn.storage.plugins.module_utils._kube.connection import ARGUMENTS, connect
from ansible_collections.cairn.storage.plugins.module_utils._kube.node_hosts import hosts
from ansible_collections.cairn.storage.plugins.module_utils._kube.objects import Lists

_STORAGE = "/apis/storage.k8s.io/v1"
_PREFIX = re.compile(r"(?!ansible_)([a-z_][a-z0-9_]*)?", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]|^[0-9]")
#: Characters of a group's name; labels that the API server lets through are shorter.
_LONGEST = 512
display = Display()


def safe_group_name(name):
    """A group's name in which only characters of variables' names are left, whatever Ansible is configured to do with others."""
    return _NOT_IN_NAMES.sub("_", name)[:_LONGEST]


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """The inventory plugin C(cairn.storage.kube_nodes)."""

    NAME = "cairn.storage.kube_nodes"
    _sanitize_group_name = staticmethod(safe_group_name)

    def verify_file(self, path):
        """Whether the file is one of ours, by its name."""
        return super().verify_file(path) and path.endswith(("kube_nodes.yml", "kube_nodes.yaml"))

    def parse(self, inventory, loader, path, cache=True):
        """Add the nodes to ``inventory``."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        key = self.get_cache_key(path)
        wanted = self.get_option("cache")
        try:
            found = self._cache[key] if cache and wanted else None
        except KeyError:
            found = None
        if found is None:
            found = self._read()
            if wanted:
                self._cache[key] = found
        for name, host in sorted(found.items()):
            for warning in host["warnings"]:
                display.warning(f"{self.NAME}: {warning}")
            if name in self.inventory.groups:
                display.warning(f"{self.NAME}: the node {name} is left out: a group of the inventory is called so.")
            elif "variables" in host:
                self._add(name, host)

    def _read(self):
        """``node_hosts.hosts`` of the cluster."""
        try:
            self._check_prefix()
            return self._ask(connect({name: self.get_option(name) for name in ARGUMENTS}))
        except CairnError as error:
            raise AnsibleParserError(f"{self.NAME}: {error}") from error

    def _check_prefix(self):
        prefix = self.get_option("prefix")
        if not _PREFIX.fullmatch(prefix):
            raise InvalidRequest(
                "variables cannot be called so.", code="inventory-prefix", parameter="prefix", found=repr(prefix), fix="use one like kube_."
            )

    def _ask(self, client):
        selector = self.get_option("label_selector")
        try:
            nodes = client.list("/api/v1/nodes", {"labelSelector": selector} if selector else {}, slim.node)[0]
        except CairnError as error:
            if error.code != "api-invalid" or not selector:
                raise
            raise InvalidRequest(
                "not a label selector.",
                code="label-selector",
                parameter="label_selector",
                found=error.found,
                fix="write it like cairn.storage/storage-node=true.",
            ) from None
        paths = ("/api/v1/persistentvolumes", f"{_STORAGE}/volumeattachments", f"{_STORAGE}/csinodes") if self.get_option("volumes") else ()
        volumes, attachments, csi_nodes = [client.list(path, keep=slim.item)[0] for path in paths] or ([], [], [])
        return hosts(Lists(nodes=nodes, volumes=volumes, attachments=attachments), csi_nodes, self.get_option("address_types"))

    def _add(self, name, host):
        prefix, strict = self.get_option("prefix"), self.get_option("strict")
        # A node that takes the name of another machine of the inventory must not draw its connections to itself.
        known = name in self.inventory.hosts
        self.inventory.add_host(name)
        for group in host["groups"]:
            self.inventory.add_child(self.inventory.add_group(self._sanitize_group_name(prefix + group)), name)
        variables = {f"{prefix}{key}": value for key, value in host["variables"].items()}
        if host["address"] and not known:
            variables["ansible_host"] = host["address"]
        for key, value in variables.items():
            self.inventory.set_variable(name, key, value)
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)
