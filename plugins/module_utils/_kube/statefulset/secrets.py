# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Secrets without which pods would not start: asked for before anything changes, for a rollout would stop at its first pod."""

from __future__ import annotations

from typing import Iterator, Sequence, Tuple

from ..._core.errors import CairnError, NotFound
from ..client import Client
from .model import Desired, Object

#: Only that it is there: what is in it never leaves the API server.
_METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"


def needed(template: Object) -> Iterator[str]:
    """Names of the Secrets that a pod mounts and cannot do without. Pure."""
    for volume in (template.get("spec") or {}).get("volumes") or ():
        secret = volume.get("secret") or {}
        if secret.get("secretName") and not secret.get("optional"):
            yield secret["secretName"]


def refuse_missing(client: Client, desired: Desired, pending: Sequence[Object]) -> Tuple[str, ...]:
    """Raise for a Secret that is not there; returns what could not be asked, as warnings."""
    space, warnings = desired.ref.namespace, []
    coming = {each["metadata"]["name"] for each in pending if each.get("kind") == "Secret" and each["metadata"].get("namespace") == space}
    for name in needed(desired.manifest["spec"]["template"]):
        try:
            if name not in coming:
                client.get(f"/api/v1/namespaces/{space}/secrets/{name}", accept=_METADATA)
        except CairnError as error:
            if error.code == "api-forbidden":
                warnings.append(f"{desired.ref}: whether the Secret {space}/{name} is there could not be asked; without it no new pod starts.")
            elif error.code in ("api-not-found", "namespace-not-found"):
                raise NotFound(f"{desired.ref}: its pods mount a Secret that is not there, and would not start.", code="secret-missing",
                               parameter="sets", found=f"no Secret {name} in the namespace {space}", fix="make it first, then run again.") from None
            else:
                raise
    return tuple(warnings)
