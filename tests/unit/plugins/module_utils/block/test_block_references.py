"""Ways in which people write which device they mean, and lines by which the machine does when it boots."""

from __future__ import annotations

import dataclasses

import pytest
from machines import GIB, disk, holding, host, names, upon, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.admit import admit
from ansible_collections.cairn.storage.plugins.module_utils._block.boot import check_boot, parse_crypttab, parse_fstab, parse_unit
from ansible_collections.cairn.storage.plugins.module_utils._block.identity import called, check_reference, rank
from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host
from ansible_collections.cairn.storage.plugins.module_utils._block.probe import as_printed, parse_blkid
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Consent

BASE, PART = upon(
    disk("a"),
    Device("sda1", "/dev/sda1", "part", GIB, links=(f"{wwn('a')}-part1",), part_uuid="1b-2c", part_label="my data"),
)
ARRAY = Device("md127", "/dev/md127", "raid1", GIB, links=("/dev/disk/by-id/md-uuid-1",), aliases=("/dev/disk/by-id/md-name-h:d", "/dev/md/d"))
VOLUME = Device("dm-0", "/dev/mapper/vg--0-lv", "lvm", GIB, links=("/dev/disk/by-id/dm-uuid-LVM-1",))
MACHINE = host(BASE, PART, ARRAY, VOLUME, disk("c"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("PARTUUID=1B-2C", "sda1"),
        ('PARTUUID="1b-2c"', "sda1"),
        ("/dev/disk/by-partuuid/1b-2c", "sda1"),
        ("PARTLABEL=my data", "sda1"),
        ("/dev/disk/by-partlabel/my\\x20data", "sda1"),
        (f"{wwn('a')}-part1 ", "sda1"),
        (f" {wwn('a')}\n", "sda"),
        ("/dev/disk//by-id/../by-id/wwn-0x60011", "sda"),
        ("ID=wwn-0x60011", "sda"),
        ("wwn-0x60011", "sda"),
        ("/dev/md/d", "md127"),
        ("/dev/disk/by-id/md-name-h:d", "md127"),
        ("/dev/disk/by-id/md-uuid-1", "md127"),
        ("/dev/disk/by-id/dm-name-vg--0-lv", "dm-0"),
        ("dm-name-vg--0-lv", "dm-0"),
        ("md-name-h:d", "md127"),
        ("/dev/vg-0/lv", "dm-0"),
        ("/dev/mapper/vg--0-lv", "dm-0"),
    ],
)
def test_names_that_last(written: str, meant: str) -> None:
    """local-static-provisioner 130, jetlag 274, lvm2 181, ansible 30951: what people write."""
    assert names([MACHINE.resolve(check_reference(written, "devices[0]", False))]) == [meant]


@pytest.mark.parametrize(
    ("written", "code", "told"),
    [
        ("UUID=9cd6", "device-content", "UUID of a file system"),
        ("/dev/disk/by-uuid/9cd6", "device-content", "UUID of a file system"),
        ("LABEL=foo", "device-content", "label of a file system"),
        ("/dev/disk/by-label/foo", "device-content", "label of a file system"),
        ("/dev/disk/by-id/lvm-pv-uuid-B6vlKQ", "device-content", "UUID of a physical volume of LVM"),
        *((name, "kernel-name", name) for name in ("sda", "sda1", "nvme0n1", "nvme0n1p2", "vdb", "md0", "dm-3", "zram0", "/dev/sda", "/dev//sda")),
        ("lvm-pv-uuid-B6vlKQ", "device-content", "lvm-pv-uuid-B6vlKQ"),
        ("/dev/disk/by-diskseq/3", "device-path", "by-diskseq"),
        ("/etc/passwd", "device-path", "'/etc/passwd'"),
        ("a b", "device-path", "'a b'"),
    ],
)
def test_names_that_do_not(written: str, code: str, told: str) -> None:
    with pytest.raises(CairnError) as refused:
        check_reference(written, "devices[0]", False)
    assert refused.value.code == code and told in refused.value.found and refused.value.fix


def test_kernel_names_by_consent() -> None:
    assert [check_reference(name, "devices[0]", True) for name in ("sda", "/dev/sda")] == ["/dev/sda"] * 2


def test_a_partition_and_its_copy() -> None:
    copy = dataclasses.replace(PART, kernel_name="sdc1", path="/dev/sdc1", links=(f"{wwn('c')}-part1",), parents=("sdc",))
    with pytest.raises(CairnError) as refused:
        host(BASE, PART, copy).resolve("/dev/disk/by-partuuid/1b-2c", "devices[0]")
    assert refused.value.code == "device-ambiguous" and wwn("c") in refused.value.found


def test_links_of_udev() -> None:
    links = {"/dev/md/d", "/dev/disk/by-id/md-name-h:d", "/dev/disk/by-id/md-uuid-1", "/dev/disk/by-id/lvm-pv-uuid-2"}
    assert (rank(links), called(links)) == (("/dev/disk/by-id/md-uuid-1",), ("/dev/disk/by-id/md-name-h:d", "/dev/md/d"))


