"""What nodes told, and what stands in the cluster, through storage_info and storage_audit: on lines that can be printed, or as one clear error."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

import hostile
import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube import hosts, survey
from ansible_collections.cairn.storage.plugins.module_utils._kube.audit import findings, report
from ansible_collections.cairn.storage.plugins.module_utils._kube.objects import Lists

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins" / "module_utils" / "kube"))
import audit_world  # noqa: E402

NO_SELECTORS = dict.fromkeys(("label_selector", "claim_label_selector", "volume_label_selector"))
FACTS = audit_world.facts()
#: Lists that are empty where all is well.
FACTS["node1"]["lvm_info"]["lost"] = [{"name": "old", "uuid": "u"}]
FACTS["node1"]["local_volumes"]["degraded"] = [{"class": "c", "entry": "e", "device": "/dev/sdx", "reason": "gone"}]
FACTS["node1"]["local_volumes"]["actions"] = [{"verb": "make", "kind": "volume", "name": "v"}]
FACTS["node2"]["iscsi_info"]["targets"] = [
    {"name": "iqn.other", "drift": [{"object": "portal"}], "degraded": ["a"], "saved": None,
     "running": {"backstores": [{"name": "b", "path": "/dev/fast/fs-0"}], "tpgs": [{"luns": [{"lun": 0, "backstore": "b"}]}]}}
]  # fmt: skip
#: Texts of the API server that validation does not bind to letters and digits.
FREE = {"path", "message", "reason", "volumeHandle", "iqn", "targetPortal", "values", "name", "namespace", "uid", "pv.kubernetes.io/provisioned-by",
        "address",         "osImage", "persistentVolumeName", "nodeName", "driver", "volumeName"}  # fmt: skip


def readable(text: str) -> bool:
    return all(line.isprintable() and len(line) < 20_000 for line in text.split("\n"))


def told(facts: object, cluster: audit_world.Cluster) -> None:
    """Both modules' values, without asking a server."""
    world = cluster.world()
    values = survey.tell(world.lists, hosts.parse(facts), None, False, NO_SELECTORS)
    assert readable(values["table"])


def audited(facts: object, cluster: audit_world.Cluster) -> None:
    world = cluster.world()
    object.__setattr__(world, "hosts", hosts.parse(facts, strict=False))
    found = findings.audit(world)
    assert readable(report.render(found)) and all(readable(text) and "\n" not in text for text in hostile.texts(found["findings"]))


@pytest.mark.parametrize("tell", [told, audited])
@pytest.mark.parametrize("node", sorted(FACTS))
def test_hostile_facts(tell: object, node: str) -> None:
    cluster = audit_world.Cluster()
    for module, result in FACTS[node].items():
        for where, variant in hostile.variants(result):
            try:
                tell({**FACTS, node: {**FACTS[node], module: variant}}, cluster)
            except CairnError as error:
                said = str(error)
                assert node in said and readable(said), (where, said[:300])
            except Exception as problem:
                raise AssertionError(f"{tell.__name__}, {node}, {module}.{where}: {type(problem).__name__}: {problem}"[:600]) from problem


# What nodes say of themselves is in test_hostile_facts.
@pytest.mark.parametrize("kind", [field.name for field in fields(audit_world.Cluster) if field.name != "hosts"])
def test_hostile_objects(kind: str) -> None:
    given = getattr(audit_world.Cluster(), kind)
    tried = 0
    for path in hostile.places(given):
        if not path or not {step for step in path[-2:] if isinstance(step, str)} & FREE or path[1:] == ("metadata", "namespace"):
            continue
        for text in hostile.TEXTS:
            value = given
            for step in path:
                value = value[step]
            if not isinstance(value, str):
                continue
            cluster = audit_world.Cluster(**{kind: hostile.put(given, path, text)})
            tried += 1
            try:
                told(FACTS, cluster)
                audited(FACTS, cluster)
            except Exception as problem:
                raise AssertionError(f"{kind} {path} = {text[:40]!a}: {type(problem).__name__}: {problem}"[:600]) from problem
    assert tried or not given, kind


def test_one_node_that_lies_hides_no_other() -> None:
    facts = {**FACTS, "node1": {**FACTS["node1"], "lvm_info": {"volume_groups": [{"name": "x; touch hostile"}], "lost": []}}}
    known = hosts.parse(facts, strict=False)
    assert "lvm_info" not in known["node1"].told and "block_device_info" in known["node1"].told and "lvm_info" in known["node2"].told
    found = findings.audit(type(audit_world.Cluster().world())(lists=Lists(), hosts=known))
    assert [finding["name"] for finding in found["findings"] if finding["code"] == "node-not-told"] == ["node1"]
