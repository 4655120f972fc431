# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which pods and claims a StatefulSet has, by their numbers. Pure."""

from __future__ import annotations

import re
from typing import Dict, Optional

from .basics import Object


def replicas(stateful_set: Object) -> int:
    """How many pods it asks for."""
    return int(stateful_set["spec"].get("replicas", 1))


def start(stateful_set: Object) -> int:
    """The number of its first pod."""
    return int((stateful_set["spec"].get("ordinals") or {}).get("start", 0))


def numbers(stateful_set: Object) -> range:
    """The numbers of the pods that it asks for."""
    return range(start(stateful_set), start(stateful_set) + replicas(stateful_set))


def ordinal(name: str, stem: str) -> Optional[int]:
    """The number in the name of a pod (``stem`` is the set's name) or claim (template and set), ``None`` when it is none of this set."""
    match = re.fullmatch(rf"{re.escape(stem)}-(\d+)", name)
    return int(match[1]) if match else None


def claim_templates(stateful_set: Object) -> Dict[str, Object]:
    """The claim templates by name."""
    return {template["metadata"]["name"]: template for template in stateful_set["spec"].get("volumeClaimTemplates") or ()}
