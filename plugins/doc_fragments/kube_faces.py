# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from textwrap import indent

_NAMESPACE = r"""
namespace:
  description: Its namespace.
  type: str
  required: true
"""

_ITEM = r"""
name:
  description: Its name.
  type: str
  required: true
labels:
  description: Labels to have in addition to those of others.
  type: dict
annotations:
  description: Annotations to have in addition to those of others.
  type: dict
state:
  description:
    - V(present) makes it be as written. Options that are left out stay as they are, or as the API server chooses.
    - V(absent) deletes it; only its name is looked at.
  type: str
  choices: [present, absent]
  default: present
"""

_ACCESS_MODES = r"""
access_modes:
  description: Who may use it at the same time.{more}
  type: list
  elements: str
  choices: [ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod]
"""

_CLAIM = r"""
storage_class:
  description:
    - The class that makes its volume; V("") for none. Left out, the cluster's default, or that of O(claims[].volume).
  type: str
size:
  description:
    - How much it asks for, like V(10Gi), V(10GiB) or V(10GB). May be left out for a claim with a source, which then gives it.
    - A larger size grows it, if its class allows that, and the wait lasts until its file system has grown.
    - A smaller one is refused, except to take back a growth that has not come about.
  type: str
volume_mode:
  description: Whether pods get a file system or a raw device. V(Filesystem) if left out.
  type: str
  choices: [Filesystem, Block]
match_labels:
  description: Labels of the volumes that it may be bound to, where these are made beforehand.
  type: dict
volume:
  description:
    - The volume to be bound to and no other. The volume is given to this claim before the claim is made, so that none comes in between.
    - One that was given to another claim takes consent in O(allow_rebind); one that is bound is refused.
  type: str
from_snapshot:
  description: Name of the VolumeSnapshot in the same namespace that it is made from. Looked at only when it is made.
  type: str
from_claim:
  description: Name of the claim in the same namespace that it is a copy of. Looked at only when it is made.
  type: str
attributes_class:
  description: Name of a VolumeAttributesClass.
  type: str
"""

_SECRET = r"""
  type: dict
  suboptions:
    name:
      description: Name of the Secret.
      type: str
      required: true
    namespace:
      description: Its namespace.
      type: str
"""

_FS_TYPE = r"""
fs_type:
  description: The file system to mount.
  type: str
"""

_READ_ONLY = r"""
read_only:
  description: Whether it is read only.
  type: bool
"""

_PATH = r"""
path:
  description: {about}
  type: str
  required: true
"""

_ISCSI = (
    r"""
portal:
  description: Address and port of the target, C(host:port).
  type: str
  required: true
portals:
  description: Further portals of the same target.
  type: list
  elements: str
iqn:
  description: Name of the target.
  type: str
  required: true
lun:
  description: Number of the LUN.
  type: int
  required: true
initiator_name:
  description: Name that nodes log in with; their own if left out.
  type: str
interface:
  description: The iSCSI interface to use.
  type: str
chap_session:
  description: Whether sessions authenticate by CHAP.
  type: bool
chap_discovery:
  description: Whether discovery authenticates by CHAP.
  type: bool
secret:
  description: The Secret for CHAP, of the type C(kubernetes.io/iscsi-chap)."""
    + _SECRET
    + _FS_TYPE
    + _READ_ONLY
)

_CSI = (
    r"""
driver:
  description: Name of the driver.
  type: str
  required: true
volume_handle:
  description: What the driver calls the volume.
  type: str
  required: true
attributes:
  description: Further values for the driver, all text.
  type: dict
"""
    + "".join(
        f"{use}_secret:\n  description: A Secret that the driver gets to {what}.{_SECRET}"
        for use, what in (
            ("node_stage", "stage the volume on a node"),
            ("node_publish", "mount the volume for a pod"),
            ("node_expand", "grow the volume on a node"),
            ("controller_publish", "attach the volume"),
            ("controller_expand", "grow the volume"),
        )
    )
    + _FS_TYPE
    + _READ_ONLY
)


def _suboptions(name: str, about: str, options: str) -> str:
    return f"{name}:\n  description: {about}\n  type: dict\n  suboptions:\n{indent(options.strip(), '    ')}\n"


_VOLUME = (
    r"""
capacity:
  description: Its size, like V(10Gi), V(10GiB) or V(10GB). Needed to make one.
  type: str
storage_class:
  description: Name of its class, which need not exist.
  type: str
volume_mode:
  description: Whether pods get a file system or a raw device. V(Filesystem) if left out.
  type: str
  choices: [Filesystem, Block]
reclaim_policy:
  description: What becomes of it when its claim is deleted. V(Retain) if left out when it is made.
  type: str
  choices: [Delete, Retain]
mount_options:
  description: Options to mount it with.
  type: list
  elements: str
node:
  description: The node that it can be used on, by its label C(kubernetes.io/hostname).
  type: str
claim:
  description:
    - The claim that it is for and no other, as C(namespace/name).
    - A volume that was given to another claim before takes consent in O(allow_rebind); one that is bound is refused.
  type: str
provisioned_by:
  description: Who is to look after it, its annotation C(pv.kubernetes.io/provisioned-by). For local volumes C(local-volume-provisioner-NODE-UID).
  type: str
"""
    + _suboptions("local", "A path on O(volumes[].node).", _PATH.format(about="The mounted folder, or the device.") + _FS_TYPE)
    + _suboptions("iscsi", "A LUN of an iSCSI target.", _ISCSI)
    + _suboptions(
        "nfs",
        "An export of an NFS server.",
        "server:\n  description: The server.\n  type: str\n  required: true\n" + _PATH.format(about="The exported path.").lstrip() + _READ_ONLY,
    )
    + _suboptions("csi", "A volume that a CSI driver knows.", _CSI)
)

