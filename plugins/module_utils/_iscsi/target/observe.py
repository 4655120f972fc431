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
from ..._core import files
from . import kernel, saved
from .keep import same
from .model import BLOCK, FILEIO, Target
from .seen import Document, File, Observed
from .view import restrict

#: Where targetcli keeps its file: as Debian has patched it, and as it came.
_FOLDERS = ("/etc/rtslib-fb-target", "/etc/target")
_LVM = ("/etc/lvm/lvm.conf", "/etc/lvm/lvmlocal.conf")


def saved_path() -> str:
    """The file of this distribution."""
    debian = os.path.isdir(_FOLDERS[0]) or os.path.exists("/etc/debian_version")
    return os.path.join(_FOLDERS[0 if debian else 1], "saveconfig.json")


def observe(wish: Target, base_dir: str) -> Observed:
    """One walk of configfs and a few files; the machine's devices are looked at only if one of them is to get a backstore."""
    path = saved_path()
    document = saved.load(files.text(path), path)
    seen = running(wish, document)
    blocks = [each for each in wish.backstores if each.kind == BLOCK]
    numbers = device_numbers(each.path for each in blocks)
    there = {each.key: each for each in seen.running.backstores}
    new = any(each.key not in there or not same(there[each.key], each, numbers.get(each.path, "")) for each in blocks)
    return Observed(
        seen.running,
        seen.kernel,
        document,
        path,
        devices.observe(base_dir, logical_volumes=lambda volume: True) if new else Host(),
        numbers,
        {each.path: _file(each.path) for each in wish.backstores if each.kind == FILEIO},
        _absent(each.portal.address for group in wish.groups for each in group.portals),
        bool(blocks) and scans_lvs("\n".join(map(files.text, _LVM))),
    )


def running(wish: Target, document: Document) -> Observed:
    """The kernel's part alone, which is all that is needed to restore what is saved."""
    shared = kernel.survey()
    keys = [each.key for each in (*wish.backstores, *saved.target(document, wish.name).backstores)]
    return Observed(restrict(kernel.target(wish.name, shared, wish, keys), wish), shared, document)


def device_numbers(paths: Iterable[str]) -> Dict[str, str]:
    """``major:minor`` of block devices by path, empty for what is something else; paths that lead nowhere are left out."""
    found = {}
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            continue
        found[path] = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}" if stat.S_ISBLK(status.st_mode) else ""
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
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            try:
                probe.bind((address, 0))
            except OSError:
                missing.add(address)
    return frozenset(missing)


def scans_lvs(text: str) -> bool:
    """Whether LVM's configuration makes it look into logical volumes; it does not by itself (lvm.conf(5), devices/scan_lvs)."""
    found = re.findall(r"^\s*scan_lvs\s*=\s*(\d)", text, re.MULTILINE)
    return bool(found) and found[-1] == "1"
