# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The driver's command line."""

from __future__ import annotations

import argparse
import socket
import sys

from . import log, server
from .collection import CairnError


def main() -> int:
    """Serve until told to end."""
    asked = _parser().parse_args()
    try:
        server.serve(asked)
    except CairnError as error:
        log.error("start", message=str(error))
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cairn_csi", description="The CSI driver for LVM.")
    parser.add_argument("--endpoint", default="unix:///csi/csi.sock", help="socket to listen at (default: %(default)s)")
    parser.add_argument("--node-id", default=socket.gethostname(), help="name of the node in Kubernetes (default: the host's)")
    parser.add_argument(
        "--volume-group", action="append", default=[], metavar="PATTERN", help="volume group given to the driver, * allowed; may be repeated"
    )
    parser.add_argument(
        "--inline-class",
        action="append",
        default=[],
        metavar="JSON",
        help='class for volumes in pods\' manifests, like {"name": "scratch", "limit": "1GiB", "parameters": {"type": "linear"}}; '
        "may be repeated; without any there are no such volumes",
    )
    parser.add_argument("--kubelet-dir", default="/var/lib/kubelet", help="where kubelet keeps pods (default: %(default)s)")
    parser.add_argument(
        "--contained", action="store_true", help="run commands in the namespaces of process 1, as from a container with the host's process ids"
    )
    parser.add_argument("--attach", action="store_true", help="answer to the external-attacher")
    parser.add_argument("--central", action="store_true", help="only what needs no LVM: one such process for all nodes")
    parser.add_argument("--metrics", default="", metavar="[ADDRESS]:PORT", help="serve figures for Prometheus there")
    parser.add_argument("--kubernetes", action="store_true", help="look up VolumeAttributesClasses, and write events, with the pod's service account")
    return parser


if __name__ == "__main__":
    sys.exit(main())
