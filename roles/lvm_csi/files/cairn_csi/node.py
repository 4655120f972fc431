# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CSI's Node service."""

from __future__ import annotations

from functools import partial
from typing import Any, List

import csi_pb2 as csi

from . import growing, inline, mounts, stats
from .capability import SINGLE_WRITER, Capability
from .central import NodeCapabilities
from .collection import InvalidRequest, NotFound, Refused
from .expand import rounded_up
from .health import condition as abnormal
from .inventory import Found, must
from .jobs import Jobs
from .making import have_file_system
from .messages import condition, parse_capability, required, topology
from .mounting import Mounter
from .store import FRESH, Store
from .throttle import Throttle


class Node(NodeCapabilities):
    """Volumes in the pods of one node."""

    def __init__(self, store: Store, mounter: Mounter, throttle: Throttle, jobs: Jobs) -> None:
        self._store, self._mounter, self._throttle, self._jobs = store, mounter, throttle, jobs

    def NodeGetInfo(self, request: Any, context: Any) -> Any:
        return csi.NodeGetInfoResponse(node_id=self._store.node, accessible_topology=topology(self._store.node))

    def NodeStageVolume(self, request: Any, context: Any) -> Any:
        required(request.volume_id, "volume_id")
        path = self._path(request.staging_target_path, "staging_target_path")
        use = parse_capability(request.volume_capability)
        found = self._jobs.settled(partial(self._volume, request, use))
        if not self._store.machine.device(found.id.path)[0]:
            with self._store.lock():
                self._store.activate(found)
        if use.access == "mount":
            have_file_system(self._store, self._mounter, found, "ro" in use.options)
            self._mounter.mount(found, path, list(use.options))
        return csi.NodeStageVolumeResponse()

    def NodeUnstageVolume(self, request: Any, context: Any) -> Any:
        required(request.volume_id, "volume_id")
        self._mounter.unmount(self._path(request.staging_target_path, "staging_target_path"), remove=False)
        return csi.NodeUnstageVolumeResponse()

    def NodePublishVolume(self, request: Any, context: Any) -> Any:
        required(request.volume_id, "volume_id")
        path = self._path(request.target_path, "target_path")
        use = parse_capability(request.volume_capability)
        if inline.asked(request.volume_context):
            self._jobs.settled(partial(inline.publish, self._store, self._mounter, request, path, use))
        else:
            self._publish(request, path, use)
        self._throttle.look()
        return csi.NodePublishVolumeResponse()

    def _publish(self, request: Any, path: str, use: Capability) -> None:
        staged = self._path(request.staging_target_path, "staging_target_path") if use.access == "mount" else ""
        found = self._jobs.settled(partial(self._volume, request, use))
        # kubelet asks again for what pods have already, after its own restart for all of them.
        if self._mounter.holds(found, path, request.readonly or "ro" in use.options):
            return
        others = self._others(found, path, staged)
        if use.mode == SINGLE_WRITER and others:
            raise Refused(
                "one pod alone may use it.", code="published-elsewhere", parameter="target_path", found=others[0], fix="wait until that pod is gone."
            )
        if staged and not self._mounter.holds(found, staged):
            raise Refused(
                "the volume is not staged.", code="not-staged", parameter="staging_target_path", found=staged, fix="call NodeStageVolume first."
            )
        self._mounter.bind(staged or found.id.path, path, request.readonly, folder=bool(staged))

    def _others(self, found: Found, path: str, staged: str) -> List[str]:
        """Where a volume is mounted for anybody but the pod that ``path`` is of."""
        pod_of = self._store.machine.pod_of
        pod = pod_of(path)
        return [each.path for each in self._mounter.of(found) if each.path not in (path, staged) and not (pod and pod_of(each.path) == pod)]

    def NodeUnpublishVolume(self, request: Any, context: Any) -> Any:
        required(request.volume_id, "volume_id")
        self._mounter.unmount(self._path(request.target_path, "target_path"), remove=True)
        inline.remove(self._store, self._mounter, self._jobs, request.volume_id)
        return csi.NodeUnpublishVolumeResponse()

    def NodeGetVolumeStats(self, request: Any, context: Any) -> Any:
        found = self._published(request, FRESH)
        usage, read_only = stats.usage(self._store.machine, found, self._store.machine.real(request.volume_path), self._mounter.table())
        return csi.NodeGetVolumeStatsResponse(usage=usage, volume_condition=condition(abnormal(found, read_only)))

    def NodeExpandVolume(self, request: Any, context: Any) -> Any:
        if request.capacity_range.required_bytes < 0 or request.capacity_range.limit_bytes < 0:
            raise InvalidRequest(
                "a size cannot be negative.", code="size-negative", parameter="capacity_range", found="a negative one", fix="ask for more."
            )
        with self._store.lock():
            found = self._published(request)
            size = rounded_up(found, request.capacity_range.required_bytes)
            grows = growing.begin(self._store, found, request.capacity_range.required_bytes, request.capacity_range.limit_bytes)
        if grows:
            self._jobs.join(str(found.id), partial(growing.finish, self._store, found.id, size), "given zeroed space")
        if found.facts.access != "block":
            # Also after an interrupted call: then the volume is larger already and only its file system is not.
            self._mounter.grow(found, self._store.machine.real(request.volume_path), larger=size > found.bytes)
        return csi.NodeExpandVolumeResponse(capacity_bytes=size)

    def _path(self, path: str, parameter: str) -> str:
        return self._store.machine.real(mounts.check_path(path, self._store.machine.kubelet, parameter))

    def _volume(self, request: Any, use: Capability) -> Found:
        found = self._store.whole(must(request.volume_id, "volume", "volume_id"))
        if found.facts.access != (use.fs or "block"):
            raise InvalidRequest(
                "the volume was made for another use.",
                code="capability-differs",
                parameter="volume_capability",
                found=f"{found.facts.access} instead of {use.fs or 'block'}",
                fix="ask for what its class and claim say.",
            )
        return found

    def _published(self, request: Any, seconds: float = 0.0) -> Found:
        """The volume of a request that names a path where it is."""
        required(request.volume_id, "volume_id")
        required(request.volume_path, "volume_path")
        found = inline.find(self._store, request.volume_id, seconds)
        found = found or self._store.get(must(request.volume_id, "volume", "volume_id"), seconds=seconds)
        if self._store.machine.real(request.volume_path) not in {each.path for each in self._mounter.of(found)}:
            raise NotFound(
                "the volume is not at this path.",
                code="path-other",
                parameter="volume_path",
                found=request.volume_path,
                fix="publish it there first.",
            )
        return found
