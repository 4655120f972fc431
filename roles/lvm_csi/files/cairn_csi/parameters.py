# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What StorageClasses, snapshot classes and VolumeAttributesClasses may say; inline_classes.py has what a pod may. Pure.

Every value is read as what it is before a command is told it: a name of LVM, a size, a number, an option of mkfs.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Collection, Dict, Mapping, Optional, Tuple

from .capability import FILE_SYSTEMS
from .collection import CairnError, InvalidRequest, Percent, check_name, check_tags, parse_bytes, parse_mkfs, parse_size
from .limits import KEYS, Limits, parse_limits

TYPES = ("linear", "striped", "raid1", "thin")
WIPES = ("discard", "zero", "none")
#: What Kubernetes adds on its own (names of the claim, the pod and so on).
_KUBERNETES = ("csi.storage.k8s.io/", "storage.kubernetes.io/")
_CLASS = (
    "type",
    "volumeGroup",
    "volumeGroupTag",
    "thinPool",
    "overprovisionRatio",
    "stripes",
    "stripeSize",
    "mirrors",
    "mkfsOptions",
    "wipe",
    "zeroNew",
    *KEYS,
)
_MOST_DEVICES = 64


@dataclass(frozen=True)
class Class:
    """A StorageClass. Without ``group`` and ``tag`` any volume group of the node's white-list will do, without ``pool`` the only one of its group.

    ``ratio`` is 0 where the pool's own says how much it may promise. ``zeroed`` is whether a thick raw volume is zeroed before a pod has it.
    """

    type: str = "linear"
    group: str = ""
    tag: str = ""
    pool: str = ""
    ratio: float = 0.0
    stripes: Optional[int] = None
    stripe_bytes: Optional[int] = None
    mirrors: Optional[int] = None
    mkfs: Tuple[str, ...] = ()
    wipe: str = ""
    limits: Limits = Limits()
    zeroed: bool = True

    @property
    def thin(self) -> bool:
        """Whether its volumes take their space from a thin pool."""
        return self.type == "thin"

    def wiped(self, access: str) -> str:
        """How a volume's blocks are made unreadable when it goes. Pools that do not zero what they hand out are not used; what a file system left
        behind could only be read by the next tenant of a raw volume, and that is zeroed unless its class says that it need not be.
        """
        return "none" if self.thin else self.wipe or ("zero" if access == "block" else "none")


def parse_class(given: Mapping[str, str], here: str = "parameters", fs: str = "") -> Class:
    """A class from its parameters, for volumes with the file system ``fs`` where that is known."""
    values = known(given, here, _CLASS)
    kind = _choice(values, here, "type", TYPES) or "linear"
    for key, needs in (("thinPool", "thin"), ("overprovisionRatio", "thin"), ("stripes", "striped"), ("stripeSize", "striped"), ("mirrors", "raid1")):
        if key in values and kind != needs:
            raise _wrong(
                "parameter-type", f"only volumes of type {needs} have it.", f"{here}.{key}", f"type {kind}", f"take it out, or set type: {needs}."
            )
    if "volumeGroup" in values and "volumeGroupTag" in values:
        raise _wrong("parameter-group", "it is the other way to choose a volume group.", f"{here}.volumeGroupTag", "both", "leave one of the two.")
    return Class(
        kind,
        _name(values, here, "volumeGroup"),
        "".join(check_tags([values["volumeGroupTag"]], f"{here}.volumeGroupTag")) if "volumeGroupTag" in values else "",
        _name(values, here, "thinPool"),
        _ratio(values, here),
        _whole(values, here, "stripes", 2),
        _stripe(values, here),
        _whole(values, here, "mirrors", 1),
        mkfs_words(values.get("mkfsOptions", ""), fs, f"{here}.mkfsOptions"),
        _choice(values, here, "wipe", WIPES),
        parse_limits(values, here),
        _choice(values, here, "zeroNew", ("true", "false")) != "false",
    )


