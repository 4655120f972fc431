# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What claims need beyond what the API server says: sources, growth, recovery, volumes given to them. Pure."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, Iterable, Iterator, Mapping, Optional, Sequence

from ..._core.errors import Conflict, NotFound, Refused
from ..._core.plan import Action, Plan
from .. import basics, quantity, wish
from ..losses import CLAIM, SNAPSHOT, VOLUME
from ..manifest import Ref, ref
from ..model import Desired, Observed
from ..rules import Around, Object, Rules, Source, find
from . import binding, growth, supply
from .frame import Given
from .volumes import carry

_UNSEEN = "this user may not list {}, so nobody has looked whether anything can satisfy the new claims."
_CLASS = ("storage.k8s.io/v1", "StorageClass", "")


class ClaimRules(Rules):
    """For the items of persistent_volume_claim."""

    def __init__(self, items: Given, params: Mapping[str, Any]) -> None:
        self._items = items
        self._manager = params["field_manager"]
        self._rebind = wish.consent(params, "allow_rebind", "volume: namespace/claim that it was given to")

    def sources(self, wanted: Sequence[Object], live: Mapping[Ref, Object], going: Sequence[Object]) -> Iterator[Source]:
        for what, (_where, item) in self._items.items():
            if item.get("volume") and not _has(live.get(what), item["volume"]):
                yield (*VOLUME, "")
            if what in live:
                if growth.grows(live[what], item.get("size")):
                    yield _CLASS
            elif item.get("from_claim"):
                yield (*CLAIM, what.namespace)
            elif item.get("from_snapshot"):
                yield (*SNAPSHOT, what.namespace)
        for thing in going:
            yield ("v1", "Pod", thing["metadata"]["namespace"])

    def hints(self, wanted: Sequence[Object], live: Mapping[Ref, Object], around: Around) -> Iterator[Source]:
        """Who only makes claims may not list classes and volumes."""
        new = [manifest["spec"] for manifest in wanted if self._to_be_found(manifest, live)]
        if new and "StorageClass" not in around:
            yield _CLASS
        elif new and "PersistentVolume" not in around:
            made = {each["metadata"]["name"] for each in around["StorageClass"] if each.get("provisioner") != basics.NO_PROVISIONER}
            # Where the class has a provisioner no volume has to be there; of many thousands none is read then.
            if any(spec.get("storageClassName") not in made for spec in new):
                yield (*VOLUME, "")

    def _to_be_found(self, manifest: Object, live: Mapping[Ref, Object]) -> bool:
        """Whether this is a claim that is not there yet and for which nobody has chosen a volume."""
        item = self._items.get(ref(manifest), ("", {"volume": "x"}))[1]
        return ref(manifest) not in live and not item.get("volume")

    def prepare(self, manifest: dict, live: Optional[Object], around: Around) -> dict:
        where, item = self._items[ref(manifest)]
        wanted = copy.deepcopy(manifest)
        spec = wanted["spec"]
        if live:
            carry(spec, live, self._manager)
            spec.setdefault("resources", {"requests": {"storage": live["spec"]["resources"]["requests"]["storage"]}})
            growth.check(live, spec["resources"]["requests"]["storage"], around.get("StorageClass", ()), where)
        elif item.get("from_claim"):
            _from_claim(wanted, find(around, CLAIM[1], item["from_claim"], "claim-source-missing", f"{where}.from_claim"), where)
        elif item.get("from_snapshot"):
            _from_snapshot(wanted, find(around, SNAPSHOT[1], item["from_snapshot"], "claim-source-missing", f"{where}.from_snapshot"), where)
        if item.get("volume") and not _has(live, item["volume"]):
            volume = find(around, VOLUME[1], item["volume"], "claim-source-missing", f"{where}.volume")
            spec.setdefault("storageClassName", volume["spec"].get("storageClassName", ""))
            spec.setdefault("volumeMode", volume["spec"].get("volumeMode", "Filesystem"))
            spec.setdefault("resources", {"requests": {"storage": volume["spec"]["capacity"]["storage"]}})
            binding.refuse_misfit(volume, wanted, where)
        return wanted

    def release(self, live: Object, around: Around) -> None:
        users = [pod["metadata"]["name"] for pod in around.get("Pod", ()) if _uses(pod, live)]
        if users:
            raise Refused(f"{ref(live)} is in use by pods; it would wait for them to end and go then, with its data.", code="claim-in-use",
                          parameter="claims", found=", ".join(sorted(users)), fix="end these pods first, for example by scaling down what made them.")

    def amend(self, planned: Plan, observed: Observed, desired: Desired) -> Plan:
        handed = tuple(self._handovers(observed, desired))
        unsure = self._refuse_unmet(observed)
        return replace(planned, actions=(*handed, *planned.actions), warnings=(*planned.warnings, *self._rebind.warnings(), *unsure))

    def _refuse_unmet(self, observed: Observed) -> Sequence[str]:
        live = {found.ref: found.live for found in observed.found if found.live is not None}
        new = [(self._items[found.ref][0], found.wanted) for found in observed.found if found.wanted and self._to_be_found(found.wanted, live)]
        if not new:
            return ()
        classes, volumes = (observed.around.get(kind) for kind in ("StorageClass", "PersistentVolume"))
        if classes is None:
            return (_UNSEEN.format("storage classes"),)
        return () if supply.refuse_unmet(new, classes, volumes) else (_UNSEEN.format("volumes"),)

    def _handovers(self, observed: Observed, desired: Desired) -> Iterable[Action]:
        volumes = {volume["metadata"]["name"]: volume for volume in observed.around.get("PersistentVolume", ())}
        for found in observed.found:
            where, item = self._items[found.ref]
            if item.get("volume") and not _has(found.live, item["volume"]):
                action = binding.handover(volumes[item["volume"]], found.ref, self._rebind, f"{where}.volume", desired.manager)
                if action:
                    yield action


