# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From CSI's messages to plain values and back."""

from __future__ import annotations

import csi_pb2 as csi

from . import TOPOLOGY, capability
from .collection import InvalidRequest
from .inventory import Found


def required(value: str, parameter: str) -> str:
    """A field that the specification requires."""
    if not value:
        raise InvalidRequest("it is required.", code=f"{parameter.replace('_', '-')}-missing", parameter=parameter, found="nothing", fix="set it.")
    return value


def parse_capability(message: "csi.VolumeCapability", here: str = "volume_capability") -> capability.Capability:
    """How a volume is to be used."""
    if not message.ByteSize():
        raise InvalidRequest("it is required.", code="capability-missing", parameter=here, found="nothing", fix="set it.")
    mode = csi.VolumeCapability.AccessMode.Mode.Name(message.access_mode.mode)
    return capability.check(message.WhichOneof("access_type") or "", mode, message.mount.fs_type, message.mount.mount_flags, here)


def capabilities(messages: object) -> capability.Capability:
    """The one use that all of a request's capabilities agree on."""
    return capability.one(parse_capability(each, f"volume_capabilities[{index}]") for index, each in enumerate(messages))  # type: ignore[arg-type]


def topology(node: str) -> "csi.Topology":
    """Where a volume of this node can be used."""
    return csi.Topology(segments={TOPOLOGY: node})


def reachable(requirement: "csi.TopologyRequirement", node: str) -> bool:
    """Whether a request lets the volume be on this node; one that names no nodes does."""
    wanted = list(requirement.requisite) or list(requirement.preferred)
    return not wanted or any(each.segments.get(TOPOLOGY, node) == node for each in wanted)


def volume(found_id: object, size: int, node: str, source: object = None, context: "dict | None" = None) -> "csi.Volume":
    """A volume as answers tell of it."""
    return csi.Volume(
        volume_id=str(found_id), capacity_bytes=size, accessible_topology=[topology(node)], content_source=source, volume_context=context or {}
    )


def snapshot(found: Found, ready: bool) -> "csi.Snapshot":
    """A snapshot as answers tell of it."""
    made = csi.Snapshot(snapshot_id=str(found.id), source_volume_id=found.facts.source, size_bytes=found.bytes, ready_to_use=ready)
    made.creation_time.FromSeconds(found.facts.created)
    return made


def condition(abnormal: str) -> "csi.VolumeCondition":
    """A volume's condition; ``abnormal`` says what is wrong, and is empty when nothing is."""
    return csi.VolumeCondition(abnormal=bool(abnormal), message=abnormal or "The volume is well.")
