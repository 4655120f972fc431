#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: local_volumes
short_description: Disks and logical volumes given out as local volumes of Kubernetes
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Fills the discovery directories of the local static provisioner, one for each class.
  - A volume with a file system is named after its UUID, a raw volume is a link named after the disk's stable name.
    So a new disk never appears under an old name.
  - What was made is on record, with the disk's stable names, in C(/var/lib/cairn-storage/records/local-volumes.json).
    Only root reads and writes it.
    A disk belongs to a class if the record and the disk agree. What merely stands on a disk, its label and UUID, is written by whoever was given it,
    and is never taken for a proof. A disk on record that no longer shows what was made there is reported, and is not formatted.
  - Mounts stand in C(/etc/fstab) by the disk's stable name, are made before kubelet starts and do not keep the machine from booting when
    a disk is missing.
    A disk that comes later is mounted when it comes, with systemd 245 or later.
    The bare mount points are immutable, so that nothing is written to the disk below.
  - Raw volumes get udev rules (C(/etc/udev/rules.d/61-cairn-storage-local.rules)), by which no link by UUID or label leads to what pods write there,
    and udev assembles and activates nothing of it. To keep LVM's own commands away from it is up to M(cairn.storage.lvm_device_filter).
  - File systems carry a label with the class's name. On a machine that has lost its record, for example because it was installed anew, it tells
    which disks were whose, and O(adopt) takes them in.
  - A disk that is gone or cannot be read is reported, and the rest goes on. So is a file system that the kernel turned read-only, or that has errors on
    record; it is neither remounted nor grown.
  - O(base_dir) can be reached by symbolic links, as on systems where C(/srv) leads to C(/var/srv). They are followed where only root can have them lead
    elsewhere. C(/etc/fstab) has the folder that they lead to, the results have the one that was written, as the cluster knows it.
  - Where C(/etc/fstab) or another file cannot be written, or another line or a mount unit claims the place of a volume, nothing is done at all.
  - Encryption is no part of this. An opened LUKS device that is named by its path in C(/dev/mapper) works as any other,
    but opening it at boot before the mounts is up to you.
requirements:
  - util-linux 2.33 or later, and xfsprogs, e2fsprogs or btrfs-progs for the file systems that are made
  - lvm2 2.03 or later for classes on logical volumes
extends_documentation_fragment:
  - cairn.storage.host_attributes
  - cairn.storage.disk_rules
  - cairn.storage.disk_rules.wipe
