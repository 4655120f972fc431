# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""open-iscsi's database: which file holds the record of which session, and its lock."""

from __future__ import annotations

import contextlib
import os
import time
from typing import Iterator, List, Tuple

from ..._core import files
from ..._core.errors import Busy, InvalidRequest, NotFound
from ..names import Portal, parse_portal
from . import records
from .model import DEFAULT_IFACE, Key, Record

#: Debian up to 12 keeps it below /etc; where the package made the first of these, that is the one.
_PLACES = ("/var/lib/iscsi", "/etc/iscsi")
#: usr/idbm.c, idbm_lock: whoever makes the second a link to the first holds the lock.
_LOCK, _HELD = "/run/lock/iscsi/lock", "/run/lock/iscsi/lock.write"
_PATIENCE = 30


def database() -> str:
    """The folder of this machine's node records."""
    return next((f"{place}/nodes" for place in _PLACES if os.path.isdir(place)), f"{_PLACES[0]}/nodes")


def read(root: str) -> Tuple[Record, ...]:
    """All records below ``root``: a file for each portal, or where the portal's group was known a folder with a file for each interface."""
    found: List[Record] = []
    for target in files.listed(root):
        for portal in files.listed(f"{root}/{target}"):
            path = f"{root}/{target}/{portal}"
            for file in (f"{path}/{name}" for name in files.listed(path)) if os.path.isdir(path) else (path,):
                values = records.parse(files.text(file))
                found.append(Record(Key(target, _portal(portal), values.get("iface.iscsi_ifacename", DEFAULT_IFACE)), file, values))
    return tuple(found)


def _portal(name: str) -> Portal:
    address, port = name.split(",")[:2]
    try:
        return parse_portal(Portal(address, int(port)), "")
    except InvalidRequest:
        # Somebody gave the name of a host; nobody can wish for it here, but it is a record.
        return Portal(address, int(port))


def edit(root: str, key: Key, values: dict) -> None:
    """Put ``values`` into the record of ``key``."""
    with _locked():
        record = next((each for each in read(root) if each.key == key), None)
        if record is None:
            raise NotFound(f"there is no record of {key}.", code="record-missing", fix="run again; somebody else is changing the records.")
        os.chmod(record.path, 0o600)
        files.replace(record.path, records.edited(files.text(record.path), values), 0o600)


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    os.makedirs(os.path.dirname(_LOCK), mode=0o770, exist_ok=True)
    with open(_LOCK, "a", encoding="utf-8"):
        pass
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            os.link(_LOCK, _HELD)
            break
        except FileExistsError:
            if time.monotonic() > deadline:
                raise Busy(
                    f"the records of open-iscsi have been locked for {_PATIENCE} s.",
                    code="records-locked",
                    found=_HELD,
                    fix="wait for iscsiadm to end; if none runs, remove that file.",
                ) from None
            time.sleep(0.05)
    try:
        yield
    finally:
        os.unlink(_HELD)
