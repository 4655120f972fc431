# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CSI's Controller service on a node: volumes that come and go there. Snapshots are in snapshots.py."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import Any, List, Optional

import csi_pb2 as csi

from . import create
from .central import Central
from .collection import Busy, CairnError, CommandFailed, InvalidRequest, NoSpace, Refused, State
from .content import Origin
from .copying import fill
from .health import condition as condition_of
from .inventory import all_of, must, named, page
from .jobs import Jobs
from .messages import capabilities, condition, parse_capability, reachable, required, volume
from .names import parse_id
from .parameters import parse_class, parse_modifiable
from .placement import allowed, candidates, room
from .removing import destroy, finish
from .snapshots import Snapshots
from .store import FRESH, Store

_RPC = csi.ControllerServiceCapability.RPC


class Controller(Snapshots, Central):
    """Volumes of one node; sidecars of the same node ask."""

    def __init__(self, store: Store, jobs: Jobs, attach: bool) -> None:
        super().__init__(attach)
        self._store, self._jobs = store, jobs

    def offered(self) -> List[int]:
        more = ("CREATE_DELETE_VOLUME", "LIST_VOLUMES", "GET_VOLUME", "VOLUME_CONDITION", "GET_CAPACITY", "CLONE_VOLUME", "SINGLE_NODE_MULTI_WRITER")
        snapshots = ("CREATE_DELETE_SNAPSHOT", "LIST_SNAPSHOTS", "GET_SNAPSHOT")
        return [*super().offered(), *(_RPC.Type.Value(each) for each in (*more, *snapshots))]

    def CreateVolume(self, request: Any, context: Any) -> Any:
        required(request.name, "name")
        use = capabilities(request.volume_capabilities)
        wanted, limits = parse_class(request.parameters, fs=use.fs), parse_modifiable(request.mutable_parameters)
        least, most = _range(request.capacity_range)
        if not reachable(request.accessibility_requirements, self._store.node):
            raise NoSpace(
                "the volume is to be on another node.",
                code="node-other",
                parameter="accessibility_requirements",
                found=self._store.node,
                fix="ask there.",
            )
        wish = create.Wish(request.name, least, most, wanted, use, limits, _origin(request))
        decision = self._jobs.settled(partial(self._create, wish))
        if decision.fill:
            try:
                self._jobs.join(str(decision.id), partial(fill, self._store, self._jobs, decision.id), "filled")
            except CommandFailed as error:
                # Anything but ABORTED says that nothing was made, and nobody would ever delete the volume.
                raise Busy(f"filling it has failed: {error}", code="fill-failed", parameter="name", found=decision.id.name, fix="ask again.") from error
        # The volume is whole; whether what stood for it could be wiped is no question of its caller, and is tried again.
        with contextlib.suppress(CommandFailed):
            finish(self._store, self._jobs, decision.left)
        content = request.volume_content_source if wish.origin else None
        return csi.CreateVolumeResponse(volume=volume(decision.id, decision.bytes, self._store.node, content))

    def _create(self, wish: create.Wish) -> create.Decision:
        with self._store.lock():
            # Volumes that are made at a time share a report. Where it is too old the command fails, and whatever is not a new volume asks LVM now.
            known = None if wish.origin else self._store.known(FRESH)
            with contextlib.suppress(CairnError):
                if known and not named(known, self._store.node, "volume", wish.name):
                    return self._carried_out(known, wish)
            return self._carried_out(self._store.report(), wish)

    def _carried_out(self, state: State, wish: create.Wish) -> create.Decision:
        decision = create.decide(state, self._store.node, self._store.groups, wish)
        self._store.apply(decision.plan)
        return decision

    def DeleteVolume(self, request: Any, context: Any) -> Any:
        which = parse_id(required(request.volume_id, "volume_id"))
        # What was never given out is gone already; what is elsewhere is not known to be.
        if which is None:
            return csi.DeleteVolumeResponse()
        if which.node != self._store.node:
            raise Refused("the volume is on another node.", code="node-other", parameter="volume_id", found=str(which), fix="ask there.")
        destroy(self._store, self._jobs, which)
        return csi.DeleteVolumeResponse()

    def ValidateVolumeCapabilities(self, request: Any, context: Any) -> Any:
        found = self._store.get(must(required(request.volume_id, "volume_id"), "volume", "volume_id"))
        if not request.volume_capabilities:
            raise InvalidRequest("it is required.", code="capability-missing", parameter="volume_capabilities", found="nothing", fix="name one.")
        try:
            uses = [parse_capability(each) for each in request.volume_capabilities]
        except CairnError as error:
            return csi.ValidateVolumeCapabilitiesResponse(message=str(error))
        if any((each.fs or "block") != found.facts.access for each in uses):
            return csi.ValidateVolumeCapabilitiesResponse(message=f"The volume is {found.facts.access}.")
        confirmed = csi.ValidateVolumeCapabilitiesResponse.Confirmed(
            volume_capabilities=request.volume_capabilities, volume_context=request.volume_context, parameters=request.parameters
        )
        return csi.ValidateVolumeCapabilitiesResponse(confirmed=confirmed)

    def ListVolumes(self, request: Any, context: Any) -> Any:
        found = [each for each in all_of(self._store.report(), self._store.node, "volume") if not each.facts.state]
        entries, token = page(found, [each.id for each in found], request.starting_token, request.max_entries)
        return csi.ListVolumesResponse(
            next_token=token,
            entries=[
                csi.ListVolumesResponse.Entry(
                    volume=volume(each.id, each.bytes, each.id.node),
                    status=csi.ListVolumesResponse.VolumeStatus(volume_condition=condition(condition_of(each))),
                )
                for each in entries
            ],
        )

    def ControllerGetVolume(self, request: Any, context: Any) -> Any:
        found = self._store.get(must(required(request.volume_id, "volume_id"), "volume", "volume_id"))
        status = csi.ControllerGetVolumeResponse.VolumeStatus(volume_condition=condition(condition_of(found)))
        return csi.ControllerGetVolumeResponse(volume=volume(found.id, found.bytes, found.id.node), status=status)

    def GetCapacity(self, request: Any, context: Any) -> Any:
        wanted = parse_class(request.parameters)
        for index, each in enumerate(request.volume_capabilities):
            parse_capability(each, f"volume_capabilities[{index}]")
        elsewhere = (
            csi.TopologyRequirement(requisite=[request.accessible_topology]) if request.HasField("accessible_topology") else csi.TopologyRequirement()
        )
        if not reachable(elsewhere, self._store.node):
            return csi.GetCapacityResponse(available_capacity=0)
        # The provisioner asks for each class after each volume: one report serves them all.
        sizes = [room(group, wanted) for group in candidates(allowed(self._store.recent(), self._store.groups), wanted)]
        answer = csi.GetCapacityResponse(available_capacity=sum(sizes))
        answer.maximum_volume_size.value = max(sizes, default=0)
        return answer


def _origin(request: Any) -> Optional[Origin]:
    content = request.volume_content_source
    if not request.HasField("volume_content_source"):
        return None
    return Origin("snapshot", content.snapshot.snapshot_id) if content.WhichOneof("type") == "snapshot" else Origin("volume", content.volume.volume_id)


def _range(message: Any) -> "tuple[int, int]":
    if message.required_bytes < 0 or message.limit_bytes < 0:
        raise InvalidRequest(
            "a size cannot be negative.", code="size-negative", parameter="capacity_range", found=str(message).strip(), fix="ask for more."
        )
    return message.required_bytes, message.limit_bytes
