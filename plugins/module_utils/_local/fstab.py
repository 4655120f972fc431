# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Our lines in /etc/fstab; all others stay byte for byte. Pure text."""

from __future__ import annotations

import re
from typing import Dict, Iterable, List, Mapping, Sequence

from .._block.boot import MARK
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
    return row.split()[3].partition(f",{_SAFE[0]}")[0].split(",") if f",{_SAFE[0]}" in row else []


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


def _octal(source: str) -> str:
    """As fstab(5) writes what would end a field, or begin such a number."""
    return re.sub(r"[\\\s#]", lambda match: f"\\{ord(match[0]):03o}", source)


def bind_line(directory: str, path: str, storage_class: str) -> str:
    """The line for one directory; systemd itself mounts what it stands on first."""
    return " ".join((directory, path, "none", ",".join(("bind", *_SAFE, MARK + storage_class)), "0", "0"))


def _mount_point(text: str) -> str:
    fields = text.split()
    return fields[1] if len(fields) > 1 and not fields[0].startswith("#") else ""


def ours(text: str) -> Dict[str, str]:
    """Our lines by mount point."""
    return {_mount_point(row): row for row in text.splitlines() if _mount_point(row) and MARK in row}


def bound(text: str, folder: str) -> Dict[str, str]:
    """Mount points of ours below ``folder`` by the directory that is mounted there."""
    rows = [row.split() for path, row in ours(text).items() if path.startswith(f"{folder}/")]
    return {fields[0]: fields[1] for fields in rows if fields[2] == "none"}


def check_foreign(text: str, paths: Iterable[str]) -> None:
    """Refuse to share a mount point with a line that is not ours."""
    wanted = set(paths)
    for row in text.splitlines():
        if _mount_point(row) in wanted and MARK not in row:
            raise Conflict(
                "another line of /etc/fstab claims the mount point of a local volume.",
                code="fstab-foreign",
                parameter="base_dir",
                found=row.strip(),
                fix="remove that line.",
            )


def edit(text: str, put: Mapping[str, str], drop: Iterable[str]) -> str:
    """``text`` with the lines ``put`` (by mount point) replaced or added at the end, and those of the mount points ``drop`` gone."""
    left = dict(put)
    gone = set(drop)
    rows = []
    for row in text.splitlines(keepends=True):
        point = _mount_point(row)
        if point and MARK in row:
            if point in gone:
                continue
            if point in left:
                row = left.pop(point) + "\n"
        rows.append(row)
    if left and rows and not rows[-1].endswith("\n"):
        rows[-1] += "\n"
    return "".join(rows) + "".join(row + "\n" for row in left.values())
