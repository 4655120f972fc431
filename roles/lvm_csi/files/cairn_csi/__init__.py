# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CSI driver for LVM: every node runs one, and every fact about a volume stands in the tags of its logical volume."""

NAME = "lvm.csi.cairn.storage"
VERSION = "1.0.0"
#: Key of the topology segment that names the node on which a volume is.
TOPOLOGY = f"{NAME}/node"
