"""Disks of a real machine: what is told of them, who gets them, and choosing them in two steps."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml
from host_play import ERASE, changed, lab, layout, nodes, own_node, play, shell, state
from played import REPO, environment

NODE = own_node()
INDEX = nodes().index(NODE) + 1
PARTED, EMPTY, OTHER = 13, 14, 15
SERIALS = {number: f"5ca1ab1e{INDEX:04d}{number:04d}" for number in (PARTED, EMPTY, OTHER)}
IDS = {number: f"/dev/disk/by-id/wwn-0x6001405{serial}000000000" for number, serial in SERIALS.items()}
GROUPS = ("blocktest", "blockother")
#: Every disk of these tests, whatever else the machine has.
TEST = {"serial": f"({'|'.join(SERIALS.values())})$"}

CLEAN = f"""{ERASE}
umount /run/blocktest 2>/dev/null
for group in {' '.join(GROUPS)}; do vgremove -qq --force --yes $group 2>/dev/null; rm -f /etc/lvm/backup/$group; done
for id in {' '.join(IDS.values())}; do [ ! -e "$id" ] || {{ erase "$id"*; blockdev --rereadpt "$id"; }}; done 2>/dev/null
udevadm settle
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """Three disks: one with partitions, of which one is mounted, and two blank ones."""
    for number in IDS:
        lab("disk", "add", NODE, number)
    shell(
        NODE,
        f"""udevadm settle; {CLEAN}
        printf ',100M\\n,100M\\n' | partition {IDS[PARTED]} --label gpt
        mkfs.ext4 -q -L parted {IDS[PARTED]}-part1; mkdir -p /run/blocktest; mount {IDS[PARTED]}-part1 /run/blocktest""",
    )
    yield
    shell(NODE, CLEAN)
    for number in IDS:
        lab("disk", "remove", NODE, number)


def info(**options: Any) -> dict:
    return {"cairn.storage.block_device_info": options}


def storage_commands(since: float) -> list[str]:
    names = [Path(json.loads(line)["argv"][0]).name for line in lab("exec-log", "--json", "--since", since, NODE).splitlines()]
    return sorted(name for name in names if name in ("lsblk", "blkid", "lvm", "wipefs", "smartctl", "udevadm"))


def test_what_is_told_of_disks() -> None:
    since = time.time()
    every, two = play(NODE, info(), info(selector={**TEST, "only_unused": True, "at_least": 2, "at_most": 2}))
    assert storage_commands(since) == ["blkid", "blkid", "lsblk", "lsblk"], "one of each, health and partitions included"
    told = {device["serial"]: device for device in every["devices"] if device["serial"] in SERIALS.values()}
    parted, empty = told[SERIALS[PARTED]], told[SERIALS[EMPTY]]
    rows = json.loads(shell(NODE, f"lsblk --json -b -o KNAME,SIZE,ROTA,MODEL,SERIAL,TRAN,PTUUID {IDS[PARTED]} {IDS[EMPTY]}"))["blockdevices"]
    kernel = {row["serial"]: row for row in rows}[parted["serial"]]
    assert (parted["size_bytes"], parted["kernel_name"], parted["rotational"], parted["found"]) == (
        kernel["size"],
        kernel["kname"],
        kernel["rota"],
        kernel["ptuuid"],
    )
    assert parted["id"] == IDS[PARTED] and not parted["vacant"] and parted["mounts"] == ["/run/blocktest"]
    assert [(part["id"], part["mounts"], [each["label"] for each in part["signatures"]]) for part in parted["partitions"]] == [
        (f"{IDS[PARTED]}-part1", ["/run/blocktest"], ["parted"]),
        (f"{IDS[PARTED]}-part2", [], []),
    ]
    assert empty["vacant"] and (empty["found"], empty["use"], empty["partitions"]) == ("", "", [])
    counters = shell(NODE, f"cd /sys/block/{empty['kernel_name']}/device; cat state ioerr_cnt iotmo_cnt").split()
    assert empty["health"]["state"] == counters[0] == "running" and abs(empty["health"]["io_errors"] - int(counters[1], 16)) <= 2
    assert [device["health"]["io_errors"] for device in every["devices"] if device["system"]] == [None], "a disk that counts nothing"
    assert two["selected"] == [IDS[EMPTY], IDS[OTHER]]


def test_errors_show_in_health__external_health_monitor_directpv_455() -> None:
    lab("disk", "fail", NODE, OTHER)
    failing = play(NODE, info())[0]
    lab("disk", "heal", NODE, OTHER)
    told = {device["serial"]: device for device in failing["devices"]}[SERIALS[OTHER]]
    assert not told["readable"] and told["health"]["state"] != "running" and not told["vacant"]


def group(name: str, devices: Any, check: bool = False, **options: Any) -> dict:
    rules = options.pop("disk_rules", [])
    return layout({"name": name, "devices": devices, **options}, check=check, disk_rules=rules)


def members(name: str) -> list[str]:
    """Serial numbers of the disks that LVM says the volume group has."""
    paths = shell(NODE, f"pvs --noheadings -o pv_name -S vg_name={name}").split()
    return sorted(shell(NODE, f"lsblk -dno SERIAL {' '.join(paths)}").split()) if paths else []


