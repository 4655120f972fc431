# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Plans that give volume groups, thin pools and logical volumes the names that they are known by from then on. Pure."""

from __future__ import annotations

from typing import Tuple

from .._block.model import Host
from .._core.plan import Action
from .desired import Layout
from .model import State


def plan_renames(layout: Layout, host: Host, state: State) -> Tuple[Tuple[Action, ...], Host, State]:
    """The actions, and the machine as it is known after them."""
    return (), host, state
