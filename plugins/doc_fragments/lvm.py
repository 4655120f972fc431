# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of volume groups, thin pools and logical volumes, written once: lvm_layout has them nested, the other modules at the top."""

from __future__ import annotations

from textwrap import indent

_FILE_SYSTEM = r"""
type:
  description: Type of the file system.
  type: str
  choices: [ext4, xfs, btrfs]
  required: true
label:
  description: Its label. Another one is changed while it is in use.
  type: str
uuid:
  description: Its UUID; one with another UUID is another file system. Left out, a new one.
  type: str
options:
  description:
    - More arguments for mkfs, each an item. They count only when the file system is made.
    - Taken are those that name no file, device, label or UUID and force nothing, with values of their type.
  type: list
  elements: str
"""

_CACHE = r"""
size:
  description: Size of the cache, like V(10GiB) or V(250 extents), fixed when it is made.
  type: str
devices:
  description: The physical volumes that it is on, fast ones.
  type: list
  elements: str
mode:
  description: V(writeback) is faster and loses data when the cache's device dies.
  type: str
  choices: [writethrough, writeback]
  default: writethrough
state:
  description: V(absent) writes back what it holds and removes it.
  type: str
  choices: [present, absent]
  default: present
"""

_POOL = r"""
name:
  description: Name of the pool.
  type: str
  required: true
size:
  description:
    - Size of its data, like V(100GiB) or V(1000 extents).
    - A share such as V(80%VG) or V(100%FREE) covers its data, its metadata and the spare metadata for repairs.
    - C(%FREE) counts when the pool is made, later only with C(grow); C(%VG) counts in each run.
    - A pool never shrinks. A full one goes on once it is grown, and takes no more volumes before that.
    - One whose metadata the kernel wants checked is only reported. With consent for it in C(allow_data_loss), and while nothing uses its volumes,
      it is stopped, checked and started.
  type: str
metadata_size:
  description: Size of its metadata, from V(2MiB) to V(15.75GiB), never less than the mappings of a full pool take. Left out, twice that.
  type: str
chunk_size:
  description: Size of its chunks, a multiple of V(64KiB), fixed when the pool is made. Left out, the smallest that the pool's size allows.
  type: str
overprovision_ratio:
  description:
    - How many times its size its volumes may promise together, snapshots included.
    - A tag of the pool, C(cairn.ratio), tells it to the CSI driver; without one a pool promises what it has.
  type: float
  default: 1.0
autoextend:
  description:
    - Lets dmeventd grow the pool when it fills, from what is free in the volume group. Left out, that stays as it is.
    - A pool that grows on its own may be larger than C(size) and C(metadata_size).
    - Monitoring itself is always turned on; without it a full pool is noticed by nobody.
  type: dict
  suboptions:
    threshold:
      description: How full the pool is when it is grown, in percent.
      type: int
      default: 80
    percent:
      description: By how much of its size it is grown, in percent.
      type: int
      default: 20
grow:
  description: Let a size in C(%FREE) count in each run.
  type: bool
  default: false
rename_from:
  description: Name that it has so far. Once it is renamed, this does nothing.
  type: str
state:
  description: V(absent) removes it, with consent in C(allow_data_loss).
  type: str
  choices: [present, absent]
  default: present
"""

_VOLUME = (
    r"""
name:
  description: Name of the volume.
  type: str
  required: true
size:
  description:
    - Its size, like V(10GiB), V(250 extents), V(50%VG), V(100%FREE), V(50%PVS) of the named C(devices), or for a snapshot V(20%ORIGIN).
    - Rounded up to what the type can have. A thin volume takes no share, its size is what it promises.
    - A share is rounded down and covers all that the volume takes, with its copies, parity and RAID metadata.
    - C(%FREE) counts when the volume is made, of what is free on its C(devices) if it names some, and later only with C(grow).
      Then what it has counts as free, so it gets more only when space is added. Other shares count in each run.
    - It grows with its file system when more is wanted. It shrinks only with an ext4 file system on it and consent in C(allow_data_loss).
  type: str
type:
  description: How its data is laid out. Left out, a new volume is linear and any other stays as it is. It is not converted.
  type: str
  choices: [linear, striped, raid1, raid5, raid6, raid10]
stripes:
  description: Over how many devices the data itself is spread, without those for parity and copies. The fewest of the type if left out.
  type: int
stripe_size:
  description: How much of the data is on one device before the next one follows. V(64KiB) if left out.
  type: str
mirrors:
  description: How many copies there are besides the original, V(1) if left out.
  type: int
devices:
  description: The physical volumes that its space is taken from, by stable names. What it has already stays where it is.
  type: list
  elements: str
thin_pool:
  description: The thin pool to take its space from; its size is then what it promises.
  type: str
snapshot_of:
  description:
    - The volume in the same group that this is a snapshot of.
    - A thin volume's snapshot is thin and takes no C(size). Any other's needs a C(size) for the blocks that change, and is invalid once they outgrow it.
    - With V(100%ORIGIN) all of the origin can change. While it has such snapshots, the origin keeps its size.
  type: str
cache:
  description: A cache in front of it. Left out, that stays as it is.
  type: dict
  suboptions:
"""
    + indent(_CACHE.strip(), "    ")
    + r"""
filesystem:
  description:
    - A file system on it, made only if it holds nothing; another one is refused without consent in C(wipe), and so is data of no known kind.
    - A tag C(cairn.fs=UUID) notes that it was made. A volume with this tag that shows no file system is damaged, and is never formatted.
    - It grows with the volume, also one that an interrupted run left smaller. It is not mounted by this.
    - A volume without this option takes its file system along only while that is mounted on this machine.
  type: dict
  suboptions:
"""
    + indent(_FILE_SYSTEM.strip(), "    ")
    + r"""
tags:
  description: Tags to have in addition to those it has.
  type: list
  elements: str
active:
  description: Whether it is active, that is has a device. One that is in use is not deactivated.
  type: bool
  default: true
grow:
  description: Let a size in C(%FREE) count in each run.
  type: bool
  default: false
rename_from:
  description: Name that it has so far. Once it is renamed, this does nothing.
  type: str
state:
  description:
    - V(absent) removes it, with consent in C(allow_data_loss).
    - V(merged) sets the origin of a snapshot back to it and removes the snapshot, with consent in C(allow_data_loss) that names the origin.
  type: str
  choices: [present, absent, merged]
  default: present
"""
)

