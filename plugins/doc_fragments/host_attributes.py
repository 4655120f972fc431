# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What every module for storage nodes supports."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in check mode and return what would change without changing anything.
  diff_mode:
    support: full
    description: Returns what would change or has changed in diff mode.
  idempotent:
    support: full
    description: Running it again on an unchanged node changes nothing.
  platform:
    support: full
    platforms: linux
    description: Operating systems it runs on.
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in check mode; it only reads.
  diff_mode:
    support: N/A
    description: Returns what would change or has changed in diff mode.
  idempotent:
    support: N/A
    description: Running it again on an unchanged node changes nothing.
  platform:
    support: full
    platforms: linux
    description: Operating systems it runs on.
"""
