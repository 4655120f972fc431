# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes that stand in a pod's own manifest: made when the pod starts, gone with it."""

from __future__ import annotations

import shlex
from typing import Any, Mapping, Optional

from .capability import Capability
from .collection import InvalidRequest, Plan, check_length, plan_volume
from .errors import Unfinished
from .inline_classes import parse_inline
from .inventory import Found, named, unknown
from .jobs import Jobs
from .making import have_file_system
from .mounting import Mounter
from .names import Id, lv_name, parse_id
from .placement import allowed, choose, context, pool_of, rounded, volume
from .removing import destroy
from .store import Store
from .tags import UNMADE, Facts

_EPHEMERAL, _POD = "csi.storage.k8s.io/ephemeral", "csi.storage.k8s.io/pod.uid"


def asked(volume_context: Mapping[str, str]) -> bool:
    """Whether kubelet asks for an inline volume (CSIDriver with podInfoOnMount)."""
    return volume_context.get(_EPHEMERAL) == "true"


def publish(store: Store, mounter: Mounter, request: Any, path: str, use: Capability) -> None:
    """Make the volume unless it is there, and mount it at the pod's path."""
    name, given = request.volume_id, request.volume_context
    if use.access != "mount":
        raise InvalidRequest(
            "an inline volume has a file system.", code="inline-block", parameter="volume_capability", found=use.access, fix="use a claim."
        )
    with store.lock():
        state = store.report()
        found = named(state, store.node, "inline", name)
        # One that is there stays its pod's, whatever was released when it was made.
        if found is None:
            wanted, size = parse_inline(given, store.inline, use.fs)
            group = choose(allowed(state, store.groups), wanted, size)
            id_ = Id(store.node, group.name, lv_name("inline", name))
            check_length(group.name, id_.volume, "volume_id")
            facts = Facts(
                "inline",
                name,
                access=use.fs,
                layout=wanted.type,
                wipe=wanted.wiped("mount"),
                limits=str(wanted.limits),
                pod=given.get(_POD, ""),
                pool_ratio=f"{wanted.ratio:g}" if wanted.ratio else "",
                mkfs=shlex.join(wanted.mkfs),
                made=UNMADE,
            )
            pool = pool_of(group, wanted) if wanted.thin else None
            wish = volume(wanted, pool.name if pool else "", rounded(group, wanted, size), id_.volume, facts.tags)
            actions, after = plan_volume(group, wish, context())
            made = after.lv(id_.volume)
            if made is None:
                raise unknown(name, "inline volume", "volume_id")
            store.apply(Plan(actions, state.with_group(after)))
            found = Found(id_, after, made, facts)
        else:
            store.activate(found)
    if found.facts.state:
        raise Unfinished(
            "a volume of this name is still being wiped.", job=found.id, code="volume-wiping", parameter="volume_id", found=found.id.name, fix="wait."
        )
    have_file_system(store, mounter, found)
    options = [*use.options, *(("ro",) if request.readonly else ())]
    if not mounter.holds(found, path, "ro" in options):
        mounter.mount(found, path, options)


def find(store: Store, name: str, seconds: float = 0.0) -> Optional[Found]:
    """The inline volume that kubelet calls ``name``; other ids say themselves what they mean."""
    return None if parse_id(name) else named(store.recent(seconds) if seconds else store.report(), store.node, "inline", name)


def remove(store: Store, mounter: Mounter, jobs: Jobs, name: str) -> None:
    """Remove the inline volume once it is mounted nowhere."""
    found = find(store, name)
    if found and not mounter.of(found):
        destroy(store, jobs, found.id)
