# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What devices hold, by a fresh low-level probe: udev's and blkid's caches can be older than the last write."""

from __future__ import annotations

import json
import mmap
import os
import re
from typing import Dict, Iterable, Tuple

from .._core.command import read
from .model import Signature

#: 2: nothing found, or several things that contradict each other (blkid(8), "EXIT STATUS").
_OK = (0, 2, 8)


def parse_blkid(text: str) -> Dict[str, Tuple[Signature, ...]]:
    """Signatures by device path from ``blkid --output export``, of every device that it reported on."""
    found: Dict[str, Tuple[Signature, ...]] = {}
    for block in filter(None, text.split("\n\n")):
        fields = {}
        for line in block.splitlines():
            key, _equals, value = line.partition("=")
            fields[key] = re.sub(r"\\(.)", r"\1", value)
        signatures = []
        if "TYPE" in fields:
            signatures.append(Signature(fields["TYPE"], fields.get("UUID", ""), decoded(fields.get("LABEL", ""))))
        if "PTTYPE" in fields:
            signatures.append(Signature(f"{fields['PTTYPE']} partition table", fields.get("PTUUID", "")))
        found[fields["DEVNAME"]] = tuple(signatures)
    return found


def as_printed(text: str) -> str:
    """A text as blkid prints it, whatever the locale: of bytes beyond ASCII M- and the rest, of control characters ^ and a letter."""

    def printed(byte: int) -> str:
        if byte >= 128:
            return f"M-{printed(byte - 128)}"
        return f"^{chr(byte ^ 64)}" if byte < 32 or byte == 127 else chr(byte)

    return "".join(map(printed, text.encode("utf-8", "surrogateescape")))


def decoded(text: str) -> str:
    """The text that ``as_printed`` gives so, if it is UTF-8; else ``text``, as for one that was written in latin-1, or that has M- in it itself."""
    raw = re.sub(r"M-(\^?)(.)", lambda match: chr((ord(match[2]) ^ (64 if match[1] else 0)) + 128) if ord(match[2]) < 128 else match[0], text)
    try:
        told = raw.encode("latin-1").decode("utf-8") if raw != text else text
    except UnicodeError:
        return text
    return told if told.isprintable() else text


def parse_wipefs(text: str) -> Dict[str, Tuple[Signature, ...]]:
    """Signatures by kernel name from ``wipefs --json``, each once: backup copies repeat."""
    found: Dict[str, Dict[Signature, None]] = {}
    for row in json.loads(text or "{}").get("signatures", []):
        kind = f"{row['type']} partition table" if row["usage"] == "partition-table" else row["type"]
        found.setdefault(row["device"], {})[Signature(kind, row["uuid"] or "", decoded(row["label"] or ""))] = None
    return {name: tuple(signatures) for name, signatures in found.items()}


def signatures(paths: Iterable[str]) -> Dict[str, Tuple[Signature, ...]]:
    """Signatures by path: one blkid over all devices, and more only where some hold several things at odds.

    blkid stops in silence at the first device on which it has nothing to report. Asked for the input and output limits as well,
    it has something to report on every device, except where it finds signatures that contradict each other; wipefs tells those apart.
    """
    rest, found, unsure = list(paths), {}, []
    while rest:
        reported = parse_blkid(read("blkid", "--probe", "--info", "--output", "export", *rest, ok=_OK))
        found.update(reported)
        stop = next((place for place, path in enumerate(rest) if path not in reported), len(rest))
        unsure += rest[stop : stop + 1]
        rest = rest[stop + 1 :]
    if unsure:
        by_name = parse_wipefs(read("wipefs", "--json", "--no-act", "--output", "DEVICE,TYPE,UUID,LABEL,USAGE", *unsure))
        found.update({path: by_name.get(os.path.basename(os.path.realpath(path)), (Signature("unknown signatures"),)) for path in unsure})
    return found


def readable(path: str) -> bool:
    """Whether the first block can be read from the medium itself, past the page cache."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECT | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        with mmap.mmap(-1, 4096) as page:
            return os.preadv(descriptor, [page], 0) > 0
    except OSError:
        return False
    finally:
        os.close(descriptor)
