# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Regular expressions as LVM's device filter reads them (lvm.conf(5), devices/filter). Pure."""

from __future__ import annotations

import re
from typing import Iterable, Optional, Sequence, Tuple

from .._core.errors import InvalidRequest

#: What means something else to LVM, which knows . * + ? | ( ) [ ] ^ $ and a backslash that takes their meaning away.
_UNKNOWN = re.compile(r"\\[A-Za-z0-9]|\(\?|[{}]|[*+?][*+?]|[\"\n]")
_LINK = re.compile(r"/dev/[!-~]{1,250}", re.ASCII)
_DELIMITERS = "|!,@#"


def parse_patterns(patterns: Sequence[str], parameter: str) -> Tuple[str, ...]:
    """``patterns``, each of which LVM and Python read the same way."""
    for index, pattern in enumerate(patterns):
        here = f"{parameter}[{index}]"
        try:
            re.compile(pattern)
        except re.error as error:
            raise InvalidRequest(
                f"not a regular expression: {error}.", code="filter-regex", parameter=here, found=repr(pattern), fix="correct it."
            ) from None
        odd = _UNKNOWN.search(pattern)
        if not pattern or odd or not _delimiter(pattern):
            raise InvalidRequest(
                "LVM reads this otherwise." if pattern else "an empty expression would hide every device.",
                code="filter-syntax",
                parameter=here,
                found=repr(odd.group() if odd else pattern),
                fix="use . * + ? | ( ) [ ] ^ $ alone, with a backslash before those that stand for themselves.",
            )
    return tuple(patterns)


def parse_disks(links: Sequence[str], parameter: str) -> Tuple[str, ...]:
    """An expression for each of the disks that go by ``links``, which a guest may partition: what it writes into a partition is its own as well."""
    for index, link in enumerate(links):
        if not _LINK.fullmatch(link) or {".", ".."} & set(link.split("/")):
            raise InvalidRequest(
                "not the path of a device.",
                code="filter-disk",
                parameter=f"{parameter}[{index}]",
                found=repr(link),
                fix="give the disk's name in /dev/disk/by-id.",
            )
    # kpartx names a partition of a multipath device otherwise than udev names one of a disk.
    escaped = (re.escape(link).replace(r"/dm\-uuid\-mpath\-", r"/dm\-uuid\-(part[0-9]+\-)?mpath\-") for link in links)
    return parse_patterns([f"^{each}(-part[0-9]+)?$" for each in escaped], parameter)


def rejected_by(patterns: Iterable[str], names: Iterable[str]) -> Optional[str]:
    """The pattern by which LVM rejects the device with these ``names``: one of them is enough, an expression is found anywhere in it."""
    known = list(names)
    return next((pattern for pattern in patterns if any(re.search(pattern, name) for name in known)), None)


def configuration(patterns: Sequence[str]) -> str:
    """Lines for lvmlocal.conf. Without patterns there is no filter, which LVM complains of where it has a devices file."""
    lines = ["devices {", "\t# A guest may keep volume groups of its own on what the host gives it.", "\tscan_lvs = 0"]
    if patterns:
        quoted = ", ".join(f'"r{_delimiter(pattern)}{pattern}{_delimiter(pattern)}"' for pattern in patterns)
        lines += ["\t# A device is rejected when any of its names matches, and used when none does.", f"\tglobal_filter = [ {quoted} ]"]
    return "\n".join((*lines, "}"))


def _delimiter(pattern: str) -> str:
    return next((each for each in _DELIMITERS if each not in pattern), "")
