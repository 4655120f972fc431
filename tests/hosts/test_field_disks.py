"""Situations that people reported of disks: what is held, what the boot needs, what is no disk, and what they call a disk."""

from __future__ import annotations

import time
from typing import Any, Iterator

import pytest
from host_play import ERASE, changed, disk_ids, lab, layout, own_node, play, plugged, shell, volumes

NODE = own_node()
NUMBERS = (8, 9, 10)
HELD, SCRATCH, PARTED = disk_ids(NODE, NUMBERS)
#: A process in this mount namespace has a logical volume of the group as its /, as one of a machine with the system in its one group.
ROOT, PYTHON = "/run/fieldroot", "/run/field-python"
UNIT = "/etc/systemd/system/srv-unit.mount"

CLEAN = f"""{ERASE}
umount {ROOT}/ns {ROOT} 2>/dev/null; rm -rf {ROOT} {PYTHON}
swapoff /dev/fielddata/swap 2>/dev/null
umount /opt /srv/fieldlocal 2>/dev/null
rm -f {UNIT}; [ ! -e /run/fstab.before ] || mv /run/fstab.before /etc/fstab; systemctl daemon-reload
grep '^/var/lib/cairn-storage/local-volumes/field' /proc/mounts; awk '$2 ~ "/local-volumes/field" {{print $2}}' /proc/mounts | xargs -r umount
chattr -R -i /var/lib/cairn-storage/local-volumes/field* 2>/dev/null; rm -rf /var/lib/cairn-storage/local-volumes/field*
for group in fielddata fieldnew fieldparts; do vgremove -qq --force --yes $group; rm -f /etc/lvm/backup/$group; done 2>/dev/null
swapoff {PARTED}-part6 2>/dev/null
for id in {HELD} {SCRATCH} {PARTED}; do [ ! -e "$id" ] || {{ erase "$id"*; blockdev --rereadpt "$id"; }}; done 2>/dev/null
rm -rf /dev/md; udevadm settle; modprobe -qr scsi_debug zram nbd; rm -rf /var/lib/cairn-storage/records
udevadm settle
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """Three blank disks."""
    with plugged(NODE, NUMBERS, CLEAN):
        yield


def info(**options: Any) -> dict:
    return {"cairn.storage.block_device_info": options}


def told(result: dict) -> Any:
    """Code of a refusal, else whether something changed."""
    return result["error"]["code"] if result.get("failed") and "error" in result else result.get("msg") if result.get("failed") else result["changed"]


OPT = {"name": "opt", "size": "100MiB", "filesystem": {"type": "ext4", "label": "données"}}
SWAP = {"name": "swap", "size": "40MiB"}
SELF = {"name": "root", "size": "60MiB", "filesystem": {"type": "ext4"}}


def data(devices: Any, **values: Any) -> dict:
    return {"name": "fielddata", "devices": devices, "logical_volumes": [OPT, SWAP, SELF], **values}


SERIAL = {"serial": HELD.rpartition("wwn-0x6001405")[2][:16] + "$", "only_unused": True}
RULES = [{"name": "held", "id": HELD.rpartition("/")[2] + "$"}]


def wishes(**task: Any) -> list[dict]:
    """The same wish in all forms, and those that want something new of it."""
    tasks = (
        layout(data([HELD])),
        layout(data(SERIAL)),
        layout(data({"rule": "held"}), disk_rules=RULES),
        layout({"name": "fieldnew", "devices": [HELD]}),
        layout({"name": "fieldnew", "devices": {"id": HELD.rpartition("/")[2] + "$"}}),
    )
    return [{**each, **task} for each in tasks]


OUTCOMES = [False, False, False, "system-disk", "system-disk"]


def test_what_is_held_is_managed_whatever_the_machine_has_on_it__homelab_40_rook_9267_homestead_1415() -> None:
    assert changed(play(NODE, layout(data([HELD])))) == [True]
    shell(
        NODE,
        f"""mkswap -q /dev/fielddata/swap && swapon /dev/fielddata/swap && mount /dev/fielddata/opt /opt
        mkdir -p {ROOT}; mount -t tmpfs none {ROOT}; mount --make-private {ROOT}; touch {ROOT}/ns
        cat > {ROOT}/enter <<'END'