FSTAB = r"""# comment of /dev/sda
LABEL=scratch	/srv/a	ext4	defaults	0 2
  UUID="9CD6-1" /srv/b ext4 defaults 0 2 # old data
PARTUUID=1B-2c /srv/c xfs noauto 0 0
PARTLABEL=my\040data /srv/d xfs nofail 0 0
/dev/../dev/disk/by-id/wwn-0x60011 none swap sw 0 0
LABEL=donn\303\251es /srv/e ext4 defaults 0 2
/dev/disk/by-label/a\134x20b /srv/f ext4
/dev/vg-0/lv /srv/g ext4
/srv/a /srv/h none bind 0 0
UUID=other /srv/i xfs logdev=/dev/disk/by-id/wwn-0x60013,noatime 0 0
UUID=ours /var/lib/cairn-storage/local-volumes/l/ours xfs nofail,x-cairn.class=l 0 0
tmpfs /tmp tmpfs defaults 0 0
"""


def boot(*devices: Device) -> Host:
    machine = host(*devices)
    return dataclasses.replace(machine, boot=tuple(parse_fstab(FSTAB, lambda path: "")))


def labelled(label: str = "", uuid: str = "u-1") -> Device:
    return holding(disk("e"), "ext4", uuid, label)


@pytest.mark.parametrize(
    ("device", "line"),
    [
        (labelled("scratch"), 2),
        (labelled(uuid="9cd6-1"), 3),
        (dataclasses.replace(disk("e"), type="part", part_uuid="1b-2c"), 4),
        (dataclasses.replace(disk("e"), type="part", part_label="my data"), 5),
        (BASE, 6),
        (labelled("données"), 7),
        (labelled(as_printed("données")), 7),
        (labelled("a b"), 8),
        (VOLUME, 9),
        (disk("c"), 11),
        (labelled("scratch2"), 0),
        (labelled(uuid="ours"), 0),
        (disk("e"), 0),
    ],
)
def test_what_the_boot_needs_is_not_taken_away__start9_3923_omv_72(device: Device, line: int) -> None:
    machine = boot(device)
    wipe = Consent("wipe", {device.id: device.found})
    refused = None
    try:
        admit(machine, device, parameter="devices[0]", minimum=0, blank=False, consent=wipe, taken={})
    except CairnError as error:
        refused = error
    if not line:
        assert refused is None
        return
    assert refused and refused.code == "boot-mount" and f"line {line} of /etc/fstab" in refused.found and "daemon-reload" in refused.fix


def test_a_disk_goes_with_its_partitions_and_a_blank_one_that_is_named_is_in_use() -> None:
    part = Device("sdi1", "/dev/sdi1", "part", GIB, signatures=labelled("scratch").signatures)
    base, part = upon(holding(disk("i"), "gpt partition table", "t"), part)
    machine = boot(base, part, disk("c"))
    with pytest.raises(CairnError) as refused:
        admit(machine, base, parameter="d", minimum=0, blank=False, consent=Consent("wipe", {base.id: "t"}), taken={})
    assert refused.value.code == "boot-mount"
    assert machine.use(machine.devices["sdc"]) == "named in line 11 of /etc/fstab"


def test_a_volume_that_is_not_active_is_known_by_its_path() -> None:
    machine = boot(disk("e"))
    with pytest.raises(CairnError) as refused:
        check_boot(machine, "state", (), ("/dev/vg-0/lv",))
    assert "/dev/vg-0/lv: line 9 of /etc/fstab mounts /dev/vg-0/lv at /srv/g" == refused.value.found
    check_boot(machine, "state", (), ("/dev/vg-0/other",))


def test_units_of_systemd_and_crypttab() -> None:
    unit = "[Mount]\nWhat = /dev/disk/by-uuid/U-1\nWhere=/srv/x\n"
    found = (*parse_unit(unit, "/etc/systemd/system/srv-x.mount", lambda path: ""), *parse_crypttab("secret UUID=u-2 none luks\n", lambda path: ""))
    found += tuple(parse_unit("[Mount]\nWhat=tmpfs\nWhere=/tmp\n", "/usr/lib/systemd/system/tmp.mount", lambda path: ""))
    assert [(each.place, each.words) for each in found] == [
        ("line 2 of /etc/systemd/system/srv-x.mount", "mounts /dev/disk/by-uuid/U-1 at /srv/x"),
        ("line 1 of /etc/crypttab", "opens UUID=u-2 as secret"),
    ]
    machine = dataclasses.replace(host(labelled()), boot=found)
    with pytest.raises(CairnError) as refused:
        check_boot(machine, "wipe", (labelled(),))
    assert "srv-x.mount" in refused.value.fix


@pytest.mark.parametrize(
    ("printed", "label"),
    [("donnM-CM-)es", "données"), ("dM-CM-)", "dé"), ("donnM-ies", "donnM-ies"), ("M-CM", "M-CM"), ('a\\"b', 'a"b'), ("plain", "plain")],
)
def test_labels_beyond_ascii(printed: str, label: str) -> None:
    assert parse_blkid(f"DEVNAME=/dev/sda\nLABEL={printed}\nUUID=u\nTYPE=ext4\n")["/dev/sda"][0].label == label
