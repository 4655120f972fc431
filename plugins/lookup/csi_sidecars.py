# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: csi_sidecars
short_description: Images of CSI's sidecars for a Kubernetes release
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Returns the images of the sidecars of CSI drivers, and of the snapshot controller, that go together with a minor release of Kubernetes.
  - All versions stand in one file of the collection, C(meta/versions.toml).
options:
  _terms:
    description: Minor releases, like V(1.35).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show the image of the external-provisioner for Kubernetes 1.35
  ansible.builtin.debug:
    msg: "{{ lookup('cairn.storage.csi_sidecars', '1.35').provisioner }}"
"""

RETURN = r"""
_raw:
  description: For each release a dictionary of image references, by the sidecar's name.
  type: list
  elements: dict
"""

import tomllib
from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

VERSIONS = Path(__file__).resolve().parents[2] / "meta" / "versions.toml"


class LookupModule(LookupBase):
    """Images of sidecars by Kubernetes release."""

    def run(self, terms: list, variables: dict | None = None, **kwargs: object) -> list:
        self.set_options(var_options=variables, direct=kwargs)
        known = tomllib.loads(VERSIONS.read_text(encoding="utf-8"))["csi_sidecars"]
        unknown = [term for term in terms if term not in known]
        if unknown:
            raise AnsibleLookupError(f"cairn.storage.csi_sidecars: no sidecars are known for Kubernetes {unknown[0]}. "
                                     f"Fix: use one of {', '.join(sorted(known))}, or give their images yourself.")
        return [known[term] for term in terms]
