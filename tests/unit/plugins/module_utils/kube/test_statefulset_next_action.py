"""What to do next about a StatefulSet: one row for each place that a run can be at, begun, interrupted or gone wrong."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset.model import Ask, Do, Done, Failed, Gate, Wait
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset.planner import next_action
from statefulsets import NEW, OLD, blocks, claim, desired, observed, pod, running, volume

PODS = [pod(0), pod(1), pod(2)]
CLAIMS = [claim(0), claim(1), claim(2)]
CANARY: dict = {"waves": ("1", "100%")}
LATE = {"waited": {"updated:2": 301.0}}
GOING = {**running(size="1Gi"), "metadata": {**running()["metadata"], "deletionTimestamp": "now", "finalizers": ["orphan"]}}


def told(step: Any) -> str:
    """A step in a few words."""
    if isinstance(step, Do):
        body = step.action.steps[0].body or {}
        spec = body.get("spec") or {}
        image = (spec.get("template") or {}).get("spec", {}).get("containers", [{}])[0].get("image", "")
        part = ((spec.get("updateStrategy") or {}).get("rollingUpdate") or {}).get("partition")
        return f"{step.action}" + (f": {image} x {spec.get('replicas')} from {part}" if image else "")
    if isinstance(step, (Wait, Failed)):
        return f"{type(step).__name__.lower()}: {step.reason}"
    return type(step).__name__.lower()


def check(said: str, live: dict | None, target: dict, pods: Any, options: dict, around: dict) -> None:
    found = told(next_action(observed(live, target, pods, **{"claims": CLAIMS, **around}), desired(target, **options)))
    assert said in found, found


PARALLEL: dict = {"podManagementPolicy": "Parallel",
                  "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0, "maxUnavailable": 1}}}

AWAY: dict = {"nodes_away": ("far",)}


def far(number: int, **more: Any) -> dict:
    """A pod on a node that is away; its kubelet says nothing."""
    lost = pod(number, **{"ready": False, **more})
    lost["spec"]["nodeName"] = "far"
    return lost


ROLLING = [
    ("done", running(), blocks(), PODS, {}, {}),
    ("create StatefulSet storage/blocks: one x 3 from 0", None, blocks(), [], {}, {}),
    ("update StatefulSet storage/blocks: two x 3 from 0", running(), blocks("two"), PODS, {}, {}),
    ("wait: the controller has not seen", running("two", seen=False), blocks("two"), PODS, {}, {}),
    ("wait: 2 of 3 pods are ready; pod blocks-0: it has the old template", running("two", update=NEW), blocks("two"),
     [PODS[0], pod(1, NEW), pod(2, NEW)], {}, {}),
    ("wait: 2 of 3 pods are ready; pod blocks-2: it is being deleted", running("two", update=NEW), blocks("two"),
     [pod(0, NEW), pod(1, NEW), pod(2, going=True)], {}, {}),
    # Pods on nodes that are away are left alone, and so is a set that has some.
    ("done", running(), blocks(), [*PODS[:2], far(2)], AWAY, {}),
    ("done", running(), blocks(), [*PODS[:2], far(2, going=True)], AWAY, {}),
    ("wait: 2 of 3 pods are ready", running(), blocks(), [*PODS[:2], far(2)], {}, {}),
    ("wait: 1 of 2 pods are ready", running(), blocks(), [pod(0), pod(1, ready=False), far(2)], AWAY, {}),
    ("done", running("three", current="blocks-3", update="blocks-3"), blocks("three"), [pod(0, "blocks-3"), pod(1, "blocks-3"), far(2, revision=NEW)],
     AWAY, {}),
    # A canary that was left half done is finished by whoever rolls.
    ("update StatefulSet storage/blocks: two x 3 from 0", running("two", update=NEW, part=2), blocks("two"), [*PODS[:2], pod(2, NEW)], {}, {}),
    ("done", running("two", current=NEW, update=NEW), blocks("two"), [pod(0, NEW), pod(1, NEW), pod(2, NEW)], {}, {}),
    # A partition and OnDelete leave old pods on purpose.
    ("done", running("two", update=NEW, part=2), blocks("two", part=2), [*PODS[:2], pod(2, NEW)], {}, {}),
    ("done", running("two", update=NEW, updateStrategy={"type": "OnDelete"}), blocks("two", updateStrategy={"type": "OnDelete"}), PODS, {}, {}),
    # kubernetes#67250: a broken pod keeps the corrected template out, unless pods are managed in parallel.
    ("delete Pod storage/blocks-2", running("three", update="blocks-3"), blocks("three"), [*PODS[:2], pod(2, NEW, False)], {}, {}),
    ("wait: 2 of 3 pods are ready", running("three", update="blocks-3", podManagementPolicy="Parallel"),
     blocks("three", podManagementPolicy="Parallel"),
     [pod(0, "blocks-3"), pod(1, "blocks-3"), pod(2, NEW, False)], {}, {}),
    # Where maxUnavailable is known, Parallel is no help either (kubernetes#137409).
    ("delete Pod storage/blocks-2",
     running("three", update="blocks-3", **PARALLEL), blocks("three", **PARALLEL), [*PODS[:2], pod(2, NEW, False)], {}, {}),
    # With OnDelete it is a person's to delete pods, broken ones too.
    ("wait: 2 of 3 pods are ready", running("two", update=NEW, updateStrategy={"type": "OnDelete"}),
     blocks("two", updateStrategy={"type": "OnDelete"}), [*PODS[:2], pod(2, ready=False)], {}, {}),
    ("wait: the controller has not seen", running("three", update=NEW, seen=False), blocks("three"), [*PODS[:2], pod(2, NEW, False)], {}, {}),
    ("wait: 2 of 3", running(), blocks(), [*PODS[:2], pod(2, waiting="ImagePullBackOff", ready=False)], {}, {}),
    ("failed: pod blocks-2: container c: ImagePullBackOff", running(), blocks(), [*PODS[:2], pod(2, waiting="ImagePullBackOff", ready=False)], {},
     {"stuck": {"uid-pod-2": 10.0}}),
    ("failed: no progress for 300 s: 2 of 3 pods are ready", running(), blocks(), [*PODS[:2], pod(2, ready=False)], {}, LATE),
]

CANARIES = [
    ("update StatefulSet storage/blocks: two x 3 from 2", running(), blocks("two"), PODS, CANARY, {}),
    ("update StatefulSet storage/blocks: two x 3 from 1", running(), blocks("two"), PODS, {"waves": ("50%",)}, {}),
    ("wait: 2 of 3 pods are ready", running(), blocks("two"), [*PODS[:2], pod(2, ready=False)], CANARY, {}),
    ("failed: the set is not healthy to begin with", running(), blocks("two"), [*PODS[:2], pod(2, ready=False, waiting="CrashLoopBackOff")], CANARY,
     {"stuck": {"uid-pod-2": 11.0}}),
    # More pods come first, with the old template.
    ("update StatefulSet storage/blocks: one x 4 from 0", running(), blocks("two", 4), PODS, CANARY,
     {"volumes": [volume("free", "Available")], "provisioner": "kubernetes.io/no-provisioner"}),
    ("wait: 0 of 1 pods are ready; pod blocks-2: it has the old template", running("two", update=NEW, part=2), blocks("two"), PODS, CANARY, {}),
    ("failed: pod blocks-2 was restarted 1 times, 0 are allowed", running("two", update=NEW, part=2), blocks("two"),
     [*PODS[:2], pod(2, NEW, restarts=1)], CANARY, {}),
    ("update StatefulSet storage/blocks: two x 3 from 0", running("two", update=NEW, part=2), blocks("two"), [*PODS[:2], pod(2, NEW, restarts=1)],
     {**CANARY, "gate": Gate(restarts=1)}, {}),
    ("failed: pod blocks-2: container c: ImagePullBackOff", running("two", update=NEW, part=2), blocks("two"),
     [*PODS[:2], pod(2, NEW, False, "ImagePullBackOff")], CANARY,
     {"stuck": {"uid-pod-2": 10.0}}),
    ("wait: the wave has to stay healthy for 60 s", running("two", update=NEW, part=2), blocks("two"), [*PODS[:2], pod(2, NEW)],
     {**CANARY, "gate": Gate(hold=60)}, {}),
    ("update StatefulSet storage/blocks: two x 3 from 0", running("two", update=NEW, part=2), blocks("two"), [*PODS[:2], pod(2, NEW)],
     {**CANARY, "gate": Gate(hold=60)},
     {"waited": {f"hold:wave:{NEW}:2": 60.0}}),
    ("ask", running("two", update=NEW, part=2), blocks("two"), [*PODS[:2], pod(2, NEW)], {**CANARY, "gate": Gate(command=("true",))}, {}),
    ("update StatefulSet storage/blocks: two x 3 from 0", running("two", update=NEW, part=2), blocks("two"), [*PODS[:2], pod(2, NEW)],
     {**CANARY, "gate": Gate(command=("true",))},
     {"verdicts": {f"wave:{NEW}:2": ""}}),
    ("failed: it says no", running("two", update=NEW, part=2), blocks("two"), [*PODS[:2], pod(2, NEW)], {**CANARY, "gate": Gate(command=("true",))},
     {"verdicts": {f"wave:{NEW}:2": "it says no"}}),
    # The gate of the last wave counts as well, although the controller already calls the new template the current one.
    ("ask", running("two", current=NEW, update=NEW), blocks("two"), [pod(0, NEW), pod(1, NEW), pod(2, NEW)],
     {**CANARY, "gate": Gate(command=("true",))}, {"started": True}),
    ("done", running("two", current=NEW, update=NEW), blocks("two"), [pod(0, NEW), pod(1, NEW), pod(2, NEW)],
     {**CANARY, "gate": Gate(command=("true",))}, {}),
    # A rollout that is to rest after its last wave.
    ("done", running("two", update=NEW, part=2), blocks("two"), [*PODS[:2], pod(2, NEW)], {"waves": ("1",)}, {}),
    # Another template in the middle of a canary begins anew, also while its pod is broken.
    ("update StatefulSet storage/blocks: three x 3 from 2", running("two", update=NEW, part=1), blocks("three"),
     [PODS[0], pod(1, NEW), pod(2, NEW, False)], CANARY, {}),
    ("delete Pod storage/blocks-2", running("three", update="blocks-3", part=2), blocks("three"), [*PODS[:2], pod(2, NEW, False)], CANARY, {}),
    # A partition that a canary has left goes back when nothing is left to roll out.
    ("update StatefulSet storage/blocks: one x 3 from 0", running(part=2), blocks(), PODS, CANARY, {}),
    ("done", running("two", update=NEW, part=2), blocks("two", part=2), [*PODS[:2], pod(2, NEW)], CANARY, {}),
]

BACK = {**CANARY, "abort": True}
ABORTS = [
    ("done", running(), blocks("two"), PODS, BACK, {}),
    ("update StatefulSet storage/blocks: one x 3 from 0", running("two", update=NEW, part=2), blocks("two"), [*PODS[:2], pod(2, NEW, False)], BACK,
     {}),
    ("update StatefulSet storage/blocks: one x 3 from 0", running("two", update=NEW, part=2), blocks("two"), [*PODS[:2], pod(2, NEW, False)], CANARY,
     {"failure": "it broke", "started": True}),
    # A pod that is deleted before the controller has seen the old template would come back with the new one.
    ("wait: the controller has not seen", running("one", update=NEW, seen=False), blocks("two"), [*PODS[:2], pod(2, NEW, False)], BACK, {}),
    ("delete Pod storage/blocks-2", running("one"), blocks("two"), [*PODS[:2], pod(2, NEW, False)], BACK, {}),
    ("wait: 2 of 3 pods are ready; pod blocks-2: it is being deleted", running("one"), blocks("two"),
     [*PODS[:2], pod(2, NEW, going=True, ready=False)], BACK, {"started": True}),
    ("wait: 2 of 3 pods are ready; pod blocks-2: it has the old template", running("one"), blocks("two"), [*PODS[:2], pod(2, NEW)], BACK,
     {"started": True}),
    ("done", running("one"), blocks("two"), PODS, BACK, {"started": True}),
    ("failed: the old template does not come up either", running("one"), blocks("two"), [*PODS[:2], pod(2, ready=False, waiting="CrashLoopBackOff")],
     BACK,
     {"started": True, "stuck": {"uid-pod-2": 30.0}}),
    # The number of pods is not part of what is taken back.
    ("update StatefulSet storage/blocks: one x 3 from 0", running("two", update=NEW, part=2), blocks("two", 5), [*PODS[:2], pod(2, NEW)], BACK, {}),
]

SMALL = [claim(0, "2Gi", "2Gi"), claim(1), claim(2)]
ASKED = [claim(0, "2Gi", "2Gi"), claim(1, "2Gi", "1Gi"), claim(2, "2Gi", "2Gi")]
GROWN = [claim(number, "2Gi", "2Gi") for number in range(3)]
AFTER_ON_DELETE = running("two", update=NEW, updateStrategy={"type": "OnDelete"})
GROWTH = [
    ("grow PersistentVolumeClaim storage/disk-blocks-0", running(), blocks(size="2Gi"), PODS, {}, {}),
    ("grow PersistentVolumeClaim storage/disk-blocks-1", running(), blocks(size="2Gi"), PODS, {}, {"claims": SMALL}),
    ("wait: storage/disk-blocks-1 has 1GiB of 2GiB", running(), blocks(size="2Gi"), PODS, {}, {"claims": ASKED}),
    ("(FileSystemResizePending)", running(), blocks(size="2Gi"), PODS, {},
     {"claims": [*ASKED[:1], claim(1, "2Gi", "1Gi", conditions=[{"type": "FileSystemResizePending", "status": "True"}])]}),
    ("delete StatefulSet storage/blocks (its pods stay)", running(), blocks(size="2Gi"), PODS, {}, {"claims": GROWN}),
    ("wait: the set is being deleted, its pods stay", GOING, blocks(size="2Gi"), PODS, {}, {"claims": GROWN}),
    ("create StatefulSet storage/blocks: one x 3 from 0", None, blocks(size="2Gi"), PODS, {}, {"claims": GROWN}),
    ("wait: the controller has not seen", running(size="2Gi", seen=False), blocks(size="2Gi"), PODS, {}, {"claims": GROWN}),
    ("done", running(size="2Gi"), blocks(size="2Gi"), PODS, {}, {"claims": GROWN}),
    # A new template comes after the growth, with the set made anew from the old one.
    ("grow PersistentVolumeClaim storage/disk-blocks-0", running(), blocks("two", size="2Gi"), PODS, CANARY, {}),
    ("create StatefulSet storage/blocks: one x 3 from 0", None, blocks("two", size="2Gi"), PODS, CANARY, {"claims": GROWN}),
    ("update StatefulSet storage/blocks: two x 3 from 2", running(size="2Gi"), blocks("two", size="2Gi"), PODS, CANARY, {"claims": GROWN}),
    # Interrupted, and meanwhile fewer pods are wanted: none goes before somebody says what becomes of its claim.
    ("create StatefulSet storage/blocks: one x 3 from 0", None, blocks(replicas=2, size="2Gi"), PODS, {}, {"claims": GROWN}),
    # A growth that no storage has room for is taken back to what is wanted now (KEP-1790).
    ("grow PersistentVolumeClaim storage/disk-blocks-0", running(), blocks(size="2Gi"), PODS, {},
     {"claims": [claim(0, "9Gi", "1Gi", allocatedResourceStatuses={"storage": "ControllerResizeInfeasible"}), *GROWN[1:]]}),
    ("wait: storage/disk-blocks-0 has 1GiB of 2GiB", running(), blocks(size="2Gi"), PODS, {}, {"claims": [claim(0, "9Gi", "1Gi"), *GROWN[1:]]}),
    # Its status is about what was asked for before.
    ("wait: storage/disk-blocks-0 has 1GiB of 2GiB", running(), blocks(size="2Gi"), PODS, {},
     {"claims": [claim(0, "2Gi", "1Gi", allocatedResourceStatuses={"storage": "ControllerResizeInfeasible"}, allocatedResources={"storage": "9Gi"}),
                 *GROWN[1:]]}),
    # With OnDelete the controller calls no new template the current one, not even when all pods have it.
    ("delete StatefulSet storage/blocks (its pods stay)",
     {**AFTER_ON_DELETE, "status": {**AFTER_ON_DELETE["status"], "replicas": 3, "updatedReplicas": 3}},
     blocks("two", size="2Gi", updateStrategy={"type": "OnDelete"}), [pod(number, NEW) for number in range(3)], {}, {"claims": GROWN}),
    # A claim that has the room needs no growth, whatever it once asked for; a class that cannot grow does not matter then.
    ("delete StatefulSet storage/blocks (its pods stay)", running(), blocks(size="2Gi"), PODS, {},
     {"claims": [claim(number, "1Gi", "2Gi") for number in range(3)], "grows": False}),
    # The claim of a pod that came later is found small by a later run.
    ("grow PersistentVolumeClaim storage/disk-blocks-2", running(size="2Gi"), blocks(size="2Gi"), PODS, {}, {"claims": [*GROWN[:2], claim(2)]}),
    ("done", running(size="2Gi"), blocks(size="2Gi"), PODS, {}, {"claims": [*GROWN, claim(3)]}),
]

FREE = {"provisioner": "kubernetes.io/no-provisioner", "volumes": [volume("free-1", "Available"), volume("free-2", "Available", node="b")]}
SCALING = [
    ("update StatefulSet storage/blocks: one x 5 from 0", running(), blocks(replicas=5), PODS, {}, FREE),
    ("update StatefulSet storage/blocks: one x 4 from 0", running(), blocks(replicas=4), PODS, {},
     {"capacities": [{"storageClassName": "fast", "capacity": "1Gi"}]}),
    # A claim that was kept needs no volume.
    ("update StatefulSet storage/blocks: one x 4 from 0", running(), blocks(replicas=4), PODS, {},
     {"provisioner": "kubernetes.io/no-provisioner", "claims": [*CLAIMS, claim(3)]}),
    ("update StatefulSet storage/blocks: one x 9 from 0", running(), blocks(replicas=9), PODS, {"check_capacity": False}, FREE),
    ("update StatefulSet storage/blocks: one x 2 from 0", running(), blocks(replicas=2), PODS, {"removed_claims": "keep"}, {}),
    ("wait: 3 of 2 pods are ready", running(replicas=2), blocks(replicas=2), PODS, {"removed_claims": "delete"}, {}),
    ("delete PersistentVolumeClaim storage/disk-blocks-2", running(replicas=2), blocks(replicas=2), PODS[:2], {"removed_claims": "delete"}, {}),
    ("delete PersistentVolumeClaim storage/disk-blocks-2", running(replicas=2), blocks(replicas=2), PODS[:2],
     {"removed_claims": "delete", "consent": {"storage/disk-blocks-2": "pv-2"}},
     {"volumes": [volume("pv-2", policy="Delete", owner="disk-blocks-2")]}),
    ("done", running(replicas=2), blocks(replicas=2), PODS[:2], {"removed_claims": "keep"}, {}),
    ("done", running(replicas=2), blocks(replicas=2), PODS[:2], {}, {}),
]

GIVEN_UP = {"replace": "blocks-1", "consent": {"storage/disk-blocks-1": "pv-1"}}
LEAVING = {**claim(1), "metadata": {**claim(1)["metadata"], "deletionTimestamp": "now"}}
ANOTHER = {**claim(1), "spec": {**claim(1)["spec"], "volumeName": "free-1"}}
DISKS = {**FREE, "volumes": [*FREE["volumes"], volume("pv-1", owner="disk-blocks-1")]}
REPLACING = [
    ("delete PersistentVolumeClaim storage/disk-blocks-1", running(), blocks(), PODS, GIVEN_UP, DISKS),
    ("delete Pod storage/blocks-1", running(), blocks(), PODS, GIVEN_UP, {**DISKS, "claims": [CLAIMS[0], LEAVING, CLAIMS[2]]}),
    ("wait: pod blocks-1 is being deleted", running(), blocks(), [PODS[0], pod(1, going=True), PODS[2]], GIVEN_UP,
     {**DISKS, "claims": [CLAIMS[0], LEAVING, CLAIMS[2]]}),
    # The claim went while its pod still ran: only for a pod that has not started is it made anew.
    ("delete Pod storage/blocks-1", running(), blocks(), PODS, GIVEN_UP, {**DISKS, "claims": [CLAIMS[0], CLAIMS[2]]}),
    ("wait: 0 of 1 new claims of blocks-1 are bound", running(), blocks(), [PODS[0], {**PODS[1], "status": {"phase": "Pending"}}, PODS[2]], GIVEN_UP,
     {**DISKS, "claims": [CLAIMS[0], CLAIMS[2]]}),
    ("wait: 0 of 1 new claims of blocks-1 are bound", running(), blocks(), PODS, GIVEN_UP,
     {**DISKS, "claims": [CLAIMS[0], {**claim(1, phase="Pending"), "spec": {"resources": {}}}, CLAIMS[2]]}),
    ("wait: 2 of 3 pods are ready", running(), blocks(), [PODS[0], pod(1, ready=False), PODS[2]], GIVEN_UP,
     {**DISKS, "claims": [CLAIMS[0], ANOTHER, CLAIMS[2]]}),
    ("done", running(), blocks(), PODS, GIVEN_UP, {**DISKS, "claims": [CLAIMS[0], ANOTHER, CLAIMS[2]]}),
    # Nothing else of the set is touched.
    ("done", running(), blocks("two", 7), PODS, GIVEN_UP, {**DISKS, "claims": [CLAIMS[0], ANOTHER, CLAIMS[2]]}),
    # The volume of a run before is gone for good.
    ("done", running(), blocks(), PODS, GIVEN_UP, {**FREE, "claims": [CLAIMS[0], ANOTHER, CLAIMS[2]]}),
]


@pytest.mark.parametrize(("said", "live", "target", "pods", "options", "around"), [*ROLLING, *CANARIES, *ABORTS, *GROWTH, *SCALING, *REPLACING])
def test_next_action(said: str, live: dict | None, target: dict, pods: Any, options: dict, around: dict) -> None:
    check(said, live, target, pods, options, around)


def test_what_is_asked_is_the_wave_alone() -> None:
    step = next_action(observed(running("two", update=NEW, part=1), blocks("two"), [PODS[0], pod(1, NEW), pod(2, NEW)], CLAIMS),
                       desired(blocks("two"), waves=("2", "100%"), gate=Gate(command=("true",))))
    assert isinstance(step, Ask) and [each["metadata"]["name"] for each in step.pods] == ["blocks-1", "blocks-2"]


SPREAD = blocks(replicas=5)
SPREAD["spec"]["template"] = {**SPREAD["spec"]["template"], "spec": {**SPREAD["spec"]["template"]["spec"], "affinity": {"podAntiAffinity": {
    "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname",
                                                        "labelSelector": {"matchLabels": {"app": "blocks"}}}]}}}}
STATIC = {"provisioner": "kubernetes.io/no-provisioner"}


@pytest.mark.parametrize(("code", "live", "target", "pods", "options", "around"), [
    ("volumes-missing", running(), blocks(replicas=6), PODS, {}, FREE),
    ("volumes-missing", running(), blocks(replicas=4, size="1Gi"), PODS, {}, {**STATIC, "volumes": [volume("small", "Available", size="1Mi")]}),
    ("volumes-missing", running(), blocks(replicas=4), PODS, {}, {**STATIC, "volumes": [volume("taken", "Released", owner="x")]}),
    ("volumes-missing", running(), SPREAD, PODS, {}, {**STATIC, "volumes": [volume("one", "Available"), volume("two", "Available")]}),
    ("volumes-missing", running(), SPREAD, PODS, {}, {**STATIC,
                                                      "volumes": [volume("pv-1", node="a"), volume("one", "Available"),
                                                                  volume("two", "Available", node="b")]}),
    ("volumes-missing", running(), blocks(replicas=4), PODS, {},
     {"capacities": [{"storageClassName": "fast", "capacity": "9Gi", "maximumVolumeSize": "1Mi"}]}),
    ("claims-unsaid", running(), blocks(replicas=2), PODS, {}, {}),
    # Kubernetes would delete what the user keeps; the next pod of that number would begin with an empty volume.
    ("claims-policy", running(), blocks(replicas=2, persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"}), PODS, {"removed_claims": "keep"},
     {"volumes": [volume("pv-2")]}),
    # Another first number deletes pods, and says nothing of their claims.
    ("ordinals-fixed", running(), blocks(ordinals={"start": 2}), PODS, {}, {}),
    ("ordinals-fixed", running(ordinals={"start": 2}), blocks(), [pod(2), pod(3), pod(4)], {}, {}),
    ("ordinals-fixed", None, blocks(ordinals={"start": 2}), PODS, {}, {}),
    ("consent-missing", running(), blocks(replicas=2), PODS, {"removed_claims": "delete"}, {"volumes": [volume("pv-2", policy="Delete")]}),
    ("consent-missing", running(), blocks(replicas=2, persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"}), PODS, {},
     {"volumes": [volume("pv-2", policy="Delete")]}),
    ("consent-differs", running(), blocks(replicas=2), PODS, {"removed_claims": "delete", "consent": {"storage/disk-blocks-2": "pv-9"}},
     {"volumes": [volume("pv-2", policy="Delete")]}),
    ("claim-shrink", running(size="2Gi"), blocks(), PODS, {}, {"claims": GROWN}),
    ("claim-templates", running(), blocks(volumeClaimTemplates=[]), PODS, {}, {}),
    ("claim-template-fixed", running(), blocks(volumeClaimTemplates=[{**blocks()["spec"]["volumeClaimTemplates"][0], "spec": {
        **blocks()["spec"]["volumeClaimTemplates"][0]["spec"], "storageClassName": "slow"}}]), PODS, {}, {}),
    ("class-no-expansion", running(), blocks(size="2Gi"), PODS, {}, {"grows": False}),
    ("volume-static", running(), blocks(size="2Gi"), PODS, {}, STATIC),
    ("volume-static", running(), blocks(size="2Gi"), PODS, {}, {"volumes": [volume("pv-0", local=True)]}),
    ("claim-growth-failed", running(), blocks(size="2Gi"), PODS, {},
     {"claims": [claim(0, "2Gi", "1Gi", allocatedResourceStatuses={"storage": "NodeResizeInfeasible"}), *GROWN[1:]]}),
    ("rollout-under-way", running("two", update=NEW, part=2), blocks("two", size="2Gi"), PODS, {}, {}),
    ("rollout-under-way", {**AFTER_ON_DELETE, "status": {**AFTER_ON_DELETE["status"], "replicas": 3, "updatedReplicas": 2}},
     blocks("two", size="2Gi", updateStrategy={"type": "OnDelete"}), [PODS[0], pod(1, NEW), pod(2, NEW)], {}, {"claims": GROWN}),
    ("object-terminating", {**GOING, "metadata": {**GOING["metadata"], "finalizers": ["foregroundDeletion"]}}, blocks(), PODS, {}, {}),
    ("set-not-found", None, blocks(), [], {"abort": True}, {}),
    ("revision-missing", running("two", update=NEW, part=2), blocks("two"), PODS, BACK, {"old": None}),
    ("pod-unknown", running(), blocks(), PODS, {"replace": "blocks-3"}, {}),
    ("pod-unknown", running(), blocks(), PODS, {"replace": "other-0"}, {}),
    ("pod-unknown", None, blocks(), PODS, {"replace": "blocks-0"}, {}),
    ("consent-missing", running(), blocks(), PODS, {"replace": "blocks-1"}, DISKS),
    ("consent-missing", running(), blocks(), PODS, {"replace": "blocks-1", "consent": {"storage/disk-blocks-0": "pv-0"}}, DISKS),
    ("consent-differs", running(), blocks(), PODS, {"replace": "blocks-1", "consent": {"storage/disk-blocks-1": "pv-0"}},
     {**DISKS, "volumes": [volume("pv-0", owner="disk-blocks-0")]}),
    ("consent-stranger", running(), blocks(), PODS, {"replace": "blocks-1",
                                                     "consent": {"storage/disk-blocks-1": "pv-1", "storage/disk-blocks-0": "pv-0"}}, DISKS),
    ("volumes-missing", running(), blocks(), PODS, GIVEN_UP, {**STATIC, "volumes": [volume("pv-1", owner="disk-blocks-1")]}),
])
def test_what_is_refused(code: str, live: dict | None, target: dict, pods: Any, options: dict, around: dict) -> None:
    with pytest.raises(CairnError) as refused:
        next_action(observed(live, target, pods, **{"claims": CLAIMS, **around}), desired(target, **options))
    assert refused.value.code == code, refused.value
    assert refused.value.parameter and refused.value.fix


@pytest.mark.parametrize("target", [blocks("two"), blocks(replicas=2), blocks(replicas=4)])
def test_a_set_with_pods_on_nodes_that_are_away_stays_as_it_is(target: dict) -> None:
    around = {"claims": CLAIMS}
    with pytest.raises(CairnError) as refused:
        next_action(observed(running(), target, [*PODS[:2], far(2)], **around), desired(target, **AWAY, removed_claims="keep", check_capacity=False))
    assert refused.value.code == "set-node-away" and "blocks-2 is on far" in refused.value.found
