"""Each playbook's Role lets its operation through, and no other one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster_play import info, kubectl, play
from played import REPO
from rights import forget, kubeconfig
from set_play import BETTER, BROKEN, BY_HAND, GOOD, SPACE, Kubelet, bring_up, images, run_set, stateful_set, surroundings, uids, volume

BOOKS = ["rollout", "canary", "grow_claims", "scale", "replace_pod_disk", "grow_local_volume", "storage_map", "audit", "site", "teardown"]


@pytest.fixture(scope="module", autouse=True)
def kubelet() -> Iterator[Kubelet]:
    with surroundings() as thread:
        bring_up("rights")
        yield thread
        forget(BOOKS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rights")


def allowed(book: str, folder: Path, manifest: dict, module: dict | None = None, **options: object) -> dict:
    """The result of what the playbook does: look at the cluster, then write the set."""
    where = {"kubeconfig": str(kubeconfig(book, folder, SPACE))}
    looked, written = play(info(**where), run_set(manifest, module={**(module or {}), **where}, **options))
    assert not looked.get("failed"), looked
    return written


def test_rollout_and_no_growth(folder: Path) -> None:
    made = allowed("rollout", folder, stateful_set("rights", BETTER))
    assert not made.get("failed") and images("rights") == [BETTER] * 3, made
    again = allowed("rollout", folder, stateful_set("rights", BETTER, size="1024Mi"))
    assert not again.get("failed") and not again["changed"], "the same size, written otherwise"
    for book in ("rollout", "scale", "replace_pod_disk"):
        refused = allowed(book, folder, stateful_set("rights", BETTER, size="2Gi"))
        assert refused["error"]["code"] == "api-forbidden" and "statefulsets" in refused["error"]["found"] and not refused["changed"], refused
        assert "grow_claims.yml" in refused["error"]["fix"] and "StatefulSet cairn-sets/rights: its claim templates" in refused["msg"], refused


def test_canary_and_its_way_back(folder: Path) -> None:
    failed = allowed("canary", folder, stateful_set("rights", BROKEN), strategy="canary")
    assert failed["error"]["code"] == "canary-failed" and images("rights") == [BETTER] * 3, failed
    made = allowed("canary", folder, stateful_set("rights", GOOD), strategy="canary")
    assert not made.get("failed") and images("rights") == [GOOD] * 3, made


def test_growth_of_claims(folder: Path) -> None:
    before = uids("rights")
    unreadable = stateful_set("rights", size="2Gi")
    unreadable["spec"]["volumeClaimTemplates"][0]["spec"]["nonsense"] = "x"
    refused = allowed("grow_claims", folder, unreadable)
    assert refused["error"]["code"] == "field-unknown" and not refused["changed"], "what could not be made again is not deleted"
    made = allowed("grow_claims", folder, stateful_set("rights", size="2048Mi"))
    assert not made.get("failed") and made["changed"] and uids("rights") == before, made
    again = allowed("grow_claims", folder, stateful_set("rights", size="2048Mi"))
    assert not again.get("failed") and not again["changed"], again


def test_who_looks_may_look(folder: Path) -> None:
    all_of_it = {"returns": ["volumes", "claims", "nodes", "published", "table", "cluster_uid", "stateful_sets"]}
    looks = [("storage_map", "storage_info", {}), ("audit", "storage_audit", {}), ("site", "storage_info", all_of_it),
             ("teardown", "storage_info", all_of_it)]
    results = play(*({f"cairn.storage.{module}": {"kubeconfig": str(kubeconfig(book, folder, SPACE)), **options}} for book, module, options in looks))
    assert not any(result.get("failed") for result in results), results


def test_scale_and_no_more_than_told(folder: Path) -> None:
    made = allowed("scale", folder, stateful_set("rights", replicas=2, size="2Gi"), removed_claims="delete")
    assert not made.get("failed") and [action["kind"] for action in made["actions"]] == ["StatefulSet", "PersistentVolumeClaim"], made


def test_replacement(folder: Path) -> None:
    wanted = bring_up("spares", storage_class=BY_HAND, replicas=1)
    kubectl("apply", "-f", "-", stdin=json.dumps(volume(f"{SPACE}-other", BY_HAND)))
    consent = {"allow_data_loss": {f"{SPACE}/disk-spares-0": f"{SPACE}-spares-0"}}
    refused = allowed("rollout", folder, wanted, consent, replace_pod="spares-0")
    assert refused["error"]["code"] == "api-forbidden", refused
    made = allowed("replace_pod_disk", folder, wanted, consent, replace_pod="spares-0")
    assert not made.get("failed") and [claim["volume"] for claim in made["sets"][0]["claims"]] == [f"{SPACE}-other"], made


TEMPLATES = REPO / "playbooks" / "templates"
FINISHED = {"status": {"capacity": {"storage": "3Gi"}, "allocatedResourceStatuses": None}}


def test_what_the_cluster_is_told_of_a_local_volume_that_has_grown(folder: Path) -> None:
    where = {"kubeconfig": str(kubeconfig("grow_local_volume", folder, SPACE))}
    grown = {"grow_plan": {"volumes": [{"name": f"{SPACE}-rights-0", "namespace": SPACE, "claim": "disk-rights-0", "mounted": False,
                                        "quantity": "3Gi"}]}}

    def told(template: str, **options: object) -> dict:
        text = f"{{{{ lookup('ansible.builtin.template', '{TEMPLATES}/{template}') | from_yaml_all | list }}}}"
        how = {"on_conflict": "take", "field_manager": "cairn.storage-growth", "wait": False, **where, **options}
        return {"cairn.storage.kube_objects": {"objects": text, **how}, "vars": grown}

    status = told("grown_status.yml.j2", subresource="status")
    written = play(told("grown_claims.yml.j2"), status, told("grown_volumes.yml.j2"), told("grown_claims.yml.j2"))
    assert [each["changed"] for each in written if not each.get("failed")] == [True, True, True, False], written
    claim = json.loads(kubectl("get", "pvc", "disk-rights-0", "-n", SPACE, "-o", "json"))
    assert claim["spec"]["resources"]["requests"]["storage"] == "3Gi" and claim["status"]["allocatedResources"] == {"storage": "3Gi"}
    kubectl("patch", "pvc", "disk-rights-0", "-n", SPACE, "--subresource=status", "--type=merge", "-p", json.dumps(FINISHED))
    found = json.loads(kubectl("get", "pv", f"{SPACE}-rights-0", "-o", "json"))
    assert found["spec"]["capacity"]["storage"] == "3Gi"
