# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a volume's file system is to be made. Pure.

That nothing is seen on a volume does not say that nothing is there: an overwritten superblock hides a file system that can be repaired. So a tag says
whether one was made, before anything is mounted, and what was made once is never made again.
"""

from __future__ import annotations

import uuid
from typing import Callable, Sequence, Tuple

from .collection import Refused, Signature, places
from .inventory import Found
from .names import fs_uuid
from .tags import UNMADE

#: Where a part of a volume is read: offset and bytes.
Place = Tuple[int, int]
#: The head of a file system that its first piece is looked for in: xfs has its UUID in nearly every block there.
_HEAD = 1024**2


def to_make(found: Found, holds: Sequence[Signature], unfinished: bool, read: Callable[[Place], bytes]) -> bool:
    """Whether the file system has to be made; ``Refused`` when what is there, or is not seen any more, forbids it.

    ``unfinished``: mkfs was killed while it wrote. ``read`` gives a piece of the volume.
    """
    wanted, facts, name = found.facts.access, found.facts, found.id.name
    if unfinished or not holds:
        if facts.made == UNMADE or (not facts.made and not _traces(found, unfinished, read)):
            return True
        raise Refused(
            "the file system that was made on the volume is not seen any more; it is not made anew, for that would destroy it.",
            code="fs-damaged",
            parameter="volume_id",
            found=f"no valid superblock on {name}" + (f", which had UUID {facts.made}" if facts.made and facts.made != UNMADE else ""),
            fix=f"copy {found.id.path}, then repair it by {_REPAIR[wanted].format(found.id.path)}; without data to keep, delete the claim.",
        )
    if [each.type for each in holds] != [wanted]:
        raise Refused(
            "the volume holds something else.",
            code="fs-differs",
            parameter="volume_capability.mount.fs_type",
            found=f"{', '.join(map(str, holds))} instead of {wanted}",
            fix="back its data up, and make a new volume.",
        )
    known = expected(found)
    if known and holds[0].uuid != known:
        # LVM was killed before it wiped what stood there before: it is another tenant's.
        raise Refused(
            "the volume holds a file system that was not made for it.",
            code="fs-foreign",
            parameter="volume_id",
            found=f"UUID {holds[0].uuid} instead of {known}",
            fix="delete the claim and make a new one; if somebody changed the UUID, change it back.",
        )
    return False


#: What repairs a file system; that of ext4 by a copy of its superblock, in the second group of blocks of 4 KiB, or of 1 KiB in small volumes.
_REPAIR = {"ext4": "e2fsck -b 32768 {0} (or -b 8193)", "xfs": "xfs_repair {0}"}


def expected(found: Found) -> str:
    """The UUID that the volume's file system has to have; empty where nobody knows: a copy has that of what it is of."""
    if found.facts.made not in ("", UNMADE):
        return found.facts.made
    return "" if found.facts.source else fs_uuid(found.facts.name)


def _traces(found: Found, unfinished: bool, read: Callable[[Place], bytes]) -> bool:
    """Whether a volume of the version before, which kept no note, looks as if a file system had been made on it."""
    if unfinished:
        # The kernel mounts none that mkfs has not finished, so there is no data in it.
        return False
    if found.facts.source:
        # What was copied has a name that nobody knows any more, so anything at all counts.
        return any(read((0, _HEAD)))
    # Blocks of a volume that was deleted may bear what was made there; of this one's own it is by the UUID.
    own = uuid.UUID(fs_uuid(found.facts.name)).bytes
    return any(own in read(place) for place in places(found.bytes))
