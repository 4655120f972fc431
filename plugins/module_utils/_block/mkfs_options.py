# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.


"""What mkfs may be told: an allow list of options, each with the type of its value. Pure.

It is given as root, on the host. So nothing passes that names a file, a folder, a device or a configuration; nor what whoever makes the file system
says itself (label, UUID, size, type), what overrides mkfs's own refusals (``-F``, ``-f``), or what leaves an earlier tenant's blocks to be read
(``-S``, ``assume_storage_prezeroed``, ``-T hugefiles``, which makes files of blocks that nobody wrote, and ``-O ^has_journal``, by which they
come after a crash).
"""

from __future__ import annotations

import re
from typing import Dict, List, Mapping, Sequence, Tuple

from .._core.errors import InvalidRequest
from .option_values import Check, bare, names, number, one_of, optional, pairs, pattern, percent, power_of_two

#: Characters of all options together; they are kept in a tag of LVM, which has 1024 and takes three for a character that it does not know.
_MOST = 300
_SWITCH, _SWITCHED = one_of("0", "1"), optional(one_of("0", "1"))
_COUNT, _SIZE = number(1, 2**40), number(1, 2**44, "kmg")
#: mke2fs(8), ext4(5).
_EXT4_FEATURES = names(
    *(
        "64bit bigalloc casefold dir_index dir_nlink ea_inode encrypt ext_attr extent extents extra_isize fast_commit filetype flex_bg "
        "has_journal huge_file inline_data large_dir large_file meta_bg metadata_csum metadata_csum_seed mmp orphan_file project quota "
        "resize_inode sparse_super sparse_super2 stable_inodes uninit_bg verity"
    ).split(),
    kept="has_journal",
)
_EXT4: Dict[str, Check] = {
    "-b": power_of_two(1024, 65536),
    "-C": number(1024, 2**29, "km"),
    "-D": bare,
    "-e": one_of("continue", "remount-ro"),
    "-E": pairs(
        {
            "discard": bare,
            "nodiscard": bare,
            "lazy_itable_init": _SWITCHED,
            "lazy_journal_init": _SWITCHED,
            "packed_meta_blocks": _SWITCHED,
            "mmp_update_interval": number(0, 300),
            "num_backup_sb": number(0, 2),
            "orphan_file_size": _SIZE,
            "quotatype": pattern(r"(usr|grp|prj)quota(:(usr|grp|prj)quota){0,2}", "a list like usrquota:grpquota"),
            "resize": _COUNT,
            "root_owner": optional(pattern(r"[0-9]{1,10}:[0-9]{1,10}", "two numbers like 0:0")),
            "root_perms": pattern(r"[0-7]{3,4}", "octal, like 0755"),
            "stride": _COUNT,
            "stripe-width": _COUNT,
            "stripe_width": _COUNT,
        }
    ),
    "-g": number(256, 2**19),
    "-G": power_of_two(1, 2**20),
    "-i": number(1024, 2**26, "km"),
    "-I": power_of_two(128, 65536),
    "-j": bare,
    "-J": pairs({"size": number(1, 2**20), "fast_commit_size": number(1, 2**20)}),
    "-K": bare,
    "-m": percent(50),
    "-N": number(1, 2**32 - 1),
    "-O": _EXT4_FEATURES,
    "-q": bare,
    # Not any name of mke2fs.conf, of which nobody here knows what it says.
    "-T": one_of("default", "small", "big", "huge", "news", "largefile", "largefile4"),
    "-v": bare,
}
#: mkfs.xfs(8).
_XFS: Dict[str, Check] = {
    "-b": pairs({"size": number(512, 65536, "k")}),
    "-d": pairs(
        {
            "agcount": number(1, 10**6),
            "agsize": _SIZE,
            "cowextsize": _COUNT,
            "daxinherit": _SWITCHED,
            "extszinherit": _COUNT,
            "noalign": bare,
            "projinherit": number(0, 2**32 - 1),
            "su": number(0, 2**31, "kmg"),
            "sunit": number(0, 2**31),
            "sw": number(0, 10**4),
            "swidth": number(0, 2**31),
        }
    ),
    "-i": pairs(
        {
            "align": _SWITCHED,
            "attr": one_of("1", "2"),
            "exchange": _SWITCHED,
            "maxpct": number(0, 100),
            "nrext64": _SWITCHED,
            "perblock": number(1, 256),
            "projid32bit": _SWITCHED,
            "size": power_of_two(256, 2048),
            "sparse": _SWITCHED,
        }
    ),
    "-K": bare,
    "-l": pairs(
        {
            "concurrency": optional(number(0, 10**4)),
            "internal": optional(one_of("1")),
            "lazy-count": _SWITCHED,
            "size": _SIZE,
            "su": number(4096, 2**18, "k"),
            "sunit": number(1, 2**10),
            "version": one_of("1", "2"),
        }
    ),
    "-m": pairs(dict.fromkeys(("bigtime", "crc", "finobt", "inobtcount", "reflink", "rmapbt"), _SWITCHED)),
    "-n": pairs({"ftype": _SWITCHED, "parent": _SWITCHED, "size": number(512, 65536, "k"), "version": one_of("2", "ci")}),
    "-q": bare,
    "-s": pairs({"size": number(512, 32768, "k")}),
}
_PROFILE = one_of("single", "dup")
#: mkfs.btrfs(8). On one device alone.
_BTRFS: Dict[str, Check] = {
    "-d": _PROFILE,
    "--data": _PROFILE,
    "-m": _PROFILE,
    "--metadata": _PROFILE,
    "-M": bare,
    "--mixed": bare,
    "-n": number(4096, 65536, "k"),
    "--nodesize": number(4096, 65536, "k"),
    "-s": number(4096, 65536, "k"),
    "--sectorsize": number(4096, 65536, "k"),
    "--csum": one_of("crc32c", "xxhash", "sha256", "blake2"),
    "--checksum": one_of("crc32c", "xxhash", "sha256", "blake2"),
    "-K": bare,
    "--nodiscard": bare,
    "-q": bare,
    "-v": bare,
}
_BTRFS["-O"] = _BTRFS["--features"] = names(
    *("block-group-tree bgt extref free-space-tree fst mixed-bg no-holes quota raid-stripe-tree skinny-metadata squota zoned").split()
)
_KNOWN: Mapping[str, Mapping[str, Check]] = {"ext4": _EXT4, "xfs": _XFS, "btrfs": _BTRFS}


