"""Bad inputs of the modules for disks, LVM and local volumes, as one table: each with the code of its refusal and the parameter that it names.

The machine that they are for has seven disks: MEMBER is all of volume group badfast, with a linear volume, a thin pool and a volume in it, and a
mounted volume with a snapshot; OTHER is all of badother; FREE is blank; SIGNED has an XFS; PARTED has a partition; MOUNTED is mounted; GIVEN is
given out raw by class badclass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

MEMBER, OTHER, FREE, SIGNED, PARTED, MOUNTED, GIVEN = DISKS = ("MEMBER", "OTHER", "FREE", "SIGNED", "PARTED", "MOUNTED", "GIVEN")
GROUP = "badfast"
NOWHERE = "/dev/disk/by-id/wwn-0xdeadbeef"
#: What argument_spec itself refuses has no code of ours.
TYPE = ""


@dataclass(frozen=True)
class Bad:
    """One bad input. ``code`` is empty where Ansible refuses it by its type; ``parameter`` then is what its message names."""

    module: str
    code: str
    parameter: str
    params: Mapping[str, Any]


def with_disks(value: Any, names: Mapping[str, str]) -> Any:
    """``value`` with the stable names of the disks that it speaks of."""
    if isinstance(value, dict):
        return {names.get(key, key): with_disks(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [with_disks(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value


def info(code: str, parameter: str, *rules: dict, **params: Any) -> Bad:
    return Bad("block_device_info", code, parameter, {**({"disk_rules": list(rules)} if rules else {}), **params})


def layout(code: str, parameter: str, *groups: dict, **params: Any) -> Bad:
    return Bad("lvm_layout", code, parameter, {"volume_groups": list(groups), **params})


def group(code: str, parameter: str, **values: Any) -> Bad:
    return Bad("lvm_volume_group", code, parameter, {"name": GROUP, "devices": [MEMBER], **values})


def new_group(code: str, parameter: str, *devices: str, **values: Any) -> Bad:
    return Bad("lvm_volume_group", code, parameter, {"name": "badnew", "devices": list(devices), **values})


def pool(code: str, option: str, **values: Any) -> Bad:
    return layout(
        code,
        option if option == "allow_data_loss" else f"volume_groups[0].thin_pools[0]{option and '.'}{option}",
        {"name": GROUP, "devices": [MEMBER], "thin_pools": [{"name": "new", "size": "64MiB", **values}]},
    )


def volume(code: str, parameter: str, **values: Any) -> Bad:
    return Bad("lvm_logical_volume", code, parameter, {"volume_group": GROUP, "name": "new", "size": "64MiB", **values})


def local(code: str, parameter: str, *classes: dict, **params: Any) -> Bad:
    return Bad("local_volumes", code, parameter, {"classes": [{"name": "badnew", **item} for item in classes], **params})


FAST = {"name": GROUP, "devices": [MEMBER]}
LINEAR = {"volume_group": GROUP, "count": 1, "size": "64MiB"}

INFO = (
    info("rule-name", "disk_rules[0]", {"name": " "}),
    info("rule-twice", "disk_rules[1]", {"name": "a"}, {"name": "a"}),
    info("rule-range", "disk_rules[0]", {"name": "a", "size_min": "2TiB", "size_max": "1TiB"}),
    info("rule-regex", "disk_rules[0].model", {"name": "a", "model": "("}),
    info("rule-regex", "disk_rules[0].serial", {"name": "a", "serial": "["}),
    info("rule-regex", "disk_rules[0].id", {"name": "a", "id": "*"}),
    info("size-ambiguous", "disk_rules[0].size_min", {"name": "a", "size_min": "1T"}),
    info("size-negative", "disk_rules[0].size_min", {"name": "a", "size_min": "-1TiB"}),
    info("size-zero", "disk_rules[0].size_max", {"name": "a", "size_max": "0"}),
    info("size-unit", "disk_rules[0].size_min", {"name": "a", "size_min": "5 parsecs"}),
    info("size-syntax", "disk_rules[0].size_max", {"name": "a", "size_max": "huge"}),
    info("size-overflow", "disk_rules[0].size_max", {"name": "a", "size_max": "9EiB"}),
    info("rule-count", "disk_rules[0].at_most", {"name": "a", "at_most": 0}),
    info("rule-count", "disk_rules[0].at_least", {"name": "a", "at_least": -1}),
    info("rule-count-range", "disk_rules[0]", {"name": "a", "at_least": 3, "at_most": 2}),
    info("system-disk", "disk_rules[0].id", {"name": "a", "id": "."}, allow_kernel_names=True),
    info("rule-regex", "selector.model", selector={"model": "("}),
    info("size-ambiguous", "selector.size_min", selector={"size_min": "1G"}),
    info("rule-range", "selector", selector={"size_min": "2TiB", "size_max": "1TiB"}),
    info("rule-count", "selector.at_most", selector={"at_most": 0}),
    info(TYPE, "rotational", {"name": "a", "rotational": "perhaps"}),
    info(TYPE, "removable", {"removable": "perhaps"}),
    info("rule-partitions", "disk_rules[0].partition_type", {"partitions": False, "partition_type": "0x83"}),
)

LAYOUT = (
    layout("vg-twice", "volume_groups[1].name", FAST, FAST),
    layout("vg-devices", "volume_groups[0].devices", {"name": "badnew"}),
    layout("devices-form", "volume_groups[0].devices", {"name": GROUP, "devices": "MEMBER"}),
    layout("devices-empty", "volume_groups[0].devices", {"name": GROUP, "devices": []}),
    layout("rule-unknown", "volume_groups[0].devices", {"name": GROUP, "devices": {"rule": "none"}}),
    layout(
        "rule-shared",
        "volume_groups[1].devices",
        {"name": GROUP, "devices": {"rule": "a"}},
        {"name": "badnew", "devices": {"rule": "a"}},
        disk_rules=[{"name": "a", "size_min": "1GiB", "only_unused": True}],
    ),
    layout("device-shared", "volume_groups[1].devices", {"name": "badnew", "devices": [FREE]}, {"name": "badmore", "devices": [FREE]}),
    layout("selector-option", "volume_groups[0].devices", {"name": "badnew", "devices": {"rotationl": False}}),
    layout("selector-type", "volume_groups[0].devices.at_most", {"name": "badnew", "devices": {"at_most": "many"}}),
    layout("rule-no-disk", "volume_groups[0].devices", {"name": "badnew", "devices": {"size_min": "1PiB"}}),
    layout("lv-twice", "volume_groups[0].logical_volumes[1].name", {**FAST, "logical_volumes": [{"name": "a", "size": "4MiB"}] * 2}),
    layout(
        "lv-twice",
        "volume_groups[0].logical_volumes[0].name",
        {**FAST, "thin_pools": [{"name": "a", "size": "4MiB"}], "logical_volumes": [{"name": "a", "size": "4MiB"}]},
    ),
    layout("white-list-regex", "white_list.devices.include[0]", FAST, white_list={"devices": {"include": ["("]}}),
    layout("white-list-regex", "white_list.volume_groups.exclude[0]", FAST, white_list={"volume_groups": {"exclude": ["["]}}),
    layout("vg-not-allowed", "volume_groups[0].name", {**FAST, "tags": ["x"]}, white_list={"volume_groups": {"exclude": ["bad.*"]}}),
    layout("device-not-allowed", "volume_groups[0].devices[0]", {"name": "badnew", "devices": [FREE]}, white_list={"devices": {"include": ["nvme.*"]}}),
    layout("system-disk", "volume_groups[0].devices[0]", {"name": "badnew", "devices": ["/dev/ubda"]}, allow_kernel_names=True),
    layout("vg-consent", "allow_data_loss", {"name": "badother", "state": "absent"}),
    layout("consent-differs", "allow_data_loss", {"name": "badother", "state": "absent"}, allow_data_loss={"badother": "yes"}),
    layout("lv-open", "state", {"name": GROUP, "state": "absent"}),
    layout("lv-consent", "allow_data_loss", {**FAST, "logical_volumes": [{"name": "data", "state": "absent"}]}),
    layout("lv-needed", "state", {**FAST, "thin_pools": [{"name": "pool", "state": "absent"}]}),
    pool("pool-metadata", "metadata_size", metadata_size="1MiB"),
    pool("size-ambiguous", "metadata_size", metadata_size="8M"),
    pool("pool-chunk", "chunk_size", chunk_size="100KiB"),
    pool("size-zero", "chunk_size", chunk_size="0"),
    pool("pool-ratio", "overprovision_ratio", overprovision_ratio=0),
    pool("pool-autoextend", "autoextend", autoextend={"threshold": 10}),
    pool("size-missing", "size", size=None),
    pool("size-relative", "size", size="+1GiB"),
    pool("size-percent-of", "size", size="10%"),
    pool("size-percent-range", "size", size="200%VG"),
    pool("vg-full", "size", size="1TiB"),
    pool("lvm-name-reserved", "name", name="a_tdata"),
    pool("lvm-name", "name", name="a b"),
    pool("pool-kind", "name", name="data"),
    pool("shrink-unsupported", "size", name="pool", size="4MiB"),
    pool("pool-chunk-differs", "chunk_size", name="pool", size="400MiB", chunk_size="1MiB"),
    pool("pool-metadata-shrink", "metadata_size", name="pool", size="400MiB", metadata_size="2MiB"),
    layout(TYPE, "state", {**FAST, "state": "gone"}),
    layout(TYPE, "volume_groups", FAST, volume_groups="badfast"),
)

GROUPS = (
    group("lvm-name", "name", name="-x"),
    group("lvm-name-reserved", "name", name="snapshot1"),
    group("extent-size", "extent_size", extent_size="5MiB"),
    group("size-syntax", "extent_size", extent_size="four"),
    group("extent-differs", "extent_size", extent_size="8MiB"),
    group("data-alignment", "data_alignment", data_alignment="3MiB"),
    group("size-ambiguous", "data_alignment", data_alignment="1M"),
    group("lvm-tag", "tags", tags=["a b"]),
    group("vg-devices", "devices", name="badnew", devices=None),
    group("devices-form", "devices", devices={"rule": ""}),
    group("devices-empty", "devices", devices=[]),
    group("kernel-name", "devices[0]", devices=["/dev/sda"]),
    group("device-path", "devices[0]", devices=["/etc/passwd"]),
    group("device-type", "devices[0]", devices=[""]),
    group("device-twice", "devices[1]", devices=[MEMBER, MEMBER]),
    group("device-absent", "devices[1]", devices=[MEMBER, NOWHERE]),
    group("vg-elsewhere", "devices", devices=[FREE]),
    group("rename-same", "rename_from", rename_from=GROUP),
    group("lvm-name", "rename_from", rename_from="a/b"),
    group("kernel-name", "remove_devices[0]", remove_devices=["/dev/sdb"]),
    group("device-twice", "remove_devices[1]", remove_devices=[FREE, FREE]),
    group("device-leaves", "remove_devices", remove_devices=[MEMBER]),
    new_group("device-taken", "devices", OTHER),
    new_group("device-mounted", "devices", MOUNTED),
    new_group("device-signature", "wipe", SIGNED),
    new_group("device-partitioned", "wipe", PARTED),
    new_group("device-taken", "devices", GIVEN),
    new_group("device-absent", "devices[0]", NOWHERE),
    new_group("device-small", "devices", FREE, extent_size="4GiB"),
    new_group("consent-differs", "wipe", SIGNED, wipe={SIGNED: "ext4"}),
    new_group("rename-both", "rename_from", FREE, name="badother", rename_from=GROUP),
    group(TYPE, "adopt_new", adopt_new="maybe"),
    Bad("lvm_volume_group", TYPE, "name", {"devices": [FREE]}),
)

VOLUMES = (
    volume("vg-unknown", "volume_group", volume_group="badnone"),
    volume("lvm-name", "volume_group", volume_group=".."),
    volume("lvm-name", "name", name="x" * 128),
    volume("lvm-name-reserved", "name", name="pvmove0"),
    volume("lvm-tag", "tags", tags=["-a"]),
    volume("size-missing", "size", size=None),
    volume("size-relative", "size", size="+512M"),
    volume("size-zero", "size", size="0"),
    volume("size-negative", "size", size="-1GiB"),
    volume("size-percent-of", "size", size="10%"),
    volume("size-percent-range", "size", size="0%VG"),
    volume("size-overflow", "size", size="9EiB"),
    volume("size-ambiguous", "size", size="10G"),
    volume("size-extents", "size", size="0 extents"),
    volume("size-fraction", "size", size="0.3B"),
    volume("size-unit", "size", size="3 apples"),
    volume("size-syntax", "size", size="1,5GiB"),
    volume("size-pvs", "size", size="50%PVS"),
    volume("vg-full", "size", size="1TiB"),
    volume("shrink-kind", "size", name="data", size="4MiB"),
    volume("lv-kind", "thin_pool", name="thin", size="200MiB"),
    volume("pool-unknown", "thin_pool", thin_pool="none"),
    volume("lv-layout-differs", "type", name="data", size="40MiB", type="striped"),
    volume("lv-options", "type", thin_pool="pool", type="raid1"),
    volume("lv-options", "thin_pool", thin_pool="pool", snapshot_of="data"),
    volume("lv-options", "stripes", stripes=2),
    volume("lv-options", "mirrors", type="striped", mirrors=1),
    volume("lv-options", "stripe_size", stripe_size="64KiB"),
    volume("lv-options", "filesystem", snapshot_of="data", filesystem={"type": "xfs"}),
    volume("lv-options", "devices", snapshot_of="data", devices=[MEMBER]),
    volume("lv-count", "stripes", type="raid6", stripes=2),
    volume("lv-count", "mirrors", type="raid1", mirrors=0),
    volume("stripe-size", "stripe_size", type="striped", stripe_size="5KiB"),
    volume("devices-few", "type", type="raid1"),
    volume("kernel-name", "devices[0]", devices=["/dev/sda"]),
    volume("device-twice", "devices[1]", devices=[MEMBER, MEMBER]),
    volume("device-not-member", "devices[0]", devices=[FREE]),
    volume("rename-same", "rename_from", rename_from="new"),
    volume("rename-both", "rename_from", name="data", rename_from="thin"),
    volume("cache-options", "cache", cache={"size": "4MiB"}),
    volume("kernel-name", "cache.devices[0]", cache={"size": "4MiB", "devices": ["/dev/sda"]}),
    volume("fs-label", "filesystem.label", filesystem={"type": "xfs", "label": "much too long for it"}),
    volume("fs-uuid", "filesystem.uuid", filesystem={"type": "ext4", "uuid": "1234"}),
    volume("fs-small", "filesystem", size="8MiB", filesystem={"type": "xfs"}),
    volume("fs-in-use", "filesystem", name="used", size="64MiB", filesystem={"type": "xfs"}),
    volume("origin-unknown", "snapshot_of", snapshot_of="none"),
    volume("snapshot-size-missing", "size", size=None, snapshot_of="data"),
    volume("snapshot-size", "size", size="8MiB", snapshot_of="thin"),
    volume("size-percent-of", "size", size="50%PVS", snapshot_of="data"),
    volume("lv-has-snapshots", "size", name="used", size="128MiB"),
    volume("lv-consent", "allow_data_loss", name="data", state="absent"),
    volume("lv-needed", "state", name="used", state="absent"),
    volume("merge-kind", "name", name="data", state="merged"),
    volume(TYPE, "type", type="raid7"),
    volume(TYPE, "stripes", type="striped", stripes="two"),
    volume(TYPE, "filesystem", filesystem={"type": "ntfs"}),
)

LOCAL = (
    local("class-name", "classes[0].name", {"name": "Not_A_Class", "devices": [FREE]}),
    local("class-twice", "classes[1].name", {"devices": [FREE]}, {"devices": [FREE]}),
    local("class-source", "classes[0]", {}),
    local("class-source", "classes[0]", {"devices": [FREE], "logical_volumes": LINEAR}),
    local("block-file-system", "classes[0].fs_type", {"devices": [FREE], "volume_mode": "Block", "fs_type": "xfs"}),
    local("block-file-system", "classes[0].mount_options", {"devices": [FREE], "volume_mode": "Block", "mount_options": ["noatime"]}),
    local("class-count", "classes[0].logical_volumes.count", {"logical_volumes": {**LINEAR, "count": 0}}),
    local("size-ambiguous", "classes[0].logical_volumes.size", {"logical_volumes": {**LINEAR, "size": "1G"}}),
    local("size-percent-of", "classes[0].logical_volumes.size", {"logical_volumes": {**LINEAR, "size": "10%FREE"}}),
    local("lvm-name", "classes[0].logical_volumes.volume_group", {"logical_volumes": {**LINEAR, "volume_group": "a b"}}),
    local("vg-unknown", "classes[0].logical_volumes.volume_group", {"logical_volumes": {**LINEAR, "volume_group": "badnone"}}),
    local("vg-full", "classes[0].logical_volumes.size", {"logical_volumes": {**LINEAR, "size": "1TiB"}}),
    local("volume-small", "classes[0].logical_volumes.size", {"logical_volumes": {**LINEAR, "size": "8MiB"}}),
    local("mount-option", "classes[0].mount_options", {"devices": [FREE], "mount_options": ["a,b"]}),
    local("mount-option-refused", "classes[0].mount_options", {"devices": [FREE], "mount_options": ["noauto"]}),
    local("base-dir", "base_dir", {"devices": [FREE]}, base_dir="/var"),
    local("device-twice", "classes[0].devices[1]", {"devices": [FREE, FREE]}),
    local("device-shared", "classes[1].devices", {"devices": [FREE]}, {"name": "badmore", "devices": [FREE]}),
    local("device-absent", "classes[0].devices[0]", {"devices": [NOWHERE]}),
    local("kernel-name", "classes[0].devices[0]", {"devices": ["/dev/sda"]}),
    local("system-disk", "classes[0].devices[0]", {"devices": ["/dev/ubda"]}, allow_kernel_names=True),
    local("device-in-use", "classes[0].devices", {"devices": [OTHER]}),
    local("device-mounted", "classes[0].devices", {"devices": [MOUNTED]}),
    local("device-signature", "wipe", {"devices": [SIGNED]}),
    local("device-partitioned", "wipe", {"devices": [PARTED]}),
    local("device-taken", "classes[0].devices", {"devices": [GIVEN]}),
    local("devices-form", "classes[0].devices", {"devices": "all"}),
    local("rule-unknown", "classes[0].devices", {"devices": {"rule": "none"}}),
    local("directory-shared", "classes[0].shared_capacity", {"directories": ["/data"]}),
    local("directory-options", "classes[0].shared_capacity", {"devices": [FREE], "shared_capacity": True}),
    local("directory-path", "classes[0].directories[0]", {"directories": ["data"], "shared_capacity": True}),
    local("directory-absent", "classes[0].directories[0]", {"directories": ["/no/such/place"], "shared_capacity": True}),
    local("pending-form", "pending", {"logical_volumes": LINEAR}, pending={"volume_groups": 1}),
    local("published-unknown", "published", {"name": "badclass", "state": "absent"}),
    local(
        "class-published",
        "classes[0].state",
        {"name": "badclass", "state": "absent"},
        published=[{"class": "badclass", "entry": "x", "volume": "local-pv-1"}],
    ),
    local("mode-differs", "classes[0].volume_mode", {"name": "badclass", "volume_mode": "Filesystem", "devices": [GIVEN]}),
    local(TYPE, "volume_mode", {"devices": [FREE], "volume_mode": "Tape"}),
    local(TYPE, "count", {"logical_volumes": {**LINEAR, "count": "some"}}),
)

TABLE = (*INFO, *LAYOUT, *GROUPS, *VOLUMES, *LOCAL)
#: Refusals for which the machine has to be looked at: the first to be tried on a real one.
_LOOKED = (
    *("system-disk", "device-absent", "device-taken", "device-mounted", "device-signature", "device-partitioned", "device-small", "device-shared"),
    *("rule-no-disk", "vg-consent", "consent-differs", "vg-full", "vg-elsewhere", "vg-unknown", "vg-not-allowed", "device-not-allowed", "extent-differs"),
    *("lv-open", "lv-consent", "lv-needed", "lv-kind", "shrink-kind", "pool-kind", "pool-chunk-differs", "fs-in-use", "snapshot-size", "merge-kind"),
    *("lv-has-snapshots", "lv-layout-differs", "device-not-member", "rename-both", "mode-differs", "published-unknown", "class-published"),
    *("directory-absent", "volume-small", "shrink-unsupported", "pool-metadata-shrink"),
)


def on_a_machine(module: str, most: int = 16) -> list[Bad]:
    """A module's bad inputs to try on a real machine, where each costs a second."""
    return sorted((bad for bad in TABLE if bad.module == module), key=lambda bad: (bad.code not in _LOOKED, bad.code == TYPE))[:most]
