# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a logical volume's tags say of it: all that the driver knows. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Iterable, Optional, Tuple
from urllib.parse import quote, unquote

from .collection import Command, LogicalVolume, command

_PREFIX = "cairn.csi."
_WHOLE, _NAME = re.compile(r"[0-9]{1,19}"), re.compile(r"[A-Za-z0-9+_.-]+/[A-Za-z0-9+_.-]+")
#: What facts look like that are more than text, and what stands for those without a tag.
_FORMS = {**dict.fromkeys(("bytes", "created", "copied"), (_WHOLE, "0")), "origin": (_NAME, "a/b")}
#: Of a volume that is to have a file system and has none yet: nothing is lost when one is made.
UNMADE = "no"


@dataclass(frozen=True)
class Facts:
    """A volume's facts; empty ones have no tag.

    ``kind`` is volume, snapshot, inline (it goes with its pod), work (a snapshot that stands for as long as it is copied from) or growth (the extents
    that a raw volume is to get, while they are zeroed). ``made`` is the UUID of the file system that was made on it, UNMADE before that, and empty
    where a version before this one made the volume. ``source`` is the id of the snapshot or volume that it was made from.
    ``state`` is ``copying``, ``zeroing`` or ``wiping`` while that goes on; ``origin`` is the logical volume that is copied from meanwhile,
    and ``copied`` how many bytes have been copied or zeroed. ``bytes`` is the size of the volume that a snapshot is of.
    ``limits`` is as in limits.py, ``pod`` the UID of an inline volume's pod. ``pool_ratio`` is what the class has said of the thin pool, if anything,
    ``zero_new`` is ``false`` where the class of a raw volume says that its extents need not be zeroed first.
    """

    kind: str
    name: str
    access: str = ""
    layout: str = ""
    source: str = ""
    wipe: str = ""
    limits: str = ""
    pool_ratio: str = ""
    mkfs: str = ""
    made: str = ""
    bytes: int = 0
    created: int = 0
    pod: str = ""
    state: str = ""
    origin: str = ""
    copied: int = 0
    zero_new: str = ""

    @property
    def zeroed(self) -> bool:
        """Whether it gets extents only once they are zeroed: raw volumes do, of which a pod reads all; a thin pool zeroes by itself."""
        return self.access == "block" and self.layout != "thin" and self.zero_new != "false"

    @property
    def tags(self) -> Tuple[str, ...]:
        """The tags that say so. LVM takes ``#`` but neither ``%`` nor ``~``."""
        told = ((each.name, getattr(self, each.name)) for each in fields(self))
        return tuple(sorted(f"{_PREFIX}{key}={quote(str(value), safe='/:').replace('~', '%7E').replace('%', '#')}" for key, value in told if value))


def facts(volume: LogicalVolume) -> Optional[Facts]:
    """What the tags say; ``None`` for what is not the driver's."""
    return read_tags(volume.tags)


def read_tags(tags: Iterable[str]) -> Optional[Facts]:
    """The reverse of ``Facts.tags``. Tags of a later version are passed over."""
    pairs = (tag[len(_PREFIX) :].partition("=") for tag in tags if tag.startswith(_PREFIX))
    values = {key: unquote(value.replace("#", "%")) for key, _equals, value in pairs}
    if not values.get("kind") or not values.get("name"):
        return None
    known = {each.name: each.type for each in fields(Facts)}
    # What the driver would not have written is not its own, and stops nobody.
    if any(not form.fullmatch(values.get(key, "") or default) for key, (form, default) in _FORMS.items()):
        return None
    return Facts(**{key: int(value) if known[key] == "int" else value for key, value in values.items() if key in known})  # type: ignore[arg-type]


def retag(path: str, before: Facts, **changes: object) -> Command:
    """The one command that changes what the tags of ``path`` (group/volume) say."""
    after = replace(before, **changes)  # type: ignore[arg-type]
    gone, new = (sorted(set(one) - set(other)) for one, other in ((before.tags, after.tags), (after.tags, before.tags)))
    return command("lvchange", *(part for tag in gone for part in ("--deltag", tag)), *(part for tag in new for part in ("--addtag", tag)), path)
