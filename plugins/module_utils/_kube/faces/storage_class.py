# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""storage_class: from an item to a manifest, and which class is the default."""

from __future__ import annotations

from ..._core.errors import InvalidRequest
from .. import basics
from ..discovery import Resource
from .default_class import DefaultRules, mark
from .frame import Face, Item, chosen, texts

OPTIONS = {
    "provisioner": {"type": "str"},
    "parameters": {"type": "dict"},
    "reclaim_policy": {"type": "str", "choices": ["Delete", "Retain"]},
    "volume_binding_mode": {"type": "str", "choices": ["Immediate", "WaitForFirstConsumer"]},
    "allow_volume_expansion": {"type": "bool"},
    "mount_options": {"type": "list", "elements": "str"},
    "allowed_topologies": {
        "type": "list",
        "elements": "dict",
        "options": {"key": {"type": "str", "required": True, "no_log": False}, "values": {"type": "list", "elements": "str", "required": True}},
    },
    "default": {"type": "bool"},
}
_FIELDS = {"reclaimPolicy": "reclaim_policy", "volumeBindingMode": "volume_binding_mode", "allowVolumeExpansion": "allow_volume_expansion",
           "mountOptions": "mount_options"}


class ClassRules(DefaultRules):
    """Storage classes: one default in the cluster. The older annotation is still looked at by the API server."""

    resource = Resource("storage.k8s.io", "v1", "StorageClass", "storageclasses", False)
    marks = (basics.DEFAULT_CLASS, "storageclass.beta.kubernetes.io/is-default-class")


def build(item: Item, where: str) -> dict:
    """The class without its head."""
    if not item.get("provisioner"):
        raise InvalidRequest("a class says who makes its volumes.", code="provisioner-missing", parameter=f"{where}.provisioner",
                             fix="name a CSI driver, or kubernetes.io/no-provisioner for volumes that are made beforehand.")
    content: dict = {"provisioner": item["provisioner"], "metadata": mark(item, ClassRules.marks[0]), **chosen(item, _FIELDS)}
    if item.get("parameters"):
        content["parameters"] = texts(item, "parameters", where)
    if item.get("allowed_topologies"):
        rules = [{"key": rule["key"], "values": list(rule["values"])} for rule in item["allowed_topologies"]]
        empty = next((rule["key"] for rule in rules if not rule["values"]), None)
        if empty:
            raise InvalidRequest("a topology without values allows nothing.", code="topology-empty", parameter=f"{where}.allowed_topologies",
                                 found=empty,
                                 fix="give the values, or leave the key out.")
        # All rules of one term hold together.
        content["allowedTopologies"] = [{"matchLabelExpressions": rules}]
    return content


FACE = Face("classes", "storage.k8s.io/v1", "StorageClass", OPTIONS, build, ClassRules, recreated=True)
