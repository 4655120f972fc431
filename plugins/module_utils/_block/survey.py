# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Which disk belongs to which rule, seen by somebody who wants none of them. Pure."""

from __future__ import annotations

from typing import Dict, Optional, Sequence, Tuple

from .assign import FREE, OURS, assign, check_system_disk, eligible
from .model import Device, Host
from .rules import DiskRule
from .select import check_count, marked


def survey(host: Host, rules: Sequence[DiskRule], selector: Optional[DiskRule], allow_kernel_names: bool) -> Dict[str, Tuple[Device, ...]]:
    """Disks by rule name, the selector's by its own. Disks that the collection uses count as what any rule may have chosen."""
    every = (*rules, selector) if selector else tuple(rules)
    ours = marked(host)
    check_system_disk(host, every, lambda rule, device: device.kernel_name not in ours)
    candidates = [device for device in host if eligible(host, device) and (device.links or allow_kernel_names)]
    found = assign(host, candidates, every, lambda rule, device: OURS if device.kernel_name in ours else FREE, {})
    if selector:
        check_count(host, "the selector", selector, len(found[selector.name]), allow_kernel_names)
    return found
