# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Our lines in /etc/fstab; all others stay byte for byte. Pure text."""

from __future__ import annotations

import posixpath
import re
from types import MappingProxyType
from typing import Dict, Iterable, List, Mapping, Sequence

from .._block.boot import MARK
from .._core import mounts
from .._core.errors import Conflict

#: A missing disk must not keep the machine from booting, nor boot from ending soon (systemd.mount(5), "FSTAB");
#: kubelet must find the volumes mounted, or pods would write to the disk below.
_SAFE = ("nofail", "x-systemd.before=kubelet.service")


def line(uuid: str, path: str, fs_type: str, options: Sequence[str], storage_class: str, device: str) -> str:
    """The line for one volume on ``device``. A disk that comes after boot is mounted when it comes. Only ext4 has a check at boot that does anything.

    The line goes by the lasting name of the device: the UUID of a file system is what anybody writes who was given a raw device. Only where the
    device has no such name, a kernel name such as /dev/sdb would be worse.
    """
    lasting = lasts(device)
    source = device if lasting else f"UUID={uuid}"
    # Naming what wants the mount takes the place of the default, which is local-fs.target alone.
    wanted = (
        "x-systemd.device-timeout=90s",
        "x-systemd.wanted-by=local-fs.target",
        f"x-systemd.wanted-by={_unit(device if lasting else f'/dev/disk/by-uuid/{uuid}')}",
    )
    fields = (_octal(source), path, fs_type, ",".join((*options, *_SAFE, *wanted, MARK + storage_class)), "0", "2" if fs_type == "ext4" else "0")
    return " ".join(fields)


def lasts(device: str) -> bool:
    """Whether this path still means the same device tomorrow, as that of a disk below /dev/disk or of a logical volume."""
    return device.count("/") > 2


def options_of(row: str) -> List[str]:
    """The mount options of a line of ours that stand before those that are always there."""
    options = mounts.fstab(row)[3]
    return options.partition(f",{_SAFE[0]}")[0].split(",") if f",{_SAFE[0]}" in options else []


def without_uuid(row: str, uuid: str) -> str:
    """A line for a plan's reader, to whom the UUID of a file system that is still to be made says nothing."""
    return row.replace(uuid, "its-new-UUID").replace(_unit(uuid)[: -len(".device")], "its-new-UUID")


def _unit(path: str) -> str:
    """The unit that systemd has for a device, as systemd-escape(1) tells it."""
    letters = (
        "-" if letter == "/" else letter if re.fullmatch("[A-Za-z0-9:_.]", letter) else "".join(f"\\x{byte:02x}" for byte in letter.encode())
        for letter in path.strip("/")
    )
    return "".join(letters) + ".device"


def units(listed: Mapping[str, Sequence[str]], base_dir: str) -> Dict[str, str]:
    """The files among those ``listed`` by folder that are mount units of places below ``base_dir``, by that place."""
    found = {}
    for folder, names in listed.items():
        for name in names:
            stem, _dot, kind = name.rpartition(".")
            if kind in ("mount", "automount"):
                path = "/" + mounts.unescape_hex(stem.replace("-", "/"))
                if path.startswith(f"{base_dir}/"):
                    found.setdefault(path, f"{folder}/{name}")
    return found


def _octal(source: str) -> str:
    """As fstab(5) writes what would end a field, or begin such a number."""
    return re.sub(r"[\\\s#]", lambda match: f"\\{ord(match[0]):03o}", source)


def bind_line(directory: str, path: str, storage_class: str) -> str:
    """The line for one directory; systemd itself mounts what it stands on first."""
    return " ".join((directory, path, "none", ",".join(("bind", *_SAFE, MARK + storage_class)), "0", "0"))


def mount_point(row: str) -> str:
    """The path that a line has something mounted at, plainly; empty where it is none."""
    fields = mounts.fstab(row)
    return posixpath.normpath(fields[1]) if len(fields) > 1 and fields[1].startswith("/") else ""


def rows(text: str) -> List[str]:
    """The lines. They end at a newline alone: what else Python takes for an end can stand in a path."""
    return text.split("\n")


def ours(text: str, places: Mapping[str, str] = MappingProxyType({})) -> Dict[str, str]:
    """Our lines by mount point; ``places`` are the real paths of those that are written with a symbolic link in them."""
    found = ((mount_point(row), row) for row in rows(text) if MARK in row)
    return {places.get(point, point): row for point, row in found if point}


def bound(text: str, folder: str, places: Mapping[str, str] = MappingProxyType({})) -> Dict[str, str]:
    """Mount points of ours below ``folder`` by the directory that is mounted there."""
    found = ((path, mounts.fstab(row)) for path, row in ours(text, places).items() if path.startswith(f"{folder}/"))
    return {fields[0]: path for path, fields in found if fields[2] == "none"}


def check_foreign(text: str, paths: Iterable[str], places: Mapping[str, str] = MappingProxyType({})) -> None:
    """Refuse to share a mount point with a line that is not ours."""
    wanted = set(paths)
    for row in rows(text):
        point = mount_point(row)
        if places.get(point, point) in wanted and MARK not in row:
            raise Conflict(
                "another line of /etc/fstab claims the mount point of a local volume.",
                code="fstab-foreign",
                parameter="base_dir",
                found=row.strip(),
                fix="remove that line.",
            )


def edit(text: str, put: Mapping[str, str], drop: Iterable[str]) -> str:
    """``text`` with the lines ``put`` (by mount point) replaced or added at the end, and those of the mount points ``drop`` gone."""
    left, gone = dict(put), set(drop)
    kept = []
    for row in rows(text):
        point = mount_point(row) if MARK in row else ""
        if not point or point not in gone:
            kept.append(left.pop(point, row))
    if left:
        # What ends the file is a newline, and nothing follows it.
        kept = [*(kept[:-1] if kept[-1:] == [""] else kept), *left.values(), ""]
    elif kept[-1:] != rows(text)[-1:]:
        kept.append("")
    return "\n".join(kept)
