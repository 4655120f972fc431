# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Rows as a table that a person can read."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Sequence

from .._core.foreign import shown
from .._core.quantity import human

#: No column is wider, whatever somebody has written into a path.
_WIDEST = 253
_COLUMNS = ("POD", "PHASE", "CLAIM", "CLASS", "VOLUME", "STATE", "SIZE", "NODE", "DISK")


def render(rows: Iterable[Mapping[str, Any]]) -> str:
    """The relations of ``rows`` (see relations.rows), one line each, under a line of headings; ``-`` where there is nothing."""
    lines: List[Sequence[str]] = [_COLUMNS]
    for row in rows:
        space = f"{row['namespace']}/" if row["namespace"] else ""
        size = human(row["capacity_bytes"]) if row["capacity_bytes"] else ""
        cells = (row["pod"] and space + row["pod"], row["phase"], row["claim"] if row["pod"] else row["claim"] and space + row["claim"],
                 row["storage_class"], row["volume"], row["volume_phase"] or row["claim_phase"], size, row["node"], row["device"] or row["path"])
        lines.append([shown(cell, _WIDEST) if cell else "-" for cell in cells])
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)
