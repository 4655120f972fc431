"""Calls to the driver, as sidecars and kubelet make them."""

from __future__ import annotations

import json
import time
from typing import Any

from csi_node import KUBELET, Driver
from host_play import lab  # found by csi_node

#: A method and its request.
Call = tuple[str, dict]
MIB = 1024**2
MODE = {"access_mode": {"mode": "SINGLE_NODE_WRITER"}}
POD = "0b1e8c3e-9c1b-4a57-8a4e-4bb3f3a3f0f4"
STAGING, TARGET = f"{KUBELET}/staging", f"{KUBELET}/pods/{POD}/volumes/kubernetes.io~csi"


def use(fs: str = "ext4") -> dict:
    """How a volume is used: with a file system, or raw."""
    return {**MODE, "block": {}} if fs == "block" else {**MODE, "mount": {"fs_type": fs}}


def create(name: str, fs: str = "ext4", size: int = 64 * MIB, source: dict | None = None, **parameters: str) -> Call:
    request = {"name": name, "capacity_range": {"required_bytes": size}, "volume_capabilities": [use(fs)], "parameters": parameters}
    return "CreateVolume", {**request, **({"volume_content_source": source} if source else {})}


def again(here: Driver, call: Call) -> dict:
    """What the caller gets in the end."""
    for _try in range(60):
        answer = here.calls(call)[0]
        if answer.get("code") not in ("ABORTED", "UNAVAILABLE"):
            return answer
        time.sleep(0.5)
    raise AssertionError(answer)


def made(here: Driver, *call: Any) -> str:
    """Id of a volume, asked for until it is there."""
    answer = again(here, call)
    assert "volume" in answer, answer
    return answer["volume"]["volume_id"]


def pods(id_: str, name: str, fs: str = "ext4", up: bool = True) -> tuple[Call, ...]:
    """The calls that bring a volume to a pod, or take it away."""
    staging, target = {"volume_id": id_, "staging_target_path": f"{STAGING}/{name}"}, {"volume_id": id_, "target_path": f"{TARGET}/{name}"}
    if up:
        return ("NodeStageVolume", {**staging, "volume_capability": use(fs)}), (
            "NodePublishVolume",
            {**staging, **target, "volume_capability": use(fs)},
        )
    return ("NodeUnpublishVolume", target), ("NodeUnstageVolume", staging)


def gone(here: Driver, *ids: str) -> None:
    """Delete, as often as it takes."""
    for id_ in ids:
        method, key = ("DeleteSnapshot", "snapshot_id") if "/snap-" in id_ else ("DeleteVolume", "volume_id")
        answer = again(here, (method, {key: id_}))
        assert answer == {}, answer


def named(here: Driver, call: Call) -> Call:
    """A call with the node's name in place of ``{node}`` in its ids."""
    return json.loads(json.dumps(call).replace("{node}", here.node))


def programs(here: Driver, since: str) -> list[str]:
    """What was started on the node since then, without its folders."""
    return [json.loads(line)["argv"][0].rpartition("/")[2] for line in lab("exec-log", "--json", "--since", since, here.node).splitlines()]
