# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which of a device's names last: a WWN belongs to the disk, a by-path name to the slot, a kernel name to the moment."""

from __future__ import annotations

import posixpath
import re
from typing import Iterable, Tuple

from .._core.errors import InvalidRequest

#: Most lasting first. Names that speak of the content (lvm-pv-uuid, dm-name) are no identity of the device.
_ORDER = ("wwn-", "nvme-eui.", "nvme-uuid.", "scsi-3", "dm-uuid-", "md-uuid-", "scsi-", "ata-", "nvme-", "virtio-", "mmc-", "usb-")
_CONTENT = ("lvm-pv-uuid-", "dm-name-", "md-name-")

_STABLE = re.compile(r"/dev/(disk/by-(id|path)|mapper|md)/[^/]+|/dev/(?!disk/|block/|char/|mapper/)[^/]+/[^/]+")
_NAME = re.compile(r"[^/\s]+")


def rank(links: Iterable[str]) -> Tuple[str, ...]:
    """The stable links among ``links`` below /dev/disk, best first; by-path names come last."""

    def position(link: str) -> Tuple[int, str]:
        name = posixpath.basename(link)
        if "/by-path/" in link:
            return len(_ORDER) + 1, name
        return next((place for place, prefix in enumerate(_ORDER) if name.startswith(prefix)), len(_ORDER)), name

    return tuple(sorted((link for link in links if not posixpath.basename(link).startswith(_CONTENT)), key=position))


def check_reference(reference: object, parameter: str, allow_kernel_names: bool) -> str:
    """A device reference that will still mean the same device tomorrow; kernel names only with consent."""
    if not isinstance(reference, str) or not reference.strip():
        raise InvalidRequest(
            "a device is a path below /dev/disk/by-id, a WWN, a serial number or a logical volume.",
            code="device-type",
            parameter=parameter,
            found=repr(reference),
            fix="give the device's stable name.",
        )
    if _STABLE.fullmatch(reference) or _NAME.fullmatch(reference):
        return reference
    if re.fullmatch(r"/dev/[^/]+", reference):
        if allow_kernel_names:
            return reference
        raise InvalidRequest(
            "kernel names move between boots.",
            code="kernel-name",
            parameter=parameter,
            found=reference,
            fix="use its name in /dev/disk/by-id (cairn.storage.block_device_info lists them), or set allow_kernel_names: true.",
        )
    raise InvalidRequest(
        "not a device.",
        code="device-path",
        parameter=parameter,
        found=reference,
        fix="use a name in /dev/disk/by-id, a WWN, a serial number " "or a logical volume such as /dev/vg/lv.",
    )
