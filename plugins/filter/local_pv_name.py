# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: the name of a local persistent volume."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import shown
from ansible_collections.cairn.storage.plugins.module_utils._local.naming import pv_name


def local_pv_name(entry: str, node: str, storage_class: str) -> str:
    """See local_pv_name.yml."""
    for name, value in (("entry", entry), ("node", node), ("storage_class", storage_class)):
        if not isinstance(value, str) or not value or not value.isprintable():
            raise AnsibleFilterError(f"local_pv_name: {name} must be a name. Found: {shown(repr(value))}.")
    return pv_name(entry, node, storage_class)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict:
        return {"local_pv_name": local_pv_name}
