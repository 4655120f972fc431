# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has kubelet let a mounted volume grow as soon as its claim is to: kubelet looks at claims when it looks at their pod, about once in a minute."""

from __future__ import annotations

import threading
from typing import Any, Mapping

from . import log
from .inventory import all_of
from .kube import Cluster
from .store import STEADY, Store

#: Seconds until the API server is asked again: after an answer that has ended, and after none.
_SOON, _LATER = 1.0, 10.0


def run(store: Store, cluster: Cluster, stopping: threading.Event) -> None:
    """Look until the driver ends. What is missed meanwhile kubelet sees by itself."""
    while not stopping.is_set():
        pause = _SOON
        try:
            for claim in cluster.growing():
                wake(store, cluster, claim)
        except Exception as problem:  # pylint: disable=broad-except
            log.error("growth", message=repr(problem))
            pause = _LATER
        stopping.wait(pause)


def wake(store: Store, cluster: Cluster, claim: Mapping[str, Any]) -> None:
    """Tell kubelet of the pods on this node that have the claim's volume."""
    namespace, name = claim["metadata"]["namespace"], claim["spec"].get("volumeName", "")
    machine = store.machine
    # Most are of other nodes, for which nobody has to ask LVM.
    if not name or f"/{name}/" not in machine.mountinfo():
        return
    why = f"{name} {claim['spec']['resources']['requests']['storage']}"
    for found in all_of(store.recent(STEADY), store.node, "volume"):
        if found.facts.name != name:
            continue
        for uid in {machine.pod_of(each.path) for each in machine.mounts_of(found.id.path)} - {""}:
            of, pod = machine.pod_name(uid)
            if of != namespace:
                continue
            try:
                cluster.wake(namespace, pod, uid, why)
                log.info("growth", pod=f"{namespace}/{pod}", volume=name)
            except OSError as problem:
                log.error("growth", pod=f"{namespace}/{pod}", message=repr(problem))