_PARAMETERS = r"""
parameters:
  description: What the driver takes for its volumes, all text.
  type: dict
"""

_DEFAULT = r"""
default:
  description: Whether it is the default{scope}. V(true) takes the mark from the others. Left out, it stays as it is.
  type: bool
"""

_STORAGE_CLASS = (
    r"""
provisioner:
  description: The CSI driver that makes its volumes, or V(kubernetes.io/no-provisioner). Needed unless it is to go.
  type: str
"""
    + _PARAMETERS
    + r"""
reclaim_policy:
  description: What becomes of its volumes when their claims are deleted. V(Delete) if left out.
  type: str
  choices: [Delete, Retain]
volume_binding_mode:
  description: Whether volumes are made at once or for the first pod. V(Immediate) if left out.
  type: str
  choices: [Immediate, WaitForFirstConsumer]
allow_volume_expansion:
  description: Whether its claims can grow. Can be changed any time.
  type: bool
mount_options:
  description: Options to mount its volumes with.
  type: list
  elements: str
allowed_topologies:
  description: Where its volumes may be. All entries have to hold.
  type: list
  elements: dict
  suboptions:
    key:
      description: A label of nodes.
      type: str
      required: true
    values:
      description: Its allowed values.
      type: list
      elements: str
      required: true
"""
    + _DEFAULT.format(scope=" of the cluster")
)

_SNAPSHOT = r"""
claim:
  description: Name of the claim in the same namespace that is snapshot. It has to be bound to a volume of a CSI driver.
  type: str
content:
  description: Name of a VolumeSnapshotContent that is there already, in place of O(snapshots[].claim).
  type: str
snapshot_class:
  description: Name of a VolumeSnapshotClass of the claim's driver; its default one if left out.
  type: str
"""

_SNAPSHOT_CLASS = (
    r"""
driver:
  description: The CSI driver that makes its snapshots. Needed unless it is to go.
  type: str
deletion_policy:
  description: What becomes of the data when a snapshot is deleted. Needed unless it is to go.
  type: str
  choices: [Delete, Retain]
"""
    + _PARAMETERS
    + _DEFAULT.format(scope=" of its driver")
)

_DRIVER = r"""
attach_required:
  description: Whether volumes are attached before they are mounted. Cannot be changed in place.
  type: bool
pod_info_on_mount:
  description: Whether the driver is told of the pod.
  type: bool
volume_lifecycle_modes:
  description: Which kinds of volumes it has. Cannot be changed in place.
  type: list
  elements: str
  choices: [Persistent, Ephemeral]
storage_capacity:
  description: Whether the scheduler looks at the capacity that the driver tells.
  type: bool
fs_group_policy:
  description: Whether Kubernetes changes the group of files.
  type: str
  choices: [ReadWriteOnceWithFSType, File, None]
token_requests:
  description: Tokens of the pod's service account that the driver gets.
  type: list
  elements: dict
  suboptions:
    audience:
      description: Whom the token is for.
      type: str
      required: true
    expiration_seconds:
      description: How long it lives, at least 600.
      type: int
requires_republish:
  description: Whether the driver is called again from time to time.
  type: bool
se_linux_mount:
  description: Whether volumes can be mounted with an SELinux context.
  type: bool
registered_on:
  description:
    - Labels of the nodes that the driver has to be registered on before it counts as ready, C({}) for all nodes.
    - Left out, it is ready when the object is there.
  type: dict
"""


def _list(name: str, about: str, options: str) -> str:
    head = f"options:\n  {name}:\n    description: {about}\n    type: list\n    elements: dict\n    required: true\n    suboptions:\n"
    return f"{head}{indent(options.strip(), '      ')}\n"


class ModuleDocFragment:
    """What the modules for one kind take: a list of items. Consents are fragments of their own."""

    CLAIMS: str = _list(
        "claims",
        "The claims.",
        _NAMESPACE + _ITEM.lstrip() + _CLAIM.lstrip() + _ACCESS_MODES.format(more="").lstrip() + "  default: [ReadWriteOnce]",
    )
    VOLUMES: str = _list("volumes", "The volumes.", _ITEM + _VOLUME.lstrip() + _ACCESS_MODES.format(more=" Needed to make one.").lstrip())
    STORAGE_CLASSES: str = _list("classes", "The classes.", _ITEM + _STORAGE_CLASS.lstrip())
    SNAPSHOTS: str = _list("snapshots", "The snapshots.", _NAMESPACE + _ITEM.lstrip() + _SNAPSHOT.lstrip())
    SNAPSHOT_CLASSES: str = _list("classes", "The classes.", _ITEM + _SNAPSHOT_CLASS.lstrip())
    DRIVERS: str = _list("drivers", "The drivers.", _ITEM + _DRIVER.lstrip())

    DATA = r"""
options:
  allow_data_loss:
    description:
      - Consent to lose what is deleted with an object, or with a reclaim policy that takes effect at once because the claim has gone.
      - The key is the object as C(namespace/name), a volume by its name alone; the value is what it is bound to,
        of a volume its C(volumeHandle), or its UID if it has none. The refusal says which.
    type: dict
    default: {}
"""

    REBIND = r"""
options:
  allow_rebind:
    description:
      - Consent to give a volume, and what is left on it, to another claim than before.
      - The key is the volume, the value the claim that it was given to, C(namespace/name).
    type: dict
    default: {}
"""

    RECREATE = r"""
options:
  allow_recreate:
    description:
      - Consent to delete an object and make it again where a field differs that cannot be changed. Volumes, and pods that use them, stay as they are.
      - The key is the object's name, the value its UID. Labels and annotations of others are put back.
    type: dict
    default: {}
"""
