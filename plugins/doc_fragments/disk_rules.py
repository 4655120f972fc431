# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


_REFERENCES = """\
  allow_kernel_names:
    description: Accept names such as C(/dev/sdb), which move between boots, and disks that have no other name.
    type: bool
    default: false
  base_dir:
    description:
      - Folder of the discovery directories of local volumes, one for each class.
      - A disk that is given out there as a raw device bears no other mark, so it is looked at to know which disks are in use.
    type: path
    default: /var/lib/cairn-storage/local-volumes
"""


class ModuleDocFragment:
    """Options that choose disks, and the consents that go with them."""

    DOCUMENTATION = (
        r"""
options:
  disk_rules:
    description:
      - Rules that sort the disks of any machine, in order. A disk belongs to the first rule that it matches in all its criteria.
      - The disk that the machine runs from belongs to none. A rule whose O(disk_rules[].id) matches it is refused, other criteria pass it over.
      - Disks without a stable name belong to none, unless O(allow_kernel_names=true).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the rule.
        type: str
        required: true
      rotational:
        description: Whether the disk is rotational.
        type: bool
      size_min:
        description: The smallest size, like V(900GiB) or V(1TB).
        type: str
      size_max:
        description: The largest size.
        type: str
      model:
        description: Regular expression, found anywhere in the disk's model.
        type: str
      serial:
        description: Regular expression, found anywhere in the disk's serial number.
        type: str
      id:
        description: Regular expression, found anywhere in one of the disk's stable names.
        type: str
      transport:
        description: How the disk is attached, for example V(sata), V(sas) or V(nvme).
        type: str
      only_unused:
        description: Only disks that are empty, or already hold what the user of this rule put there.
        type: bool
        default: false
"""
        + _REFERENCES
    )

    REFERENCES = "options:\n" + _REFERENCES

    WIPE = r"""
options:
  wipe:
    description:
      - Consent to wipe devices, by stable name. The value is what the device holds, the UUID or the type that the refusal tells.
      - An entry that does not say what is found is refused, one that nothing needs is warned about.
    type: dict
    default: {}
"""
