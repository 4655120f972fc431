# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: image
short_description: Reference of a container image that this collection deploys
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Returns the full reference (name and tag) of an image by its short name.
  - All versions stand in one file of the collection, C(meta/versions.toml).
options:
  _terms:
    description: Short names, the keys of the table C(images) in C(meta/versions.toml).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show the image of the local volume provisioner
  ansible.builtin.debug:
    msg: "{{ lookup('cairn.storage.image', 'local_volume_provisioner') }}"
"""

RETURN = r"""
_raw:
  description: One image reference for each short name.
  type: list
  elements: str
"""

import tomllib
from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

VERSIONS = Path(__file__).resolve().parents[2] / "meta" / "versions.toml"


class LookupModule(LookupBase):
    """Image references by short name."""

    def run(self, terms: list, variables: dict | None = None, **kwargs: object) -> list:
        self.set_options(var_options=variables, direct=kwargs)
        images = tomllib.loads(VERSIONS.read_text(encoding="utf-8"))["images"]
        unknown = [term for term in terms if term not in images]
        if unknown:
            raise AnsibleLookupError(f"cairn.storage.image: unknown image {unknown[0]!r}. Fix: use one of {', '.join(sorted(images))}.")
        return [images[term] for term in terms]
