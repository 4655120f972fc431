"""Each kind of fault, planted alone into a healthy cluster, is found with its cause and its fix; and in the healthy one nothing is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from audit_faults_nodes import FAULTS as NODES
from audit_faults_objects import FAULTS as OBJECTS
from audit_plants import Break, not_ready, pending, pool, released, stuck_snapshot, update
from audit_world import JUST_NOW, NOW, Cluster, delete, node, thing

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube.audit import findings, report, survey
from ansible_collections.cairn.storage.plugins.module_utils._kube.audit.model import Limits, World
from ansible_collections.cairn.storage.plugins.module_utils._kube.objects import Lists

RECORDED = Path(__file__).parent / "recordings"
SOURCES = Path(survey.__file__).parent


def told(cluster: Cluster, **more: object) -> list[dict]:
    return findings.audit(cluster.world(**more))["findings"]


def test_nothing_is_found_in_a_healthy_cluster() -> None:
    result = findings.audit(Cluster().world())
    assert result["findings"] == [] and result["worst"] is None and result["unlooked"] == []
    assert report.render(result) == "Nothing found."


def test_nothing_is_found_in_what_a_real_server_has_recorded() -> None:
    live = json.loads((RECORDED / "everything.json").read_text(encoding="utf-8"))["live"]

    def kind(name: str) -> list[dict]:
        return [each for each in live if each["kind"] == name]

    # The recording has no nodes; its volume asks for this one.
    lists = Lists(
        kind("Pod"), kind("PersistentVolumeClaim"), kind("PersistentVolume"), [node("nowhere")], kind("StorageClass"), kind("VolumeAttachment")
    )
    assert lists.claims and lists.volumes
    for now in (NOW, 4e9):
        world = World(lists, {}, stateful_sets=kind("StatefulSet"), namespaces=kind("Namespace"), now=now)
        assert findings.audit(world)["findings"] == []


FAULTS = [*OBJECTS, *NODES]


@pytest.mark.parametrize("code, severity, name, cause, fix, plant", FAULTS, ids=[f"{row[0]}-{row[2]}-{number}" for number, row in enumerate(FAULTS)])
def test_a_planted_fault_is_found_alone(code: str, severity: str, name: str, cause: str, fix: str, plant: Break) -> None:
    cluster = Cluster()
    plant(cluster)
    found = told(cluster)
    assert [(each["code"], each["severity"], each["name"]) for each in found] == [(code, severity, name)], json.dumps(found, indent=1)
    (finding,) = found
    assert cause in json.dumps([finding["why"], finding["evidence"], finding["message"]]) and fix in finding["fix"]
    text = report.render(findings.audit(cluster.world()))
    assert f"{severity.upper()} {code}" in text and finding["fix"] in text


def test_every_kind_of_finding_has_a_row() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in SOURCES.glob("*.py"))
    codes = {code for code in re.findall(r'Finding\(\s*f?"([a-z-]+)"', sources)}
    planted = {row[0] for row in FAULTS}
    assert codes <= planted and len(planted) >= 40


def test_the_readme_names_every_finding() -> None:
    text = (Path(__file__).resolve().parents[5] / "roles" / "audit" / "README.md").read_text(encoding="utf-8")
    lacking = {code for code, *_rest in FAULTS if f"`{code}`" not in text and f"`{code.removesuffix('stuck-deleting')}`" not in text}
    assert lacking <= {"stateful-set-stuck-deleting"}


def test_the_chain_goes_down_to_the_node() -> None:
    cluster = Cluster()
    not_ready(cluster)
    delete(cluster.volumes[1])
    delete(cluster.claims[1])
    delete(cluster.pods[2])
    chain = next(each["why"] for each in told(cluster) if each["code"] == "volume-stuck-deleting")
    assert [part.split(" ")[0] for part in chain[:2]] == ["kubernetes.io/pv-protection", "kubernetes.io/pvc-protection"]
    assert chain[-1] == "its node node1 is not ready, so nobody says that it has ended"


def test_a_stuck_snapshot_is_told_with_its_content_and_its_class() -> None:
    cluster = Cluster()
    stuck_snapshot(cluster)
    found = {each["code"]: each["why"] for each in told(cluster)}
    assert set(found) == {"snapshot-stuck-deleting", "content-stuck-deleting"}
    assert found["snapshot-stuck-deleting"][-1] == "its class snap does not exist any more: make it again"


YOUNG: list[Break] = [
    lambda it: delete(it.volumes[0], when=JUST_NOW),
    lambda it: pending(it)["metadata"].update(creationTimestamp=JUST_NOW),
    lambda it: it.attachments.append(
        thing("VolumeAttachment", "x", spec={"nodeName": "node9", "source": {"persistentVolumeName": "pv-csi"}})
        | {"metadata": {"name": "x", "creationTimestamp": JUST_NOW}}
    ),
    lambda it: (update(it.snapshots[0], "status", readyToUse=False), update(it.snapshots[0], "metadata", creationTimestamp=JUST_NOW)),
]


@pytest.mark.parametrize("plant", YOUNG)
def test_what_has_just_begun_is_no_finding(plant: Break) -> None:
    cluster = Cluster()
    plant(cluster)
    assert told(cluster) == []
    assert told(cluster, limits=Limits(patience=0)), "with no patience it is"


def test_what_is_not_told_is_said() -> None:
    cluster = Cluster()
    del cluster.hosts["node1"]["lvm_info"], cluster.hosts["node2"]
    result = findings.audit(cluster.world())
    assert result["findings"] == []
    assert result["unlooked"] == ["logical volumes without a volume, thin pools, volume groups of node1: no result of lvm_info was given"]
    assert "Not looked at:\n  logical volumes" in report.render(result)


def test_accepted_findings_and_limits() -> None:
    cluster = Cluster()
    released(cluster)
    pool(cluster, data_percent=85.0)
    result = findings.audit(cluster.world(), ["volume-released l*", "disk-*"])
    assert [each["code"] for each in result["findings"]] == ["pool-data-full"] and result["ignored"] == 1 and result["unused_ignores"] == ["disk-*"]
    assert findings.audit(cluster.world(limits=Limits(space_percent=90)), ["volume-released"])["findings"] == []
    assert [
        findings.at_least({"critical": 0, "error": 1, "warning": 2, "info": 0}, name) for name in ("critical", "error", "warning", "info", "never")
    ] == [0, 1, 3, 3, 0]


PLAIN = {
    "hosts": {},
    "fail_on": "never",
    "ignore": [],
    "patience": 300,
    "space_percent": 80,
    "overprovision_ratio": 2.0,
    "disk_errors": 20,
    "query": None,
    "kubeconfig": "/no/such/file",
    "context": None,
}
REFUSED = [
    ("patience-range", {"patience": -1}),
    ("space-percent-range", {"space_percent": 0}),
    ("space-percent-range", {"space_percent": 101}),
    ("overprovision-ratio-range", {"overprovision_ratio": 0.5}),
    ("disk-errors-range", {"disk_errors": -1}),
    ("ignore-all", {"ignore": ["*"]}),
    ("ignore-all", {"ignore": [" "]}),
    ("query-syntax", {"query": "findings["}),
    ("hosts-form", {"hosts": {"node1": "x"}}),
    ("hosts-module", {"hosts": {"node1": {"setup": {}}}}),
    ("hosts-form", {"hosts": {"node1": {"lvm_info": {"volume_groups": "x"}}}}),
    ("kubeconfig-missing", {}),
]


@pytest.mark.parametrize("code, given", REFUSED)
def test_refused(code: str, given: dict) -> None:
    with pytest.raises(CairnError) as refused:
        survey.read({**PLAIN, **given})
    assert refused.value.code == code and refused.value.parameter and refused.value.fix
