# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of CSI's Controller service that needs no LVM, so that one process can answer it for all nodes: ids carry the node."""

from __future__ import annotations

from typing import Any, List

import csi_pb2 as csi
import csi_pb2_grpc

from .collection import InvalidRequest, NotFound
from .inventory import must
from .messages import parse_capability, required
from .parameters import parse_modifiable

_RPC = csi.ControllerServiceCapability.RPC
_NODE = csi.NodeServiceCapability.RPC
_ON_NODES = ("STAGE_UNSTAGE_VOLUME", "EXPAND_VOLUME", "GET_VOLUME_STATS", "VOLUME_CONDITION", "SINGLE_NODE_MULTI_WRITER")


class NodeCapabilities(csi_pb2_grpc.NodeServicer):
    """What the nodes can do. The external-resizer asks this where it stands, and does not start without an answer (its NewResizerFromClient)."""

    def NodeGetCapabilities(self, request: Any, context: Any) -> Any:
        offered = [csi.NodeServiceCapability(rpc=_NODE(type=_NODE.Type.Value(each))) for each in _ON_NODES]
        return csi.NodeGetCapabilitiesResponse(capabilities=offered)


class Central(csi_pb2_grpc.ControllerServicer):
    """Attaching, which only checks that a volume is used where it is, and changes of limits, which the node itself carries out."""

    def __init__(self, attach: bool) -> None:
        self._attach = attach

    def offered(self) -> List[int]:
        """Types of the capabilities."""
        return [_RPC.MODIFY_VOLUME, *([_RPC.PUBLISH_UNPUBLISH_VOLUME] if self._attach else [])]

    def ControllerGetCapabilities(self, request: Any, context: Any) -> Any:
        offered = [csi.ControllerServiceCapability(rpc=_RPC(type=each)) for each in self.offered()]
        return csi.ControllerGetCapabilitiesResponse(capabilities=offered)

    def ControllerPublishVolume(self, request: Any, context: Any) -> Any:
        required(request.volume_id, "volume_id")
        required(request.node_id, "node_id")
        parse_capability(request.volume_capability)
        volume = must(request.volume_id, "volume", "volume_id")
        if volume.node != request.node_id:
            raise NotFound(
                "the volume is on another node.",
                code="node-other",
                parameter="node_id",
                found=f"{request.node_id}, the volume is on {volume.node}",
                fix=f"let the pod run on {volume.node}.",
            )
        if request.readonly:
            raise InvalidRequest(
                "volumes are attached for writing.", code="attach-readonly", parameter="readonly", found="true", fix="mount it read-only."
            )
        return csi.ControllerPublishVolumeResponse()

    def ControllerUnpublishVolume(self, request: Any, context: Any) -> Any:
        required(request.volume_id, "volume_id")
        return csi.ControllerUnpublishVolumeResponse()

    def ControllerModifyVolume(self, request: Any, context: Any) -> Any:
        must(required(request.volume_id, "volume_id"), "volume", "volume_id")
        parse_modifiable(request.mutable_parameters)
        return csi.ControllerModifyVolumeResponse()
