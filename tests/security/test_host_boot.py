"""What a machine mounts when it boots is not wiped or removed, whatever consent there is: it would not come back."""

from __future__ import annotations

from typing import Iterator

import pytest
from host_play import ERASE, FORGET, changed, disk_ids, layout, own_node, play, plugged, shell, volumes

NODE = own_node()
NUMBERS = (8, 9, 10)
HELD, SCRATCH, PARTED = disk_ids(NODE, NUMBERS)
UNIT = "/etc/systemd/system/srv-unit.mount"

CLEAN = f"""{ERASE}
rm -f {UNIT}; [ ! -e /run/fstab.before ] || mv /run/fstab.before /etc/fstab; systemctl daemon-reload
awk '$2 ~ "/local-volumes/bootlocal" {{print $2}}' /proc/mounts | xargs -r umount
chattr -R -i /var/lib/cairn-storage/local-volumes/bootlocal 2>/dev/null; rm -rf /var/lib/cairn-storage/local-volumes/bootlocal; {FORGET}
for group in bootdata bootnew; do vgremove -qq --force --yes $group; rm -f /etc/lvm/backup/$group; done 2>/dev/null
for id in {HELD} {SCRATCH} {PARTED}; do [ ! -e "$id" ] || {{ erase "$id"*; blockdev --rereadpt "$id"; }}; done 2>/dev/null
udevadm settle
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """Three blank disks."""
    with plugged(NODE, NUMBERS, CLEAN):
        yield


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
VOLUMES = {"a": "UUID=00000000-0000-4000-8000-0000000000aa", "b": "/dev/bootdata/b", "c": "/dev/mapper/bootdata-c"}


def boots() -> str:
    """A script: partitions and volumes with something on them, and lines by which the machine mounts them when it boots."""
    named = {number: "field four" if number == 4 else f"part {number}" for number in range(1, 8)}
    table = "".join(f'size=40M, uuid=11111111-0000-4000-8000-00000000000{number}, name=\\"{name}\\"\\n' for number, name in named.items())
    lines = [f"{source} /srv/field{number} ext4 defaults 0 2" for number, source in SOURCES.items() if number < 6]
    lines += [f"{SOURCES[6]} none swap sw 0 0", *(f"{source} /srv/field{name} ext4 defaults,nofail 0 2" for name, source in VOLUMES.items())]
    rows = "\\n".join(line.replace("\\", "\\\\") for line in lines)
    return f"""{ERASE}
    printf "{table}" | partition {PARTED} --label gpt
    for number in 1 2 3 4 5; do mkfs.ext4 -q -L field$number -U 00000000-0000-4000-8000-00000000000$(printf %x $((number + 8))) {PARTED}-part$number; done
    mkswap -q -U {UUIDS[6]} {PARTED}-part6; mkfs.ext4 -q -U 00000000-0000-4000-8000-000000000007 {SCRATCH}
    tune2fs -U {VOLUMES['a'][5:]} /dev/bootdata/a >/dev/null; lvchange -an bootdata/c
    cp -p /etc/fstab /run/fstab.before; printf '{rows}\\n' >> /etc/fstab
    printf '[Mount]\\nWhat=/dev/disk/by-uuid/00000000-0000-4000-8000-000000000007\\nWhere=/srv/unit\\n' > {UNIT}
    udevadm settle
    """


def test_consent_does_not_reach_what_the_machine_mounts_when_it_boots__start9_3923_omv_72() -> None:
    lvs = [{"name": name, "size": "40MiB", "filesystem": {"type": "ext4"}} for name in VOLUMES]
    made = play(NODE, layout({"name": "bootdata", "devices": [HELD], "logical_volumes": lvs}))
    assert changed(made) == [True]
    (group,) = [each for each in made[0]["after"]["volume_groups"] if each["name"] == "bootdata"]
    consent = {f"bootdata/{each['name']}": each["uuid"] for each in group["logical_volumes"]} | {"bootdata": group["uuid"]}
    shell(NODE, boots())

    def taking(check: bool = True) -> list[dict]:
        wipe = {f"{PARTED}-part{number}": uuid for number, uuid in UUIDS.items()} | {SCRATCH: "00000000-0000-4000-8000-000000000007"}
        parts = [layout({"name": "bootnew", "devices": [f"{PARTED}-part{number}"]}, check=check, wipe=wipe) for number in UUIDS]
        removed = [
            layout({"name": "bootdata", "devices": [HELD], "logical_volumes": [{"name": name, "state": "absent"}]}, check=check, allow_data_loss=consent)
            for name in ("a", "c")
        ]
        table = shell(NODE, f"blkid -p -o value -s PTUUID {PARTED}").strip()
        return [
            *parts,
            layout({"name": "bootnew", "devices": [SCRATCH]}, check=check, wipe=wipe),
            layout({"name": "bootnew", "devices": [PARTED]}, check=check, wipe={PARTED: table}),
            volumes({"name": "bootlocal", "fs_type": "ext4", "devices": [f"{PARTED}-part1"]}, check=check, wipe=wipe),
            *removed,
            layout({"name": "bootdata", "state": "absent"}, check=check, allow_data_loss=consent),
        ]

    there = f"cat /etc/fstab; blkid -p {PARTED}-part* {SCRATCH}; lvs --noheadings -o lv_name,lv_uuid bootdata; vgs --noheadings"
    before = shell(NODE, there)
    own = {"name": "bootlocal", "fs_type": "ext4", "devices": [f"{PARTED}-part7"]}
    results = play(NODE, *taking(), taking(False)[0], taking(False)[7], volumes(own))
    assert [each["error"]["code"] if each.get("failed") else each["changed"] for each in results] == ["boot-mount"] * 14 + [True]
    places = [each["error"]["found"] for each in results[:-1]]
    assert f"line 2 of {UNIT}" in places[6] and all("/etc/fstab" in each for each in (*places[:6], *places[7:]))
    for place, source in zip(places, SOURCES.values()):
        assert source.replace("\\040", " ") in place
    entry = results[-1]["entries"][0]
    given_up = volumes({"name": "bootlocal", "state": "absent"}, published=[], wipe={entry["device"]: entry["uuid"]})
    # The volume that is given out has a line as well, which its own removal takes along.
    assert entry["path"] in shell(NODE, "cat /etc/fstab") and changed(play(NODE, given_up)) == [True]
    assert shell(NODE, there) == before, "neither a partition nor a volume was touched"
    shell(NODE, f"rm {UNIT}; mv /run/fstab.before /etc/fstab; systemctl daemon-reload")
    assert changed(play(NODE, *taking()[5:11:2], taking()[-1])) == [True] * 4