def _has(live: Optional[Object], volume: str) -> bool:
    return bool(live) and live["spec"].get("volumeName") == volume and basics.phase(live) == "Bound"


def _from_claim(wanted: dict, source: Object, where: str) -> None:
    """Kubernetes clones within a namespace, between equal volume modes, to the source's size or more."""
    status = basics.status(source)
    if status.get("phase") != "Bound":
        raise Conflict(f"{ref(source)} has no volume that could be copied.", code="claim-source-unbound", parameter=f"{where}.from_claim",
                       found=f"phase {status.get('phase', 'unknown')}", fix="wait until it is Bound, then run again.")
    mode = source["spec"].get("volumeMode", "Filesystem")
    if wanted["spec"].setdefault("volumeMode", mode) != mode:
        raise Conflict("a claim and its copy have the same volume mode.", code="claim-source-mode", parameter=f"{where}.volume_mode",
                       found=f"{mode} at {ref(source)}", fix=f"set volume_mode: {mode}.")
    _at_least(wanted, (status.get("capacity") or {}).get("storage"), source, where)


def _from_snapshot(wanted: dict, source: Object, where: str) -> None:
    status = basics.status(source)
    error = (status.get("error") or {}).get("message")
    if error and not status.get("readyToUse"):
        raise Conflict(f"{ref(source)} failed.", code="claim-source-failed", parameter=f"{where}.from_snapshot", found=error.strip(),
                       fix="make another snapshot.")
    _at_least(wanted, status.get("restoreSize"), source, where)


def _at_least(wanted: dict, size: Optional[str], source: Object, where: str) -> None:
    asked = (wanted["spec"].get("resources") or {}).get("requests", {}).get("storage")
    least = quantity.parse(size)
    if asked is None and least is None:
        raise NotFound(f"{ref(source)} does not say how large it is.", code="claim-source-size", parameter=f"{where}.size", fix="give size.")
    if asked is None:
        wanted["spec"]["resources"] = {"requests": {"storage": size}}
    elif least is not None and quantity.parse(asked) < least:
        raise Conflict("a copy cannot be smaller than what it is made from.", code="claim-source-larger", parameter=f"{where}.size",
                       found=f"{size} at {ref(source)}", fix=f"give at least {size}, or leave size out.")


def _uses(pod: Object, claim: Object) -> bool:
    if pod["metadata"].get("deletionTimestamp") or basics.phase(pod) in ("Succeeded", "Failed"):
        return False
    names = {(volume.get("persistentVolumeClaim") or {}).get("claimName") for volume in pod["spec"].get("volumes") or ()}
    # The claim of an ephemeral volume has the pod's name before that of the volume.
    names |= {f"{pod['metadata']['name']}-{volume['name']}" for volume in pod["spec"].get("volumes") or () if "ephemeral" in volume}
    return pod["metadata"]["namespace"] == claim["metadata"]["namespace"] and claim["metadata"]["name"] in names
