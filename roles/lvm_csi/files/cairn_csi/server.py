# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One process: its services, its threads, its end."""

from __future__ import annotations

import os
import signal
import threading
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, List

import csi_pb2_grpc
import grpc

from . import NAME, VERSION, log
from .central import Central, NodeCapabilities
from .collection import InvalidRequest
from .host import Machine
from .identity import Identity
from .jobs import Jobs
from .rpc import Interceptor

#: Seconds that a start waits for what the driver before has left half-done.
_RECOVERY = 30
#: Seconds that calls under way are given when the driver ends.
_GRACE = 20


def serve(asked: Namespace) -> None:
    """Serve until SIGTERM or SIGINT, then let what is under way end."""
    path = _socket(asked.endpoint)
    # Each service has threads of its own; these are for what is none of ours.
    server = grpc.server(ThreadPoolExecutor(1), interceptors=(Interceptor(),))
    csi_pb2_grpc.add_IdentityServicer_to_server(Identity(), server)
    jobs = Jobs()
    ends = _central(server, asked) if asked.central else _node(server, asked, jobs)
    # Only now, so that nobody asks before what was half-made is known.
    if server.add_insecure_port(f"unix:{path}") == 0:
        raise InvalidRequest(
            "the driver cannot listen there.", code="endpoint", parameter="--endpoint", found=path, fix="make its folder, and run as root."
        )
    server.start()
    log.info("serving", driver=NAME, version=VERSION, endpoint=path, node=asked.node_id)
    _wait()
    log.info("ending")
    jobs.stopping.set()
    server.stop(_GRACE).wait()
    for end in ends:
        end()


def _central(server: Any, asked: Namespace) -> List[Callable[[], None]]:
    csi_pb2_grpc.add_ControllerServicer_to_server(Central(asked.attach), server)
    csi_pb2_grpc.add_NodeServicer_to_server(NodeCapabilities(), server)
    return []


def _node(server: Any, asked: Namespace, jobs: Jobs) -> List[Callable[[], None]]:
    # A process that answers for all nodes has no use for any of these.
    # pylint: disable=import-outside-toplevel
    from . import kube, metrics, waking, watch
    from .controller import Controller
    from .inline_classes import parse_released
    from .mounting import Mounter
    from .node import Node
    from .recovery import recover, wipe_again
    from .store import Store
    from .throttle import Throttle

    if not asked.volume_group:
        raise InvalidRequest(
            "the driver needs a volume group.", code="groups-missing", parameter="--volume-group", found="none", fix="name one, or a pattern."
        )
    inline = parse_released(asked.inline_class)
    store = Store(Machine(asked.contained, asked.kubelet_dir), asked.node_id, tuple(asked.volume_group), inline)
    cluster = kube.Cluster() if asked.kubernetes else None
    throttle = Throttle(store, cluster.limits) if cluster else Throttle(store)
    first = threading.Thread(target=recover, args=(store, jobs), name="recovery", daemon=True)
    first.start()
    # So that nobody asks before what was half-made is known; but a dead disk shall not keep everybody else's volumes from being unmounted.
    first.join(_RECOVERY)
    threading.Thread(target=wipe_again, args=(store, jobs), name="wipes", daemon=True).start()
    csi_pb2_grpc.add_ControllerServicer_to_server(Controller(store, jobs, asked.attach), server)
    csi_pb2_grpc.add_NodeServicer_to_server(Node(store, Mounter(store.machine), throttle, jobs), server)
    threading.Thread(target=throttle.run, name="limits", daemon=True).start()
    if cluster:
        for each in (watch.run, waking.run):
            threading.Thread(target=each, args=(store, cluster, jobs.stopping), name=each.__module__, daemon=True).start()
    if asked.metrics:
        address, _colon, port = asked.metrics.rpartition(":")
        metrics.serve(int(port), address.strip("[]") or "0.0.0.0", store, throttle)
    return [throttle.stop]


def _socket(endpoint: str) -> str:
    path = endpoint[len("unix:") :].replace("//", "", 1) if endpoint.startswith("unix:") else endpoint
    if not path.startswith("/"):
        raise InvalidRequest(
            "a socket's path is needed.", code="endpoint", parameter="--endpoint", found=endpoint, fix="write it like unix:///csi/csi.sock."
        )
    # What a killed process left behind would keep the next from listening.
    if os.path.exists(path):
        os.unlink(path)
    return path


def _wait() -> None:
    ended = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_of_signal: ended.set())
    ended.wait()
