"""What users asked for and did not get elsewhere, by the names of their threads."""

from __future__ import annotations

import dataclasses

import pytest
from local_wishes import NEW, actions, planned, steps
from machines import BASE, GIB, disk, holding, host, upon, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.boot import parse_fstab
from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._local import fstab
from ansible_collections.cairn.storage.plugins.module_utils._local.model import Entry

UUID = "11111111-2222-3333-4444-555555555555"
FILES = {"name": "files", "devices": [wwn("a")]}
PATH = f"{BASE}/files/{UUID}"
LINE = fstab.line(UUID, PATH, "xfs", (), "files", wwn("a"))
OURS = holding(disk("a", mounts=(PATH,)), "xfs", UUID, "cl-files")


def test_fstab_is_not_left_broken_after_a_failed_mount__ansible_posix_10() -> None:
    verbs = [action.verb for action in planned(host(disk("a"), disk("b")), {**FILES, "devices": [wwn("a"), wwn("b")]}).actions]
    assert verbs.index("update") > max(place for place, verb in enumerate(verbs) if verb == "publish"), "lines are written once all is mounted"


def test_mounts_are_idempotent__ansible_posix_452() -> None:
    mounted = Entry("files", UUID, PATH, False, "sda", GIB)
    assert actions(planned(host(OURS), FILES, entries=(mounted,), text=LINE)) == []


def test_a_new_disk_never_stands_under_an_old_name__kubernetes_51431() -> None:
    gone = Entry("files", UUID, PATH, False)
    made = planned(host(disk("b")), {**FILES, "devices": [wwn("a"), wwn("b")]}, entries=(gone,), text=LINE)
    assert [getattr(step, "uuid", NEW) for action in made.actions for step in action.steps] == [NEW] * len(steps(made))
    assert [each["entry"] for each in made.after.degraded] == [UUID], "the old one waits for its own disk"


def test_volumes_come_back_after_a_disk_is_reinserted__csi_driver_lvm_153() -> None:
    row = LINE.split()[3]
    assert r"x-systemd.wanted-by=dev-disk-by\x2did-wwn\x2d0x60011.device" in row and "nofail" in row


def test_teardown_takes_out_exactly_what_was_made__kubekey_3189() -> None:
    mounted = Entry("files", UUID, PATH, False, "sda", GIB)
    made = planned(
        host(OURS), {"name": "files", "state": "absent"}, entries=(mounted,), text=f"/dev/sdz /data xfs defaults 0 0\n{LINE}\n", published=[]
    )
    assert steps(made)[:4] == [
        f"umount {PATH}",
        f"take out {PATH}",
        f"record files on {wwn('a')} as given-up",
        "write 0 and remove 1 of our lines in /etc/fstab",
    ]
    twice = dataclasses.replace(OURS, mounts=(PATH, PATH))
    made = planned(host(twice), {"name": "files", "state": "absent"}, entries=(mounted,), text=LINE, published=[])
    assert steps(made)[:3] == [f"umount {PATH}", f"umount {PATH}", f"take out {PATH}"], "one mount lay over the other"


@pytest.mark.parametrize("fs_type", ["xfs", "ext4", "btrfs"])
def test_partitions_and_logical_volumes_are_as_good_as_disks(fs_type: str) -> None:
    part = f"{wwn('a')}-part1"
    below, above = upon(disk("a"), Device("sda1", "/dev/sda1", "part", GIB, links=(part,)))
    made = planned(host(below, above), {"name": "files", "fs_type": fs_type, "devices": [part]})
    assert steps(made)[:3] == [f"check that {part} holds nothing", f"record files on {part} as making", f"make {fs_type} labelled cl-files on {part}"]
    volume = Device("dm-0", "/dev/mapper/vg-own", "lvm", GIB, links=("/dev/disk/by-id/dm-uuid-LVM-1",))
    made = planned(host(volume), {"name": "files", "fs_type": fs_type, "devices": ["/dev/vg/own"]})
    assert steps(made)[2] == f"make {fs_type} labelled cl-files on /dev/disk/by-id/dm-uuid-LVM-1"
    taken = dataclasses.replace(volume, signatures=holding(volume, "crypto_LUKS", "its-uuid").signatures)
    with pytest.raises(CairnError) as refused:
        planned(host(taken), {"name": "files", "fs_type": fs_type, "devices": ["/dev/vg/own"]})
    assert refused.value.code == "device-signature" and "crypto_LUKS" in str(refused.value)


def test_consent_does_not_reach_what_fstab_still_mounts__start9_3923_omv_72() -> None:
    def booted(*lines: str) -> Host:
        machine = host(OURS, holding(disk("c"), "ext4", "u-1", "scratch"))
        return dataclasses.replace(machine, boot=tuple(parse_fstab("".join(f"{line}\n" for line in lines), lambda path: "")))

    mounted, wiped = Entry("files", UUID, PATH, False, "sda", GIB), {wwn("a"): UUID, wwn("c"): "u-1"}
    absent = {"name": "files", "state": "absent"}
    ours = {"entries": (mounted,), "text": LINE, "published": [], "wipe": wiped}
    assert "wipe" in [action.verb for action in planned(booted(LINE), absent, **ours).actions], "our own line goes with its volume"
    for line in (f"UUID={UUID} /srv/x xfs", f"{wwn('a')} /srv/x xfs"):
        with pytest.raises(CairnError) as refused:
            planned(booted(LINE, line), absent, **ours)
        assert refused.value.code == "boot-mount" and "line 2 of /etc/fstab" in refused.value.found
    with pytest.raises(CairnError) as refused:
        planned(booted("LABEL=scratch /srv/y ext4"), {"name": "more", "devices": [wwn("c")]}, wipe=wiped)
    assert refused.value.code == "boot-mount"
    held = planned(booted(f"UUID={UUID} /opt xfs"), FILES, entries=(mounted,), text=LINE)
    assert actions(held) == [], "what is held stays, whoever else mounts it"


def test_a_machine_without_the_disks_of_a_class_does_without_it() -> None:
    """A site's file is every machine's: one has no rotating disk, another no volume group because it has none."""
    none = {"name": "bulk", "devices": {"rotational": True, "at_least": 0}}
    volumes = {"name": "lv", "logical_volumes": {"volume_group": "slow", "count": 1, "size": "1GiB"}}
    made = planned(host(disk("a")), none, volumes, FILES, pending={"volume_groups": [], "left_out": ["slow"]})
    assert [each["class"] for each in made.after.left_out] == ["bulk", "lv"] and {volume.storage_class for volume in made.after.volumes} == {"files"}
    with pytest.raises(CairnError) as refused:
        planned(host(disk("a")), volumes)
    assert refused.value.code == "vg-unknown", "nobody said that the machine does without it"
    files = {"name": "files", "devices": {"id": "wwn-0x60011$", "at_least": 0}}
    lost = planned(host(disk("c")), files, entries=(Entry("files", UUID, PATH, False),), text=LINE)
    assert lost.after.left_out == () and lost.after.degraded, "one that was there is missing"
