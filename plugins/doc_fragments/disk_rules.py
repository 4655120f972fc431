# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from textwrap import indent

_SELECTOR = r"""
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
  description:
    - How the disk is attached, one or more of those such as V(sata), V(sas) or V(nvme).
    - Disks that came over iSCSI, which can belong to pods, are passed over unless V(iscsi) is among these, or C(id) or C(serial) matches them.
  type: list
  elements: str
transport_not:
  description: How the disk must not be attached, for example V(usb).
  type: list
  elements: str
removable:
  description: Whether the disk's medium can be taken out, as of USB sticks and the virtual media of management controllers.
  type: bool
partitions:
  description:
    - Partitions are chosen, and not whole disks. C(rotational), C(model), C(serial), C(transport) and C(removable) are those of the disk below.
    - Partitions for firmware and boot loaders are passed over unless C(partition_type) names their type.
  type: bool
partition_label:
  description: Regular expression, found anywhere in the name that the partition table gives the partition. Implies C(partitions).
  type: str
partition_type:
  description: Type of the partition, a UUID, or a number such as V(0x83) in a DOS table. Implies C(partitions).
  type: str
only_unused:
  description: Only disks that are empty, or already hold what the user of this rule put there.
  type: bool
  default: false
at_least:
  description:
    - How many disks there have to be on a machine, those included that are in use by this but gone. Fewer are refused.
    - V(0) says that a machine may have none. What stands on this is then left out there. Without this option one is needed to begin with.
  type: int
at_most:
  description:
    - How many disks are taken on a machine. Those already in use by this come first, then the stable name decides, so that
      the choice stays when disks are added. Disks beyond that are left to the next rules.
    - What is in use already is never given up for this.
  type: int
"""

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

    DOCUMENTATION: str = (
        r"""
options:
  disk_rules:
    description:
      - Rules that sort the disks of any machine, in order. A disk belongs to the first rule that it matches in all its criteria and that has room.
      - One disk that is there over two paths which nothing joins is refused when a rule or a list would take it (start C(multipathd)).
      - The disk that the machine runs from belongs to none. A rule whose O(disk_rules[].id) matches it is refused, other criteria pass it over.
        One that is in use already by whom the rule is for stays with it, whatever the machine has on it.
      - Memory and network block devices (zram, nbd, null_blk) belong to none.
      - Disks without a stable name belong to none, unless O(allow_kernel_names=true).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the rule. One without a name keeps its disks from the rules that follow.
        type: str
"""
        + indent(_SELECTOR.strip(), "      ")
        + r"""
      disks:
        description:
          - Nothing but these disks, as a person chose them after C(cairn.storage.discover). They are used without C(adopt_new).
          - A disk that is gone and was never in use here is refused, and one that is no longer what it was when it was chosen.
        type: list
        elements: dict
        suboptions:
          id:
            description: Stable name of the disk.
            type: str
            required: true
          size_bytes:
            description: Its size when it was chosen.
            type: int
          found:
            description:
              - What it held then, as RV(cairn.storage.block_device_info#module:devices[].found) tells it; empty for nothing.
              - V(unknown data) is also the consent to lose that. A file system or a partition table needs C(wipe) as well.
            type: str
"""
        + _REFERENCES
    )

    REFERENCES: str = "options:\n" + _REFERENCES

    SELECTOR: str = r"""
options:
  selector:
    description:
      - A rule without a name. It selects among the disks that belong to no rule of O(disk_rules), as a selector does wherever devices are wanted.
      - Fewer disks than its O(selector.at_least) are refused.
    type: dict
    suboptions:
""" + indent(_SELECTOR.strip(), "      ") + "\n"

    WIPE = r"""
options:
  wipe:
    description:
      - Consent to wipe devices, by stable name. The value is what the device holds, the UUID or the type that the refusal tells.
      - A device without a signature is blank only if its head, its tail and the places of copies of superblocks are zero. Else it holds V(unknown data);
        so does one that only C(wipefs) has cleaned. With consent these places are zeroed; C(blkdiscard --zeroout) clears all of a device by hand.
      - An entry that does not say what is found is refused, one that nothing needs is warned about.
    type: dict
    default: {}
"""
