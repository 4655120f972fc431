# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Folders that a person names, checked before anything is looked at."""

from __future__ import annotations

import posixpath
import re
from typing import List, Sequence, Tuple

from .._core.errors import InvalidRequest

_SYSTEM_FOLDERS = (
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/var",
    "/var/lib",
)


def parse_base_dir(path: str) -> str:
    """The folder of the discovery directories."""
    if not _plain(path) or path.rstrip("/") in ("", *_SYSTEM_FOLDERS):
        raise InvalidRequest(
            "the discovery directories need a folder of their own.",
            code="base-dir",
            parameter="base_dir",
            found=repr(path),
            fix="use an absolute path without blanks, such as /var/lib/cairn-storage/local-volumes.",
        )
    return path.rstrip("/")


def parse_directories(paths: Sequence[str], base_dir: str, here: str) -> Tuple[str, ...]:
    """Directories to be given out."""
    checked: List[str] = []
    for index, path in enumerate(paths):
        wrong = ""
        if not _plain(path) or path.rstrip("/") in ("", *_SYSTEM_FOLDERS):
            wrong = "use an absolute path without blanks to a directory of its own."
        elif path.rstrip("/") in checked:
            wrong = "name it once."
        if wrong:
            raise InvalidRequest("not a directory to give out.", code="directory-path", parameter=f"{here}[{index}]", found=repr(path), fix=wrong)
        check_apart(path.rstrip("/"), base_dir, f"{here}[{index}]")
        checked.append(path.rstrip("/"))
    return tuple(checked)


def check_apart(directory: str, base_dir: str, parameter: str) -> None:
    """Refuse a directory that lies in the folder of the discovery directories, or around it."""
    if f"{directory}/".startswith(f"{base_dir}/") or base_dir.startswith(f"{directory}/"):
        raise InvalidRequest(
            "not a directory to give out.",
            code="directory-path",
            parameter=parameter,
            found=repr(directory),
            fix=f"use one outside of {base_dir}, where it will be given out.",
        )


def _plain(path: str) -> bool:
    return path.startswith("/") and posixpath.normpath(path) == path.rstrip("/") and not re.search(r"[\s\\#]", path)
