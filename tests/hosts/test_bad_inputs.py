"""Bad inputs on a real machine: each is refused by its code, names its parameter and the fix, and nothing is touched by any of them."""

from __future__ import annotations

import json
import time
from typing import Iterator

import pytest
from bad_inputs import DISKS, GROUP, TYPE, Bad, on_a_machine, with_disks
from host_play import ERASE, FORGET, changed, disk_ids, lab, own_node, play, plugged, shell, state, volumes

NODE = own_node()
NUMBERS = range(9, 9 + len(DISKS))
NAMES = dict(zip(DISKS, disk_ids(NODE, NUMBERS)))
MODULES = ("block_device_info", "lvm_layout", "lvm_volume_group", "lvm_logical_volume", "local_volumes")
BASE = "/var/lib/cairn-storage/local-volumes"

CLEAN = f"""{ERASE}
umount -q /mnt/bad /mnt/bad-used
vgremove -qff --yes {GROUP} badother >/dev/null 2>&1
rm -rf /mnt/bad /mnt/bad-used {BASE}/badclass {BASE}/.kept/badclass /etc/lvm/backup/{GROUP} /etc/lvm/backup/badother
{FORGET}
for disk in {' '.join(NAMES.values())}; do [ ! -e $disk ] || erase $disk-part1 $disk 2>/dev/null || erase $disk; done
udevadm settle
"""
MAKE = f"""{ERASE}
set -e
vgcreate -q {GROUP} {NAMES['MEMBER']}
lvcreate -qy -l 10 -n data {GROUP}
lvcreate -qy --type thin-pool -l 100 --poolmetadatasize 8m -c 64k -n pool {GROUP}
lvcreate -qy --type thin -V 200m --thinpool pool -n thin {GROUP}
lvcreate -qy -l 16 -n used {GROUP}
mkfs.ext4 -q /dev/{GROUP}/used
lvcreate -qy -s -l 4 -n snap {GROUP}/used
vgcreate -q badother {NAMES['OTHER']}
lvcreate -qy -l 4 -n keep badother
mkfs.xfs -q {NAMES['SIGNED']}
echo ',1G' | partition {NAMES['PARTED']} --label gpt
mkfs.ext4 -q {NAMES['MOUNTED']}
mkdir -p /mnt/bad /mnt/bad-used
mount {NAMES['MOUNTED']} /mnt/bad
mount /dev/{GROUP}/used /mnt/bad-used
udevadm settle
"""


@pytest.fixture(scope="module", autouse=True)
def machine() -> Iterator[None]:
    """The machine that the table tells of."""
    with plugged(NODE, NUMBERS, CLEAN):
        shell(NODE, MAKE)
        assert changed(play(NODE, volumes({"name": "badclass", "volume_mode": "Block", "devices": [NAMES["GIVEN"]]}))) == [True]
        yield


def wrong(bad: Bad, result: dict) -> str:
    """What is not as it should be about a refusal; empty when all is well."""
    if bad.code == TYPE:
        return "" if result.get("failed") and bad.parameter in result["msg"] else f"{bad}: {result}"
    error = result.get("error") or {}
    told = result.get("failed") and (error.get("code"), error.get("parameter")) == (bad.code, bad.parameter) and error["fix"] and bad.parameter in result["msg"]
    return "" if told else f"{bad}: {error or result}"


def test_refusals_touch_nothing() -> None:
    bad = [each for module in MODULES for each in on_a_machine(module)]
    before, since = state(NODE), time.time()
    results = play(NODE, *({f"cairn.storage.{each.module}": with_disks(dict(each.params), NAMES)} for each in bad))
    assert not list(filter(None, map(wrong, bad, results)))
    rows = [json.loads(line) for line in lab("exec-log", "--json", "--since", since, NODE).splitlines()]
    modules = {row["pid"] for row in rows if row["argv"] == ["/usr/bin/python3"]}
    ran = {tuple(row["argv"][: 2 if row["argv"][0] == "lvm" else 1]) for row in rows if row["ppid"] in modules}
    assert ran == {("lsblk",), ("blkid",), ("lvm", "fullreport")}, "nothing but reading commands"
    assert state(NODE) == before
