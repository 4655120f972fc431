# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Names and tags that LVM accepts. Pure."""

from __future__ import annotations

import posixpath
import re
from typing import Iterable, Tuple

from .._block.model import lv_mapper_path
from .._core.errors import InvalidRequest
from .made import MADE, UNFORMATTED, reserved

#: lvm(8), "VALID NAMES".
_NAME = re.compile(r"(?!-)(?!\.{1,2}$)[A-Za-z0-9+_.-]{1,127}")
_RESERVED = re.compile(
    r"^(snapshot|pvmove)|_(cdata|cmeta|corig|cpool|cvol|imeta|iorig|mimage|mlog|pmspare|rimage|rmeta|tdata|tmeta|vdata|vorigin|wcorig)"
)
_TAG = re.compile(r"(?!-)[A-Za-z0-9_+.\-/=!:#&]{1,1024}")


def check_name(name: str, parameter: str) -> str:
    """A name that LVM accepts and does not use itself."""
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            "not a name for LVM.",
            code="lvm-name",
            parameter=parameter,
            found=repr(name),
            fix="use up to 127 letters, digits and + _ . -, not beginning with a hyphen.",
        )
    if _RESERVED.search(name):
        raise InvalidRequest(
            "LVM keeps such names for itself.", code="lvm-name-reserved", parameter=parameter, found=repr(name), fix="use another name."
        )
    return name


def check_length(group: str, name: str, parameter: str) -> None:
    """Refuse what the kernel has no room for: DM_NAME_LEN, the end of the text included (linux/dm-ioctl.h)."""
    path = posixpath.basename(lv_mapper_path(f"/dev/{group}/{name}"))
    if len(path) > 127:
        raise InvalidRequest(
            "the kernel has 127 bytes for the names of a volume group and a volume together, in which a hyphen takes two.",
            code="lvm-name-long",
            parameter=parameter,
            found=path,
            fix="use a shorter name.",
        )


def check_tags(tags: Iterable[str], parameter: str) -> Tuple[str, ...]:
    """Tags that LVM accepts, sorted."""
    for tag in tags:
        if not _TAG.fullmatch(tag):
            raise InvalidRequest(
                "not a tag for LVM.", code="lvm-tag", parameter=parameter, found=repr(tag), fix="use letters, digits and _ + . - / = ! : # &."
            )
        if reserved(tag):
            raise InvalidRequest(
                "this collection notes with such tags which file systems it made.",
                code="lvm-tag-reserved",
                parameter=parameter,
                found=repr(tag),
                fix=f"use a tag other than {UNFORMATTED} and {MADE}UUID.",
            )
    return tuple(sorted(set(tags)))
