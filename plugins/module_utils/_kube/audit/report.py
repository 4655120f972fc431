# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""An audit as a text for people."""

from __future__ import annotations

from typing import Any, Iterator, List, Mapping

from .model import SEVERITIES


def render(told: Mapping[str, Any]) -> str:
    """The result of ``findings.audit``, worst first: what, why, evidence, and what helps."""
    lines: List[str] = [_head(told)]
    for finding in told["findings"]:
        lines += ["", f"{finding['severity'].upper()} {finding['code']}: {finding['kind']} {finding['name']}", f"  {finding['message']}"]
        lines += [f"  {'because' if number == 0 else '   and'} {reason}" for number, reason in enumerate(finding["why"])]
        lines += list(_evidence(finding["evidence"]))
        lines += [f"  Fix: {finding['fix']}"]
    if told["unlooked"]:
        lines += ["", "Not looked at:", *(f"  {each}" for each in told["unlooked"])]
    return "\n".join(lines)


def _head(told: Mapping[str, Any]) -> str:
    counts = [f"{told['summary'][severity]} {severity}" for severity in SEVERITIES if told["summary"][severity]]
    ignored = f" ({told['ignored']} ignored)" if told["ignored"] else ""
    return f"{', '.join(counts) or 'Nothing found'}{ignored}."


def _evidence(evidence: Mapping[str, Any]) -> Iterator[str]:
    shown = [f"{name}={_short(value)}" for name, value in evidence.items() if value not in (None, "", [], {})]
    if shown:
        yield f"  Seen: {', '.join(shown)}"


def _short(value: Any) -> str:
    text = "+".join(map(str, value)) if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value) else str(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
