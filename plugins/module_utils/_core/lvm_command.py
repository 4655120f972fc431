# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What makes commands of LVM do and print the same whatever lvm.conf(5), lvmlocal.conf and the caller's environment say. Pure.

Where a setting is the operator's word on what may be done (filters, devices file, system id, volume_list, backup folder), it stays as it is.
"""

from __future__ import annotations

import posixpath
import re
from typing import Dict, Mapping, Sequence, Tuple

#: How reports look.
_REPORT = (
    "report/compact_output=0",
    'report/compact_output_cols=""',
    "report/binary_values_as_numeric=0",
    "report/mark_hidden_devices=1",
    "report/two_word_unknown_device=0",
    'report/list_item_separator=","',
    "log/report_command_log=0",
    "log/verbose=0",
    "log/silent=0",
    "log/indent=1",
    'log/prefix="  "',
    "log/command_names=0",
    'global/units="r"',
    "global/suffix=1",
    "global/si_unit_consistency=1",
)
#: What is done: test mode makes commands say that they did what they did not, and the others decide where extents are taken and how many.
_DEEDS = (
    "global/test=0",
    "global/wait_for_locks=1",
    "allocation/maximise_cling=1",
    "allocation/raid_stripe_all_devices=0",
    "activation/raid_region_size=2048",
    # Where monitoring is off, LVM does not look whether a pool is monitored all the same.
    "activation/monitoring=1",
    "activation/udev_sync=1",
    "activation/udev_rules=1",
)
CONFIG = " ".join((*_REPORT, *_DEEDS))
_PROGRAM = re.compile(r"lvm|(?:lv|vg|pv)[a-z]+")
#: Says what the configuration is, which is not to be told what we wish it were.
_ASKING = "lvmconfig"
#: Of LVM and the device-mapper only the folder of the configuration is taken over: others redirect output, name profiles, keep udev out.
_TAKEN_OVER = "LVM_SYSTEM_DIR"


def independent(argv: Sequence[str]) -> Tuple[str, ...]:
    """``argv`` with what it takes to be independent of the configuration; commands of others as they are."""
    if not _PROGRAM.fullmatch(posixpath.basename(argv[0])) or _ASKING in argv[:2]:
        return tuple(argv)
    # lvm(8): the command comes first.
    first = 2 if posixpath.basename(argv[0]) == "lvm" else 1
    head, rest = tuple(argv[:first]), list(argv[first:])
    if "--config" in rest:
        # LVM takes the option once. What a command sets for itself comes last and counts.
        place = rest.index("--config")
        own = rest[place + 1]
        rest[place : place + 2] = []
        return (*head, "--config", f"{CONFIG} {own}", *rest)
    return (*head, "--config", CONFIG, *rest)


def environment(given: Mapping[str, str]) -> Dict[str, str]:
    """``given`` without the variables by which LVM and the device-mapper are told to behave otherwise."""
    return {name: value for name, value in given.items() if name == _TAKEN_OVER or not name.startswith(("LVM_", "DM_"))}
