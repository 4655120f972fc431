"""Whoever runs playbooks/csi.yml has the rights that its roles give away: the API server lets nobody give away more."""

from __future__ import annotations

import re

import yaml
from csi_catalogue import REPO, render

RIGHTS = REPO / "playbooks" / "rbac" / "csi.yml"
TEMPLATE = REPO / "roles" / "snapshot_controller" / "templates" / "objects.yml.j2"


def every(rules: list[dict]) -> set[tuple[str, str, str]]:
    return {(group, resource, verb) for rule in rules for group in rule["apiGroups"] for resource in rule["resources"] for verb in rule["verbs"]}


def test_it_may_do_what_it_gives_away() -> None:
    roles = [each for each in yaml.safe_load(RIGHTS.read_text(encoding="utf-8"))["items"] if each["kind"].endswith("Role")]
    (cluster,) = [every(each["rules"]) for each in roles if each["kind"] == "ClusterRole"]
    own = {each["metadata"]["namespace"]: every(each["rules"]) for each in roles if each["kind"] == "Role"}
    given = [each for each in render("lvm.csi.cairn.storage", attach=True)["objects"] if each["kind"].endswith("Role")]
    # The controller's rules hold no values of variables.
    rules = re.findall(r"^  - (\{apiGroups.*\})$", TEMPLATE.read_text(encoding="utf-8"), re.MULTILINE)
    controller = every([yaml.safe_load(rule) for rule in rules])
    assert ("", "nodes", "watch") in controller and ("coordination.k8s.io", "leases", "create") in controller
    assert every([rule for each in given if each["kind"] == "ClusterRole" for rule in each["rules"]]) <= cluster
    assert every([rule for each in given if each["kind"] == "Role" for rule in each["rules"]]) <= own["cairn-lvm-csi"] | cluster
    assert controller <= own["cairn-snapshot-controller"] | cluster
