# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Objects that go because they carry a set's labels and are not in its list any more. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, List, Mapping, Set, Tuple

from .._core.errors import InvalidRequest, Refused
from .._core.plan import Consent
from . import basics
from .basics import Object
from .manifest import Ref, ref


@dataclass(frozen=True)
class Prune:
    """Which objects belong to the set: those with ``labels``, of the kinds and in the namespaces of the list and of these."""

    labels: Mapping[str, str]
    kinds: Tuple[Tuple[str, str], ...]
    namespaces: Tuple[str, ...]
    consent: Consent

    @property
    def selector(self) -> str:
        """As the API server takes it."""
        return ",".join(f"{key}={value}" for key, value in sorted(self.labels.items()))

    def check(self, objects: Iterable[Object]) -> None:
        """Refuse a set whose own objects do not carry its labels: they would never be found again."""
        for manifest in objects:
            if not self.labels.items() <= (manifest["metadata"].get("labels") or {}).items():
                raise InvalidRequest(f"{ref(manifest)} does not carry the labels of the set.", code="prune-label-missing", parameter="prune.labels",
                                     found=str(manifest["metadata"].get("labels") or {}), fix=f"put {self.selector} on each object of the list.")

    def unlisted(self, live: Iterable[Object], listed: Set[Ref]) -> List[Object]:
        """Those of ``live`` that are not in the list. What a controller keeps for another object goes and stays with that."""
        return [thing for thing in live if ref(thing) not in listed and not thing["metadata"].get("ownerReferences")]

    def require(self, going: Iterable[Object]) -> None:
        """Raise unless each of ``going`` is consented to, by name and UID; all that is missing is told at once."""
        things = {str(ref(thing)): thing["metadata"]["uid"] for thing in going}
        missing = {name: uid for name, uid in things.items() if str(self.consent.given.get(name)) != uid}
        self.consent.used.update(set(things) - set(missing))
        if missing:
            wanted = ", ".join(f'"{name}": "{uid}"' for name, uid in missing.items())
            raise Refused(f"{len(missing)} objects have the labels {self.selector} but are not in the list.", code="prune-consent-missing",
                          parameter=self.consent.parameter, found=basics.some(missing), fix=f"to delete them, set {self.consent.parameter}: {{{wanted}}}.")
