"""A pod writes a volume group with the driver's own tags to the raw disk that it was given: the driver neither copies to it nor makes volumes there."""

from __future__ import annotations

import json
from typing import Iterator

import pytest
from csi_calls import MIB, TARGET, create, gone, made, pods
from csi_fixtures import _here, _nothing_left  # noqa: F401  pylint: disable=unused-import
from csi_node import GROUP, Driver

from host_play import ERASE, disk_ids, plugged

NUMBER = 15
RECORD = "/var/lib/cairn-storage/records"
SECRET = "TENANTSECRET"


@pytest.fixture(name="raw")
def _raw(here: Driver) -> Iterator[str]:
    """A disk with one partition that is on record as given out raw; LVM sees what stands there."""
    disk = disk_ids(here.node, (NUMBER,))[0]
    clean = f"{ERASE} vgs --noheadings -o name | grep -E 'evil|zzz' | xargs -r vgremove -qff --yes; rm -rf {RECORD}; erase {disk}-part1 {disk} || erase {disk}; udevadm settle"
    with plugged(here.node, (NUMBER,), f"({clean}) >/dev/null 2>&1; true"):
        made_ = {
            "storage_class": "raw", "base_dir": "/var/lib/cairn-storage/local-volumes", "volume_mode": "Block", "device": disk, "ids": [disk],
            "fs_type": "", "state": "made", "since": "",
        }  # fmt: skip
        text = json.dumps({"version": 1, "volumes": {disk.rpartition("/")[2]: made_}})
        here.shell(f"install -d -m 0700 {RECORD} && umask 077 && echo '{text}' >{RECORD}/local-volumes.json")
        here.shell(f"echo 'label: gpt\n,,' | sfdisk --quiet {disk} && udevadm settle && ls {disk}-part1")
        yield f"{disk}-part1"
        here.arguments = []
        here.kill()
        here.shell(f"({clean}) >/dev/null 2>&1; true")
        here.start()


def tags(**facts: object) -> str:
    """Options of lvcreate for the driver's tags."""
    return " ".join(f"--addtag 'cairn.csi.{key}={value}'" for key, value in facts.items())


def test_a_copy_that_a_pod_asks_for_by_tags_is_not_made(here: Driver, raw: str) -> None:
    victim = made(here, *create("victim"))
    assert here.calls(*pods(victim, "victim")) == [{}, {}]
    here.shell(f"yes {SECRET} | head -c 8M >{TARGET}/victim/file; sync -f {TARGET}/victim")
    facts = tags(kind="volume", name="aa", access="block", layout="linear", state="copying", origin=f"{GROUP}/csi-victim", bytes=64 * MIB)
    here.shell(f"vgcreate -q zzz {raw} && lvcreate -q --yes --size 64m --name csi-aa {facts} zzz && lvchange --activate n zzz")
    here.kill()
    here.start()
    volumes = here.call("ListVolumes")["entries"]
    assert [each["volume"]["volume_id"] for each in volumes] == [victim]
    here.shell("sleep 5")
    assert here.shell(f"lvchange --activate y zzz; grep -c {SECRET} /dev/zzz/csi-aa || true").strip() == "0"
    answer = here.call("DeleteVolume", volume_id=f"{here.node}/zzz/csi-aa")
    assert answer["code"] == "FAILED_PRECONDITION" and "zzz" in answer["message"], answer
    here.shell("lvchange --activate n zzz")
    assert here.calls(*pods(victim, "victim", up=False)) == [{}, {}]
    gone(here, victim)


def test_tags_that_nobody_can_read_stop_nobody(here: Driver, raw: str) -> None:
    here.shell(f"vgcreate -q zzz {raw}; lvcreate -q --yes --activate n --size 8m --name csi-bad {tags(kind='volume', name='bad', bytes='abc')} zzz")
    here.shell(f"lvcreate -q --yes --size 8m --name csi-bad {tags(kind='volume', name='bad', bytes='abc')} {GROUP}")
    try:
        id_ = made(here, *create("good"))
        assert here.call("ListVolumes")["entries"][0]["volume"]["volume_id"] == id_
        gone(here, id_)
    finally:
        here.shell(f"lvremove -q --yes {GROUP}/csi-bad")


def test_no_volume_is_made_on_a_disk_that_was_given_out(here: Driver, raw: str) -> None:
    here.arguments = ["--volume-group=e*"]
    here.kill()
    here.start()
    before = int(here.call("GetCapacity").get("available_capacity", 0))
    here.shell(f"vgcreate -q evil {raw}")
    here.shell("sleep 1")
    # The name fits what the administrator has given to the driver, and the group is empty.
    answer = here.call("CreateVolume", **create("victim", volumeGroup="evil")[1])
    assert answer["code"] == "RESOURCE_EXHAUSTED" and "evil" in answer["message"], answer
    id_ = made(here, *create("victim"))
    assert id_.split("/")[1] == GROUP
    assert int(here.call("GetCapacity").get("available_capacity", 0)) <= before
    gone(here, id_)
