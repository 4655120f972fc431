# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The options of kube_objects as a wish."""

from __future__ import annotations

import re
from typing import Any, Mapping

from .._core.errors import InvalidRequest
from .._core.plan import Consent
from . import manifest
from .apply import Desired

#: The API server's own rule for field managers (ValidateFieldManager), with room for words only.
_MANAGER = re.compile(r"[!-~]{1,128}")
#: Kinds that other objects need before they can be asked about. Others may hold hidden secrets, which could not be read again.
_MAKE_ROOM = ("CustomResourceDefinition", "Namespace")
_CLAIM = re.compile(r"[^/\s]+/[^/\s]+")


def parse(params: Mapping[str, Any]) -> Desired:
    """``Desired`` of a module's parameters; ``InvalidRequest`` names the parameter."""
    present = params["state"] == "present"
    if params["wait_timeout"] < 1:
        raise InvalidRequest("it must be at least one second.", code="wait-timeout-range", parameter="wait_timeout", found=str(params["wait_timeout"]),
                             fix="set wait: false not to wait at all.")
    if not _MANAGER.fullmatch(params["field_manager"]):
        raise InvalidRequest("not a field manager's name.", code="field-manager", parameter="field_manager", found=repr(params["field_manager"]),
                             fix="at most 128 visible characters, no spaces.")
    if params["wait_for"] and not present:
        raise InvalidRequest("what others make is not waited for to go.", code="wait-for-unused", parameter="wait_for",
                             found=f"state: {params['state']}", fix="set state: present, or leave it out.")
    for claim, volume in params["allow_data_loss"].items():
        if not _CLAIM.fullmatch(str(claim)) or not isinstance(volume, str):
            raise InvalidRequest("a consent names a claim and its volume.", code="consent-form", parameter="allow_data_loss", found=f"{claim}: {volume}",
                                 fix="write it like {namespace/claim: volume}.")
    awaited = [{"apiVersion": item["api_version"], "kind": item["kind"], "metadata": {"name": item["name"], "namespace": item["namespace"]}}
               for item in params["wait_for"]]
    return Desired(
        objects=manifest.parse(params["objects"], "objects"),
        present=present,
        consent=Consent("allow_data_loss", params["allow_data_loss"]),
        manager=params["field_manager"],
        take=params["on_conflict"] == "take",
        pending=manifest.parse((item for item in params["pending"] if item.get("kind") in _MAKE_ROOM), "pending"),
        awaited=manifest.parse(awaited, "wait_for"),
        wait=params["wait_timeout"] if params["wait"] or awaited else None,
        wait_for_own=params["wait"],
    )
