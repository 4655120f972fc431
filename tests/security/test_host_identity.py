"""Whose disk it is, on a real machine: pods write labels, UUIDs and partition tables on the raw disks that they were given, and get nothing by it."""

from __future__ import annotations

import json
from typing import Any, Iterator

import pytest
from host_play import ERASE, FORGET, changed, disk_ids, lab, layout, own_node, play, plugged, shell, state, volumes
from played import REPO

NODE = own_node()
NUMBERS = (5, 6, 7, 8, 9)
IDS = disk_ids(NODE, NUMBERS)
FIRST, SECOND, THIRD, LISTED, BELOW = IDS
BASE = "/var/lib/cairn-storage/local-volumes"
RECORD = "/var/lib/cairn-storage/records/local-volumes.json"
GROUP = "identity"

#: Both rules describe the same disks, so that nothing but what is known of a disk says whose it is.
ALIKE = f"({'|'.join(f'{number:04d}' for number in NUMBERS[:3])})$"
RULES = [{"name": "fast", "serial": ALIKE, "at_most": 1, "only_unused": True}, {"name": "bulk", "serial": ALIKE, "only_unused": True}]
FAST = {"name": "idfast", "fs_type": "ext4", "devices": {"rule": "fast"}}
BULK = {"name": "idbulk", "volume_mode": "Block", "devices": {"rule": "bulk"}}
NAMED = {"name": "idnamed", "fs_type": "ext4", "devices": [LISTED]}
RAW_LV = {"name": "idraw", "volume_mode": "Block", "logical_volumes": {"volume_group": GROUP, "count": 1, "size": "64MiB"}}
CLASSES = [FAST, BULK, NAMED, RAW_LV]
LAYOUT = {"name": GROUP, "devices": [BELOW], "logical_volumes": [{"name": "own", "size": "64MiB"}]}

