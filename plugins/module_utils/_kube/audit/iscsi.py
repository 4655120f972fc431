# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""iSCSI: targets that would not come back as they run, sessions and paths that are down."""

from __future__ import annotations

from typing import Iterator, Mapping

from .model import Finding, Index


def find(index: Index) -> Iterator[Finding]:
    """All findings of this family."""
    for node, host in index.told("iscsi_info"):
        for target in host.targets:
            yield from _target(node, target)
        for session in host.sessions:
            if session.get("state") not in (None, "LOGGED_IN"):
                yield Finding(
                    "session-down",
                    "error",
                    "Session",
                    f"{node}:{session['target']}",
                    f"Its state is {session['state']} at {session['portal']}.",
                    f"See the network to {session['portal']} and the target behind it.",
                    {"portal": session["portal"], "iface": session.get("iface")},
                )
        for record in host.logged_out:
            # Sessions that kubelet or a person makes by hand are not made at boot; nothing says that they are wanted.
            if record.get("startup") in ("automatic", "onboot"):
                yield Finding(
                    "session-missing",
                    "error",
                    "Session",
                    f"{node}:{record['target']}",
                    f"It is to be there from boot on, and is not logged in at {record['portal']}.",
                    f"On {node}: iscsiadm -m node -T {record['target']} -p {record['portal']} --login tells why it cannot; "
                    "role iscsi_initiator logs in again.",
                    {"portal": record["portal"], "startup": record["startup"]},
                )
        for lun in host.luns:
            down = [f"{path['target']} at {path['portal']}" for path in lun.get("paths") or () if path["state"] != "up"]
            if lun.get("state") in ("down", "degraded"):
                lost = lun["state"] == "down"
                yield Finding(
                    "paths-all-lost" if lost else "path-lost",
                    "critical" if lost else "warning",
                    "Disk",
                    f"{node}:{lun['id']}",
                    "No path to it is left." if lost else f"{len(down)} of its {len(lun['paths'])} paths are down.",
                    "See the network and the targets that these paths lead to.",
                    {"paths_down": down, "used": lun.get("used")},
                )


def _target(node: str, target: Mapping) -> Iterator[Finding]:
    name = f"{node}:{target['name']}"
    if target.get("degraded"):
        yield Finding(
            "target-degraded",
            "critical",
            "Target",
            name,
            f"The devices behind {', '.join(target['degraded'])} are gone.",
            "Bring them back; the target keeps its place for them.",
            {"backstores": target["degraded"]},
        )
    if target.get("drift"):
        yield Finding(
            "target-drift",
            "warning",
            "Target",
            name,
            "It does not run as it is saved: after a reboot it would be another one.",
            f"role iscsi_target on {node} makes both as the inventory wants them.",
            {"drift": target["drift"]},
        )
