# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A command in a container. The kubernetes package speaks the protocol for it."""

from __future__ import annotations

from typing import Any, Mapping, Sequence, Tuple

from ..connection import configuration
from .gate import PATIENCE
from .model import Object


def executor(params: Mapping[str, Any]) -> Any:
    """The function ``(pod, container, argv) -> (exit code, output)`` for a module's connection parameters."""
    def run(pod: Object, container: str, argv: Sequence[str]) -> Tuple[int, str]:
        # Imported here: they take a third of a second, and most runs have no command to run.
        from kubernetes.client import ApiClient, CoreV1Api
        from kubernetes.client.exceptions import ApiException
        from kubernetes.stream import stream
        metadata = pod["metadata"]
        # exec only takes a container's name where a pod has several.
        where = container or pod["spec"]["containers"][0]["name"]
        try:
            said = stream(CoreV1Api(ApiClient(configuration(params))).connect_get_namespaced_pod_exec, metadata["name"], metadata["namespace"],
                          container=where, command=list(argv), stdin=False, stdout=True, stderr=True, tty=False, _preload_content=False)
        except ApiException as problem:
            return 126, str(problem.reason or problem)
        said.run_forever(timeout=PATIENCE)
        if said.is_open():
            said.close()
            return 124, f"no end after {PATIENCE} s"
        return ended(said)
    return run


def ended(said: Any) -> Tuple[int, str]:
    """How a command ended. One that could not be started has no code, and the client stumbles over the words that are there in its place."""
    try:
        return said.returncode, said.read_all()
    except (LookupError, TypeError, ValueError) as problem:
        return 126, f"{said.read_all()}it did not run to its end: {problem}"
