# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The little that the driver asks and tells Kubernetes itself: limits of VolumeAttributesClasses, claims that grow, events.

Plain HTTP with the pod's service account.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Dict, Iterator, List, Optional, Tuple

from . import NAME, log
from .collection import CairnError, files
from .limits import Limits
from .parameters import parse_modifiable

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_TIMEOUT = 10
#: Seconds after which a volume's class is asked for again.
_FRESH = 25
#: Seconds after which the API server ends the answer to a watch.
_WATCH = 600
_VERSION = re.compile(rb'"resourceVersion":"([0-9]+)"')
#: The condition of a claim whose node is to let the file system grow, and what kubelet sees a change of the pod by.
_PENDING, _GROWN = "FileSystemResizePending", f"{NAME}/grown"


class Cluster:
    """The API server, as a pod finds it."""

    def __init__(self) -> None:
        host, port = os.environ.get("KUBERNETES_SERVICE_HOST", ""), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
        self._url = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
        self._tls = ssl.create_default_context(cafile=f"{_ACCOUNT}/ca.crt")
        #: By CSI name: when the volume's class was last asked for, and its limits if it has one.
        self._answers: Dict[str, Tuple[float, Optional[Limits]]] = {}
        #: Up to which version of claims the API server has told of them.
        self._seen = "0"

    def limits(self, names: List[str]) -> Dict[str, Optional[Limits]]:
        """Limits by CSI name of volumes whose PersistentVolume, which has the same name, is of a VolumeAttributesClass now, ``None`` for others.

        Those that the API server has never told of are left out.
        """
        now = time.monotonic()
        # Not all of them whenever one is new: pods that start together would each ask for all before them.
        old = [name for name in names if name not in self._answers or now - self._answers[name][0] > _FRESH]
        known: Dict[str, Optional[Limits]] = {"": None}
        for name in old:
            try:
                of = self._class_of(name)
                if of not in known:
                    known[of] = self._parameters(of)
                self._answers[name] = (now, known[of])
            except (OSError, ValueError, HTTPException) as problem:
                log.error("kubernetes", message=repr(problem))
                if not isinstance(problem, urllib.error.HTTPError):
                    # Nobody is answered now.
                    break
        self._answers = {name: self._answers[name] for name in names if name in self._answers}
        return {name: limits for name, (_when, limits) in self._answers.items()}

    def _class_of(self, name: str) -> str:
        return (self._ask(f"/api/v1/persistentvolumes/{name}") or {}).get("spec", {}).get("volumeAttributesClassName") or ""

    def _parameters(self, name: str) -> Optional[Limits]:
        given = (self._ask(f"/apis/storage.k8s.io/v1/volumeattributesclasses/{name}") or {}).get("parameters") or {}
        try:
            return parse_modifiable(given, f"VolumeAttributesClass {name}")
        except CairnError as error:
            # What the volume was made with stays.
            log.error("limits", message=str(error))
            return None

    def warn(self, kind: str, name: str, version: str, reason: str, message: str) -> None:
        """Write a warning about an object of the cluster, once: the event's own name says what it is about."""
        event = {
            "metadata": {"name": f"{name}.{reason.lower()}", "namespace": "default"},
            "involvedObject": {"kind": kind, "name": name, "apiVersion": version},
            "reason": reason,
            "message": message,
            "type": "Warning",
            "source": {"component": NAME},
            "count": 1,
            **dict.fromkeys(("firstTimestamp", "lastTimestamp"), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())),
        }
        self._ask("/api/v1/namespaces/default/events", event, passed=(409,))

    def growing(self) -> Iterator[Dict[str, Any]]:
        """Claims whose node is to let them grow, as soon as they are told; it ends with the API server's answer and goes on there the next time."""
        path = f"/api/v1/persistentvolumeclaims?watch=true&allowWatchBookmarks=true&timeoutSeconds={_WATCH}&resourceVersion={self._seen}"
        # Where the answer breaks off, or the version is too old, all are told of again.
        last, self._seen = self._seen, "0"
        with self._open(path, timeout=_WATCH + _TIMEOUT) as lines:
            for line in lines:
                # Most claims do not grow, so most lines are not parsed.
                if _PENDING.encode() in line:
                    claim = json.loads(line)["object"]
                    if any(each["type"] == _PENDING and each["status"] == "True" for each in claim.get("status", {}).get("conditions", ())):
                        yield claim
                elif line.startswith(b'{"type":"ERROR"'):
                    return
                version = _VERSION.search(line)
                last = version[1].decode() if version else last
            self._seen = last

    def wake(self, namespace: str, pod: str, uid: str, why: str) -> None:
        """Have kubelet look at a pod of this node now, which it does when the pod is changed, and not at its next look in a minute.

        By the pod's status, so that the account may change no pod's specification; the cluster's policy lets it change this one annotation.
        """
        body = {"metadata": {"uid": uid, "annotations": {_GROWN: why}}}
        self._ask(f"/api/v1/namespaces/{namespace}/pods/{pod}/status", body, passed=(404, 409), method="PATCH")

    def _ask(self, path: str, body: Any = None, passed: Tuple[int, ...] = (404,), method: str = "") -> Any:
        try:
            with self._open(path, body, method) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            if problem.code in passed:
                return None
            raise

    def _open(self, path: str, body: Any = None, method: str = "", timeout: float = _TIMEOUT) -> Any:
        # The token is renewed in its file.
        token = files.text(f"{_ACCOUNT}/token").strip()
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Content-Type": kind}
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(self._url + path, headers=headers, data=data, method=method or None)
        return urllib.request.urlopen(request, timeout=timeout, context=self._tls)
