# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which of the wished mount options are in force, by what the kernel shows of a mount. Pure.

A remount is answered with success and can have changed nothing, and what fstab says counts from the next mount on. So the kernel is asked: its
table of mounts names what is not as it would be without options. What it shows in no way is told apart from that (``shown``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Collection, Dict, FrozenSet, Iterator, List, Optional, Sequence, Tuple

from .._core.mounts import Mount


@dataclass(frozen=True)
class Difference:
    """``wanted`` is what brings it into force, ``found`` what is in force instead (empty for nothing); ``remount`` whether a remount is enough."""

    wanted: str
    found: str
    remount: bool
    #: Whether it was asked for; else it is left of what was.
    asked: bool

    def __str__(self) -> str:
        if not self.asked:
            return f"with {self.found}"
        return f"without {self.wanted}" + (f" but with {self.found}" if self.found else "")


@dataclass(frozen=True)
class _Way:
    """One of the ways in which a mount can be: ``words`` ask for it, the first of them is the usual one; the kernel shows ``token``."""

    words: Tuple[str, ...]
    token: str = ""


@dataclass(frozen=True)
class _Choice:
    """Ways that exclude each other. The first is that without any option, unless the kernel chooses ``itself`` then."""

    ways: Tuple[_Way, ...]
    remount: bool = False
    itself: bool = False

    def words(self) -> FrozenSet[str]:
        return frozenset(word for way in self.ways for word in way.words)

    def covers(self, option: str) -> bool:
        return option in self.words()

    def compare(self, wished: Sequence[str], shown: Collection[str], told: Collection[str]) -> Optional[Difference]:
        asked = next((way for option in reversed(wished) for way in self.ways if option in way.words), None)
        if asked is None and self.itself:
            return None
        want = asked or self.ways[0]
        found = next((way for way in self.ways if way.token in shown), None) or next((way for way in self.ways if not way.token), None)
        if found is None or found is want or want.token in told:
            return None
        return Difference(want.words[0], found.token, self.remount, asked is not None)


@dataclass(frozen=True)
class _Value:
    """An option with a value; ``undo`` is what takes it away, where the kernel shows it only if it was asked for."""

    name: str
    undo: str = ""
    remount: bool = False

    def covers(self, option: str) -> bool:
        return option.partition("=")[0] == self.name

    def compare(self, wished: Sequence[str], shown: Collection[str], told: Collection[str]) -> Optional[Difference]:
        asked = next((option for option in reversed(wished) if self.covers(option)), "")
        found = next((token for token in sorted(shown) if self.covers(token)), "")
        if not asked:
            return Difference(self.undo, found, self.remount, False) if found and self.undo else None
        values = {_plain(token.partition("=")[2]) for token in (*shown, *told) if self.covers(token)}
        value = _plain(asked.partition("=")[2])
        # What the kernel adds to a value is its own choice, as the level of compress=zstd:3.
        if any(each == value or each.startswith(f"{value}:") for each in values):
            return None
        return None if asked == self.undo and not found else Difference(asked, found, self.remount, True)


def _plain(value: str) -> str:
    match = re.fullmatch(r"([0-9]+)([kmg]?)", value.lower())
    return str(int(match[1]) << {"": 0, "k": 10, "m": 20, "g": 30}[match[2]]) if match else value


def _switch(on: str, off: str, *also: str, remount: bool = False, itself: bool = False) -> _Choice:
    """What is on by the word ``on``, or by ``also``, and then shown; what takes it away is ``off``."""
    return _Choice((_Way((off,)), _Way((on, *also), on)), remount, itself)


#: Of one mount alone, in its own options.
_OF_MOUNT = (
    _Choice((_Way(("rw",), "rw"), _Way(("ro",), "ro")), remount=True),
    _Choice(
        (
            _Way(("relatime", "atime", "norelatime", "nostrictatime"), "relatime"),
            _Way(("noatime",), "noatime"),
            _Way(("strictatime",)),
        ),
        remount=True,
    ),
    _switch("nodiratime", "diratime", remount=True),
    _switch("noexec", "exec", remount=True),
    _switch("nosuid", "suid", remount=True),
    _switch("nodev", "dev", remount=True),
    _switch("nosymfollow", "symfollow", remount=True),
)
#: Of the whole file system, whatever its type. mount(8) has no word that takes dirsync away.
_OF_ANY = (
    _switch("sync", "async", remount=True),
    _switch("lazytime", "nolazytime", remount=True),
    _switch("dirsync", "no dirsync"),
)
_QUOTAS = tuple(
    _Choice(
        (
            _Way((f"no {kind} quota", "noquota")),
            _Way((f"{kind}quota", *also), f"{kind}quota"),
            _Way((f"{letter}qnoenforce", *loose), f"{letter}qnoenforce"),
        )
    )
    for kind, letter, also, loose in (
        ("usr", "u", ("uquota", "quota"), ("qnoenforce",)),
        ("grp", "g", ("gquota",), ()),
        ("prj", "p", ("pquota",), ()),
    )
)
#: What a remount changes is an allow list: of the rest the kernel refuses some and passes over some without a word (xfs_fs_reconfigure).
_OF_TYPE: Dict[str, tuple] = {
    "ext4": (
        _switch("discard", "nodiscard", remount=True),
        _Value("commit", "commit=0", remount=True),
        _Value("errors", remount=True),
        _Value("data"),
        _switch("nodelalloc", "delalloc"),
        _switch("grpid", "nogrpid", "bsdgroups"),
        *(_switch(f"{kind}quota", f"no {kind} quota") for kind in ("usr", "grp", "prj")),
    ),
    "xfs": (
        _Choice((_Way(("inode64",), "inode64"), _Way(("inode32",), "inode32")), remount=True),
        _switch("discard", "nodiscard"),
        *_QUOTAS,
        _switch("grpid", "nogrpid", "bsdgroups"),
        _switch("largeio", "nolargeio"),
        _switch("ikeep", "noikeep"),
        *(_switch(word, f"no {word}") for word in ("filestreams", "swalloc", "wsync", "noalign", "nouuid")),
        _Choice((_Way(("dax=inode",)), _Way(("dax=always", "dax"), "dax=always"), _Way(("dax=never",), "dax=never"))),
        _Value("allocsize", "no allocsize"),
        _Value("logbsize"),
        _Value("logbufs"),
    ),
    "btrfs": (
        _Choice((_Way(("nodiscard",)), _Way(("discard", "discard=sync"), "discard"), _Way(("discard=async",), "discard=async")), True, True),
        _switch("autodefrag", "noautodefrag", remount=True),
        _switch("flushoncommit", "noflushoncommit", remount=True),
        _switch("notreelog", "treelog", remount=True),
        _switch("noacl", "acl"),
        _switch("user_subvol_rm_allowed", "no user_subvol_rm_allowed"),
        _Value("commit", "commit=30", remount=True),
        _Value("compress", "compress=no", remount=True),
    ),
}
#: What mount(8) and systemd go by, and the kernel never hears of.
_NOT_THE_KERNELS = frozenset("_netdev nofail silent loud".split())


def differences(kind: str, wished: Sequence[str], mount: Mount, told: Collection[str] = ()) -> List[Difference]:
    """What is not in force of ``wished``, and what is in force beyond it; ``told`` are all options that ext4 tells of in /proc/fs."""
    words = [_usual(kind, option) for option in wished]
    of_mount = (each.compare(words, mount.options, ()) for each in _OF_MOUNT)
    of_whole = (each.compare(words, mount.whole, told) for each in (*_OF_ANY, *_OF_TYPE[kind]))
    return [each for each in (*of_mount, *of_whole) if each]


def _usual(kind: str, option: str) -> str:
    """btrfs takes a bare compress for zlib, and none for no."""
    return {"compress": "compress=zlib", "compress=none": "compress=no"}.get(option, option) if kind == "btrfs" else option


def unseen(kind: str, before: Sequence[str], wished: Sequence[str]) -> Iterator[Difference]:
    """What differs between two wishes and the kernel shows in no way, so that only a new mount is known to bring it."""
    for option in sorted(set(before) ^ set(wished)):
        if option and option not in _NOT_THE_KERNELS and not any(each.covers(option) for each in (*_OF_MOUNT, *_OF_ANY, *_OF_TYPE[kind])):
            yield Difference(option, "" if option in wished else option, False, option in wished)


def remounted(kind: str, wished: Sequence[str], changes: Sequence[Difference]) -> Tuple[str, ...]:
    """The options for a remount: what is to change, and what older kernels take for gone where it is not said again."""
    flags = [option for option in wished if any(each.covers(option) for each in (*_OF_MOUNT, *_OF_ANY)) and option != "dirsync"]
    return tuple(dict.fromkeys((*flags, *(each.wanted for each in changes))))
