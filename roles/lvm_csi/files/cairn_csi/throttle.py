# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the limits of volumes in the cgroups of the pods that use them: what is wanted is compared with what the kernel has, again and again.

So a pod whose cgroup comes late gets them, a restart of the driver needs no memory, and what somebody else resets comes back.
"""

from __future__ import annotations

import glob
import os
import threading
from typing import Callable, Dict, List, Mapping, Optional

from . import log, mounts
from .collection import files
from .inventory import Found, all_of
from .limits import Limits, from_tag, in_force
from .store import STEADY, Store

_CGROUPS = "/sys/fs/cgroup"
#: Seconds between two looks: while something was missing at the last one, and otherwise.
_SOON, _LATER = 1.0, 30.0


class Throttle:
    """``classes`` gives limits by CSI name where a VolumeAttributesClass overrules what the volume was made with, ``None`` where none does."""

    def __init__(self, store: Store, classes: Callable[[List[str]], Mapping[str, Optional[Limits]]] = dict.fromkeys) -> None:
        self._store, self._classes = store, classes
        self._wake, self._stop = threading.Event(), False
        #: Volumes with limits in force now, for the metrics.
        self.active: Dict[str, Limits] = {}

    def look(self) -> None:
        """Something was published: look now."""
        self._wake.set()

    def stop(self) -> None:
        """End with the next look."""
        self._stop = True
        self._wake.set()

    def run(self) -> None:
        """Compare and set until stopped."""
        while not self._stop:
            self._wake.clear()
            try:
                whole = self.once()
            except Exception as error:  # pylint: disable=broad-except
                # Whatever it is, other pods shall have their limits.
                log.error("limits", message=repr(error))
                whole = False
            self._wake.wait(_LATER if whole else _SOON)

    def once(self) -> bool:
        """One look; whether every limit is in force."""
        mounted = mounts.parse(self._store.machine.mountinfo())
        pod_of = self._store.machine.pod_of
        if not any(pod_of(each.path) for each in mounted):
            return True
        found = list(all_of(self._store.recent(STEADY), self._store.node, "volume", "inline"))
        pods = {each.id: {pod for pod in map(pod_of, self._paths(each, mounted)) if pod} for each in found}
        used = [each for each in found if pods[each.id]]
        known = self._classes([each.facts.name for each in used if each.facts.kind == "volume"])
        whole, active = True, {}
        for each in used:
            name = each.facts.name
            # Where nobody can tell of a class now, what the kernel has may be of it.
            told = each.facts.kind == "inline" or name in known
            overruled = known.get(name)
            limits = from_tag(each.facts.limits) if overruled is None else overruled
            number, _node = self._store.machine.device(each.id.path)
            for pod in pods[each.id]:
                whole &= _put(self._store.machine.path(_CGROUPS), pod, number, limits, told)
            active.update({name: limits} if limits else {})
        self.active = active
        return whole

    def _paths(self, found: Found, mounted: List[mounts.Mount]) -> List[str]:
        number, node = self._store.machine.device(found.id.path)
        return [each.path for each in mounts.of_device(mounted, number, node)] if number else []


def _put(root: str, pod: str, number: str, limits: Limits, replace: bool) -> bool:
    """Set a pod's limits of one device unless they are so, or there are others that are not to be replaced; whether that is done."""
    folder = cgroup_of(root, pod)
    if not folder:
        # Without limits there is nothing to wait for.
        return not limits
    present = in_force(files.text(f"{folder}/io.max"), number)
    if present == limits or (present and not replace):
        return True
    _enable(root, folder)
    with open(f"{folder}/io.max", "w", encoding="ascii") as file:
        file.write(limits.line(number))
    log.info("limits", pod=pod, device=number, limits=str(limits) or "none")
    return True


def cgroup_of(root: str, pod: str) -> str:
    """The folder of a pod's cgroup, by either of kubelet's drivers; empty until kubelet makes it."""
    names = f"kubepods.slice/{{}}kubepods*-pod{pod.replace('-', '_')}.slice", f"kubepods/{{}}pod{pod}"
    # Pods that are guaranteed their resources are at the top, others one below.
    found = (glob.glob(f"{root}/{name.format(below)}") for name in names for below in ("", "*/"))
    return next((paths[0] for paths in found if paths), "")


def _enable(root: str, folder: str) -> None:
    """Pass the io controller down to the pod: a cgroup has it once its parents have."""
    parts = os.path.relpath(folder, root).split("/")
    for depth in range(len(parts)):
        control = os.path.join(root, *parts[:depth], "cgroup.subtree_control")
        if "io" not in files.text(control).split():
            with open(control, "w", encoding="ascii") as file:
                file.write("+io")
