# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A claim's size: growth, recovery from a growth that failed, and nothing else. Pure.

Rules: ValidatePersistentVolumeClaimUpdate and the admission plugin PersistentVolumeClaimResize; recovery is KEP-1790.
"""

from __future__ import annotations

from typing import Any, Iterable

from ..._core.errors import Conflict, NotFound, Refused
from .. import basics, quantity
from ..basics import Object
from ..manifest import ref


def grows(live: Object, size: object) -> bool:
    """Whether ``size`` (as an option has it) is more than the claim asks for. What is no size is refused elsewhere."""
    return size is not None and quantity.parse(quantity.written(size, "size")) > _request(live)


def check(live: Object, size: str, classes: Iterable[Object], where: str) -> None:
    """Raise if the claim ``live`` cannot come to ask for ``size``."""
    what, asked, asks = ref(live), quantity.parse(size), _request(live)
    said = live["spec"]["resources"]["requests"]["storage"]
    if asked == asks:
        return
    if basics.phase(live) != "Bound":
        raise Conflict(f"{what} is not bound, and until then its size is fixed.", code="claim-unbound", parameter=f"{where}.size", found=said,
                       fix="wait until it is Bound, or delete it (state: absent) and run again.")
    if asked > asks:
        _refuse_fixed_class(live, classes, where)
        return
    capacity = (basics.status(live).get("capacity") or {}).get("storage")
    if asks <= (quantity.parse(capacity) or 0):
        raise Refused(f"{what} cannot shrink.", code="claim-shrink", parameter=f"{where}.size", found=said,
                      fix="make a smaller claim and copy the data, or leave the size as it is.")
    if asked <= (quantity.parse(capacity) or 0):
        raise Refused(f"{what} has {capacity}; a growth to {said} that has not come about can be taken back to any size above that, not to less.",
                      code="claim-recover-size", parameter=f"{where}.size", found=capacity, fix=f"give a size above {capacity}.")


def _request(live: Object) -> Any:
    return quantity.parse(live["spec"]["resources"]["requests"]["storage"])


def _refuse_fixed_class(live: Object, classes: Iterable[Object], where: str) -> None:
    name = live["spec"].get("storageClassName") or ""
    if not name:
        raise Refused(f"{ref(live)} has no storage class, so its size is fixed.", code="claim-no-class", parameter=f"{where}.size",
                      fix="make a claim of a class with allow_volume_expansion: true and copy the data.")
    found = next((thing for thing in classes if thing["metadata"]["name"] == name), None)
    if found is None:
        raise NotFound(f"the storage class {name} of {ref(live)} does not exist, and it decides whether the claim can grow.",
                       code="claim-class-missing",
                       parameter=f"{where}.size", fix=f"make a StorageClass {name} with allow_volume_expansion: true (storage_class).")
    if not found.get("allowVolumeExpansion"):
        raise Refused(f"the storage class {name} of {ref(live)} does not let claims grow.", code="claim-class-fixed", parameter=f"{where}.size",
                      found="allowVolumeExpansion: false",
                      fix=f"set allow_volume_expansion: true on the storage class {name} (storage_class); it can be changed any time.")