options:
  classes:
    description: The classes. Others that have entries on this machine are left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the class and of its storage class.
        type: str
        required: true
      volume_mode:
        description: Whether pods get a mounted file system or the raw device. It cannot change once there are volumes.
        type: str
        choices: [Filesystem, Block]
        default: Filesystem
      fs_type:
        description: The file system to make. V(xfs) if left out.
        type: str
        choices: [xfs, ext4, btrfs]
      devices:
        description:
          - "The disks, as C({rule: NAME}) with a name from O(disk_rules), as a selector with the options of a rule such as
            C({rotational: true, at_most: 2}), or as a list of stable names of disks, partitions or logical volumes."
        type: raw
      logical_volumes:
        description: Logical volumes to make for this class, named after it with a number, instead of whole disks.
        type: dict
        suboptions:
          volume_group:
            description: The volume group to make them in.
            type: str
            required: true
          count:
            description: How many. Fewer than there are removes none.
            type: int
            required: true
          size:
            description: Size of each, like V(100GiB) or V(10%VG). A larger one counts for volumes that are there with O(classes[].grow) only.
            type: str
            required: true
      directories:
        description:
          - Directories to give out, each mounted a second time in the discovery directory. They have to be there already.
          - All those of one file system report its whole capacity, and nothing keeps one from filling it, so O(classes[].shared_capacity) has to say so.
          - Giving up the class leaves the directories and what is in them alone.
        type: list
        elements: str
      shared_capacity:
        description: That O(classes[].directories) share the capacity of their file systems is known and meant.
        type: bool
        default: false
      mount_options:
        description:
          - Mount options of its file systems, one in each item; those that change nothing but how the volume itself is mounted.
          - What the kernel says is in force counts, and not what C(/etc/fstab) says. What a remount changes is remounted. What it does not change (such as
            quotas of XFS) comes with a new mount, at once where nobody uses the volume; where a pod does, it is written to C(/etc/fstab) and reported in
            RV(degraded) until the pod is gone and this runs again, or the machine was booted.
          - Options that not every kernel takes are tried on a file before a disk is wiped or anything is written. Refused ones change nothing.
          - A pod that runs keeps flags of its own mount, such as C(noatime), until it is started again.
        type: list
        elements: str
      grow:
        description:
          - Let volumes grow while they are in use, to a larger O(classes[].logical_volumes) size or with their device, and their file systems with them.
          - What the cluster says of their capacity does not change by this. They never become smaller.
        type: bool
        default: false
      adopt_new:
        description: Take in disks that match the rule and came after the class was first made. Otherwise they are only reported.
        type: bool
        default: false
      state:
        description:
          - V(absent) takes all its volumes out. The data stays, and a class of that name takes them in again, unless O(wipe) names the disk.
          - Nobody else gets such a raw volume without consent, also if it bears no signature. It is then named by what the refusal tells.
          - It is refused as long as the cluster knows one of them, see O(published).
        type: str
        choices: [present, absent]
        default: present
  adopt:
    description:
      - Disks to take in with the file systems that are on them, C({stable id of the disk, UUID of the file system}), as the refusal C(adopt-needed) names
        them. Such a disk bears the label of a class of this call, and nothing on this machine says that the class made it.
      - Refused for a disk that somebody else was given, that is mounted or in use elsewhere, or that came by iSCSI.
      - Once it was done the line has no effect, and should be removed.
    type: dict
    default: {}
  published:
    description:
      - The volumes that the cluster knows on this machine, from the C(published) of M(cairn.storage.storage_info). Needed to give up a class.
      - A device that a volume leads to which somebody else made, by its C(path), counts as given out. Rules with C(only_unused) pass over it, any other
        way to ask for it is refused with the name of that volume.
    type: list
    elements: dict
    suboptions:
      class:
        description: Storage class.
        type: str
        required: true
      entry:
        description: Name of the entry in the discovery directory.
        type: str
        required: true
      volume:
        description: Name of the persistent volume.
        type: str
        required: true
      phase:
        description: Its phase.
        type: str
      path:
        description: Its path on the machine.
        type: str
  pending:
    description:
      - What an earlier task is about to do, the C(after) of M(cairn.storage.lvm_layout).
      - With it, check mode can plan volumes in a volume group that is still to come.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Rotational disks as raw volumes, and four file systems on a volume group
  cairn.storage.local_volumes:
    disk_rules:
      - {name: bulk, rotational: true, only_unused: true}
    classes:
      - {name: local-block, volume_mode: Block, devices: {rule: bulk}}
      - name: local-fs
        fs_type: xfs
        mount_options: [noatime]
        logical_volumes: {volume_group: fast, count: 4, size: 100GiB}

- name: Directories of one file system, each reporting its whole capacity
  cairn.storage.local_volumes:
    classes:
      - {name: local-shared, directories: [/srv/shared/a, /srv/shared/b], shared_capacity: true}

- name: Take in a disk of a machine that was installed anew
  cairn.storage.local_volumes:
    classes:
      - {name: local-fs, devices: [/dev/disk/by-id/wwn-0x5000c500a1b2c3d4]}
    adopt:
      /dev/disk/by-id/wwn-0x5000c500a1b2c3d4: 4d2fb3c1-2b0a-4d0b-8f0e-6a0c9a3f2c11

- name: Give up a class, once the cluster knows none of its volumes
  cairn.storage.local_volumes:
    classes:
      - {name: local-block, state: absent}
    published: "{{ cluster.published[inventory_hostname] | default([]) }}"
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order; each with C(verb), C(kind), C(name), C(loses) and C(steps).
  returned: success
  type: list
  elements: dict
