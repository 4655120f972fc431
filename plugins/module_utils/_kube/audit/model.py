# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What an audit finds, and what it looks at. No I/O here."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..._core import foreign
from .. import basics, objects, relations
from ..hosts import Host
from ..objects import Lists, Object
from ..places import Ground, Place

#: From the worst down: data is lost or soon will be; something does not work; something will not work or leaks; worth knowing.
SEVERITIES = ("critical", "error", "warning", "info")
Key = Tuple[str, str]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. ``why`` is the chain from it down to the cause, ``fix`` the command or play that helps."""

    code: str
    severity: str
    kind: str
    name: str
    message: str
    fix: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    why: Sequence[str] = ()

    def describe(self) -> dict:
        """As a module returns it. Names, events and what nodes told are of others: each text stands on one line and can be printed."""
        told = {
            "code": self.code,
            "severity": self.severity,
            "kind": self.kind,
            "name": self.name,
            "message": self.message,
            "fix": self.fix,
            "evidence": dict(self.evidence),
            "why": list(self.why),
        }
        return foreign.tidy(told)


@dataclass(frozen=True)
class Limits:
    """From when on something is told. Times in seconds, shares in percent."""

    patience: int = 300
    space_percent: int = 80
    overprovision_ratio: float = 2.0
    disk_errors: int = 20


@dataclass(frozen=True)
class World:
    """Everything that is looked at: the API server's objects and what the nodes told. ``now`` in seconds since 1970.

    Kinds that the API server does not have are empty lists.
    """

    lists: Lists = Lists()
    hosts: Mapping[str, Host] = field(default_factory=dict)
    stateful_sets: Sequence[Object] = ()
    namespaces: Sequence[Object] = ()
    csi_nodes: Sequence[Object] = ()
    snapshots: Sequence[Object] = ()
    contents: Sequence[Object] = ()
    snapshot_classes: Sequence[Object] = ()
    events: Sequence[Object] = ()
    now: float = 0.0
    limits: Limits = Limits()


class Index:
    """A world with everything by the name under which others refer to it, worked out once for all families."""

    def __init__(self, world: World) -> None:
        lists = world.lists
        self.world, self.limits, self.hosts, self.now = world, world.limits, world.hosts, world.now
        self.ground = Ground(world.hosts)
        self.nodes: Dict[str, Object] = {live["metadata"]["name"]: live for live in lists.nodes}
        self.ready = {node["name"] for node in objects.nodes(lists) if node["ready"]}
        self.volumes: Dict[str, dict] = {volume["name"]: volume for volume in objects.volumes(lists)}
        self.live_volumes: Dict[str, Object] = {live["metadata"]["name"]: live for live in lists.volumes}
        self.claims: Dict[Key, dict] = {(claim["namespace"], claim["name"]): claim for claim in objects.claims(lists)}
        self.live_claims: Dict[Key, Object] = {key(live): live for live in lists.claims}
        self.classes: Dict[str, dict] = {found["name"]: found for found in objects.classes(lists)}
        self.attachments: List[dict] = objects.attachments(lists)
        self.users: Dict[Key, List[Object]] = {}
        for pod in lists.pods:
            if basics.phase(pod) not in ("Succeeded", "Failed"):
                for name in relations.mounted(pod):
                    self.users.setdefault((pod["metadata"]["namespace"], name), []).append(pod)
        self._places: Dict[str, Place] = {}
        self._warnings: Dict[str, Tuple[str, str]] = {}
        for event in sorted(world.events, key=_last_seen):
            self._warnings[(event.get("involvedObject") or {}).get("uid", "")] = (event.get("reason", ""), event.get("message", ""))

    def place(self, volume: Mapping[str, Any]) -> Place:
        """What a volume stands on, worked out once."""
        if volume["name"] not in self._places:
            self._places[volume["name"]] = self.ground.of(volume, next(iter(volume["attached_to"]), None))
        return self._places[volume["name"]]

    def age(self, stamp: Optional[str]) -> float:
        """Seconds since a time as Kubernetes writes it; of none none have passed."""
        if not stamp:
            return 0.0
        return self.now - datetime.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()

    def lasting(self, stamp: Optional[str]) -> bool:
        """Whether something lasts longer than it normally would."""
        return self.age(stamp) > self.limits.patience

    def warning(self, live: Object) -> Optional[str]:
        """The latest warning event about an object."""
        told = self._warnings.get(live["metadata"].get("uid") or "-")
        return f"event {told[0]}: {told[1].strip()}" if told else None

    def replace(self, volume: Mapping[str, Any]) -> str:
        """The play that gives the pod of a volume that is lost another one."""
        claim = (volume["namespace"] or "", volume["claim"] or "")
        pod = next((pod["metadata"]["name"] for pod in self.users.get(claim, ())), "POD")
        # Who may write volumes may name a claim as he likes, and a person copies this into a shell.
        consent = shlex.quote(json.dumps({"replace_allow_data_loss": {"/".join(claim): volume["name"]}}))
        return f"playbook replace_pod_disk.yml -e replace_cluster={pod.rpartition('-')[0] or 'CLUSTER'} -e replace_pod={pod} -e {consent}"

    def told(self, module: str) -> Iterator[Tuple[str, Host]]:
        """Nodes whose result of ``module`` is known."""
        return ((node, host) for node, host in sorted(self.hosts.items()) if module in host.told)


def key(live: Object) -> Key:
    """(namespace, name)."""
    return live["metadata"].get("namespace") or "", live["metadata"]["name"]


def percent(part: float, whole: float) -> float:
    """A share, rounded for people."""
    return round(100 * part / whole, 1) if whole else 0.0


def worst(findings: Iterable[Finding]) -> List[Finding]:
    """The worst first, then by what they are about."""
    return sorted(findings, key=lambda each: (SEVERITIES.index(each.severity), each.code, each.kind, each.name))


def _last_seen(event: Object) -> str:
    return event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or ""
