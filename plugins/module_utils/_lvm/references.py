# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Device references in the options of volume groups and logical volumes. Pure."""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

from .._block.identity import check_reference
from .._core.errors import InvalidRequest


def check_references(items: Optional[Sequence[object]], parameter: str, allow_kernel_names: bool) -> Tuple[str, ...]:
    """``items``, each a lasting name of a device and there once."""
    found = tuple(check_reference(item, f"{parameter}[{index}]", allow_kernel_names) for index, item in enumerate(items or ()))
    for index, item in enumerate(found):
        if item in found[:index]:
            raise InvalidRequest(
                "the same device is listed twice.", code="device-twice", parameter=f"{parameter}[{index}]", found=item, fix="remove one of the two."
            )
    return found
