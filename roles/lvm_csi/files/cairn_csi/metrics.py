# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Figures for Prometheus: calls, and what LVM says at the moment of asking (a few seconds old at most)."""

from __future__ import annotations

from typing import Any, Iterator

from prometheus_client import REGISTRY, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from .inventory import all_of
from .store import Store
from .throttle import Throttle

_CALLS = Counter("cairn_csi_operations_total", "Calls by method and gRPC code.", ("method", "code"))
_SECONDS = Histogram("cairn_csi_operation_seconds", "Duration of calls.", ("method",), buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30))


def operation(method: str, code: str, seconds: float) -> None:
    """Count a call."""
    _CALLS.labels(method, code).inc()
    _SECONDS.labels(method).observe(seconds)


def serve(port: int, address: str, store: Store, throttle: Throttle) -> Any:
    """Answer at ``/metrics``."""
    REGISTRY.register(_Lvm(store, throttle))
    return start_http_server(port, address)


class _Lvm(Collector):
    """Volume groups, thin pools, volumes and their limits."""

    def __init__(self, store: Store, throttle: Throttle) -> None:
        self._store, self._throttle = store, throttle

    def describe(self) -> Iterator[Any]:
        """Registering asks for nothing, so that LVM is not asked before there is an answer to give."""
        return iter(())

    def collect(self) -> Iterator[Any]:
        """See ``prometheus_client.registry.Collector``."""
        state = self._store.recent()
        yield from self._groups(state)
        yield from self._volumes(state)
        limits = _gauge("cairn_csi_limit", "Limits in force, bytes or operations a second.", ("volume", "limit"))
        for name, active in self._throttle.active.items():
            for pair in str(active).split("/"):
                limits.add_metric((name, pair.partition(":")[0]), float(pair.partition(":")[2]))
        yield limits

    def _groups(self, state: Any) -> Iterator[Any]:
        size = _gauge("cairn_csi_volume_group_size_bytes", "Size of a volume group.", ("group",))
        free = _gauge("cairn_csi_volume_group_free_bytes", "What no volume has.", ("group",))
        missing = _gauge("cairn_csi_volume_group_missing_disks", "Disks that are gone.", ("group",))
        pool = _gauge("cairn_csi_thin_pool_size_bytes", "Size of a thin pool.", ("group", "pool"))
        data = _gauge("cairn_csi_thin_pool_data_ratio", "Share of a thin pool's data that is used.", ("group", "pool"))
        metadata = _gauge("cairn_csi_thin_pool_metadata_ratio", "Share of a thin pool's metadata that is used.", ("group", "pool"))
        for group in state.groups:
            size.add_metric((group.name,), group.extents * group.extent_bytes)
            free.add_metric((group.name,), group.free * group.extent_bytes)
            missing.add_metric((group.name,), len(group.missing))
            for each in (volume for volume in group.visible if volume.thin_pool):
                pool.add_metric((group.name, each.name), each.extents * group.extent_bytes)
                data.add_metric((group.name, each.name), (each.data_percent or 0) / 100)
                metadata.add_metric((group.name, each.name), (each.metadata_percent or 0) / 100)
        yield from (size, free, missing, pool, data, metadata)

    def _volumes(self, state: Any) -> Iterator[Any]:
        size = _gauge("cairn_csi_volume_size_bytes", "Size of a volume or snapshot.", ("volume", "name", "kind", "state"))
        lost = _gauge("cairn_csi_snapshot_lost", "1 for a thick snapshot that changed more than it has room for.", ("volume", "name"))
        used = _gauge("cairn_csi_snapshot_used_ratio", "Share of a thick snapshot's room that is used.", ("volume", "name"))
        for each in all_of(state, self._store.node):
            size.add_metric((str(each.id), each.facts.name, each.facts.kind, each.facts.state or "ready"), each.bytes)
            if each.facts.kind == "snapshot" and not each.volume.thin:
                lost.add_metric((str(each.id), each.facts.name), float(each.volume.invalid))
                used.add_metric((str(each.id), each.facts.name), (each.volume.data_percent or 0) / 100)
        yield from (size, lost, used)


def _gauge(name: str, text: str, labels: "tuple[str, ...]") -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=labels)
