# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Space: thin pools that fill up, promise too much, or that nobody watches."""

from __future__ import annotations

from typing import Iterator, Mapping

from ..._core.quantity import human
from .model import Finding, Index, percent

#: A pool this full has no time left, whatever the limit is; in percent.
_NO_TIME = 95


def find(index: Index) -> Iterator[Finding]:
    """All findings of this family."""
    for node, host in index.told("lvm_info"):
        for group in host.groups:
            for pool in group.get("logical_volumes") or ():
                if pool.get("type") == "thin-pool":
                    yield from _pool(index, node, group, pool)


def _pool(index: Index, node: str, group: Mapping, pool: Mapping) -> Iterator[Finding]:
    name = f"{node}:/dev/{group['name']}/{pool['name']}"
    grow = (
        f"Grow it: a larger size in thin_pools of {group['name']} in lvm_volume_groups of {node}, then playbook site.yml. "
        f"Free in the group: {human(group.get('free_bytes') or 0)}."
    )
    for what, share in (("data", pool.get("data_percent")), ("metadata", pool.get("metadata_percent"))):
        if share is not None and share >= index.limits.space_percent:
            yield Finding(
                f"pool-{what}-full",
                "critical" if share >= _NO_TIME else "warning",
                "ThinPool",
                name,
                f"Its {what} is {share} % full. When it is full, all its volumes fail to be written to.",
                grow,
                {"percent": share, "limit_percent": index.limits.space_percent, "free_bytes": group.get("free_bytes")},
            )
    thin = [each for each in group.get("logical_volumes") or () if each.get("thin_pool") == pool["name"]]
    promised = sum(each.get("size_bytes") or 0 for each in thin)
    ratio = promised / pool["size_bytes"] if pool.get("size_bytes") else 0.0
    evidence = {
        "promised_bytes": promised,
        "size_bytes": pool.get("size_bytes"),
        "ratio": round(ratio, 2),
        "volumes": len(thin),
        "limit_ratio": index.limits.overprovision_ratio,
        "data_percent": pool.get("data_percent"),
    }
    if ratio > index.limits.overprovision_ratio:
        yield Finding(
            "pool-overprovisioned",
            "warning",
            "ThinPool",
            name,
            f"Its {len(thin)} volumes may write {human(promised)}, it has {human(pool['size_bytes'])}: {percent(promised, pool['size_bytes'])} %.",
            grow,
            evidence,
        )
    if ratio > 1 and pool.get("active") and pool.get("monitored") is False:
        yield Finding(
            "pool-not-monitored",
            "warning",
            "ThinPool",
            name,
            "It promises more than it has, and dmeventd does not watch it: nothing grows it in time.",
            f"On {node}: lvchange --monitor y {group['name']}/{pool['name']}; autoextend of thin_pools in lvm_volume_groups keeps it so.",
            evidence,
        )
    if pool.get("check_needed"):
        yield Finding(
            "pool-check-needed",
            "critical",
            "ThinPool",
            name,
            "The kernel wants its metadata checked before it is written to again.",
            f"Stop what uses it, then on {node}: lvconvert --repair {group['name']}/{pool['name']}.",
            {"node": node},
        )
