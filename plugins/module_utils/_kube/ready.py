# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What "ready" means, kind by kind: pure predicates over an object and what surrounds it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from . import basics, pods, quantity
from .basics import Object


@dataclass(frozen=True)
class State:
    """``name`` is ready, waiting, stuck (rarely heals by itself) or failed (never does); ``reason`` is for people."""

    name: str
    reason: str = ""


READY = State("ready")

#: Answers of a CSI driver after which the external-provisioner goes on by itself: the volume may still be made (checkError in its controller.go), or,
#: where the node that was chosen has no room, the pod is scheduled anew.
_TRIED_AGAIN = re.compile(r"rpc error: code = (Aborted|Canceled|DeadlineExceeded|ResourceExhausted|Unavailable) ")


@dataclass
class Surroundings:
    """What predicates may look at besides the object itself."""

    pods: List[Object] = field(default_factory=list)
    #: StorageClass name -> volumeBindingMode.
    binding_modes: Dict[str, str] = field(default_factory=dict)
    #: Path of a cluster-wide collection that a condition needs -> its objects, ``None`` as long as they are not known.
    others: Dict[str, Optional[List[Object]]] = field(default_factory=dict)
    #: UID of an object -> (reason, message) of its latest warning event, recent ones only.
    warnings: Dict[str, Tuple[str, str]] = field(default_factory=dict)

    def warning(self, live: Object) -> str:
        """The latest warning about an object, to be added to a text; empty when there is none."""
        told = self.warnings.get(live["metadata"].get("uid", ""))
        return "; event {}: {}".format(*told) if told else ""


def state(live: Object, around: Surroundings) -> State:
    """The state of an object that is to be there; kinds without a notion of readiness are ready when they exist."""
    if live["metadata"].get("deletionTimestamp"):
        return State("waiting", "it is being deleted")
    group = live["apiVersion"].rpartition("/")[0]
    predicate = _PREDICATES.get((group, live["kind"]))
    return predicate(live, around) if predicate else READY


def removal(live: Object) -> State:
    """The state of an object that is to go: what holds it."""
    if live["kind"] == "Namespace":
        told = [condition.get("message", "") for condition in basics.status(live).get("conditions") or () if condition.get("status") == "True"]
        if told:
            return State("waiting", "; ".join(told))
    finalizers = ", ".join([*(live["metadata"].get("finalizers") or ()), *((live.get("spec") or {}).get("finalizers") or ())])
    return State("waiting", f"held by the finalizers {finalizers}" if finalizers else "not deleted yet")


def _condition(live: Object, name: str) -> Mapping[str, Any]:
    return next((condition for condition in basics.status(live).get("conditions") or () if condition.get("type") == name), {})


def _observed(live: Object) -> bool:
    return basics.status(live).get("observedGeneration", 0) >= live["metadata"].get("generation", 0)


def _namespace(live: Object, _around: Surroundings) -> State:
    return READY if basics.status(live).get("phase") == "Active" else State("waiting", f"phase {basics.status(live).get('phase')}")


def _definition(live: Object, _around: Surroundings) -> State:
    names = _condition(live, "NamesAccepted")
    if names.get("status") == "False":
        return State("failed", names.get("message", "its names are taken"))
    return READY if _condition(live, "Established").get("status") == "True" else State("waiting", "not established yet")


def _claim(live: Object, around: Surroundings) -> State:
    status, spec = basics.status(live), live["spec"]
    phase = status.get("phase", "Pending")
    if phase == "Lost":
        return State("failed", f"its volume {spec.get('volumeName')} does not exist any more")
    if phase == "Bound":
        return _growth(live, around)
    told = around.warnings.get(live["metadata"].get("uid", ""), ("", ""))
    if told[0] == "ProvisioningFailed" and _TRIED_AGAIN.search(told[1]):
        return State("waiting", f"phase {phase}{around.warning(live)}")
    # Of a class whose volumes are made beforehand this is said of each claim that waits for one.
    if told[0] == "ProvisioningFailed" and basics.NO_PROVISIONER not in told[1]:
        return State("stuck", f"phase {phase}{around.warning(live)}")
    mode = around.binding_modes.get(spec.get("storageClassName") or "")
    chosen = (live["metadata"].get("annotations") or {}).get("volume.kubernetes.io/selected-node")
    if mode == "WaitForFirstConsumer" and not chosen and not spec.get("volumeName"):
        return State("ready", "it waits for its first pod (WaitForFirstConsumer)")
    return State("waiting", f"phase {phase}" + (f", node {chosen} is chosen" if chosen else ""))


def _growth(live: Object, around: Surroundings) -> State:
    """A bound claim is ready when it has the size it asks for (KEP-1790 names the states in between); what goes wrong is told in events."""
    status = basics.status(live)
    stages = status.get("allocatedResourceStatuses") or {}
    if "Infeasible" in stages.get("storage", ""):
        return State("failed", f"it cannot grow: {stages['storage']}{around.warning(live)}")
    asked = quantity.parse((live["spec"].get("resources") or {}).get("requests", {}).get("storage"))
    has = quantity.parse((status.get("capacity") or {}).get("storage"))
    if asked is None or has is None or has >= asked:
        return READY
    if _condition(live, "FileSystemResizePending").get("status") == "True":
        return State("waiting", f"its file system grows when a pod mounts it (FileSystemResizePending){around.warning(live)}")
    stage = f": {stages['storage']}" if stages.get("storage") else ""
    return State("waiting", f"it grows from {status['capacity']['storage']}{stage}{around.warning(live)}")


