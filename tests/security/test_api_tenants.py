"""Tenants of one cluster, kept apart: who may log in to a storage cluster's disks, by what names these are known, and whose claims a teardown takes.

There are no machines: a thread reports for pods what a kubelet would, the network enforces no NetworkPolicy, and a node is an object. Asked is the
API server. Each playbook runs as a user with its own Role and nothing else.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from cluster_play import get, kubectl, play
from played import REPO, environment
from rights import forget, kubeconfig
from set_play import BY_HAND, SPACE, live, surroundings

CLASS = BY_HAND
TEAM = "cairn-other-team"
NODE = "cairn-tenants-node"
PASSWORD = "correct-horse-battery"
OLD_NAMES = {"tgt": {"environment": {"TARGET_IQN": "iqn.2026-01.storage.cairn:$(POD_NAME)"}}}


def cluster(name: str, **more: Any) -> dict:
    return {"name": name, "namespace": SPACE, "replicas": 2, "disk": {"class": CLASS, "size": "1GiB"}, "spread": "even", "node_selector": {"no": "such"},
            "initiators": ["10.90.0.0/16", "10.91.7.3"], **more}


def report_ready() -> None:
    """Say of the node what its kubelet would; after less than a minute without a word the API server takes it for gone."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    ready = {"type": "Ready", "status": "True", "reason": "Test", "message": "", "lastHeartbeatTime": now, "lastTransitionTime": now}
    kubectl("patch", "node", NODE, "--subresource=status", "--patch", json.dumps({"status": {"conditions": [ready]}}))