mkdir {ROOT}/new && mount /dev/fielddata/root {ROOT}/new && cd {ROOT}/new && mkdir old
for each in bin sbin lib lib64 usr etc var dev proc sys run tmp root opt; do
  [ -L /$each ] && cp -a /$each . || {{ mkdir -p $each; mount --rbind /$each $each; }}
done
pivot_root . old && umount -l /old
END
        unshare --mount={ROOT}/ns --propagation private bash {ROOT}/enter
        printf '#!/bin/sh\\nexec nsenter --mount={ROOT}/ns python3 "$@"\\n' > {PYTHON}; chmod +x {PYTHON}""",
    )
    seen = shell(NODE, f"nsenter --mount={ROOT}/ns findmnt -no SOURCE /; findmnt -no SOURCE /opt; swapon --noheadings --show=NAME")
    assert seen.split()[:2] == ["/dev/mapper/fielddata-root", "/dev/mapper/fielddata-opt"] and "/dev/dm-" in seen
    local = volumes({"name": "fieldlocal", "fs_type": "ext4", "logical_volumes": {"volume_group": "fielddata", "count": 1, "size": "20MiB"}})
    results = play(
        NODE,
        *wishes(),
        *wishes(vars={"ansible_python_interpreter": PYTHON}),
        {"cairn.storage.lvm_volume_group": {"name": "fielddata", "devices": [HELD]}, "vars": {"ansible_python_interpreter": PYTHON}},
        info(disk_rules=RULES),
        layout(data([HELD, SCRATCH]), check=True),
        layout(data([HELD, SCRATCH])),
        layout(data([HELD], remove_devices=[SCRATCH])),
        {**local, "vars": {"ansible_python_interpreter": PYTHON}, "check_mode": True},
    )
    assert [told(each) for each in results] == [*OUTCOMES, *OUTCOMES, False, False, True, True, True, True]
    assert shell(NODE, "vgs --noheadings -o pv_count,lv_count fielddata").split() == ["1", "3"]
    assert "données" in shell(NODE, "blkid -p -o value -s LABEL /dev/fielddata/opt; tune2fs -l /dev/fielddata/opt | grep volume.name")


#: How a line names each of the partitions, and its last field of a name: LABEL, UUID in quotes, entry of the partition table, a path with detours, swap.
SOURCES = {
    1: "LABEL=field1",
    2: 'UUID="00000000-0000-4000-8000-00000000000A"',
    3: "PARTUUID=11111111-0000-4000-8000-000000000003",
    4: "PARTLABEL=field\\040four",
    5: f"/dev/./disk/../disk/by-id/{PARTED.rpartition('/')[2]}-part5",
    6: "UUID=00000000-0000-4000-8000-00000000000e",
}
UUIDS = {number: f"00000000-0000-4000-8000-00000000000{number + 8:x}" for number in range(1, 7)}
VOLUMES = {"a": "UUID=00000000-0000-4000-8000-0000000000aa", "b": "/dev/fielddata/b", "c": "/dev/mapper/fielddata-c"}


def boots() -> str:
    """A script: partitions and volumes with something on them, and lines by which the machine mounts them when it boots."""
    named = {number: "field four" if number == 4 else f"part {number}" for number in range(1, 8)}
    table = "".join(f'size=40M, uuid=11111111-0000-4000-8000-00000000000{number}, name=\\"{name}\\"\\n' for number, name in named.items())
    lines = [f"{source} /srv/field{number} ext4 defaults 0 2" for number, source in SOURCES.items() if number < 6]
    lines += [f"{SOURCES[6]} none swap sw 0 0", *(f"{source} /srv/field{name} ext4 defaults,nofail 0 2" for name, source in VOLUMES.items())]
    rows = "\\n".join(line.replace("\\", "\\\\") for line in lines)
    return f"""
    printf "{table}" | partition {PARTED} --label gpt
    for number in 1 2 3 4 5; do mkfs.ext4 -q -L field$number -U 00000000-0000-4000-8000-00000000000$(printf %x $((number + 8))) {PARTED}-part$number; done
    mkswap -q -U {UUIDS[6]} {PARTED}-part6; mkfs.ext4 -q -U 00000000-0000-4000-8000-000000000007 {SCRATCH}
    tune2fs -U {VOLUMES['a'][5:]} /dev/fielddata/a >/dev/null; lvchange -an fielddata/c
    cp -p /etc/fstab /run/fstab.before; printf '{rows}\\n' >> /etc/fstab
    printf '[Mount]\\nWhat=/dev/disk/by-uuid/00000000-0000-4000-8000-000000000007\\nWhere=/srv/unit\\n' > {UNIT}
    udevadm settle
    """


def test_consent_does_not_reach_what_the_machine_mounts_when_it_boots__start9_3923_omv_72() -> None:
    shell(NODE, CLEAN)
    lvs = [{"name": name, "size": "40MiB", "filesystem": {"type": "ext4"}} for name in VOLUMES]
    made = play(NODE, layout({"name": "fielddata", "devices": [HELD], "logical_volumes": lvs}))
    assert changed(made) == [True]
    (group,) = [each for each in made[0]["after"]["volume_groups"] if each["name"] == "fielddata"]
    consent = {f"fielddata/{each['name']}": each["uuid"] for each in group["logical_volumes"]} | {"fielddata": group["uuid"]}
    shell(NODE, boots())

    def taking(check: bool = True) -> list[dict]:
        wipe = {f"{PARTED}-part{number}": uuid for number, uuid in UUIDS.items()} | {SCRATCH: "00000000-0000-4000-8000-000000000007"}
        parts = [layout({"name": "fieldnew", "devices": [f"{PARTED}-part{number}"]}, check=check, wipe=wipe) for number in UUIDS]
        removed = [
            layout({"name": "fielddata", "devices": [HELD], "logical_volumes": [{"name": name, "state": "absent"}]}, check=check, allow_data_loss=consent)
            for name in ("a", "c")
        ]
        table = shell(NODE, f"blkid -p -o value -s PTUUID {PARTED}").strip()
        return [
            *parts,
            layout({"name": "fieldnew", "devices": [SCRATCH]}, check=check, wipe=wipe),
            layout({"name": "fieldnew", "devices": [PARTED]}, check=check, wipe={PARTED: table}),
            volumes({"name": "fieldlocal", "fs_type": "ext4", "devices": [f"{PARTED}-part1"]}, check=check, wipe=wipe),
            *removed,
            layout({"name": "fielddata", "state": "absent"}, check=check, allow_data_loss=consent),
        ]

    there = f"cat /etc/fstab; blkid -p {PARTED}-part* {SCRATCH}; lvs --noheadings -o lv_name,lv_uuid fielddata; vgs --noheadings"
    before = shell(NODE, there)
    own = {"name": "fieldlocal", "fs_type": "ext4", "devices": [f"{PARTED}-part7"]}
    results = play(NODE, *taking(), taking(False)[0], taking(False)[7], volumes(own))
    assert [told(each) for each in results] == ["boot-mount"] * 14 + [True]
    places = [each["error"]["found"] for each in results[:-1]]
    assert f"line 2 of {UNIT}" in places[6] and all("/etc/fstab" in each for each in (*places[:6], *places[7:]))
    for place, source in zip(places, SOURCES.values()):
        assert source.replace("\\040", " ") in place
    entry = results[-1]["entries"][0]
    given_up = volumes({"name": "fieldlocal", "state": "absent"}, published=[], wipe={entry["device"]: entry["uuid"]})
    # The volume that is given out has a line as well, which its own removal takes along.
    assert entry["path"] in shell(NODE, "cat /etc/fstab") and changed(play(NODE, given_up)) == [True]
    assert shell(NODE, there) == before, "neither a partition nor a volume was touched"
    shell(NODE, f"rm {UNIT}; mv /run/fstab.before /etc/fstab; systemctl daemon-reload")
    assert [told(each) for each in play(NODE, *taking()[5:11:2], taking()[-1])] == [True] * 4


def new(*devices: str) -> dict:
    return layout({"name": "fieldnew", "devices": list(devices)}, check=True)


PART = f"{PARTED}-part1"
#: What people call devices.
CALLED = (
    ("PARTUUID=11111111-0000-4000-8000-000000000001", "PARTLABEL=field b", "/dev/md/data ", "/dev/disk/by-id/dm-name-fielddata-a"),
    ("/dev/disk/by-partuuid/11111111-0000-4000-8000-000000000002", "/dev/disk/by-partlabel/field\\x20dé"),
)


def test_what_is_a_disk_and_what_it_is_called__linux_system_roles_92_lsp_130_jetlag_274_lvm2_181() -> None:
    shell(NODE, CLEAN)
    table = "".join(
        f"size=60M, uuid=11111111-0000-4000-8000-00000000000{number}, name=\\\"{name}\\\", type={kind}\\n"
        for number, (name, kind) in enumerate((("field dé", "L"), ("field b", "L"), ("field efi", "U")), 1)
    )
    # The link stands for an array's: the lab has no mdadm, and udev makes just such a link to /dev/md127.
    shell(
        NODE,
        f"""printf "{table}" | partition {PARTED} --label gpt
        modprobe scsi_debug removable=1 dev_size_mb=64; modprobe zram num_devices=1; echo 64M > /sys/block/zram0/disksize; modprobe nbd nbds_max=1
        mkdir -p /dev/md; udevadm settle; ln -s $(readlink -f {SCRATCH}) /dev/md/data""",
    )
    (stick,) = shell(NODE, "ls /dev/disk/by-id/wwn-0x333333* ").split()
    lv = {"name": "a", "size": "40MiB", "filesystem": {"type": "ext4", "label": "données"}}
    held = {"name": "fielddata", "devices": [HELD], "logical_volumes": [{"name": "a", "size": "40MiB"}, {**lv, "name": "b"}]}
    small = {"size_max": "65MiB", "only_unused": True}
    parts = {"partition_label": "^field", "serial": PARTED.rpartition("wwn-0x6001405")[2][:16] + "$", "only_unused": "yes"}
    none = {"size_min": "1PiB", "at_least": "0"}
    unmade = {"name": "fieldnew", "devices": none, "logical_volumes": [lv]}
    linear = {"name": "fieldother", "logical_volumes": {"volume_group": "fieldnew", "count": 1, "size": "20MiB"}}
    first = play(
        NODE,
        layout(held),
        info(selector=small, allow_kernel_names=True),
        info(selector={**small, "removable": False, "at_least": 0}, allow_kernel_names=True),
        volumes({"name": "fieldlocal", "devices": ["/dev/zram0"]}, check=True, allow_kernel_names=True),
        info(selector=parts),
        info(disk_rules=[{"id": f"{SCRATCH.rpartition('/')[2]}$"}], selector={"id": f"{SCRATCH.rpartition('/')[2]}$", "at_least": 0}),
        layout(unmade),
        volumes({"name": "fieldlocal", "devices": none}, linear, pending={"volume_groups": [], "left_out": ["fieldnew"]}),
        *(new(*names) for names in CALLED),
        new("/dev/disk/by-id/lvm-pv-uuid-abc"),
    )
    assert [told(each) for each in first] == [
        *(True, False, False, "device-virtual", False, False, False, False),
        *(True, True, "device-content"),
    ]
    _made, any_small, fixed, _class, by_label, nameless, left, classes = first[:8]
    assert (any_small["selected"], fixed["selected"]) == ([stick], [])
    assert not [each for each in any_small["devices"] if each["kernel_name"].startswith(("zram", "nbd", "ram"))]
    assert [each["removable"] for each in any_small["devices"] if each["id"] == stick] == [True]
    assert by_label["selected"] == [PART, f"{PARTED}-part2"], "not the one for the firmware"
    assert nameless["rules"] == {"disk_rules[0]": [SCRATCH]} and nameless["selected"] == []
    assert left["after"]["left_out"] == ["fieldnew"] and [each["class"] for each in classes["left_out"]] == ["fieldlocal", "fieldother"]
    shell(NODE, "tune2fs -L $(printf 'donn\\351es') /dev/fielddata/b >/dev/null")
    parted = layout({"name": "fieldparts", "devices": parts})
    assert changed(play(NODE, parted, parted, layout(held), layout(held))) == [True, False, True, False]
    assert shell(NODE, "vgs --noheadings -o pv_count fieldparts; blkid -p -o export /dev/fielddata/b | grep ^LABEL").split() == ["2", "LABEL=donnM-CM-)es"]
