# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Physical volumes that are there and that LVM does not show: what they are, and what brings them in. Nobody is offered to wipe them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, Mapping, Sequence, Tuple

from .._block.model import Device, Host
from .._core.errors import Conflict
from .._core.plan import Consent
from .desired import Group
from .model import State

MEMBER = "LVM2_member"
#: Why LVM does not show one.
COPY, FOREIGN, UNLISTED, FILTERED = "copy", "foreign", "unlisted", "filtered"


@dataclass(frozen=True)
class Hidden:
    """One such physical volume. ``group`` and ``system_id`` are what its metadata says; ``twin`` is the path of the one that it is a copy of."""

    uuid: str
    why: str
    group: str = ""
    system_id: str = ""
    twin: str = ""
    #: Whether it came over iSCSI, so that it can be a pod's: what is written there keeps nothing else from being done.
    attached: bool = False

    @property
    def what(self) -> str:
        """It in words."""
        name = f"physical volume {self.uuid}" + (f" of volume group {self.group}" if self.group else "")
        reasons = {
            COPY: f"a copy of it is {self.twin}, which LVM uses",
            FOREIGN: f"which belongs to the host with system id {self.system_id}",
            UNLISTED: "which LVM's devices file does not list",
            FILTERED: "which LVM does not show here, as a filter in lvm.conf has it",
        }
        return f"{name}, {reasons[self.why]}"

    def fix(self, device: str) -> str:
        """What a person can do to have LVM show it."""
        group = self.group or "NAME"
        return {
            COPY: "detach the copy, or keep LVM away from it; two writers would spoil both.",
            FOREIGN: f"on that host, vgexport {group}; if that host is gone, take the volume group over (lvmsystemid(7)): vgchange --config "
            f"'global/system_id_source=\"uname\" local/extra_system_ids=[\"{self.system_id}\"]' --systemid \"\" {group}.",
            UNLISTED: f"lvmdevices --adddev {device}" + (f", or vgimportdevices {group} for all its disks." if self.group else "."),
            FILTERED: "take it out of what devices/filter and devices/global_filter of lvm.conf reject (cairn.storage.lvm_device_filter); "
            "pvs tells whether LVM shows it then.",
        }[self.why]


def members(host: Host, state: State) -> Tuple[Device, ...]:
    """Devices with LVM's mark that its report does not have. What is given out to pods is not LVM's to show."""
    shown = {pv.device for pv in (*(pv for group in state.groups for pv in group.pvs), *state.orphans)}
    marked = (device for device in host if any(each.type == MEMBER for each in device.signatures) and not (device.entry or device.kept))
    # The paths to a device bear its mark as well.
    return tuple(device for device in marked if device.kernel_name not in shown and not host.leg(device))


def find(host: Host, state: State, owners: Mapping[str, Tuple[str, str]], listed: bool) -> Dict[str, Hidden]:
    """By kernel name; ``owners`` are volume group and system id by kernel name, ``listed`` says whether LVM goes by a devices file."""
    used = {pv.uuid: pv.path for group in state.groups for pv in group.pvs if pv.device}
    found = {}
    for device in members(host, state):
        uuid = next(each.uuid for each in device.signatures if each.type == MEMBER)
        group, system_id = owners.get(device.kernel_name, ("", ""))
        why = COPY if uuid in used else FOREIGN if system_id else UNLISTED if listed else FILTERED
        attached = any(disk.transport == "iscsi" for disk in host.disks(device))
        found[device.kernel_name] = Hidden(uuid, why, group, system_id, used.get(uuid, ""), attached)
    return found


def uses(host: Host, hidden: Mapping[str, Hidden], consent: Consent, names: Iterable[str] = ()) -> Dict[str, str]:
    """Uses by kernel name, which keep such disks from being given to somebody.

    A person may have one wiped who says so of their own accord; but not when it bears a volume group of ``names``, which the wish is about.
    """
    return {
        name: f"{each.what}; {each.fix(host.devices[name].id)}"
        for name, each in hidden.items()
        if each.why == COPY or each.group in names or not _given(host.devices[name], consent)
    }


def _given(device: Device, consent: Consent) -> bool:
    return any(str(consent.given.get(name)) == device.found for name in device.names if name in consent.given)


def check_named(groups: Sequence[Group], host: Host, state: State, consent: Consent) -> None:
    """Refuse a wish that names such a disk, or that is about a volume group that is on one and of which LVM shows nothing."""
    names = [group.name for group in groups]
    barred = uses(host, state.hidden, consent, names)
    for group in groups:
        references = group.wanted.references if group.wanted else ()
        for index, reference in enumerate(references):
            device = host.resolve(reference, f"{group.parameter}.devices[{index}]")
            if device and device.kernel_name in barred:
                raise _refusal(state.hidden[device.kernel_name], device, f"{group.parameter}.devices[{index}]")
        if group.state == "present" and not state.group(group.name) and group.name not in state.recorded:
            name = next((name for name, each in state.hidden.items() if each.group == group.name and not each.attached), "")
            if name:
                raise _refusal(state.hidden[name], host.devices[name], f"{group.parameter}.name")


def _refusal(hidden: Hidden, device: Device, parameter: str) -> Conflict:
    return Conflict(
        "the disk is a physical volume that LVM does not show on this machine.",
        code=f"pv-{hidden.why}",
        parameter=parameter,
        found=f"{device.id} is {hidden.what}",
        fix=hidden.fix(device.id),
    )
