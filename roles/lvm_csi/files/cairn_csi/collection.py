# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the driver takes from the collection, in one place: one lock, one reader of LVM's report, one runner of commands, one set of planners."""

# pylint: disable=unused-import
from ansible_collections.cairn.storage.plugins.module_utils._block import fs_apply, record
from ansible_collections.cairn.storage.plugins.module_utils._block.fs_steps import MINIMUM, Grow, make
from ansible_collections.cairn.storage.plugins.module_utils._block.mkfs_options import parse_mkfs
from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host, Signature
from ansible_collections.cairn.storage.plugins.module_utils._block.mount_options import parse_mount
from ansible_collections.cairn.storage.plugins.module_utils._block.places import places
from ansible_collections.cairn.storage.plugins.module_utils._block.probe import signatures
from ansible_collections.cairn.storage.plugins.module_utils._block.superblock import measured
from ansible_collections.cairn.storage.plugins.module_utils._core import command as commands
from ansible_collections.cairn.storage.plugins.module_utils._core import executor, files, trusted
from ansible_collections.cairn.storage.plugins.module_utils._core.command import Command, command, mutate, read
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import (
    Busy,
    CairnError,
    CommandFailed,
    Conflict,
    InvalidRequest,
    NoSpace,
    NotFound,
    Refused,
)
from ansible_collections.cairn.storage.plugins.module_utils._core.lock import PATH as LOCK
from ansible_collections.cairn.storage.plugins.module_utils._core.lock import host_lock
from ansible_collections.cairn.storage.plugins.module_utils._core.mounts import Mount, mountinfo
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Action, Consent, Plan
from ansible_collections.cairn.storage.plugins.module_utils._core.quantity import Percent, human, parse_bytes, parse_size
from ansible_collections.cairn.storage.plugins.module_utils._lvm.context import Context
from ansible_collections.cairn.storage.plugins.module_utils._lvm.desired import Volume
from ansible_collections.cairn.storage.plugins.module_utils._lvm.kinds import Kind, present_kind, wanted_kind
from ansible_collections.cairn.storage.plugins.module_utils._lvm.model import LogicalVolume, State, VolumeGroup
from ansible_collections.cairn.storage.plugins.module_utils._lvm.names import check_length, check_name, check_tags
from ansible_collections.cairn.storage.plugins.module_utils._lvm.placement import fits
from ansible_collections.cairn.storage.plugins.module_utils._lvm.promise import RATIO_TAG, ratio, ratio_of
from ansible_collections.cairn.storage.plugins.module_utils._lvm.report import argv, parse
from ansible_collections.cairn.storage.plugins.module_utils._lvm.sizing import plan_size, wanted_extents
from ansible_collections.cairn.storage.plugins.module_utils._lvm.snapshots import plan_snapshot
from ansible_collections.cairn.storage.plugins.module_utils._lvm.volumes import plan_volume
