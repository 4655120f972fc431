"""Ids, tags, parameters, limits and capabilities: plain values in, plain values or a refusal with its gRPC code out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.quantity import Percent
from cairn_csi import capability
from cairn_csi.inline_classes import parse_inline, parse_released
from cairn_csi.limits import Limits, from_tag, in_force
from cairn_csi.mounts import check_path, of_device, parse, pod_of
from cairn_csi.names import Id, lv_name, parse_id
from cairn_csi.parameters import parse_class, parse_modifiable, parse_snapshot_class
from cairn_csi.tags import Facts, read_tags, retag

CLAIM = "pvc-0b1e8c3e-9c1b-4a57-8a4e-4bb3f3a3f0f4"


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (f"node1/vg/csi-{CLAIM}", "volume", Id("node1", "vg", f"csi-{CLAIM}")),
        ("node1.example.com/vg/snap-x", "snapshot", Id("node1.example.com", "vg", "snap-x")),
        ("node1/vg/snap-x", "volume", None),
        ("node1/vg/data", "volume", None),
        ("fake-vol-id", "volume", None),
        ("", "volume", None),
        ("node1/../csi-x", "volume", None),
        ("node1/vg/csi-x/y", "volume", None),
        ("/vg/csi-x", "volume", None),
        ("node1/vg/csi-x y", "volume", None),
        ("node1/vg/csi-x\n", "volume", None),
        ("node1/--force/csi-x", "volume", None),
        ("node1/-vg/csi-x", "volume", None),
        ("--node/vg/csi-x", "volume", None),
        ("node1/v-g_+./csi--x", "volume", Id("node1", "v-g_+.", "csi--x")),
    ],
)
def test_only_ids_of_the_drivers_own_mean_something(text: str, kind: str, expected: Id | None) -> None:
    assert parse_id(text, kind) == expected


def test_names_are_readable_where_possible_and_always_short() -> None:
    assert lv_name("volume", CLAIM) == f"csi-{CLAIM}"
    assert lv_name("snapshot", CLAIM) == f"snap-{CLAIM}"
    odd = [lv_name("volume", name) for name in ("a" * 128, "A", "a/b", "ä", "a_tdata", "")]
    assert len(set(odd)) == len(odd) and all(len(name) == 44 for name in odd)


def test_tags_say_all_and_only_what_lvm_accepts() -> None:
    facts = Facts(
        "volume", "name with % # ~ = and ä", access="xfs", source="node1/vg/snap-x", limits="rbps:1/wiops:2", mkfs="-E lazy_itable_init=0", copied=5
    )
    assert read_tags((*facts.tags, "theirs", "cairn.csi.later=1")) == facts
    assert all(set(tag) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-/=!:#&") for tag in facts.tags)
    assert read_tags(("theirs", "cairn.local=fast")) is None


def test_a_change_of_state_is_one_command() -> None:
    before = Facts("volume", "a", state="copying", copied=4)
    assert retag("vg/a", before, state="", copied=0).argv == (
        "lvchange",
        "--deltag",
        "cairn.csi.copied=4",
        "--deltag",
        "cairn.csi.state=copying",
        "vg/a",
    )
    assert retag("vg/a", before, copied=8).argv == ("lvchange", "--deltag", "cairn.csi.copied=4", "--addtag", "cairn.csi.copied=8", "vg/a")


GOOD_CLASSES: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({}, {"type": "linear", "ratio": 0.0, "zeroed": True}),
    ({"type": "thin", "thinPool": "p", "overprovisionRatio": "2.5"}, {"pool": "p", "ratio": 2.5, "thin": True}),
    ({"type": "striped", "stripes": "3", "stripeSize": "128KiB"}, {"stripes": 3, "stripe_bytes": 131072}),
    ({"type": "raid1", "mirrors": "2"}, {"mirrors": 2}),
    ({"volumeGroup": "fast"}, {"group": "fast"}),
    ({"volumeGroupTag": "ssd"}, {"tag": "ssd"}),
    ({"mkfsOptions": "-i 65536 -O '^resize_inode'"}, {"mkfs": ("-i", "65536", "-O", "^resize_inode")}),
    ({"mkfsOptions": "-m0 -Tsmall"}, {"mkfs": ("-m", "0", "-T", "small")}),
    ({"mkfsOptions": "-m reflink=1 -n size=8k"}, {"mkfs": ("-m", "reflink=1", "-n", "size=8k")}),
    ({"zeroNew": "false"}, {"zeroed": False}),
    ({"bps": "10MiB", "readIops": "100"}, {"limits": Limits(10485760, 10485760, 100, 0)}),
    ({"csi.storage.k8s.io/pvc/name": "data"}, {"type": "linear"}),
]


@pytest.mark.parametrize(("given", "expected"), GOOD_CLASSES)
def test_a_class_is_read(given: dict[str, str], expected: dict[str, Any]) -> None:
    found = parse_class(given)
    assert {key: getattr(found, key) for key in expected} == expected


BAD_CLASSES = [
    ({"fsType": "ext4"}, "parameter-unknown"),
    ({"Type": "linear"}, "parameter-unknown"),
    ({"type": ""}, "parameter-empty"),
    ({"type": "raid7"}, "parameter-type"),
    ({"type": "Linear"}, "parameter-type"),
    ({"type": "linear", "thinPool": "p"}, "parameter-type"),
    ({"type": "thin", "stripes": "2"}, "parameter-type"),
    ({"type": "linear", "mirrors": "1"}, "parameter-type"),
    ({"overprovisionRatio": "2"}, "parameter-type"),
    ({"volumeGroup": "a", "volumeGroupTag": "b"}, "parameter-group"),
    ({"type": "striped", "stripes": "1"}, "parameter-stripes"),
    ({"type": "striped", "stripes": "two"}, "parameter-stripes"),
    ({"type": "raid1", "mirrors": "0"}, "parameter-mirrors"),
    ({"type": "striped", "stripeSize": "100KiB"}, "parameter-stripe-size"),
    ({"type": "striped", "stripeSize": "64k"}, "size-ambiguous"),
    ({"type": "thin", "overprovisionRatio": "0.5"}, "parameter-ratio"),
    ({"type": "thin", "overprovisionRatio": "lots"}, "parameter-ratio"),
    ({"wipe": "shred"}, "parameter-wipe"),
    ({"zeroNew": "no"}, "parameter-zeroNew"),
    ({"volumeGroup": "--config=x"}, "lvm-name"),
    ({"volumeGroup": "../etc"}, "lvm-name"),
    ({"volumeGroup": "a\nb"}, "lvm-name"),
    ({"volumeGroupTag": "-x"}, "lvm-tag"),
    ({"volumeGroupTag": "a b"}, "lvm-tag"),
    ({"type": "thin", "thinPool": "a/b"}, "lvm-name"),
    ({"type": "thin", "thinPool": "pool_tmeta"}, "lvm-name-reserved"),
    ({"type": "striped", "stripes": "\u0663"}, "parameter-stripes"),
    ({"type": "thin", "overprovisionRatio": "\u0662"}, "parameter-ratio"),
    ({"iops": "\u0662"}, "limit-iops"),
    ({"mkfsOptions": "-d etc"}, "mkfs-option"),
    ({"mkfsOptions": "-qd etc"}, "mkfs-option"),
    ({"mkfsOptions": "-LUSERS"}, "mkfs-option"),
    ({"mkfsOptions": "-J device=/dev/sda"}, "mkfs-option"),
    ({"mkfsOptions": "-FU random"}, "mkfs-option"),
    ({"mkfsOptions": "-m uuid=1b2c"}, "mkfs-option"),
    ({"mkfsOptions": "'"}, "mkfs-syntax"),
    ({"bps": "10M"}, "size-ambiguous"),
    ({"bps": "-1"}, "size-negative"),
    ({"iops": "0"}, "limit-iops"),
    ({"iops": "many"}, "limit-iops"),
    ({"bps": "1MiB", "writeBps": "1MiB"}, "limit-twice"),
]


@pytest.mark.parametrize(("given", "code"), BAD_CLASSES)
def test_a_bad_class_is_an_invalid_argument(given: dict[str, str], code: str) -> None:
    with pytest.raises(CairnError) as refused:
        parse_class(given)
    assert (refused.value.code, refused.value.grpc) == (code, "INVALID_ARGUMENT")
    assert refused.value.parameter.startswith("parameters.") and refused.value.fix


RELEASED = parse_released(
    [
        '{"name": "scratch", "limit": "2GiB", "parameters": {"volumeGroup": "vg"}}',
        '{"name": "thin", "limit": "100MiB", "parameters": {"type": "thin", "overprovisionRatio": "2", "mkfsOptions": "-m0"}}',
    ]
)
KEYS_OF_CLASSES = ("type", "volumeGroup", "volumeGroupTag", "thinPool", "overprovisionRatio", "stripes", "mkfsOptions", "wipe", "zeroNew", "bps")


def inline(given: dict[str, str]) -> Any:
    return parse_inline(given, RELEASED, "ext4")


@pytest.mark.parametrize(
    ("parse_", "given", "code"),
    [
        (parse_modifiable, {"type": "thin"}, "parameter-unknown"),
        (parse_modifiable, {"iops": "x"}, "limit-iops"),
        (parse_snapshot_class, {"size": "20%"}, "size-percent-of"),
        (parse_snapshot_class, {"size": "5 extents"}, "snapshot-size-unit"),
        (parse_snapshot_class, {"csi.aliyun.com/readonly": "true"}, "parameter-unknown"),
        (inline, {"size": "1G"}, "size-ambiguous"),
        (inline, {"vgName": "a"}, "parameter-unknown"),
        *[(inline, {key: "x"}, "parameter-unknown") for key in KEYS_OF_CLASSES],
        (inline, {"class": "lvm"}, "inline-class"),
        (inline, {"class": ""}, "parameter-empty"),
        (inline, {"size": "3GiB"}, "inline-limit"),
        (inline, {"size": "101MiB", "class": "thin"}, "inline-limit"),
        (parse_released, ["no JSON"], "inline-class-json"),
        (parse_released, ["[]"], "inline-class-json"),
        (parse_released, ['{"name": "a", "more": 1}'], "inline-class-json"),
        (parse_released, ['{"name": "a", "parameters": {"stripes": 2}}'], "inline-class-json"),
        (parse_released, ['{"name": "A"}'], "inline-class-name"),
        (parse_released, ['{"name": "a"}', '{"name": "a"}'], "inline-class-name"),
        (parse_released, ['{"name": "a", "limit": "5G"}'], "size-ambiguous"),
        (parse_released, ['{"name": "a", "parameters": {"mkfsOptions": "-d etc"}}'], "mkfs-option"),
    ],
)
def test_other_bad_parameters_are_invalid_arguments(parse_: Any, given: Any, code: str) -> None:
    with pytest.raises(CairnError) as refused:
        parse_(given)
    assert (refused.value.code, refused.value.grpc) == (code, "INVALID_ARGUMENT")


def test_sizes_of_snapshots_and_inline_volumes() -> None:
    assert parse_snapshot_class({}) == Percent(20.0, "ORIGIN")
    assert parse_snapshot_class({"size": "1GiB"}) == 1024**3
    parsed, size = inline({"size": "2GiB", "csi.storage.k8s.io/ephemeral": "true"})
    assert (parsed.group, size) == ("vg", 2 * 1024**3)
    assert inline({})[1] == 1024**3
    parsed, size = inline({"class": "thin"})
    assert (parsed.thin, parsed.ratio, size) == (True, 2.0, 100 * 1024**2)


def test_without_a_released_class_there_are_no_volumes_in_manifests() -> None:
    with pytest.raises(CairnError) as refused:
        parse_inline({"size": "1GiB"}, {}, "ext4")
    assert (refused.value.code, refused.value.grpc) == ("inline-off", "FAILED_PRECONDITION")


@pytest.mark.parametrize(
    ("given", "access", "expected"),
    [
        ({}, "block", "zero"),
        ({}, "mount", "none"),
        ({"wipe": "discard"}, "mount", "discard"),
        ({"type": "thin", "wipe": "zero"}, "block", "none"),
        ({"wipe": "none"}, "block", "none"),
    ],
)
def test_thick_raw_volumes_are_wiped_unless_told_otherwise(given: dict[str, str], access: str, expected: str) -> None:
    assert parse_class(given).wiped(access) == expected


def test_limits_to_the_kernel_and_back() -> None:
    limits = Limits(1048576, 0, 0, 50)
    assert from_tag(str(limits)) == limits and not from_tag("")
    assert limits.line("253:4") == "253:4 rbps=1048576 wbps=max riops=max wiops=50"
    assert Limits().line("253:4") == "253:4 rbps=max wbps=max riops=max wiops=max"
    assert in_force("253:1 rbps=5 wbps=max riops=max wiops=max\n253:4 rbps=1048576 wbps=max riops=max wiops=50\n", "253:4") == limits
    assert in_force("", "253:4") == Limits()


@pytest.mark.parametrize(
    ("access", "mode", "fs", "code"),
    [
        ("", "SINGLE_NODE_WRITER", "", "capability-access"),
        ("mount", "MULTI_NODE_MULTI_WRITER", "", "capability-mode"),
        ("mount", "MULTI_NODE_READER_ONLY", "", "capability-mode"),
        ("block", "UNKNOWN", "", "capability-mode"),
        ("mount", "SINGLE_NODE_WRITER", "btrfs", "capability-fs"),
        ("mount", "SINGLE_NODE_WRITER", "EXT4", "capability-fs"),
    ],
)
def test_capabilities_that_a_logical_volume_has_not(access: str, mode: str, fs: str, code: str) -> None:
    with pytest.raises(CairnError) as refused:
        capability.check(access, mode, fs)
    assert (refused.value.code, refused.value.grpc) == (code, "INVALID_ARGUMENT")


@pytest.mark.parametrize("flag", ["bind", "remount", "loop", "suid,exec", "noatime,dev", "journal_path=/x", "x-systemd.automount", "user"])
def test_flags_that_lead_beyond_the_volume(flag: str) -> None:
    with pytest.raises(CairnError) as refused:
        capability.check("mount", capability.WRITER, "ext4", [flag])
    assert (refused.value.code, refused.value.grpc) == ("mount-option-refused", "INVALID_ARGUMENT")


def test_harmless_flags_of_old_classes_are_told() -> None:
    told = capability.check("mount", capability.WRITER, "xfs", ["defaults", "noatime,nouuid", "_netdev"]).options
    assert told == ("defaults", "noatime", "nouuid", "_netdev")


def test_capabilities_have_to_agree() -> None:
    mount, block = capability.check("mount", capability.WRITER), capability.check("block", capability.WRITER, "ext4")
    assert (mount.fs, block.fs) == ("ext4", "") and capability.one([mount, mount]) is mount
    for wrong, code in (((), "capability-missing"), ((mount, block), "capability-mixed")):
        with pytest.raises(CairnError) as refused:
            capability.one(wrong)
        assert refused.value.code == code


MOUNTINFO = r"""
22 1 98:0 / / rw,relatime shared:1 - ext4 /dev/root rw
30 22 0:6 / /dev rw - devtmpfs devtmpfs rw
60 22 253:4 / /var/lib/kubelet/plugins/kubernetes.io/csi/lvm/abc/globalmount rw,relatime shared:9 - ext4 /dev/mapper/vg-csi rw
61 22 253:4 / /var/lib/kubelet/pods/0b1e8c3e-9c1b-4a57-8a4e-4bb3f3a3f0f4/volumes/kubernetes.io~csi/pvc/mount ro,relatime - ext4 /dev/mapper/vg-csi rw
62 22 0:6 /dm-7 /var/lib/kubelet/plugins/kubernetes.io/csi/volumeDevices/publish/pvc/0b1e8c3e-9c1b-4a57-8a4e-4bb3f3a3f0f4 rw - devtmpfs devtmpfs rw
63 22 253:5 / /mnt/with\040blank rw - xfs /dev/mapper/vg-b ro
""".strip()


POD, KUBELET = "0b1e8c3e-9c1b-4a57-8a4e-4bb3f3a3f0f4", "/var/lib/kubelet"


def test_mounts_by_device_raw_ones_too() -> None:
    mounts = parse(MOUNTINFO)
    assert [pod_of(each.path, KUBELET) for each in of_device(mounts, "253:4", "dm-4")] == ["", POD]
    assert [pod_of(each.path, KUBELET) for each in of_device(mounts, "253:7", "dm-7")] == [POD]
    assert [each.path for each in mounts if each.failed] == ["/mnt/with blank"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{KUBELET}/pods/{POD}/volumes/kubernetes.io~csi/pvc/mount", POD),
        (f"{KUBELET}/pods/{POD}/volume-subpaths/pvc/user/0", POD),
        (f"{KUBELET}/plugins/kubernetes.io/csi/volumeDevices/publish/pvc/{POD}", POD),
        (f"{KUBELET}/plugins/kubernetes.io/csi/volumeDevices/pvc/dev/{POD}", POD),
        (f"{KUBELET}/plugins/kubernetes.io/csi/lvm.csi.cairn.storage/abc/globalmount", ""),
        (f"{KUBELET}/plugins/kubernetes.io/csi/volumeDevices/staging/pvc", ""),
        (f"{KUBELET}/plugins/kubernetes.io/csi/volumeDevices/pvc/data/{POD}", ""),
        (f"/mnt/pods/{POD}/volumes/x", ""),
        (f"/mnt{KUBELET}/pods/{POD}/volumes/x", ""),
        (f"{KUBELET}/pods/../{POD}/x", ""),
        (f"{KUBELET}/pods/*/volumes/x", ""),
        (f"{KUBELET}/pods/{POD}", ""),
    ],
)
def test_whose_a_path_is(path: str, expected: str) -> None:
    assert pod_of(path, KUBELET) == expected


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", "path-missing"),
        ("/etc", "path-outside"),
        ("/var/lib/kubelet", "path-outside"),
        ("/var/lib/kubelet/../../../etc", "path-outside"),
        ("/var/lib/kubelet-other/x", "path-outside"),
        ("/var/lib/kubelet//x", "path-outside"),
        ("some/path", "path-outside"),
    ],
)
def test_paths_outside_kubelets_directory(path: str, code: str) -> None:
    with pytest.raises(CairnError) as refused:
        check_path(path, "/var/lib/kubelet", "target_path")
    assert (refused.value.code, refused.value.grpc, refused.value.parameter) == (code, "INVALID_ARGUMENT", "target_path")
