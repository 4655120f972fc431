# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What the kernel says of a disk's health, from files alone (Documentation/ABI/testing/sysfs-block-device and the SCSI and NVMe drivers)."""

from __future__ import annotations

import os
from typing import Any, Dict, Optional


def health(kernel_name: str, root: str = "/sys/block") -> Dict[str, Any]:
    """``{state, io_errors, io_timeouts}`` of a disk, each ``None`` where the kernel does not tell."""
    folder = os.path.join(root, kernel_name, "device")
    return {
        "state": _text(os.path.join(folder, "state")),
        "io_errors": _count(_text(os.path.join(folder, "ioerr_cnt"))),
        "io_timeouts": _count(_text(os.path.join(folder, "iotmo_cnt"))),
    }


def _text(path: str) -> Optional[str]:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().strip() or None
    except OSError:
        return None


def _count(text: Optional[str]) -> Optional[int]:
    try:
        # They are written as hexadecimal numbers with their 0x.
        return None if text is None else int(text, 0)
    except ValueError:
        return None
