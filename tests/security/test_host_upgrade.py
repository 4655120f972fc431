"""The upgrade from the version before (git f7b8e36): what it laid out is taken over while it is in use, and nothing is formatted, unmounted or given up."""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any, Iterator
from unittest import mock

import played
import pytest
from host_play import ERASE, FORGET, changed, disk_ids, lab, layout, own_node, play, plugged, shell, volumes
from played import REPO

NODE = own_node()
NUMBERS = (5, 6, 7, 8, 9)
IDS = disk_ids(NODE, NUMBERS)
LISTED, RULED, RAW, MEMBER, EXPORTED = IDS
BASE = "/var/lib/cairn-storage/local-volumes"
RECORD = "/var/lib/cairn-storage/records/local-volumes.json"
GROUP = "upgrade"
TARGET = "iqn.2026-01.com.example:upgrade"
BEFORE = "f7b8e36"


def lvs(name: str, size: str, **values: Any) -> dict:
    return {"name": name, "logical_volumes": {"volume_group": GROUP, "count": 1, "size": size}, **values}


CLASSES = [
    {"name": "up-listed", "fs_type": "ext4", "mount_options": ["noatime"], "devices": [LISTED]},
    {"name": "up-ruled", "fs_type": "xfs", "devices": {"rule": "ruled"}},
    {"name": "up-raw", "volume_mode": "Block", "devices": [RAW]},
    lvs("up-xfs", "320MiB"),
    lvs("up-ext4", "64MiB", fs_type="ext4"),
    lvs("up-lvraw", "32MiB", volume_mode="Block"),
    {"name": "up-dirs", "directories": ["/srv/upgrade/a", "/srv/upgrade/b"], "shared_capacity": True},
]
RULES = [{"name": "ruled", "serial": f"{NUMBERS[1]:04d}$", "only_unused": True}]
LAYOUT = {
    "name": GROUP,
    "devices": [MEMBER],
    "logical_volumes": [{"name": "data", "size": "100MiB", "filesystem": {"type": "ext4", "label": "up-data"}}],
}
EXPORT = {
    "name": TARGET,
    "backstores": [{"name": "upgrade", "device": EXPORTED}],
    "tpgs": [
        {
            "portals": [{"address": "127.0.0.1", "port": 3271}],
            "luns": [{"lun": 0, "backstore": "upgrade"}],
            "acls": [{"initiator": "iqn.2026-01.com.example:node"}],
        }
    ],
}
CLEAN = f"""{ERASE}
[ ! -f /run/upgrade.pids ] || kill $(cat /run/upgrade.pids) 2>/dev/null; rm -f /run/upgrade.pids
cd /sys/kernel/config/target 2>/dev/null && for tpg in iscsi/{TARGET}/tpgt_*; do
  [ -d $tpg ] || continue
  echo 0 > $tpg/enable
  find $tpg/acls -mindepth 2 -type l -delete; rmdir $tpg/acls/*/lun_* $tpg/acls/*
  find $tpg/lun -mindepth 2 -maxdepth 2 -type l -delete; rmdir $tpg/lun/* $tpg/np/*
  rmdir $tpg iscsi/{TARGET}
done 2>/dev/null
for store in core/iblock_*/upgrade; do [ -d $store ] && rmdir $store/alua/[!d]* $store ${{store%/*}}; done 2>/dev/null
cd /; rm -f /etc/rtslib-fb-target/saveconfig.json
withdraw 'up-*'; rm -rf {BASE}/.formatting
umount -q /srv/upgrade; rm -rf /srv/upgrade
sed -i '/x-cairn.class=up-/d; /srv.upgrade/d' /etc/fstab
{FORGET}
vgremove -qq --force --yes {GROUP} 2>/dev/null
rm -f /etc/lvm/backup/{GROUP}
for id in {' '.join(IDS)}; do if [ -e "$id" ]; then erase "$id"; fi; done
systemctl daemon-reload
udevadm settle
true
"""
#: What an interruption would change: which mounts these are, what devices hold, who has files open.
STANDING = f"""
findmnt -rno ID,TARGET,SOURCE,FSTYPE,OPTIONS | grep -e {BASE}/up- -e /srv/upgrade | sort
for id in {' '.join(IDS)} /dev/{GROUP}/*; do blkid -p -s UUID -s TYPE -s LABEL $id; done
lvs --noheadings -o lv_name,lv_uuid,lv_active,lv_tags {GROUP}
for pid in $(cat /run/upgrade.pids); do readlink /proc/$pid/fd/9; done
find /sys/kernel/config/target/iscsi/{TARGET} -type l -printf '%p %l\\n' | sort
ls -l --time-style=+ {BASE}/up-*
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collection as it was, as a collections path."""
    root = tmp_path_factory.mktemp("before")
    place = root / "ansible_collections" / "cairn" / "storage"
    place.mkdir(parents=True)
    archive = root / "before.tar"
    done = subprocess.run(
        ("git", "archive", "--output", str(archive), BEFORE, "galaxy.yml", "meta", "plugins"), cwd=REPO, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"this test needs the history up to {BEFORE} (git fetch --unshallow): {done.stderr}"
    with tarfile.open(archive) as file:
        file.extractall(place, filter="data")
    return root


@pytest.fixture(scope="module", autouse=True)
def machine(before: Path) -> Iterator[None]:
    """All of it as the version before made it, in use."""
    with plugged(NODE, NUMBERS, CLEAN):
        was = {**played.environment(), "ANSIBLE_COLLECTIONS_PATH": str(before)}
        with mock.patch("played.environment", lambda: was):
            assert changed(play(NODE, layout(LAYOUT))) == [True]
            shell(
                NODE,
                f"mkdir -p /srv/upgrade; echo /dev/{GROUP}/data /srv/upgrade ext4 nofail 0 0 >> /etc/fstab; systemctl daemon-reload; "
                "mount /srv/upgrade; mkdir -p /srv/upgrade/a /srv/upgrade/b",
            )
            made = play(NODE, layout(LAYOUT), give_out(), {"cairn.storage.iscsi_target": EXPORT}, *everything())
        assert changed(made) == [False, True, True, False, False, False]
        assert not shell(NODE, f"ls {RECORD} 2>/dev/null || true") and shell(NODE, f"grep -c '^UUID=.*{BASE}/up-' /etc/fstab").strip() == "4"
        shell(NODE, f"for entry in {BASE}/up-*/*; do if [ -d $entry ]; then head -c 1M /dev/urandom > $entry/data; fi; done; sync")
        hold()
        yield


def give_out(**options: Any) -> dict:
    return volumes(*CLASSES, disk_rules=RULES, **options)


def everything(check: bool = False) -> list[dict]:
    return [layout(LAYOUT, check=check), give_out(check=check), {"cairn.storage.iscsi_target": EXPORT, "check_mode": check}]


def hold() -> None:
    """A process on each file system that has a file open there, as a pod would."""
    shell(
        NODE,
        f": > /run/upgrade.pids; for entry in {BASE}/up-*/*; do if [ -d $entry ]; then "
        "setsid sh -c 'exec 9>>$1/open; exec sleep infinity' sh $entry >/dev/null 2>&1 < /dev/null & echo $! >> /run/upgrade.pids; fi; done; sleep 1",
    )


def standing() -> str:
    return shell(NODE, STANDING)


def sums() -> str:
    return shell(NODE, f"sha256sum {BASE}/up-*/*/data")


def test_it_is_taken_over_in_use_and_nothing_of_it_is_touched() -> None:
    was, content, table = standing(), sums(), shell(NODE, "grep -v x-cairn /etc/fstab")
    planned = play(NODE, *everything(check=True))
    assert standing() == was
    made = play(NODE, *everything())
    assert changed(planned) == changed(made) == [False, True, False]
    assert {(action["verb"], action["kind"]) for action in made[1]["actions"]} == {("update", "file")}
    assert standing() == was and sums() == content and shell(NODE, "grep -v x-cairn /etc/fstab") == table
    lines = shell(NODE, f"grep {BASE}/up- /etc/fstab").splitlines()
    assert sorted(line.split()[0] for line in lines if " none " not in line) == sorted(
        [LISTED, RULED, f"/dev/{GROUP}/up-xfs-1", f"/dev/{GROUP}/up-ext4-1"]
    )
    record = json.loads(shell(NODE, f"cat {RECORD}"))["volumes"]
    assert sorted(each["storage_class"] for each in record.values()) == ["up-ext4", "up-listed", "up-lvraw", "up-raw", "up-ruled", "up-xfs"]
    assert all(each["state"] == "made" and each["ids"] for each in record.values())
    assert changed(play(NODE, *everything(check=True), *everything())) == [False] * 6
    assert standing() == was


def test_no_mount_goes_while_systemd_reads_the_new_lines() -> None:
    was = standing()
    shell(NODE, "systemctl daemon-reload; udevadm trigger --action=change --subsystem-match=block; udevadm settle; sleep 2; systemctl daemon-reload")
    assert standing() == was


def test_all_is_there_again_after_a_boot() -> None:
    content = sums()
    shell(NODE, "kill $(cat /run/upgrade.pids); sync")
    lab("reboot", NODE)
    shell(NODE, "systemctl start local-fs.target; udevadm settle")
    assert sums() == content
    assert changed(play(NODE, layout(LAYOUT), give_out())) == [False, False]


def test_a_format_that_the_version_before_was_interrupted_in_is_taken_up() -> None:
    """Its note says so, where the record does now."""
    path = shell(NODE, f"echo {BASE}/up-ext4/*").strip()
    uuid = path.rpartition("/")[2]
    shell(
        NODE,
        f"umount {path}; chattr -i {path}; rmdir {path}; sed -i '\\#{path}#d' /etc/fstab; rm {RECORD}; wipefs -qa /dev/{GROUP}/up-ext4-1; "
        f"dd if=/dev/zero of=/dev/{GROUP}/up-ext4-1 bs=1M count=64 2>/dev/null; mkdir -p {BASE}/.formatting; echo /dev/{GROUP}/up-ext4-1 up-ext4 > {BASE}/.formatting/{uuid}; "
        "systemctl daemon-reload; udevadm settle",
    )
    made = play(NODE, give_out(), give_out())
    assert changed(made) == [True, False]
    assert shell(NODE, f"findmnt -nro UUID {path}").strip() == uuid and not shell(NODE, f"ls -d {BASE}/.formatting 2>/dev/null || true")
