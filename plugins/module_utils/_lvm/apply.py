# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Carrying out the steps on LVM that are not commands."""

from __future__ import annotations

from .._core import files
from .autoextend import WriteProfile

#: For ``_module.run``.
HANDLERS = {WriteProfile: lambda step: files.replace(step.path, step.text)}
