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
_CALLED = ("dm-name-", "md-name-")
_CONTENT = ("lvm-pv-uuid-", *_CALLED)

#: What stands on the device, not what it is: such a name goes with a format, and whoever writes to the device can have it.
_CONTENT_LINKS = ("by-uuid", "by-label")
_CONTENT_TAGS = {"UUID": "by-uuid", "LABEL": "by-label"}
#: What a person may write as in fstab, and the folder of the links that mean the same.
_TAGS = {"PARTUUID": "by-partuuid", "PARTLABEL": "by-partlabel", "ID": "by-id", **_CONTENT_TAGS}

_STABLE = re.compile(r"/dev/(disk/by-(id|path|partuuid|partlabel)|mapper|md)/[^/]+|/dev/(?!disk/|block/|char/|mapper/)[^/]+/[^/]+")
_NAME = re.compile(r"[^/\s]+")
#: As the kernel counts disks and their partitions (Documentation/admin-guide/devices.txt), without /dev.
_KERNEL = re.compile(
    r"(sd|hd|vd|xvd|ubd)[a-z]{1,3}\d{0,3}|dasd[a-z]{1,3}\d?|(nvme\d+n\d+|mmcblk\d+|(md|nbd|loop)\d{1,3})(p\d+)?"
    r"|(dm-|sr|zram|ram|pmem|bcache|drbd)\d{1,3}"
)


def rank(links: Iterable[str]) -> Tuple[str, ...]:
    """The stable links among ``links`` below /dev/disk, best first; by-path names come last."""

    def position(link: str) -> Tuple[int, str]:
        name = posixpath.basename(link)
        if "/by-path/" in link:
            return len(_ORDER) + 1, name
        return next((place for place, prefix in enumerate(_ORDER) if name.startswith(prefix)), len(_ORDER)), name

    own = (link for link in links if not posixpath.basename(link).startswith(_CONTENT) and not link.startswith("/dev/md/"))
    return tuple(sorted(own, key=position))


def called(links: Iterable[str]) -> Tuple[str, ...]:
    """The links among ``links`` that say what a device is called for now: they lead there, and are no identity of it."""
    return tuple(sorted(link for link in links if link.startswith("/dev/md/") or posixpath.basename(link).startswith(_CALLED)))


def link_text(text: str) -> str:
    """A text as udev writes it into the name of a link (systemd, "encode_devnode_name")."""
    return "".join(
        letter if letter in "#+-.:=@_" or letter.isalnum() or not letter.isascii() else "".join(f"\\x{byte:02x}" for byte in letter.encode())
        for letter in text
    )


def check_reference(reference: object, parameter: str, allow_kernel_names: bool) -> str:
    """A device reference that will still mean the same device tomorrow, as ``Host.resolve`` knows it; kernel names only with consent."""
    if not isinstance(reference, str) or not reference.strip():
        raise InvalidRequest(
            "a device is a path below /dev/disk/by-id, a WWN, a serial number or a logical volume.",
            code="device-type",
            parameter=parameter,
            found=repr(reference),
            fix=f'put quotes around it: "{reference}".' if isinstance(reference, int) else "give the device's stable name.",
        )
    written = reference.strip()
    name = _path(written)
    folder, _slash, link = name[len("/dev/disk/") :].partition("/") if name.startswith("/dev/disk/") else ("", "", "")
    if folder in _CONTENT_LINKS or link.startswith("lvm-pv-uuid-"):
        what = "a physical volume of LVM" if link else "a file system"
        raise InvalidRequest(
            "this is a name of what stands on the device, not of the device: it goes when the device is formatted, and comes with a copy.",
            code="device-content",
            parameter=parameter,
            found=f"{written}, the {'label' if folder == 'by-label' else 'UUID'} of {what if folder == 'by-id' else 'a file system'}",
            fix=f"use the name in /dev/disk/by-id of the device that {written} leads to (cairn.storage.block_device_info lists them); "
            "of a partition PARTUUID=... will do as well.",
        )
    if link.startswith("dm-name-"):
        name = f"/dev/mapper/{link[len('dm-name-') :]}"
    kernel = re.fullmatch(r"/dev/[^/]+", name) or _KERNEL.fullmatch(name)
    if not kernel and (_STABLE.fullmatch(name) or _NAME.fullmatch(name)):
        return name
    if kernel:
        if allow_kernel_names:
            return name if name.startswith("/") else f"/dev/{name}"
        raise InvalidRequest(
            "kernel names move between boots.",
            code="kernel-name",
            parameter=parameter,
            found=written,
            fix="use its name in /dev/disk/by-id (cairn.storage.block_device_info lists them), or set allow_kernel_names: true.",
        )
    moves = folder in ("by-diskseq", "by-loop-ref", "by-loop-inode")
    raise InvalidRequest(
        "this name is another device's after the next boot." if moves else "not a device.",
        code="device-path",
        parameter=parameter,
        found=repr(written),
        fix="use a name in /dev/disk/by-id, by-path, by-partuuid or by-partlabel, PARTUUID=..., PARTLABEL=..., a WWN, a serial number "
        "or a logical volume such as /dev/vg/lv.",
    )


def _path(written: str) -> str:
    """The path that a tag of fstab(5) or the bare name of such a link stands for, and any path without detours."""
    tag, equals, value = written.partition("=")
    if equals and tag in _TAGS:
        value = value.strip("\"'")
        return f"/dev/disk/{_TAGS[tag]}/{value.lower() if tag == 'PARTUUID' else link_text(value)}"
    if written.startswith(_CONTENT):
        return f"/dev/disk/by-id/{written}"
    return posixpath.normpath(written) if written.startswith("/dev/") else written