def test_one_disk_of_several_is_the_same_one_in_each_run() -> None:
    before = state(NODE)
    one = {**TEST, "only_unused": True, "at_most": 1}
    assert changed(play(NODE, group("blocktest", one, check=True))) == [True] and state(NODE) == before
    lab("disk", "remove", NODE, EMPTY)
    made = play(NODE, group("blocktest", one))
    lab("disk", "add", NODE, EMPTY)
    shell(NODE, "udevadm settle")
    assert changed(made) == [True] and members("blocktest") == [SERIALS[OTHER]]
    again = play(NODE, group("blocktest", one, check=True), group("blocktest", one, adopt_new=True), info(selector=one))
    assert changed(again) == [False, False, False], "the disk that came comes first by name, but there is no room"
    assert again[2]["selected"] == [IDS[OTHER]] and members("blocktest") == [SERIALS[OTHER]]


REFUSED = [
    ("device-absent", group("more", ["/dev/disk/by-id/wwn-0xdead"])),
    ("device-mounted", group("more", [IDS[PARTED]])),
    ("device-taken", group("more", [IDS[OTHER]])),
    ("device-taken", layout({"name": "more", "devices": [IDS[OTHER]]}, wipe={IDS[OTHER]: "anything"})),
    ("device-shared", layout({"name": "more", "devices": {**TEST}}, {"name": "most", "devices": {"only_unused": True}})),
    ("device-twice", group("more", [IDS[EMPTY], SERIALS[EMPTY]])),
    ("system-disk", group("more", {"id": "."})),
    ("kernel-name", group("more", ["/dev/sdb"])),
    ("rule-few-disks", group("more", {"serial": f"{SERIALS[EMPTY]}$", "at_least": 2})),
    ("rule-few-disks", info(selector={"serial": f"{SERIALS[EMPTY]}$", "at_least": 2})),
    ("rule-no-disk", group("more", {"serial": "none"})),
    ("rule-count", info(selector={"at_most": 0})),
    ("rule-count-range", info(selector={"at_least": 3, "at_most": 2})),
    ("selector-option", group("more", {"rotation": True})),
    ("selector-type", group("more", {"rotational": "maybe"})),
    ("devices-form", group("more", {"rule": "fast", "at_most": 1})),
]


def run(*argv: str) -> dict:
    return {"ansible.builtin.command": {"argv": list(argv)}}


def test_refusals_touch_nothing() -> None:
    before = state(NODE)
    unmounted = run("umount", "/run/blocktest"), group("more", [IDS[PARTED]]), run("mount", f"{IDS[PARTED]}-part1", "/run/blocktest")
    *results, _umount, parted, _mount = play(NODE, *(task for _code, task in REFUSED), *unmounted)
    assert [(result.get("error") or result).get("code", result) for result in results] == [code for code, _task in REFUSED]
    assert all(result["error"]["parameter"] and result["error"]["fix"] for result in results)
    assert parted["error"]["code"] == "device-partitioned" and "2 partitions" in parted["msg"]
    assert state(NODE) == before


def discover(file: Path) -> dict:
    argv = ("ansible-playbook", "-i", "inventories/lab", "playbooks/discover.yml", "--limit", NODE, "-e", f"storage_disks_file={file}")
    done = subprocess.run(argv, cwd=REPO, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {"changed": "changed=1" in done.stdout, **yaml.safe_load(file.read_text(encoding="utf-8"))}


def chosen(file: Path) -> dict:
    """A volume group on what the file gives to the rule."""
    lookup = f"lookup('ansible.builtin.file', '{file}') | from_yaml"
    return group(
        "blockother", {"rule": "fast"}, disk_rules=f"{{{{ [{{'name': 'fast'}}] | cairn.storage.chosen_disks({lookup}, inventory_hostname) }}}}"
    )


def test_disks_are_found_then_chosen_then_verified__directpv(tmp_path: Path) -> None:
    file = tmp_path / "disks.yml"
    found = discover(file)
    ours = {disk["serial"]: disk for disk in found["storage_disks"][NODE]}
    assert found["changed"] and SERIALS[EMPTY] in ours and not {SERIALS[PARTED], SERIALS[OTHER]} & set(ours), "one is mounted, one in use"
    assert (ours[SERIALS[EMPTY]]["id"], ours[SERIALS[EMPTY]]["use"], ours[SERIALS[EMPTY]]["found"]) == (IDS[EMPTY], "", "")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(
        yaml.safe_dump({"storage_disks": {NODE: [{**ours[SERIALS[EMPTY]], "id": f"{IDS[EMPTY]}dead", "use": "fast"}]}}), encoding="utf-8"
    )
    head, serial, tail = file.read_text(encoding="utf-8").partition(f"serial: {SERIALS[EMPTY]}")
    file.write_text(head + serial + tail.replace("use: ''", "use: fast", 1), encoding="utf-8")
    again = discover(file)
    assert not again["changed"] and {disk["serial"]: disk["use"] for disk in again["storage_disks"][NODE]}[SERIALS[EMPTY]] == "fast", "answers stay"

    shell(NODE, f"mkfs.ext4 -q {IDS[EMPTY]}")
    before = state(NODE)
    written, gone = play(NODE, chosen(file), chosen(wrong))
    assert [result["error"]["code"] for result in (written, gone)] == ["chosen-content-differs", "device-absent"] and state(NODE) == before
    assert gone["error"]["parameter"] == "disk_rules[0].disks[0]"
    _wiped, cleaned = play(NODE, run("wipefs", "-qa", IDS[EMPTY]), chosen(file))
    error = cleaned["error"]
    assert error["code"] == "chosen-content-differs" and "superblock of ext4" in error["found"], "wipefs takes the signature alone"
    head, serial, tail = file.read_text(encoding="utf-8").partition(f"serial: {SERIALS[EMPTY]}")
    file.write_text(head + serial + tail.replace("found: ''", "found: unknown data", 1), encoding="utf-8")
    results = play(NODE, chosen(file), chosen(file))
    assert changed(results) == [True, False] and members("blockother") == [SERIALS[EMPTY]]