CLEAN = f"""{ERASE}
umount -q /srv/identity
withdraw {' '.join(item['name'] for item in CLASSES)}
sed -i '/x-cairn.class=id/d; /srv.identity/d' /etc/fstab
{FORGET}
rm -rf /srv/identity /mnt/identity /var/lib/cairn-storage/elsewhere
vgremove -qq --force --yes {GROUP} 2>/dev/null
rm -f /etc/lvm/backup/{GROUP}
for id in {' '.join(IDS)}; do if [ -e "$id" ]; then wipefs -qa "$id"-part* 2>/dev/null; erase "$id"; fi; done
systemctl daemon-reload
udevadm settle
true
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """The disks, blank, and then given out."""
    with plugged(NODE, NUMBERS, CLEAN):
        made = play(NODE, layout(LAYOUT), give_out(), give_out())
        assert changed(made) == [True, True, False]
        shell(NODE, f"echo precious > {entry('idnamed')}/file; sync")
        yield


def give_out(*classes: dict, **options: Any) -> dict:
    return volumes(*(classes or CLASSES), disk_rules=RULES, **options)


def entry(name: str) -> str:
    return shell(NODE, f"echo {BASE}/{name}/*").strip()


def source(path: str) -> str:
    return shell(NODE, f"findmnt -nro SOURCE {path} || true").strip()


def real(path: str) -> str:
    return shell(NODE, f"readlink -f {path}").strip()


def by_uuid(uuid: str) -> str:
    return shell(NODE, f"udevadm settle; readlink -f /dev/disk/by-uuid/{uuid} || true").strip() if uuid else ""


def test_the_record_says_what_was_made_and_only_root_reads_it() -> None:
    assert shell(NODE, f"stat -c '%a %U' {RECORD} $(dirname {RECORD})").split() == ["600", "root", "700", "root"]
    record = json.loads(shell(NODE, f"cat {RECORD}"))["volumes"]
    (uuid,) = [name for name, made in record.items() if made["storage_class"] == "idfast"]
    assert FIRST in record[uuid]["ids"] and record[uuid]["state"] == "made" and record[uuid]["since"]
    assert {made["storage_class"] for made in record.values()} == {"idfast", "idbulk", "idnamed", "idraw"}
    assert not shell(NODE, f"ls -A {BASE} | grep -v -e '^id' -e kept || true").split(), "nothing of it is where pods look"


def test_a_raw_disk_is_not_taken_in_by_the_label_that_a_pod_wrote() -> None:
    before = entry("idfast")
    shell(NODE, f"mkfs.ext4 -qF -L cl-idfast {THIRD}; udevadm settle")
    again = play(NODE, give_out())
    assert changed(again) == [False]
    assert entry("idfast") == before and source(before) == real(FIRST)
    assert real(THIRD) not in shell(NODE, "cut -d' ' -f1 /proc/mounts").split()
    assert len(shell(NODE, f"ls {BASE}/idbulk").split()) == 2


def test_the_links_of_what_pods_write_are_none_of_the_hosts() -> None:
    shell(NODE, f"mkfs.ext4 -qF -L pods-label -U 3f8f6a3e-1111-4222-8333-444455556666 {THIRD}")
    shell(
        NODE, f"printf 'label: gpt\\nsize=100MiB, uuid=5a8f6a3e-1111-4222-8333-444455556666, name=pods-part\\n' | sfdisk -q {SECOND}; udevadm settle"
    )
    shell(NODE, f"mkfs.ext4 -qF -U 7b8f6a3e-1111-4222-8333-444455556666 {SECOND}-part1")
    shell(NODE, f"mkfs.ext4 -qF -U 9c8f6a3e-1111-4222-8333-444455556666 /dev/{GROUP}/idraw-1; udevadm settle")
    links = shell(NODE, "cd /dev/disk; ls by-uuid by-label by-partuuid by-partlabel 2>/dev/null || true").lower()
    assert "1111-4222" not in links and "pods" not in links
    assert "ID_FS_TYPE" not in shell(NODE, f"udevadm info --query=property {THIRD}").replace("ID_FS_TYPE=\n", "")
    assert shell(NODE, f"test -e {THIRD} -a -e {SECOND}-part1 && echo there").strip() == "there", "the names that entries lead by stay"
    assert shell(NODE, f"lsblk -no NAME {entry('idraw')} && echo there").endswith("there\n")
    assert changed(play(NODE, give_out())) == [False]


def test_a_neighbours_uuid_moves_no_mount_not_even_at_boot() -> None:
    path = entry("idfast")
    uuid = path.rpartition("/")[2]
    shell(NODE, f"echo mine > {path}/whose; sync")
    # As the pod would, through the raw disk.
    shell(
        NODE,
        f"mkfs.ext4 -qF -L cl-idfast -U {uuid} {THIRD}; mkdir -p /mnt/identity; mount {THIRD} /mnt/identity; "
        "echo attacker > /mnt/identity/whose; umount /mnt/identity; sync; udevadm settle",
    )
    # And the machine's own file system, which stands in fstab by its UUID as installers write it.
    own = shell(
        NODE,
        f"mkfs.ext4 -qF /dev/{GROUP}/own; udevadm settle; mkdir -p /srv/identity; id=$(blkid -p -s UUID -o value /dev/{GROUP}/own); "
        "echo UUID=$id /srv/identity ext4 nofail 0 0 >> /etc/fstab; echo $id",
    ).strip()
    shell(NODE, f"mkfs.ext4 -qF -U {own} {SECOND}; udevadm settle")
    for place in ("running", "booted"):
        if place == "booted":
            lab("reboot", NODE)
            shell(NODE, "systemctl start local-fs.target; udevadm settle")
        assert by_uuid(uuid) == real(FIRST), place
        assert by_uuid(own) == real(f"/dev/{GROUP}/own"), place
    assert source(path) == real(FIRST) and shell(NODE, f"cat {path}/whose").strip() == "mine"
    assert source("/srv/identity") == shell(NODE, f"findmnt -nro SOURCE --source /dev/{GROUP}/own").strip() != ""
    assert shell(NODE, f"grep {path} /etc/fstab").split()[0] == FIRST
    assert changed(play(NODE, give_out())) == [False]


def test_what_is_mounted_in_a_volumes_place_is_told() -> None:
    """So a boot by the lines of the version before could leave it."""
    path = entry("idfast")
    shell(NODE, f"umount {path}; mount {THIRD} {path}")
    before = state(NODE)
    refused = play(NODE, give_out())
    assert refused[0]["error"]["code"] == "mount-foreign" and state(NODE) == before
    shell(NODE, f"umount {path}")
    assert changed(play(NODE, give_out())) == [True] and source(path) == real(FIRST)


def test_a_disk_that_was_made_and_shows_nothing_is_reported_not_formatted_and_can_be_repaired() -> None:
    path = entry("idnamed")
    shell(NODE, f"umount {path}; dd if=/dev/zero of={LISTED} bs=4096 count=1 conv=fsync; udevadm settle")
    before = state(NODE)
    made = play(NODE, give_out(), give_out(check=True))
    assert changed(made) == [False, False] and state(NODE) == before
    assert [(each["entry"], each["device"]) for each in made[0]["degraded"]] == [(path.rpartition("/")[2], LISTED)]
    assert "repair" in made[0]["degraded"][0]["reason"]
    assert [each["degraded"] for each in made[0]["entries"] if each["class"] == "idnamed"] == [True], "nothing beside the old entry"
    shell(NODE, f"e2fsck -fy -b 32768 -B 4096 {LISTED}; test $? -le 1; udevadm settle")
    assert changed(play(NODE, give_out(), give_out())) == [True, False]
    assert shell(NODE, f"cat {path}/file").strip() == "precious"


def test_a_machine_that_lost_its_record_takes_in_its_disks_by_name() -> None:
    path = entry("idnamed")
    uuid = path.rpartition("/")[2]
    keep = f"cp -a {RECORD} /run/record"
    shell(NODE, f"{keep}; umount {path}; chattr -i {path}; rmdir {path}; sed -i '\\#{path}#d' /etc/fstab; rm {RECORD}; systemctl daemon-reload")
    refused = play(NODE, give_out(NAMED), give_out(NAMED, adopt={LISTED: "11111111-2222-3333-4444-555555555555"}))
    assert [each["error"]["code"] for each in refused] == ["adopt-needed", "consent-differs"]
    assert f'"{LISTED}": "{uuid}"' in refused[0]["error"]["fix"]
    taken = play(NODE, give_out(NAMED, adopt={LISTED: uuid}), give_out(NAMED))
    assert changed(taken) == [True, False] and shell(NODE, f"cat {path}/file").strip() == "precious"
    shell(NODE, f"cp -a /run/record {RECORD}")
    assert changed(play(NODE, give_out())) == [False]


@pytest.mark.parametrize(
    "spoil, code",
    [
        (f"echo '{{' > {RECORD}", "record-broken"),
        (f": > {RECORD}", "record-broken"),
        (f'sed -i \'s/"version": 1/"version": 7/\' {RECORD}', "record-broken"),
        (f"chown nobody {RECORD}", "record-foreign"),
        (f"chmod 666 {RECORD}", "record-foreign"),
        (f"chmod 777 $(dirname {RECORD})", "record-foreign"),
        (f"mv {RECORD} /var/lib/cairn-storage/elsewhere; ln -s /var/lib/cairn-storage/elsewhere {RECORD}", "record-foreign"),
        (f"mv $(dirname {RECORD}) /var/lib/cairn-storage/elsewhere; ln -s elsewhere $(dirname {RECORD})", "record-foreign"),
    ],
)
def test_a_record_that_cannot_be_trusted_is_never_taken_for_an_empty_one(spoil: str, code: str) -> None:
    folder = "$(dirname " + RECORD + ")"
    shell(NODE, f"rm -rf /run/records; cp -a {folder} /run/records; {spoil}")
    try:
        before = state(NODE)
        for result in play(NODE, give_out(), give_out(check=True), layout({**LAYOUT, "devices": [BELOW]})):
            assert result["error"]["code"] == code and result["error"]["fix"]
        assert state(NODE) == before
    finally:
        shell(NODE, f"rm -rf {folder} /var/lib/cairn-storage/elsewhere; cp -a /run/records {folder}")
    assert changed(play(NODE, give_out())) == [False]


def test_what_a_volume_of_somebody_else_leads_to_is_given_out() -> None:
    shell(NODE, f"mkdir -p /mnt/identity; ln -sfn {LISTED} /mnt/identity/disk; umount {entry('idnamed')}")
    before = state(NODE)
    for path in (LISTED, "/mnt/identity/disk"):
        published = [{"class": "hand-made", "entry": "disk", "volume": "by-hand", "path": path}]
        (refused,) = play(NODE, give_out(published=published))
        assert refused["error"]["code"] == "device-shared" and "by-hand" in refused["error"]["found"], path
    assert state(NODE) == before
    assert changed(play(NODE, give_out())) == [True]


def test_volumes_of_the_csi_driver_leave_no_link_either() -> None:
    """By the rules that node_bootstrap writes; the volumes are as the driver makes them, and the other one is the host's own."""
    rules = (REPO / "roles" / "node_bootstrap" / "templates" / "csi.rules.j2").read_text(encoding="utf-8")
    path = "/etc/udev/rules.d/61-cairn-storage-csi.rules"
    try:
        shell(NODE, f"cat > {path} <<'END'\n{rules}\nEND\nudevadm control --reload")
        names = ("csi-pvc-1", "snap-snapshot-1", "work-csi-pvc-1", "own-csi")
        for number, name in enumerate(names):
            shell(
                NODE,
                f"lvcreate -qy -L 16m -n {name} {GROUP}; mkfs.ext4 -qF -L {name} -U 1d8f6a3e-2222-4222-8333-44445555666{number} /dev/{GROUP}/{name}",
            )
        links = shell(NODE, "udevadm settle; ls /dev/disk/by-uuid /dev/disk/by-label").split()
        assert {link for link in links if "2222-4222" in link or link in names} == {"1d8f6a3e-2222-4222-8333-444455556663", "own-csi"}
        assert set(names) <= set(shell(NODE, f"ls /dev/{GROUP}").split()), "the names that the driver goes by stay"
    finally:
        shell(
            NODE,
            f"rm -f {path}; udevadm control --reload; lvremove -qqy {GROUP}/csi-pvc-1 {GROUP}/snap-snapshot-1 {GROUP}/work-csi-pvc-1 {GROUP}/own-csi",
        )


def test_a_class_that_is_given_up_comes_back_by_the_record() -> None:
    path = entry("idnamed")
    absent = [{"name": item["name"], "state": "absent"} for item in CLASSES]
    gone = play(NODE, volumes(*absent, published=[]), volumes(*absent, published=[]))
    assert changed(gone) == [True, False]
    assert not shell(NODE, "cat /etc/udev/rules.d/61-cairn-storage-local.rules 2>/dev/null || true").strip(), "LVM may get the disks now"
    back = play(NODE, give_out(), give_out())
    assert changed(back) == [True, False] and entry("idnamed") == path
    assert shell(NODE, f"cat {path}/file").strip() == "precious"