_GROUP = r"""
name:
  description: Name of the volume group.
  type: str
  required: true
devices:
  description:
    - "The disks, as C({rule: NAME}) with a name from O(disk_rules), as a selector with the options of a rule such as C({rotational: false, at_most: 2}),
      or as a list of stable names."
    - Disks that are in the volume group already but are not named here stay in it.
    - Of a volume group that is there they can be left out. It is taken as it is found, with the disks and volumes that it has.
  type: raw
remove_devices:
  description:
    - Disks to empty, moving what they hold to the others, and to take out of the volume group, by stable names or by the UUID of the physical volume.
    - A disk that is not in the volume group is left alone, so the option can stay. A rule of C(devices) passes over the disks named here.
  type: list
  elements: str
resize_devices:
  description: Use what disks have grown by.
  type: bool
  default: false
repair_missing:
  description:
    - When a disk is gone for good, rebuild RAID volumes on the others and forget the disk. Left out, such a volume group is reported and left alone.
    - Volumes that had data only there are removed, with consent for each in O(allow_data_loss). A volume that only loses its cache is kept.
    - RAID needs a disk that holds nothing of the volume yet; one that is new in C(devices) will do.
  type: bool
  default: false
extent_size:
  description: Size of an extent, fixed when the volume group is made. V(4MiB) if left out.
  type: str
data_alignment:
  description: Where data begins on new disks is a multiple of this, after the first MiB. Left out, V(1MiB) or what the disk asks for.
  type: str
tags:
  description: All the tags it should have. Left out, tags stay as they are.
  type: list
  elements: str
adopt_new:
  description:
    - Take in disks that match the rule and came after the volume group was made. Otherwise they are only reported.
    - Also makes a volume group afresh that is recorded on this machine but whose disks are all gone.
  type: bool
  default: false
rename_from:
  description: Name that it has so far. Once it is renamed, this does nothing.
  type: str
state:
  description: V(absent) removes it and leaves its disks blank, with consent in O(allow_data_loss) if it holds volumes.
  type: str
  choices: [present, absent]
  default: present
"""

_LIST = r"""
{name}:
  description: {about}
  type: list
  elements: dict
  {more}suboptions:
"""


def _list(name: str, about: str, options: str, more: str = "") -> str:
    return _LIST.format(name=name, about=about, more=more).lstrip("\n") + indent(options.strip(), "    ") + "\n"


def _options(text: str) -> str:
    return "options:\n" + indent(text.strip(), "  ") + "\n"


class ModuleDocFragment:
    """What the LVM modules take. The fragment itself is what they share; the others are one module's each."""

    DOCUMENTATION = r"""
requirements:
  - lvm2 2.03 or later, and thin-provisioning-tools for thin pools
  - util-linux 2.33 or later
options:
  allow_data_loss:
    description:
      - Consent to lose what volumes hold, C(vg/lv) or C(vg) as the key and its UUID as the value.
      - An entry that does not say what is found is refused, one that nothing needs is warned about.
    type: dict
    default: {}
  white_list:
    description:
      - What may be touched on this machine at all, by regular expressions that match a whole name.
      - A thing is allowed if one of C(include) matches it, or that is left out, and none of C(exclude).
    type: dict
    suboptions:
      volume_groups:
        description: Names of volume groups.
        type: dict
        suboptions: &side
          include:
            description: What is allowed; everything if empty.
            type: list
            elements: str
            default: []
          exclude:
            description: What is not.
            type: list
            elements: str
            default: []
      devices:
        description: Names of disks, stable ones and kernel names alike. A rule passes over a disk that is not allowed, a list is refused.
        type: dict
        suboptions: *side
"""

    LAYOUT: str = _options(
        _list(
            "volume_groups",
            "The volume groups, worked on in this order.",
            _GROUP
            + _list("thin_pools", "Thin pools, made before the logical volumes.", _POOL)
            + _list("logical_volumes", "Logical volumes, made in this order.", _VOLUME),
            "required: true\n  ",
        )
    )

    GROUP: str = _options(_GROUP)

    VOLUME: str = _options(
        "volume_group:\n  description: The volume group that it is in, which has to be there.\n  type: str\n  required: true\n" + _VOLUME.strip()
    )
