# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The udev rules that keep the host from believing what guests write on raw volumes. Pure text.

No link by UUID or label leads there, and nothing there is assembled. A guest who writes the UUID of a neighbour's file system, or of the
machine's own, would else be mounted in its place at the next boot.
"""

from __future__ import annotations

import re
from typing import Iterable, List

#: After the rules that probe disks and make the links of disks and device-mapper devices (60-persistent-storage.rules and its relatives,
#: 13-dm-disk.rules), and before those that assemble what a probe found (63-md-raid-arrays, 64-btrfs, 69-lvm and others).
PATH = "/etc/udev/rules.d/61-cairn-storage-local.rules"

_HEAD = """\
# Written by cairn.storage.local_volumes: raw local volumes hold what pods write there.
SUBSYSTEM!="block", GOTO="cairn_local_end"
ACTION=="remove", GOTO="cairn_local_end"
"""
#: What a probe found, as far as other rules and systemd go by it (udev(7), "SYMLINK"; libblkid's names in blkid(8)).
_TAIL = """\
GOTO="cairn_local_end"
LABEL="cairn_local_raw"
SYMLINK-="disk/by-uuid/$env{ID_FS_UUID_ENC}", SYMLINK-="disk/by-label/$env{ID_FS_LABEL_ENC}"
SYMLINK-="disk/by-partuuid/$env{ID_PART_ENTRY_UUID}", SYMLINK-="disk/by-partlabel/$env{ID_PART_ENTRY_NAME}"
ENV{ID_FS_TYPE}="", ENV{ID_FS_USAGE}="", ENV{ID_FS_UUID}="", ENV{ID_FS_UUID_ENC}="", ENV{ID_FS_LABEL}="", ENV{ID_FS_LABEL_ENC}=""
LABEL="cairn_local_end"
"""
_LINE = re.compile(r'^SYMLINK=="([^|"]+)\|', re.MULTILINE)


def rules(devices: Iterable[str]) -> str:
    """The file for raw ``devices``, by their lasting paths; nothing for none. Partitions that a guest makes are his as well."""
    names = [re.sub(r"[^A-Za-z0-9#+.:=@_/-]", "?", path[len("/dev/") :]) for path in sorted(devices)]
    lines = "".join(f'SYMLINK=="{name}|{name}-part*", GOTO="cairn_local_raw"\n' for name in names)
    return _HEAD + lines + _TAIL if lines else ""


def guarded(text: str) -> List[str]:
    """The paths that the file names."""
    return [f"/dev/{name}" for name in _LINE.findall(text)]