class Site:
    """Playbooks on an inventory whose only machine is an object of the API server."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.books = folder, set()
        self.base = folder / "volumes"
        here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        hosts = {"storage_nodes": {"hosts": {NODE: here}}, "kube_api": {"hosts": {"localhost": here}}}
        (folder / "inventory.yml").write_text(yaml.safe_dump(hosts), encoding="utf-8")

    def play(self, book: str, *clusters: dict, fails: bool = False, rights: str = "", options: tuple = (), **more: Any) -> str:
        """What one playbook prints, run under the Role of ``rights``, its own if empty."""
        variables = self.folder / "variables.json"
        variables.write_text(json.dumps({"storage_cluster_clusters": clusters, "local_volumes_base_dir": str(self.base), **more}), encoding="utf-8")
        self.books.add(rights or book)
        where = str(kubeconfig(rights or book, self.folder, SPACE))
        report_ready()
        done = subprocess.run(
            ("ansible-playbook", "-i", str(self.folder / "inventory.yml"), "-e", f"@{variables}", *options, f"playbooks/{book}.yml"), cwd=REPO,
            env={**environment(), "KUBECONFIG": where, "K8S_AUTH_KUBECONFIG": where}, capture_output=True, text=True, check=False)
        assert (done.returncode != 0) is fails, done.stdout[-6000:] + done.stderr[-2000:]
        return " ".join((done.stdout + done.stderr).split())

    def volume(self, name: str, claim: str, namespace: str = SPACE, policy: str = "Retain") -> dict:
        """A raw local volume of the node, for one claim."""
        term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}]}
        return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name, "labels": {"cairn-sets": "yes"}},
                "spec": {"capacity": {"storage": "2Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": CLASS, "volumeMode": "Block",
                         "persistentVolumeReclaimPolicy": policy, "local": {"path": f"{self.base}/{CLASS}/{name}"},
                         "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}}, "claimRef": {"namespace": namespace, "name": claim}}}


def apply(*manifests: dict) -> None:
    kubectl("apply", "-f", "-", stdin="\n---\n".join(map(json.dumps, manifests)))


def kept() -> dict[str, str]:
    """Everything that a teardown could take, and in which version."""
    found = json.loads(kubectl("get", "pv,pvc,statefulset,pod,service,networkpolicy,poddisruptionbudget,storageclass,node", "-A", "-o", "json"))["items"]
    return {f"{each['kind']} {each['metadata'].get('namespace')}/{each['metadata']['name']}": each["metadata"]["resourceVersion"] for each in found
            if each["kind"] != "Node"}


def settled() -> dict[str, str]:
    """The same, once controllers have written what they had to."""
    last: dict[str, str] = {}
    while last != (last := kept()):
        time.sleep(2)
    return last


def variables(name: str) -> dict[str, str]:
    (container,) = live(name)["spec"]["template"]["spec"]["containers"]
    return {each["name"]: each.get("value", str(each.get("valueFrom"))) for each in container["env"]}


def policy(name: str) -> dict | None:
    return get({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name, "namespace": SPACE}})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("tenants"))
    with surroundings():
        apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE}},
               "spec": {"unschedulable": True}}, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": TEAM}})
        for name in ("blocks", "old"):
            apply(*(made.volume(f"cairn-{name}-{number}", f"disk-{name}-{number}") for number in range(2)))
        made.play("grow_claims", cluster("blocks"), rights="site")
        yield made
        kubectl("delete", "namespace", TEAM, "--wait")
        kubectl("delete", "node", NODE)
        forget(sorted(made.books))


def test_a_cluster_of_which_nobody_has_said_who_may_log_in_is_refused(site: Site) -> None:
    before = settled()
    for said in ({"initiators": None}, {"initiators": []}):
        told = site.play("rollout", cluster("blocks"), cluster("open", **said), fails=True)
        assert "storage_cluster_clusters[1] (open).initiators: nobody has said who may log in to this storage cluster." in told
    assert "ALL" in site.play("rollout", cluster("blocks", initiators=["0.0.0.0/0"]), fails=True)
    assert kept() == before


def test_a_network_policy_says_what_the_pods_say(site: Site) -> None:
    found = policy("blocks")
    selector = live("blocks")["spec"]["selector"]
    assert found and found["spec"]["podSelector"] == selector and found["spec"]["policyTypes"] == ["Ingress"]
    assert found["spec"]["ingress"] == [{"ports": [{"protocol": "TCP", "port": 3260}],
                                         "from": [{"ipBlock": {"cidr": "10.90.0.0/16"}}, {"ipBlock": {"cidr": "10.91.7.3/32"}}]}]
    assert variables("blocks")["TARGET_INITIATORS"] == "10.90.0.0/16,10.91.7.3"
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": TEAM}}, "podSelector": {"matchLabels": {"app": "initiator"}}}
    site.play("rollout", cluster("blocks", allowed_from=[peer]))
    assert policy("blocks")["spec"]["ingress"][0]["from"] == [peer]
    before = uids_of("blocks")
    site.play("rollout", cluster("blocks"))
    assert uids_of("blocks") == before and "from" in policy("blocks")["spec"]["ingress"][0]


def uids_of(name: str) -> list[str]:
    found = json.loads(kubectl("get", "pods", "-n", SPACE, "-l", f"app.kubernetes.io/instance={name}", "-o", "json"))["items"]
    return sorted(pod["metadata"]["uid"] for pod in found)


def test_a_disk_is_named_after_its_kubernetes_cluster_its_namespace_and_its_pod(site: Site) -> None:
    uid = kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")
    assert variables("blocks")["TARGET_IQN"] == f"iqn.2026-01.storage.cairn:{uid}.{SPACE}.$(POD_NAME)"
    assert "changed=0" in site.play("rollout", cluster("blocks"))


def test_a_set_of_the_version_before_keeps_its_name_and_its_pods(site: Site) -> None:
    # As that version has written it.
    site.play("grow_claims", cluster("old"), rights="site", storage_cluster_engines=OLD_NAMES)
    before, written = uids_of("old"), live("old")
    assert variables("old")["TARGET_IQN"] == "iqn.2026-01.storage.cairn:$(POD_NAME)" and len(before) == 2
    told = site.play("rollout", cluster("old"))
    assert f"Disks of {SPACE}/old have names from an earlier version" in told and "state: absent" in told and "changed=0" in told
    assert uids_of("old") == before and live("old")["metadata"]["generation"] == written["metadata"]["generation"]
    # A run that was interrupted has deleted it around its pods: the next one does not give it another name.
    kubectl("delete", "statefulset", "old", "-n", SPACE, "--cascade=orphan")
    site.play("grow_claims", cluster("old"), rights="site")
    assert variables("old")["TARGET_IQN"] == "iqn.2026-01.storage.cairn:$(POD_NAME)" and uids_of("old") == before


def test_two_clusters_that_initiators_would_take_for_one_are_refused(site: Site) -> None:
    before = settled()
    told = site.play("rollout", cluster("blocks"), cluster("blocks", namespace=TEAM), fails=True, storage_cluster_engines=OLD_NAMES)
    assert "two storage clusters have one name" in told and f"{SPACE}/blocks and {TEAM}/blocks" in told
    assert kept() == before


def test_a_cluster_is_chosen_by_its_namespace_where_two_have_its_name(site: Site) -> None:
    two = (cluster("blocks"), cluster("blocks", namespace=TEAM))
    before = settled()
    assert "several namespaces have a storage cluster of this name" in site.play("rollout", *two, fails=True, rollout_clusters=["blocks"])
    assert "several namespaces have a storage cluster of this name" in site.play("scale", *two, fails=True, scale_clusters=["blocks"])
    assert "changed=0" in site.play("rollout", *two, rollout_clusters=[f"{SPACE}/blocks"])
    assert kept() == before


def test_a_stateful_set_of_somebody_else_is_not_taken_over(site: Site) -> None:
    theirs = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "theirs", "namespace": SPACE, "labels": {"app": "theirs"}},
              "spec": {"replicas": 0, "serviceName": "theirs", "selector": {"matchLabels": {"app": "theirs"}},
                       "template": {"metadata": {"labels": {"app": "theirs"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}}}
    apply(theirs)
    before = settled()
    for options in ({"book": "rollout"}, {"book": "teardown", "teardown_confirm": f"{SPACE}/theirs"}):
        told = site.play(options.pop("book"), cluster("theirs"), fails=True, **options)
        assert "this collection has not made it" in told
    assert kept() == before
    kubectl("delete", "statefulset", "theirs", "-n", SPACE)


def test_chap_comes_from_a_secret_and_appears_nowhere(site: Site) -> None:
    wanted, before = cluster("blocks", chap_secret="storage-chap"), settled()
    told = site.play("rollout", wanted, fails=True)
    assert f"no Secret storage-chap in the namespace {SPACE}" in told and "would not start" in told
    assert {name: version for name, version in kept().items() if "StatefulSet" in name or "Pod " in name} == {
        name: version for name, version in before.items() if "StatefulSet" in name or "Pod " in name}
    data = {"node.session.auth.username": "initiator", "node.session.auth.password": PASSWORD}
    apply({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/iscsi-chap", "metadata": {"name": "storage-chap", "namespace": SPACE},
           "stringData": data})
    told = site.play("rollout", wanted, options=("-vvv", "--diff"))
    for shown in (told, json.dumps(live("blocks")), kubectl("get", "pods", "-n", SPACE, "-o", "json"), kubectl("get", "events", "-n", SPACE, "-o", "json")):
        assert PASSWORD not in shown and base64.b64encode(PASSWORD.encode()).decode() not in shown
    pod = live("blocks")["spec"]["template"]["spec"]
    assert {"name": "chap", "secret": {"secretName": "storage-chap", "defaultMode": 0o400}} in pod["volumes"]
    assert {"name": "chap", "mountPath": "/run/secrets/chap", "readOnly": True} in pod["containers"][0]["volumeMounts"]
    assert variables("blocks")["TARGET_CHAP"] == "/run/secrets/chap" and "secretKeyRef" not in json.dumps(pod)
    assert "changed=0" in site.play("rollout", wanted)
    # A Secret that the Role does not name: the run says that it could not look, and has not looked.
    assert f"whether the Secret {SPACE}/other-chap is there could not be asked" in site.play("rollout", cluster("blocks", chap_secret="other-chap"),
                                                                                          options=("--check",))


def test_scaling_down_leaves_a_claim_that_a_person_has_made_under_such_a_name(site: Site) -> None:
    theirs = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "disk-blocks-9", "namespace": SPACE},
              "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": CLASS, "volumeMode": "Block", "resources": {"requests": {"storage": "1Gi"}}}}
    apply(theirs)
    told = site.play("scale", cluster("blocks", chap_secret="storage-chap"), scale_removed_claims="delete")
    assert f"the claim {SPACE}/disk-blocks-9 has the name of one of its own" in told and "left alone" in told
    assert get(theirs) and not get(theirs)["metadata"].get("deletionTimestamp")
    kubectl("delete", "pvc", "disk-blocks-9", "-n", SPACE)


@pytest.mark.parametrize(("said", "command"), [
    ({}, ["/scripts/dd_zero.sh"]), ({"block_cleaner_command": ["/scripts/quick_reset.sh"]}, ["/scripts/quick_reset.sh"])])
def test_a_raw_volume_is_zeroed_before_its_next_owner_gets_it(said: dict, command: list) -> None:
    wanted = [{"name": "raw", "volume_mode": "Block", "reclaim_policy": "Delete", **said}]
    role = {"ansible.builtin.include_role": {"name": "cairn.storage.local_static_provisioner", "apply": {"check_mode": True}},
            "vars": {"local_static_provisioner_classes": wanted, "local_static_provisioner_volumes": [], "local_static_provisioner_live": []}}
    _role, told = play(role, {"ansible.builtin.debug": {"msg": "{{ local_static_provisioner_result.after }}"}})
    (config,) = (each for each in told["msg"] if each["kind"] == "ConfigMap")
    assert yaml.safe_load(config["data"]["storageClassMap"])["raw"]["blockCleanerCommand"] == command


@pytest.mark.parametrize(("namespace", "claim"), [(TEAM, "disk-blocks-0"), (SPACE, "disk-blocks-7"), (TEAM, "anything")])
def test_a_teardown_does_not_take_claims_of_others(site: Site, namespace: str, claim: str) -> None:
    """The attack: such a claim, bound to a local volume of the site, was set to Retain and deleted without a word."""
    theirs = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": claim, "namespace": namespace},
              "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": CLASS, "volumeMode": "Block", "resources": {"requests": {"storage": "1Gi"}},
                       "volumeName": "cairn-theirs"}}
    apply(site.volume("cairn-theirs", claim, namespace, "Delete"), theirs)
    kubectl("wait", "--for=jsonpath={.status.phase}=Bound", f"pvc/{claim}", "-n", namespace, "--timeout=60s")
    both = (cluster("blocks", chap_secret="storage-chap"), cluster("old"))
    before = settled()
    try:
        for options in ((), ("--check",)):
            told = site.play("teardown", *both, fails=True, options=options, teardown_confirm=f"{SPACE}/blocks,{SPACE}/old")
            assert f"{namespace}/{claim} on cairn-theirs" in told and "no storage cluster of this inventory has made" in told
        assert kept() == before
    finally:
        kubectl("delete", "pvc", claim, "-n", namespace)
        kubectl("delete", "pv", "cairn-theirs")


def test_a_teardown_asks(site: Site) -> None:
    both = (cluster("old", initiators=None), cluster("blocks"))
    before = settled()
    for said in ({}, {"teardown_confirm": "yes"}, {"teardown_confirm": f"{SPACE}/blocks"}):
        told = site.play("teardown", *both, fails=True, **said)
        assert f"set teardown_confirm to {SPACE}/blocks,{SPACE}/old" in told
        for thing in (f"{SPACE}/disk-blocks-0", f"{SPACE}/disk-old-1", "cairn-blocks-0", "cairn-old-1", NODE):
            assert thing in told, f"it does not tell that {thing} would go"
    assert kept() == before


def test_a_cluster_that_goes_need_not_say_who_may_log_in_and_leaves_its_claims(site: Site) -> None:
    site.play("rollout", cluster("old", initiators=None, state="absent"), rights="teardown")
    assert policy("old") is None and uids_of("old") == []
    assert json.loads(kubectl("get", "pvc", "disk-old-0", "-n", SPACE, "-o", "json"))["status"]["phase"] == "Bound"
