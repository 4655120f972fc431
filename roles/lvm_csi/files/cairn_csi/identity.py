# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CSI's Identity service."""

from __future__ import annotations

from typing import Any

import csi_pb2 as csi
import csi_pb2_grpc

from . import NAME, VERSION


class Identity(csi_pb2_grpc.IdentityServicer):
    """Who this is and what it can do."""

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return csi.GetPluginInfoResponse(name=NAME, vendor_version=VERSION)

    def GetPluginCapabilities(self, request: Any, context: Any) -> Any:
        services = csi.PluginCapability.Service
        offered = [
            csi.PluginCapability(service=services(type=each)) for each in (services.CONTROLLER_SERVICE, services.VOLUME_ACCESSIBILITY_CONSTRAINTS)
        ]
        online = csi.PluginCapability.VolumeExpansion(type=csi.PluginCapability.VolumeExpansion.ONLINE)
        return csi.GetPluginCapabilitiesResponse(capabilities=[*offered, csi.PluginCapability(volume_expansion=online)])

    def Probe(self, request: Any, context: Any) -> Any:
        answer = csi.ProbeResponse()
        answer.ready.value = True
        return answer