def parse_mkfs(kind: str, words: Sequence[str], here: str) -> Tuple[str, ...]:
    """The words for mkfs of ``kind``, options and values apart; ``-m0`` and ``-m 0`` come out alike."""
    known, rest, told = _KNOWN[kind], [word for each in words for word in each.split(" ")], []  # type: Mapping[str, Check], List[str], List[str]
    while rest:
        word = rest.pop(0)
        if word.startswith("--"):
            flag, equals, value = word.partition("=")
            _take(kind, known, flag, [value] if equals else rest, here, told, attached=bool(equals))
            continue
        letters = word[1:] if re.match("-[A-Za-z]", word) else ""
        if not letters:
            raise _refused(kind, word, "is no option", here)
        while letters:
            flag, letters = f"-{letters[0]}", letters[1:]
            # What follows the letter of an option with a value is that value.
            if known.get(flag) is bare:
                _take(kind, known, flag, [], here, told)
            else:
                _take(kind, known, flag, [letters] if letters else rest, here, told)
                letters = ""
    if len(" ".join(told)) > _MOST:
        raise _refused(kind, f"{' '.join(told)[:60]}...", f"and what follows is longer than {_MOST} characters", here)
    return tuple(told)


def _take(kind: str, known: Mapping[str, Check], flag: str, values: List[str], here: str, told: List[str], attached: bool = False) -> None:
    check = known.get(flag)
    if check is None:
        raise _refused(kind, flag, f"is not one of {', '.join(known)}", here)
    if check is bare and not attached:
        told.append(flag)
        return
    value = values.pop(0) if values else ""
    trouble = check(value) or ("" if value else "needs a value")
    if trouble:
        raise _refused(kind, f"{flag} {value}".strip(), trouble, here)
    told += [flag, value]


def _refused(kind: str, option: str, trouble: str, here: str) -> InvalidRequest:
    return InvalidRequest(
        f"mkfs.{kind} is only told options that name no file, device, label or UUID and force nothing, with values of their type.",
        code="mkfs-option",
        parameter=here,
        found=f"{option[:120]!r} {trouble}",
        fix="correct it or take it out.",
    )
