"""The API server as the contract's tests use it, and what upstream's contract says of names."""

from __future__ import annotations

import json
import time

from kubernetes import client, config


class Api:
    """Plain requests with the rights of KUBECONFIG; objects are dictionaries."""

    def __init__(self) -> None:
        config.load_kube_config()
        self._client = client.ApiClient()
        self.server = self._client.configuration.host
        self.authority = self._client.configuration.ssl_ca_cert

    def request(self, method: str, path: str, body: dict | None = None) -> dict:
        """The answer's JSON; LookupError for 404, RuntimeError for any other refusal."""
        answer = self._client.call_api(
            method, self.server + path, {"Content-Type": "application/json"}, body
        )
        text = answer.read()
        if answer.status == 404:
            raise LookupError(path)
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text)

    def get(self, path: str) -> dict | None:
        """The object at the path, or None."""
        try:
            return self.request("GET", path)
        except LookupError:
            return None

    def create(self, path: str, kind: str, name: str, namespace: str = "", **parts) -> dict:
        """Create an object in the collection at the path."""
        version = path.removeprefix("/apis/").removeprefix("/api/").split("/namespaces")[0]
        metadata = {"name": name, **parts.pop("metadata", {})}
        if namespace:
            metadata["namespace"] = namespace
        body = {"apiVersion": version.rpartition("/")[0] or version, "kind": kind}
        return self.request("POST", path, {**body, "metadata": metadata, **parts})

    def delete(self, path: str) -> None:
        """Delete the object at the path, if there is one."""
        try:
            self.request("DELETE", path)
        except LookupError:
            pass


def volume_name(file: str, node: str, storage_class: str) -> str:
    """local-pv- and the unpadded hex FNV-1a (32 bit) of the three, joined without a separator."""
    digest = 0x811C9DC5
    for byte in f"{file}{node}{storage_class}".encode():
        digest = (digest ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"local-pv-{digest:x}"


def until(found, what: str, seconds: float = 30):
    """What ``found`` returns once that is true; fails with ``what`` when it never is."""
    limit = time.monotonic() + seconds
    while not (value := found()):
        if time.monotonic() > limit:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)
    return value
