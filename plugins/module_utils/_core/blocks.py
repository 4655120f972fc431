# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Our lines in configuration files that belong to others: between marks, everything else as it was. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List, Optional, Tuple

from .errors import Conflict

_BEGIN, _END = "# BEGIN cairn.storage", "# END cairn.storage"


@dataclass(frozen=True)
class WriteFile:
    """Replace a file."""

    path: str
    text: str = field(repr=False)

    def __str__(self) -> str:
        return f"write {self.path}"


def _place(path: str, lines: List[str]) -> Optional[Tuple[int, int]]:
    """Where our marks stand. One without the other is refused: what lies between two that do not belong together is somebody else's."""
    places = [(index, line) for index, line in enumerate(lines) if line in (_BEGIN, _END)]
    if not places:
        return None
    if [line for _index, line in places] != [_BEGIN, _END]:
        raise Conflict(
            "the marks around the lines of this collection are not whole in a configuration file.",
            code="block-marks",
            found=f"{path}: " + "; ".join(f"line {index + 1}: {line}" for index, line in places),
            fix=f"leave one pair, {_BEGIN} before {_END}, around what is ours, or none.",
        )
    return places[0][0], places[1][0]


def block_in(path: str, text: str) -> List[str]:
    """The lines of our block in the text of file ``path``, none where it has none."""
    lines = text.splitlines()
    place = _place(path, lines)
    return lines[place[0] + 1 : place[1]] if place else []


def with_block(path: str, text: str, block: str) -> str:
    """The text of file ``path`` with our block in it, everything else as it was."""
    lines = text.splitlines()
    ours = [_BEGIN, *block.splitlines(), _END]
    begin, end = _place(path, lines) or (len(lines), len(lines))
    lines[begin : end + 1] = ours
    return "\n".join(lines) + "\n"
