# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What has to be known of a machine to plan one of its targets: configfs, the saved file, and of what its backstores stand on."""

from __future__ import annotations

import os
import re
import socket
import stat
from typing import Dict, FrozenSet, Iterable

from ..._block import observe as devices
from ..._block.model import Host
from ..._block.sysfs import device_number
from ..._core import files
from . import kernel, saved_file
from .keep import same
from .model import BLOCK, FILEIO, Target
from .seen import File, Observed

_LVM = ("/etc/lvm/lvm.conf", "/etc/lvm/lvmlocal.conf")


def observe(wish: Target, base_dir: str) -> Observed:
    """One walk of configfs and a few files; the machine's devices are looked at only if one of them is to get a backstore."""
    path, document = saved_file.read()
    shared, found = kernel.running(wish, document)
    blocks = [each for each in wish.backstores if each.kind == BLOCK]
    numbers = device_numbers(each.path for each in blocks)
    there = {each.key: each for each in found.backstores}
    new = any(each.key not in there or not same(there[each.key], each, numbers.get(each.path, "")) for each in blocks)
    return Observed(
        found,
        shared,
        document,
        path,
        devices.observe(base_dir, logical_volumes=lambda volume: True, claim=False) if new else Host(),
        numbers,
        {each.path: _file(each.path) for each in wish.backstores if each.kind == FILEIO},
        _absent(each.portal.address for group in wish.groups for each in group.portals),
        bool(blocks) and scans_lvs("\n".join(map(files.text, _LVM))),
    )


def device_numbers(paths: Iterable[str]) -> Dict[str, str]:
    """``major:minor`` of block devices by path, empty for what is something else; paths that lead nowhere are left out."""
    found = {}
    for path in paths:
        try:
            found[path] = device_number(path)
        except OSError:
            continue
    return found


def _file(path: str) -> File:
    try:
        status = os.stat(path)
    except OSError:
        return File(folder=os.path.isdir(os.path.dirname(path)))
    return File(status.st_size, stat.S_ISREG(status.st_mode))


def _absent(addresses: Iterable[str]) -> FrozenSet[str]:
    """Those that no interface has: the kernel would not let anybody listen there."""
    missing = set()
    for address in addresses:
        try:
            # A kernel without IPv6 has no such sockets at all.
            with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
                probe.bind((address, 0))
        except OSError:
            missing.add(address)
    return frozenset(missing)


def scans_lvs(text: str) -> bool:
    """Whether LVM's configuration makes it look into logical volumes; it does not by itself (lvm.conf(5), devices/scan_lvs)."""
    found = re.findall(r"^\s*scan_lvs\s*=\s*(\d)", text, re.MULTILINE)
    return bool(found) and found[-1] == "1"