def _volume(live: Object, _around: Surroundings) -> State:
    phase = basics.status(live).get("phase", "Pending")
    if phase == "Failed":
        return State("failed", basics.status(live).get("message", "its reclaim failed"))
    return State("waiting", f"phase {phase}") if phase == "Pending" else State("ready", "" if phase in ("Available", "Bound") else f"phase {phase}")


def _snapshot(live: Object, around: Surroundings) -> State:
    """A VolumeSnapshot, or the content behind it. Its controller tries again after an error, so that is no end yet."""
    status = basics.status(live)
    error = (status.get("error") or {}).get("message")
    if status.get("readyToUse"):
        return READY
    if error:
        return State("stuck", error.strip() + around.warning(live))
    content = status.get("boundVolumeSnapshotContentName")
    return State("waiting", f"content {content} is not ready to use yet" if content else f"no snapshot is made yet{around.warning(live)}")


def _attachment(live: Object, _around: Surroundings) -> State:
    status = basics.status(live)
    if status.get("attached"):
        return READY
    error = (status.get("attachError") or {}).get("message")
    return State("stuck", error.strip()) if error else State("waiting", f"not attached to node {live['spec'].get('nodeName')} yet")


def _pod(live: Object, around: Surroundings) -> State:
    phase = basics.status(live).get("phase")
    if phase == "Succeeded":
        return READY
    if phase == "Failed":
        return State("failed", basics.status(live).get("message") or basics.status(live).get("reason") or "its containers ended with an error")
    trouble = pods.stuck(live)
    if trouble:
        return State("stuck", trouble + around.warning(live))
    obstacle = pods.obstacle(live)
    return State("waiting", obstacle) if obstacle else READY


def _job(live: Object, around: Surroundings) -> State:
    failed = _condition(live, "Failed")
    if failed.get("status") == "True":
        return State("failed", f"{failed.get('reason', 'failed')}: {failed.get('message', '')}")
    if _condition(live, "Complete").get("status") == "True":
        return READY
    if live["spec"].get("suspend"):
        return State("ready", "it is suspended")
    return _held_up(live, around, f"{basics.status(live).get('succeeded', 0)} of {live['spec'].get('completions', 1)} completed")


def _stateful_set(live: Object, around: Surroundings) -> State:
    status, spec = basics.status(live), live["spec"]
    wanted = spec.get("replicas", 1)
    strategy = spec.get("updateStrategy") or {}
    # OnDelete and a partition leave old pods in place on purpose.
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    to_update = 0 if strategy.get("type") == "OnDelete" else max(wanted - partition, 0)
    counts = [("exist", status.get("replicas", 0), wanted), ("are available", status.get("availableReplicas", 0), wanted)]
    if status.get("updatedReplicas", 0) < to_update:
        counts.append(("are updated", status.get("updatedReplicas", 0), to_update))
    return _counted(live, around, counts)


def _daemon_set(live: Object, around: Surroundings) -> State:
    status = basics.status(live)
    wanted = status.get("desiredNumberScheduled", 0)
    counts = [("are available", status.get("numberAvailable", 0), wanted)]
    if (live["spec"].get("updateStrategy") or {}).get("type") != "OnDelete":
        counts.append(("are updated", status.get("updatedNumberScheduled", 0), wanted))
    return _counted(live, around, counts)


def _deployment(live: Object, around: Surroundings) -> State:
    status = basics.status(live)
    progress = _condition(live, "Progressing")
    if _observed(live) and progress.get("reason") == "ProgressDeadlineExceeded":
        return State("failed", progress.get("message", "its progress deadline is exceeded"))
    wanted = live["spec"].get("replicas", 1)
    return _counted(live, around, [("are updated", status.get("updatedReplicas", 0), wanted), ("exist", status.get("replicas", 0), wanted),
                                   ("are available", status.get("availableReplicas", 0), wanted)])


def _replica_set(live: Object, around: Surroundings) -> State:
    return _counted(live, around, [("are available", basics.status(live).get("availableReplicas", 0), live["spec"].get("replicas", 1))])


def _counted(live: Object, around: Surroundings, counts: List[Tuple[str, int, int]]) -> State:
    if not _observed(live):
        return State("waiting", "its controller has not seen the change yet")
    short = next(((what, has, wanted) for what, has, wanted in counts if has != wanted), None)
    if short is None:
        return READY
    return _held_up(live, around, "{1} of {2} pods {0}".format(*short))


def _held_up(live: Object, around: Surroundings, progress: str) -> State:
    mine = pods.of_workload(live, around.pods)
    trouble = pods.first_trouble(mine)
    if trouble:
        pod, why = trouble
        return State("stuck", f"pod {pod['metadata']['name']}: {why}{around.warning(pod)}")
    waiting = [f"pod {pod['metadata']['name']}: {pods.obstacle(pod)}" for pod in mine if pods.obstacle(pod)]
    if not mine:
        progress += around.warning(live)
    return State("waiting", "; ".join([progress, *waiting[:3]]))


#: Kinds whose state is decided by their pods as well.
WORKLOADS = (("apps", "DaemonSet"), ("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"), ("batch", "Job"))

_PREDICATES: Dict[Tuple[str, str], Callable[[Object, Surroundings], State]] = {
    ("", "Namespace"): _namespace,
    ("", "PersistentVolume"): _volume,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
    ("snapshot.storage.k8s.io", "VolumeSnapshot"): _snapshot,
    ("snapshot.storage.k8s.io", "VolumeSnapshotContent"): _snapshot,
    ("storage.k8s.io", "VolumeAttachment"): _attachment,
}
