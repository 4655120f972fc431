# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What claims and volumes have in common: access modes, and options that stay as they are when left out. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ..._core.errors import InvalidRequest
from .. import fields

ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
#: What a reference to a claim says that is ours to say; its UID and version are the controllers'.
_REFERENCE = ("apiVersion", "kind", "namespace", "name")


def check_modes(modes: Sequence[str], where: str) -> None:
    """Raise unless the access modes can stand together."""
    if not modes:
        raise InvalidRequest("there has to be an access mode.", code="access-modes-missing", parameter=f"{where}.access_modes", found="[]",
                             fix=f"give one of {', '.join(ACCESS_MODES)}.")
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        raise InvalidRequest("ReadWriteOncePod stands alone.", code="access-modes-alone", parameter=f"{where}.access_modes", found=", ".join(modes),
                             fix="leave out the others.")


def carry(spec: dict, live: Mapping[str, Any], manager: str) -> None:
    """Fill ``spec`` with what an earlier run of ours has set and this one leaves out: it is to stay as it is, not to go."""
    ours = fields.owned(live, manager)[0].get("f:spec") or {}
    for name, value in (live.get("spec") or {}).items():
        if name not in spec and f"f:{name}" in ours:
            spec[name] = {key: value[key] for key in _REFERENCE if key in value} if name == "claimRef" else value
