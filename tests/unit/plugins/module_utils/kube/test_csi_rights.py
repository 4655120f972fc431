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


def test_only_where_a_policy_holds_it_to_its_node_the_driver_writes_to_pods() -> None:
    """One subresource, by which no pod gets another image; without the policy growth waits for kubelet."""
    for guarded in (True, False):
        rendered = render("lvm.csi.cairn.storage", node_policy=guarded)["objects"]
        given = {each["metadata"]["name"]: every(each["rules"]) for each in rendered if each["kind"] == "ClusterRole"}
        pods = {name: {right for right in rights if right[1].split("/")[0] == "pods"} for name, rights in given.items()}
        assert pods == {"cairn-lvm-csi-node": {("", "pods/status", "patch")} if guarded else set(), "cairn-lvm-csi-controller": set()}
        policies = [each for each in rendered if each["kind"] == "ValidatingAdmissionPolicy"]
        assert bool(policies) is guarded
        rules = [rule for each in policies for rule in each["spec"]["matchConstraints"]["resourceRules"]]
        assert any(rule["resources"] == ["pods", "pods/*"] for rule in rules) is guarded
    others = [each for name in ("hostpath.csi.k8s.io", "nfs.csi.k8s.io") for each in render(name)["objects"] if each["kind"] == "ClusterRole"]
    assert not any(right[1] == "pods/status" for each in others for right in every(each["rules"]))
