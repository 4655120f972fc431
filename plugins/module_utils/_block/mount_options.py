# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.


"""What a volume may be mounted with: an allow list of options, each with the type of its value. Pure.

Nothing passes that changes another mount, names a file or a device, lets others than root mount, has systemd do something, or
lets a file have blocks before they are written: after a crash it would show what an earlier tenant had there.
"""

from __future__ import annotations

import re
from typing import Collection, Dict, Mapping, Sequence, Tuple

from .._core.errors import InvalidRequest
from .option_values import Check, bare, number, one_of, optional, pattern

#: user:role:type:level; with commas between categories mount(8) would take it for several options.
_LABEL = r"[a-z0-9_]{1,64}:[a-z0-9_]{1,64}:[a-z0-9_]{1,64}(:s[0-9]{1,2}(:c[0-9]{1,4}(\.c[0-9]{1,4})?)?)?"
_ID, _COUNT = number(0, 2**32 - 1), number(0, 2**31 - 1)
#: mount(8), "FILESYSTEM-INDEPENDENT MOUNT OPTIONS".
_GENERIC: Dict[str, Check] = {
    **dict.fromkeys(
        (
            "ro rw async sync dirsync atime noatime diratime nodiratime relatime norelatime strictatime nostrictatime lazytime nolazytime "
            "exec noexec nosuid nodev iversion noiversion mand nomand nosymfollow silent loud _netdev nofail"
        ).split(),
        bare,
    ),
    # One label for all files, for which a policy can be written: it names no file, and SELinux itself refuses one that it does not know.
    "context": pattern(_LABEL, "a label of SELinux without commas"),
}
#: ext4(5). Not errors=panic, by which a damaged volume would take the node down.
_EXT4: Dict[str, Check] = {
    **dict.fromkeys(
        (
            "acl noacl user_xattr nouser_xattr delalloc nodelalloc discard nodiscard grpid nogrpid bsdgroups sysvgroups bsddf "
            "minixdf journal_checksum nojournal_checksum noauto_da_alloc dioread_lock dioread_nolock nombcache "
            "noinit_itable i_version quota noquota usrquota grpquota prjquota block_validity noblock_validity prefetch_block_bitmaps "
            "no_prefetch_block_bitmaps"
        ).split(),
        bare,
    ),
    "barrier": optional(one_of("1")),
    "auto_da_alloc": optional(one_of("0", "1")),
    "commit": number(0, 3600),
    "data": one_of("ordered", "journal"),
    "data_err": one_of("abort"),
    "dax": optional(one_of("always", "never", "inode")),
    "errors": one_of("continue", "remount-ro"),
    "init_itable": optional(_COUNT),
    "inode_readahead_blks": _COUNT,
    "journal_ioprio": number(0, 7),
    "max_batch_time": _COUNT,
    "min_batch_time": _COUNT,
    "max_dir_size_kb": _COUNT,
    "resuid": _ID,
    "resgid": _ID,
    "stripe": _COUNT,
}
#: xfs(5).
_XFS: Dict[str, Check] = {
    **dict.fromkeys(
        (
            "attr2 noattr2 discard nodiscard grpid nogrpid bsdgroups sysvgroups filestreams ikeep noikeep inode32 inode64 largeio nolargeio "
            "noalign nouuid noquota quota qnoenforce uquota usrquota uqnoenforce gquota grpquota gqnoenforce pquota prjquota pqnoenforce "
            "swalloc wsync barrier"
        ).split(),
        bare,
    ),
    "allocsize": number(4096, 2**30, "kmg"),
    "dax": optional(one_of("always", "never", "inode")),
    "logbsize": number(0, 2**18, "k"),
    "logbufs": number(2, 8),
    "sunit": _COUNT,
    "swidth": _COUNT,
}
_COMPRESS = optional(pattern(r"no|none|lzo|zlib(:[1-9])?|zstd(:-?[0-9]{1,2})?", "like zstd:3, zlib, lzo or no"))
#: btrfs(5). Not subvol= and subvolid=: it is the whole of it that is looked at.
_BTRFS: Dict[str, Check] = {
    **dict.fromkeys(
        (
            "acl noacl autodefrag noautodefrag clear_cache datacow nodatacow datasum nodatasum nodiscard flushoncommit "
            "noflushoncommit nospace_cache ssd ssd_spread nossd nossd_spread treelog notreelog skip_balance user_subvol_rm_allowed barrier"
        ).split(),
        bare,
    ),
    "commit": number(1, 3600),
    "compress": _COMPRESS,
    "compress-force": _COMPRESS,
    "discard": optional(one_of("sync", "async")),
    "max_inline": number(0, 2**20, "k"),
    "metadata_ratio": _COUNT,
    "space_cache": optional(one_of("v1", "v2")),
    "thread_pool": number(1, 1024),
}
_KNOWN: Mapping[str, Mapping[str, Check]] = {"ext4": _EXT4, "xfs": _XFS, "btrfs": _BTRFS}
#: data=ordered and journal write a file's blocks before the journal says that they are the file's. Barriers carry that order through the cache of the
#: disk; where a battery keeps the cache, the kernel is told so by the disk, and they cost nothing.
_LEAKS = re.compile(r"data=writeback|data_err=ignore|journal_async_commit|nobarrier|barrier=0")
#: Why some that are asked for are not to be had.
_WHY = (
    (r"(r?bind|move|remount|(make-)?r?(shared|slave|private|unbindable))", "it changes other mounts"),
    (r"(suid|dev)", "it is so unless nosuid or nodev is said"),
    (r"(loop|offset|sizelimit|u?helper|.*dev|device|journal.*|.*jquota|subvol.*|sb|verity.*)(=.*)?", "it leads to something other than the volume"),
    (r"(x-|comment).*", "it has systemd or mount(8) do more than mount"),
    (r"(users?|nousers?|owner|group)(=.*)?", "only root mounts volumes"),
    (r"(no)?auto|defaults|fail", "at boot the volume would not be mounted safely"),
    (r".*context=.*", "of labels only context= is told, without commas"),
    (r"errors=panic|fatal_errors=.*", "a damaged volume would take the node down"),
)


def parse_mount(kind: str, options: Sequence[str], here: str, more: Collection[str] = ()) -> Tuple[str, ...]:
    """Options for mounting a file system of ``kind``, one in each item; ``more`` are names that mean nothing where they are told."""
    for option in options:
        if not re.fullmatch(r"[^\s,\"'\\]{1,256}", option):
            raise InvalidRequest(
                "not a mount option.",
                code="mount-option",
                parameter=here,
                found=repr(option[:120]),
                fix="give one option in each item, without blanks and commas.",
            )
        name, equals, value = option.partition("=")
        check = {**_GENERIC, **_KNOWN[kind], **dict.fromkeys(more, bare)}.get(name)
        why = next((words for expression, words in _WHY if re.fullmatch(expression, option)), f"it is no option that is known of {kind}")
        trouble = why if check is None else f"{name} lacks a value after =" if equals and not value else check(value)
        if _LEAKS.fullmatch(option):
            trouble = "after a crash or a failed write a file could show what an earlier tenant had in its blocks"
        if trouble:
            raise InvalidRequest(
                f"a volume with {kind} is not mounted with this option.",
                code="mount-option-refused",
                parameter=here,
                found=f"{option!r}, {trouble}",
                fix="correct it or take it out.",
            )
    return tuple(options)
