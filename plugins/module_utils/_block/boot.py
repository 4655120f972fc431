# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What the machine mounts, swaps to or opens when it boots: a device that one of these names must not lose what is on it, or the boot stops there.

All but ``observe`` and ``lead`` is pure. fstab(5), crypttab(5), systemd.mount(5), systemd.swap(5).
"""

from __future__ import annotations

import glob
import os
import posixpath
import re
from typing import Callable, FrozenSet, Iterable, Iterator, Tuple

from .._core import files, mounts
from .._core.errors import Refused
from .identity import link_text
from .model import BootEntry, Device, Host, lv_mapper_path
from .probe import as_printed

#: Marks a line of fstab as one of the local volumes of this collection, whose own removal takes it along.
#: mount(8) leaves options that begin with x- to user space.
MARK = "x-cairn.class="

FSTAB, CRYPTTAB = "/etc/fstab", "/etc/crypttab"
#: Where systemd looks for units (systemd.unit(5)), an administrator's before a package's. What a generator wrote stands in one of the tables.
UNITS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_UNIT_FILES = ("*.mount", "*.swap", "*.mount.d/*.conf", "*.swap.d/*.conf")
#: Mount options whose value is a further device of the file system (xfs(5), ext4(5), btrfs(5)).
_DEVICE_OPTIONS = ("logdev", "rtdev", "journal_path", "device")
_TAGS = ("UUID", "LABEL", "PARTUUID", "PARTLABEL", "ID")
_BY = {"by-uuid": "UUID", "by-label": "LABEL", "by-partuuid": "PARTUUID", "by-partlabel": "PARTLABEL"}
#: Gives what a path leads to now, empty where it leads nowhere.
Lead = Callable[[str], str]


def observe() -> Tuple[BootEntry, ...]:
    """All lines that name a device by any of its names."""
    found = [*parse_fstab(files.text(FSTAB), lead), *parse_crypttab(files.text(CRYPTTAB), lead)]
    seen = set()
    for folder in UNITS:
        for path in sorted(each for pattern in _UNIT_FILES for each in glob.glob(f"{folder}/{pattern}")):
            name, real = path[len(folder) :], os.path.realpath(path)
            # A unit takes the place of another's of its name, and one that is masked is none.
            if name not in seen and real != os.devnull:
                found += parse_unit(files.text(real), path, lead)
            seen.add(name)
    return tuple(found)


def lead(path: str) -> str:
    """Where a path leads now. One outside of /dev is asked only if it is a link: a file can be on a network that is gone."""
    if not path.startswith("/dev/") and not os.path.islink(path):
        return ""
    real = os.path.realpath(path)
    return real if real.startswith("/dev/") and os.path.exists(real) else ""


def parse_fstab(text: str, leads: Lead) -> Iterator[BootEntry]:
    """The lines of fstab that name a device; ours aside."""
    for number, row in enumerate(text.split("\n"), 1):
        fields = mounts.fstab(row)
        if len(fields) < 2 or MARK in row:
            continue
        options = fields[3].split(",") if len(fields) > 3 else []
        if {"bind", "rbind"} & set(options):
            continue
        more = [value for name, _equals, value in (option.partition("=") for option in options) if name in _DEVICE_OPTIONS]
        swap = len(fields) > 2 and fields[2] == "swap"
        words = f"swaps to {fields[0]}" if swap else f"mounts {fields[0]} at {fields[1]}"
        for source in (fields[0], *more):
            yield from _entry(f"line {number} of {FSTAB}", words, source, leads)


def parse_crypttab(text: str, leads: Lead) -> Iterator[BootEntry]:
    """The lines of crypttab."""
    for number, row in enumerate(text.split("\n"), 1):
        fields = mounts.fstab(row)
        if len(fields) > 1:
            yield from _entry(f"line {number} of {CRYPTTAB}", f"opens {fields[1]} as {fields[0]}", fields[1], leads)


def parse_unit(text: str, path: str, leads: Lead) -> Iterator[BootEntry]:
    """The device of a mount or swap unit, or of a file that changes one."""
    rows = text.split("\n")
    where = next((row.partition("=")[2].strip() for row in rows if re.match(r"\s*Where\s*=", row)), "")
    for number, row in enumerate(rows, 1):
        if re.match(r"\s*What\s*=", row):
            source = row.partition("=")[2].strip()
            words = f"mounts {source} at {where}" if where else f"uses {source}"
            yield from _entry(f"line {number} of {path}", words, source, leads)


def _entry(place: str, words: str, source: str, leads: Lead) -> Iterator[BootEntry]:
    names, path = names_meant(source, leads)
    if names:
        yield BootEntry(place, words, names, path)


def names_meant(source: str, leads: Lead) -> Tuple[FrozenSet[str], str]:
    """The names of a device, as ``model.names_of`` tells them, of which ``source`` is one; and its path, where it goes by that."""
    tag, equals, value = source.strip("\"'").partition("=")
    if equals and tag in _TAGS:
        return _tagged(tag, value.strip("\"'")), ""
    path = posixpath.normpath(source.strip("\"'"))
    real = leads(path) if path.startswith("/") else ""
    if not path.startswith("/dev/"):
        return frozenset({real} - {""}), ""
    folder, name = posixpath.split(path)
    by = _BY.get(posixpath.basename(folder)) if folder.startswith("/dev/disk/") else None
    if by:
        return _tagged(by, mounts.unescape_hex(name)) | frozenset({real} - {""}), ""
    mapped = f"/dev/mapper/{name[len('dm-name-') :]}" if name.startswith("dm-name-") else lv_mapper_path(path)
    return frozenset({path, mapped, real} - {""}), mapped or path


def _tagged(tag: str, value: str) -> FrozenSet[str]:
    if tag == "ID":
        return frozenset((f"/dev/disk/by-id/{link_text(value)}",))
    if tag.endswith("UUID"):
        return frozenset((f"{tag}={value.lower()}",))
    return frozenset((f"{tag}={value}", f"{tag}={as_printed(value)}"))


def check_boot(host: Host, parameter: str, devices: Iterable[Device], paths: Iterable[str] = ()) -> None:
    """Refuse to take what is on ``devices``, or the logical volumes at ``paths``, away from a boot that needs it."""
    devices = tuple(devices)
    entry = host.boot_entry(devices, paths)
    if entry is None:
        return
    device = next((each.id for each in devices if host.boot_entry((each,))), next(iter(paths), ""))
    unit = entry.place.rpartition(" of ")[2].partition(".d/")[0]
    reload = "" if unit == CRYPTTAB else ", run systemctl daemon-reload"
    raise Refused(
        "the machine is set up to use this when it boots, and may not come up without it.",
        code="boot-mount",
        parameter=parameter,
        found=f"{device}: {entry.place} {entry.words}",
        fix=f"take that line out{reload}, then run again."
        if unit in (FSTAB, CRYPTTAB)
        else f"remove that unit (systemctl disable --now {posixpath.basename(unit)}, then its file){reload}, then run again.",
    )
