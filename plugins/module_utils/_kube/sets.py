# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which pods and claims a StatefulSet has, by their numbers. Pure."""

from __future__ import annotations

import re
from typing import Dict, Optional

from .basics import Object

#: The label by which its controller tells each pod of a StatefulSet.
POD_NAME = "statefulset.kubernetes.io/pod-name"


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


def made(stateful_set: Object, claim: Object) -> bool:
    """Whether the set's controller has made the claim: by name, in its namespace, and with the labels that it puts on each claim of its own.

    A claim that a person has put under such a name is used by a pod of that number, and is that person's all the same.
    """
    space, name = stateful_set["metadata"]["namespace"], stateful_set["metadata"]["name"]
    stems = (f"{template}-{name}" for template in claim_templates(stateful_set))
    labels = ((stateful_set["spec"].get("selector") or {}).get("matchLabels") or {}).items()
    return (claim["metadata"]["namespace"] == space and any(ordinal(claim["metadata"]["name"], stem) is not None for stem in stems)
            and labels <= (claim["metadata"].get("labels") or {}).items())