entries:
  description: The volumes of the classes, as they are or in check mode will be.
  returned: success
  type: list
  elements: dict
  contains:
    class:
      description: Name of the class.
      type: str
    name:
      description: Name in the discovery directory; null while the file system or logical volume is still to be made.
      type: str
    path:
      description: Path of the entry; null as long as the name is.
      type: str
    volume_mode:
      description: V(Filesystem) or V(Block).
      type: str
    device:
      description: Stable name of the device.
      type: str
    size_bytes:
      description: Capacity in bytes. An upper bound while the file system is still to be made, 0 if its device is gone.
      type: int
    uuid:
      description: UUID of the file system; null for raw volumes.
      type: str
    degraded:
      description: Whether its device is gone, cannot be read, does not hold it any more, is no longer chosen, or was turned read-only by the kernel.
      type: bool
    disks:
      description: Stable names of the disks that it stands on.
      type: list
      elements: str
    shared_capacity:
      description: Whether it is a directory, whose capacity others count as theirs as well.
      type: bool
degraded:
  description:
    - Volumes whose device is gone, cannot be read or does not hold them any more, whose file system is damaged, or whose mount options are not in force,
      each with C(class), C(entry), C(device) and C(reason).
  returned: success
  type: list
  elements: dict
unadopted:
  description: Disks that match but are not used, each with C(class), C(device) and C(size_bytes).
  returned: success
  type: list
  elements: dict
left_out:
  description:
    - Classes that the machine has no disk for, which C(at_least=0) permits, or no volume group, as O(pending) says. Each has C(class) and C(reason).
  returned: success
  type: list
  elements: dict
"""

import uuid

from ansible_collections.cairn.storage.plugins.module_utils._block import apply as device_steps
from ansible_collections.cairn.storage.plugins.module_utils._block.options import CHOOSING, WIPE
from ansible_collections.cairn.storage.plugins.module_utils._local import apply as volume_steps
from ansible_collections.cairn.storage.plugins.module_utils._local.desired import parse
from ansible_collections.cairn.storage.plugins.module_utils._local.observe import observe
from ansible_collections.cairn.storage.plugins.module_utils._local.plan import plan
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule, run

CLASS = {
    "name": {"type": "str", "required": True},
    "volume_mode": {"type": "str", "choices": ["Filesystem", "Block"], "default": "Filesystem"},
    "fs_type": {"type": "str", "choices": ["xfs", "ext4", "btrfs"]},
    "devices": {"type": "raw"},
    "logical_volumes": {
        "type": "dict",
        "options": {
            "volume_group": {"type": "str", "required": True},
            "count": {"type": "int", "required": True},
            "size": {"type": "str", "required": True},
        },
    },
    "directories": {"type": "list", "elements": "str"},
    "shared_capacity": {"type": "bool", "default": False},
    "mount_options": {"type": "list", "elements": "str"},
    "grow": {"type": "bool", "default": False},
    "adopt_new": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
PUBLISHED = {
    "class": {"type": "str", "required": True},
    "entry": {"type": "str", "required": True},
    "volume": {"type": "str", "required": True},
    "phase": {"type": "str"},
    "path": {"type": "str"},
}


def main():
    module = AnsibleModule(
        argument_spec={
            **CHOOSING,
            **WIPE,
            "classes": {"type": "list", "elements": "dict", "required": True, "options": CLASS},
            "adopt": {"type": "dict", "default": {}},
            "published": {"type": "list", "elements": "dict", "options": PUBLISHED},
            "pending": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    wish = {}

    def parsed(params):
        wish["wish"] = parse(params)
        return wish["wish"]

    def planned(observed, desired):
        return plan(observed, desired, lambda: str(uuid.uuid4()))

    def result(plan_made):
        outcome = plan_made.after
        told = {name: list(getattr(outcome, name)) for name in ("degraded", "unadopted", "left_out")}
        return {"entries": [each.dump() for each in outcome.volumes], **told}

    def finish(plan_made):
        # What was made has names and sizes now.
        return result(planned(observe(wish["wish"]), wish["wish"])) if plan_made.changed else {}

    run(module, parse=parsed, observe=observe, plan=planned, handlers={**device_steps.HANDLERS, **volume_steps.HANDLERS}, result=result, finish=finish)


if __name__ == "__main__":
    main()
