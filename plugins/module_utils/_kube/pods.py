# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What is wrong with pods, read from the pods themselves."""

from __future__ import annotations

from typing import Iterable, List, Optional, Tuple

from . import basics
from .basics import Object

#: States of a container that rarely end by themselves.
_STUCK = frozenset(("CrashLoopBackOff", "CreateContainerConfigError", "CreateContainerError", "ErrImageNeverPull", "ImagePullBackOff",
                    "InvalidImageName", "RunContainerError"))
#: The label by which a workload's controller tells one generation of its pods from another.
_GENERATION = {"Deployment": "pod-template-hash", "DaemonSet": "controller-revision-hash"}


def stuck(pod: Object) -> str:
    """Why a pod will not start or stay up, empty when nothing speaks against it."""
    status = basics.status(pod)
    for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in _STUCK:
            return f"container {container['name']}: {waiting['reason']}{_colon(waiting.get('message'))}{_last(container)}"
    return ""


def obstacle(pod: Object) -> str:
    """Why a pod is not ready yet, in words, empty when it is ready."""
    status = basics.status(pod)
    conditions = {condition["type"]: condition for condition in status.get("conditions") or ()}
    if (conditions.get("Ready") or {}).get("status") == "True":
        return ""
    scheduled = conditions.get("PodScheduled") or {}
    if scheduled.get("status") == "False":
        return f"{scheduled.get('reason', 'not scheduled')}{_colon(scheduled.get('message'))}"
    for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        waiting = (container.get("state") or {}).get("waiting")
        if waiting:
            return f"container {container['name']}: {waiting.get('reason', 'waiting')}{_colon(waiting.get('message'))}"
    return f"phase {status.get('phase', 'unknown')}{_colon((conditions.get('Ready') or {}).get('message'))}"


def of_workload(workload: Object, pods: Iterable[Object]) -> List[Object]:
    """The pods that decide over a workload: those its selector takes, of a Deployment or DaemonSet only the newest generation.

    An old pod of a StatefulSet counts: while it is broken, its controller does not go on (kubernetes#67250).
    """
    labels = ((workload["spec"].get("selector") or {}).get("matchLabels") or {}).items()
    namespace = workload["metadata"].get("namespace")
    mine = [pod for pod in pods if pod["metadata"].get("namespace") == namespace and labels and labels <= (pod["metadata"].get("labels") or {}).items()]
    label = _GENERATION.get(workload["kind"])
    if not mine or not label:
        return mine
    newest = max(mine, key=lambda pod: pod["metadata"].get("creationTimestamp") or "")
    return [pod for pod in mine if (pod["metadata"].get("labels") or {}).get(label) == (newest["metadata"].get("labels") or {}).get(label)]


def first_trouble(pods: Iterable[Object]) -> Optional[Tuple[Object, str]]:
    """The first stuck pod, and why."""
    return next(((pod, stuck(pod)) for pod in pods if stuck(pod)), None)


def _last(container: Object) -> str:
    ended = (container.get("lastState") or {}).get("terminated") or {}
    return f"; it ended with {ended.get('exitCode')} ({ended.get('reason', 'no reason')}){_colon(ended.get('message'))}" if ended else ""


def _colon(message: Optional[str]) -> str:
    return f": {message.strip()}" if message else ""
