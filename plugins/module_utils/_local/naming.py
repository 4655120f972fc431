# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The names that the local static provisioner gives to its persistent volumes."""

from __future__ import annotations


def pv_name(entry: str, node: str, storage_class: str) -> str:
    """The name of the PersistentVolume for a discovery-directory entry.

    ``entry`` is the entry's file name, ``node`` the Kubernetes node's name, ``storage_class`` the class's name.
    Upstream (pkg/discovery/discovery.go, generatePVName) hashes the three one after the other, nothing between them,
    with FNV-1a (32 bit), and prints the number as hexadecimal without leading zeros.
    """
    value = 0x811C9DC5
    for byte in (entry + node + storage_class).encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return f"local-pv-{value:x}"
