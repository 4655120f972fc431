# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which volume group a physical volume belongs to that LVM does not show, from the label and the metadata on the device itself.

The layout is that of LVM's own sources (lib/label/label.h, lib/format_text/layout.h). Whoever was given the device could have written all of it:
it is told to a person, and nothing is done for it.
"""

from __future__ import annotations

import os
import re
import struct
from typing import Callable, Tuple

_SECTOR, _LABEL_SECTORS = 512, 4
#: The metadata is a ring behind a header of one sector. Name and system id come first in the text.
_HEADER, _MOST = 512, 16 * 1024
_MAGIC = b"\x20LVM2\x20x[5A%r0N*>"
_AREAS = 8
_NAME = re.compile(rb"([A-Za-z0-9+_.-]{1,127}) \{\n")
_SYSTEM_ID = re.compile(rb'^system_id = "([A-Za-z0-9+_.-]{1,128})"$', re.MULTILINE)


def owner(path: str) -> Tuple[str, str]:
    """Name and system id of the volume group, each empty where none can be read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return parse(lambda start, length: os.pread(descriptor, length, start))
    except (OSError, struct.error, OverflowError):
        return "", ""
    finally:
        os.close(descriptor)


def parse(read: Callable[[int, int], bytes]) -> Tuple[str, str]:
    """The same from what ``read`` gives for a place and a length in bytes."""
    label, here = b"", 0
    for here in range(0, _LABEL_SECTORS * _SECTOR, _SECTOR):
        label = read(here, _SECTOR)
        if label[:8] == b"LABELONE":
            break
    else:
        return "", ""
    (offset,) = struct.unpack_from("<I", label, 20)
    # Behind the identifier and the size of the device: places of data, then of metadata, each list with an end of zeroes.
    place, areas = offset + 40, 0
    while areas < _AREAS and struct.unpack_from("<Q", label, place) != (0,):
        place, areas = place + 16, areas + 1
    start, length = struct.unpack_from("<QQ", label, place + 16)
    header = read(start, _HEADER)
    if not length or header[4:20] != _MAGIC:
        return "", ""
    at, size = struct.unpack_from("<QQ", header, 40)
    text = read(start + at, min(size, _MOST, length - at))
    if len(text) < size:
        text += read(start + _HEADER, min(size - len(text), _MOST))
    name, system = _NAME.match(text), _SYSTEM_ID.search(text)
    return name[1].decode("ascii") if name else "", system[1].decode("ascii") if system else ""