def parse_modifiable(given: Mapping[str, str], here: str = "mutable_parameters") -> Limits:
    """What may be changed later: limits alone."""
    return parse_limits(known(given, here, KEYS), here)


def parse_snapshot_class(given: Mapping[str, str], here: str = "parameters") -> Percent | int:
    """Room that a thick snapshot gets for what changes after it was made, a share of its origin or bytes. Thin ones need none."""
    values = known(given, here, ("size",))
    size = parse_size(values.get("size", "20%ORIGIN"), f"{here}.size", shares=("ORIGIN",))
    if not isinstance(size, (Percent, int)):
        raise _wrong(
            "snapshot-size-unit", "a share of the volume or bytes are needed.", f"{here}.size", str(size), "write it like 20%ORIGIN or 1GiB."
        )
    return size


def known(given: Mapping[str, str], here: str, keys: Collection[str]) -> Dict[str, str]:
    """The values that are given, without those of Kubernetes; one whose key is not in ``keys`` is refused."""
    values = {key: value for key, value in given.items() if not key.startswith(_KUBERNETES)}
    for key in values:
        if key not in keys:
            raise _wrong("parameter-unknown", "there is no such parameter.", f"{here}.{key}", key, f"use one of: {', '.join(keys)}.")
    for key, value in values.items():
        if not value:
            raise _wrong("parameter-empty", "a value is needed.", f"{here}.{key}", "nothing", "give one, or take the parameter out.")
    return values


def _name(values: Mapping[str, str], here: str, key: str) -> str:
    return check_name(values[key], f"{here}.{key}") if key in values else ""


def _choice(values: Mapping[str, str], here: str, key: str, choices: Collection[str]) -> str:
    value = values.get(key, "")
    if value and value not in choices:
        raise _wrong(f"parameter-{key}", "not one of the choices.", f"{here}.{key}", value, f"use one of: {', '.join(choices)}.")
    return value


def _whole(values: Mapping[str, str], here: str, key: str, least: int) -> Optional[int]:
    if key not in values:
        return None
    if not re.fullmatch(r"[0-9]{1,4}", values[key]) or not least <= int(values[key]) <= _MOST_DEVICES:
        raise _wrong(f"parameter-{key}", "not a number of devices.", f"{here}.{key}", values[key], f"use {least} to {_MOST_DEVICES}.")
    return int(values[key])


def _ratio(values: Mapping[str, str], here: str) -> float:
    if "overprovisionRatio" not in values:
        return 0.0
    text = values["overprovisionRatio"]
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", text) or not 1 <= float(text) <= 1000:
        raise _wrong("parameter-ratio", "not a ratio.", f"{here}.overprovisionRatio", text, "use 1 (promise no more than there is) to 1000.")
    return float(text)


def _stripe(values: Mapping[str, str], here: str) -> Optional[int]:
    if "stripeSize" not in values:
        return None
    size = parse_bytes(values["stripeSize"], f"{here}.stripeSize")
    if size < 4096 or size & (size - 1):
        raise _wrong("parameter-stripe-size", "a stripe is a power of two, 4KiB or more.", f"{here}.stripeSize", values["stripeSize"], "use 64KiB.")
    return size


def mkfs_words(text: str, fs: str, here: str) -> Tuple[str, ...]:
    """Words for mkfs from a line of them. Where ``fs`` is not known yet it is enough that they suit one of the file systems."""
    try:
        words = shlex.split(text)
    except ValueError as problem:
        raise _wrong("mkfs-syntax", "quotes do not match.", here, str(problem), "close them.") from None
    if fs:
        return parse_mkfs(fs, words, here)
    for each in FILE_SYSTEMS[:-1]:
        try:
            return parse_mkfs(each, words, here)
        except CairnError:
            continue
    return parse_mkfs(FILE_SYSTEMS[-1], words, here)


def _wrong(code: str, message: str, parameter: str, found: str, fix: str) -> InvalidRequest:
    return InvalidRequest(message, code=code, parameter=parameter, found=found, fix=fix)
