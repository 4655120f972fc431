# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Our lines in configuration files that belong to others: between marks, everything else as it was. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List

_BEGIN, _END = "# BEGIN cairn.storage", "# END cairn.storage"


@dataclass(frozen=True)
class WriteFile:
    """Replace a file."""

    path: str
    text: str = field(repr=False)

    def __str__(self) -> str:
        return f"write {self.path}"


def block_in(text: str) -> List[str]:
    """The lines of our block in a file, none where it has none."""
    lines = text.splitlines()
    return lines[lines.index(_BEGIN) + 1 : lines.index(_END)] if _BEGIN in lines and _END in lines else []


def with_block(text: str, block: str) -> str:
    """The file with our block in it, everything else as it was."""
    lines = text.splitlines()
    ours = [_BEGIN, *block.splitlines(), _END]
    if _BEGIN in lines and _END in lines:
        lines[lines.index(_BEGIN) : lines.index(_END) + 1] = ours
    else:
        lines += ours
    return "\n".join(lines) + "\n"
