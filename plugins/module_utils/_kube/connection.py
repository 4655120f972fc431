# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""From a kubeconfig to a client. The kubernetes package is used for this and for nothing else."""

from __future__ import annotations

import os
from typing import Any, Mapping

from .._core.errors import InvalidRequest, NotFound
from .client import Client

try:
    from kubernetes import config
    from kubernetes.client import Configuration
    from kubernetes.client.rest import RESTClientObject
    HAS_KUBERNETES = True
except ImportError:
    HAS_KUBERNETES = False

#: Argument spec of the doc fragment kube_connection.
ARGUMENTS = {"kubeconfig": {"type": "path"}, "context": {"type": "str"}}


def connect(params: Mapping[str, Any]) -> Client:
    """The client for ``params`` (``kubeconfig``, ``context``); nothing is sent yet.

    Without ``kubeconfig``, ``K8S_AUTH_KUBECONFIG`` and ``KUBECONFIG`` are looked at, then ``~/.kube/config``, then, in a pod, its service account.
    """
    found = configuration(params)
    auth = found.auth_settings().get("BearerToken")
    pool = RESTClientObject(found).pool_manager
    return Client(pool, found.host, lambda: {auth["key"]: found.auth_settings()["BearerToken"]["value"]} if auth else {})


def configuration(params: Mapping[str, Any]) -> Any:
    """What the kubernetes package makes of the kubeconfig, for the one thing that our client does not speak: commands in pods."""
    if not HAS_KUBERNETES:
        raise NotFound("the Python package kubernetes is not installed here.", code="library-missing",
                       fix="pip install kubernetes, for the Python that runs this module (ansible_python_interpreter).")
    found = Configuration()
    _load(found, params)
    return found


def _load(configuration: Any, params: Mapping[str, Any]) -> None:
    path = params.get("kubeconfig") or os.environ.get("K8S_AUTH_KUBECONFIG") or os.environ.get("KUBECONFIG") or ""
    files = [os.path.expanduser(part) for part in (path or "~/.kube/config").split(os.pathsep) if part]
    context = params.get("context")
    if not any(os.path.exists(file) for file in files):
        if not path and not context and "KUBERNETES_SERVICE_HOST" in os.environ:
            config.load_incluster_config(client_configuration=configuration)
            return
        raise InvalidRequest("there is no such kubeconfig.", code="kubeconfig-missing", parameter="kubeconfig", found=os.pathsep.join(files),
                             fix="give the path of a kubeconfig on the host that runs this task.")
    try:
        contexts, _current = config.list_kube_config_contexts(os.pathsep.join(files))
        names = [entry["name"] for entry in contexts]
        if context and context not in names:
            raise InvalidRequest(f"the kubeconfig has no context {context}.", code="context-unknown", parameter="context",
                                 found=", ".join(names) or "none", fix="name one of these.")
        config.load_kube_config(os.pathsep.join(files), context, configuration, persist_config=False)
    except InvalidRequest:
        raise
    except Exception as problem:  # the package raises whatever its YAML and file readers do
        raise InvalidRequest("the kubeconfig cannot be used.", code="kubeconfig-invalid", parameter="kubeconfig", found=str(problem).strip().rstrip("."),
                             fix="try it with: kubectl --kubeconfig FILE version.") from None
