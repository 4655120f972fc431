# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which archives have to be imported into containerd. No I/O here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Mapping, Optional, Tuple

from .._core.command import command
from .._core.plan import Action, Plan
from .archive import Archive

#: What the kubelet's image garbage collection leaves alone: a node without a registry could not get it back.
PINNED = "io.cri-containerd.pinned=pinned"

_DIGEST = re.compile(r"\bsha256:[0-9a-f]{64}\b")


@dataclass(frozen=True)
class Wanted:
    """One archive as asked for. ``archive`` is ``None`` for one that an earlier task of the same check run would copy."""

    path: str
    archive: Optional[Archive] = None


@dataclass(frozen=True)
class Present:
    """An image that containerd has: digest of its manifest and, where it was looked up, of its configuration."""

    digest: str
    pinned: bool
    config: str = ""


def parse_images(listing: str) -> dict:
    """``{reference: Present}`` of ``ctr images ls``, which has no machine-readable form: reference first, digest by its shape, labels last."""
    images = {}
    for line in listing.splitlines()[1:]:
        digest = _DIGEST.search(line)
        if digest:
            images[line.split()[0]] = Present(digest[0], PINNED in line)
    return images


def plan_import(present: Mapping[str, Present], wanted: Tuple[Wanted, ...], namespace: str) -> Plan:
    """Import the archives whose images are missing or differ; pin every image."""
    actions = []
    for want in wanted:
        load = command("ctr", "--namespace", namespace, "images", "import", want.path, timeout=1800)
        if want.archive is None:
            actions.append(Action("import", "image archive", want.path, (load,), after={"path": want.path}))
            continue
        imports = (load,)
        for name, digest in sorted(want.archive.images.items()):
            have = present.get(name)
            same = have is not None and digest == (have.config if want.archive.by_config else have.digest)
            pin = command("ctr", "--namespace", namespace, "images", "label", name, PINNED)
            after = {"digest": digest, "pinned": True}
            if not same:
                before = {"digest": have.digest, "pinned": have.pinned} if have else None
                actions.append(Action("import", "image", name, (*imports, pin), before=before, after=after))
                imports = ()
            elif not have.pinned:
                actions.append(Action("pin", "image", name, (pin,), before={**after, "pinned": False}, after=after))
    return Plan(tuple(actions))
