"""Machines in random odd states, for tests in several tiers: flags, limits and policies of LVM, disks of other block sizes, damaged file systems."""

from __future__ import annotations

import json
import random
from typing import Any, Iterable

from host_play import ERASE, STATE, layout, play, script, without_uuids

GROUP, UUID = "oddrandom", "0dd0dd00-1111-4222-8333-444455556666"
#: A disk with logical blocks of 4 KiB.
BIG_BLOCKS = "/dev/disk/by-id/wwn-0x3333333000000fa0"


ODD, CONF = "oddtest", "/etc/lvm/lvmlocal.conf"
#: Of what is precious on a disk.
PRECIOUS = "0dd0dd00-aaaa-4bbb-8ccc-ddddeeeeffff"
#: A disk that becomes smaller: a piece of another.
PIECE = "/dev/mapper/oddpiece"
LOOK = script(STATE)


def give_up(ids: Iterable[str]) -> str:
    """A script that gives up what the tests of single situations made on these disks."""
    return f"""{ERASE}
rm -rf {CONF} /etc/lvm/devices /var/lib/oddbackup
umount /mnt/{ODD} 2>/dev/null
for group in {ODD} {ODD}2; do
vgchange -qq --config 'global/system_id_source="uname" local/extra_system_ids=["other"]' --yes --systemid "" $group 2>/dev/null
vgreduce -qq --removemissing --force $group 2>/dev/null; vgremove -qq --force --yes $group 2>/dev/null
rm -f /etc/lvm/backup/$group
done
dmsetup remove --force {PIECE} 2>/dev/null
for id in {' '.join(ids)}; do [ ! -e "$id" ] || erase "$id"; done
modprobe -r scsi_debug 2>/dev/null; true
"""


def made(ids: Iterable[str], text: str, conf: str = "") -> dict:
    """A task that makes the machine clean, then so; ``conf`` is what lvm.conf says after that."""
    return script(f"{give_up(ids)}\nset -e\n{text}\nudevadm settle" + (f"\nmkdir -p /var/lib/oddbackup\ncat > {CONF} <<'END'\n{conf}\nEND" if conf else ""))


def lv(name: str, size: Any, **values: Any) -> dict:
    """A wanted logical volume."""
    return {"name": name, "size": size, **values}


def group(*volumes: dict, devices: Any, **values: Any) -> dict:
    """A wanted volume group."""
    return {"name": ODD, "devices": list(devices) if isinstance(devices, tuple) else devices, "logical_volumes": list(volumes), **values}


def clean(ids: Iterable[str]) -> str:
    """A script that gives up what a test made on these disks."""
    return f"""{ERASE}
umount /mnt/{GROUP} 2>/dev/null
vgchange -qq --resizeable y {GROUP} 2>/dev/null; vgremove -qq --force --yes {GROUP} 2>/dev/null
rm -f /etc/lvm/backup/{GROUP}
for id in {' '.join(ids)}; do [ ! -e "$id" ] || erase "$id"; done
modprobe -r scsi_debug 2>/dev/null; true"""


def machine(dice: random.Random, ids: list[str]) -> tuple[str, dict, dict]:
    """A script that makes the machine so, the wish, and the consent to wipe."""
    one, two, three = ids

    def maybe(text: str, chance: float = 0.3) -> list[str]:
        return [text] if dice.random() < chance else []

    policy = dice.choice(("normal", "normal", "contiguous", "cling"))
    fs, own = dice.random() < 0.7, f"/dev/{GROUP}/lin"
    lines = [
        f"vgcreate -qq --alloc {policy} {GROUP} {one} {two}",
        f"lvcreate -qq --yes --wipesignatures y -L 64M --alloc {dice.choice(('inherit', 'contiguous', 'cling'))} -n lin {GROUP} {one}",
        *maybe(f"lvcreate -qq --yes --wipesignatures y -L {dice.choice((8, 1600, 1900))}M -n next {GROUP} {one}"),
        *maybe(f"lvcreate -qq --yes --type thin-pool -L 64M -n pool {GROUP}"),
        *([f"mkfs.ext4 -q {own}", *maybe(f"debugfs -w -R 'ssv state 2' {own} 2>/dev/null", 0.2)] if fs else []),
        *(maybe(f"mkdir -p /mnt/{GROUP}; mount -o {dice.choice(('ro', 'rw', 'rw'))} {own} /mnt/{GROUP}") if fs else []),
        *(maybe(f"lvchange -qq --permission r {GROUP}/lin", 0.15)),
        *maybe(f"pvchange -qq --allocatable n {dice.choice((one, two))}"),
        *maybe(f"vgchange -qq --resizeable n {GROUP}", 0.2),
        *maybe(f"vgchange -qq --logicalvolume {dice.choice((2, 3, 9))} {GROUP}"),
        *maybe(f"vgchange -qq --maxphysicalvolumes {dice.choice((2, 3))} {GROUP}", 0.2),
    ]
    wish: dict[str, Any] = {"name": GROUP, "devices": [one, two]}
    consent = {}
    new = dice.choice((None, three, three, BIG_BLOCKS))
    if new == BIG_BLOCKS:
        lines.append("modprobe scsi_debug sector_size=4096 dev_size_mb=64; udevadm settle")
    if new:
        wish["devices"].append(new)
        if dice.random() < 0.6:
            lines.append(f"mkfs.ext4 -qF -U {UUID} {new}")
            consent = {new: UUID}
    volumes = [{"name": "lin", "size": dice.choice(("64MiB", "96MiB", "512MiB", "3GiB")), **({"filesystem": {"type": "ext4"}} if fs and dice.random() < 0.6 else {})}]
    volumes += [{"name": "new", "size": dice.choice(("16MiB", "100%FREE", "50%FREE", "70%VG", "3GiB")), "type": dice.choice(("linear", "linear", "striped"))}]
    if dice.random() < 0.5:
        volumes[-1]["filesystem"] = {"type": "ext4", "options": dice.choice(([], ["-m 1"], ["-b", "65536"]))}
    pools = {"thin_pools": [{"name": "pool", "size": dice.choice(("96MiB", "10%VG"))}]} if dice.random() < 0.4 else {}
    return "\n".join(lines), {**wish, **pools, "logical_volumes": volumes}, consent


def tell_the_truth(node: str, ids: list[str], seeds: Iterable[int]) -> dict[str, int]:
    """Assert of each machine: the check says what applying does, or applying changes nothing. How often it came to what."""
    seeds, tasks = list(seeds), []
    machines = {seed: machine(random.Random(seed), ids) for seed in seeds}
    for prepare, wish, wipe in machines.values():
        do, check = layout(wish, wipe=wipe), layout(wish, wipe=wipe, check=True)
        tasks += [script(f"{clean(ids)}\nset -e\n{prepare}\nudevadm settle"), LOOK, check, LOOK, do, LOOK, do]
    told = play(node, *tasks, script(clean(ids)))
    counts = {"done": 0, "refused": 0, "tried in vain": 0}
    for number, seed in enumerate(seeds):
        ready, before, check, between, done, after, again = told[7 * number : 7 * number + 7]
        case = f"seed {seed}: {json.dumps(machines[seed])}"
        assert ready["rc"] == 0, (case, ready)
        assert before["stdout"] == between["stdout"], f"check mode changed something, {case}"
        if check.get("failed"):
            assert done.get("failed") and done["error"]["code"] == check["error"]["code"], (case, check["msg"], done)
            assert before["stdout"] == after["stdout"], (case, "refused, and changed something")
            assert "ended with" not in check["msg"], (case, check["msg"])
            counts["refused"] += 1
        elif done.get("failed"):
            assert between["stdout"] == after["stdout"], (case, "the check said yes, it failed, and something was changed", done["msg"], check["actions"])
            counts["tried in vain"] += 1
        else:
            assert without_uuids(check["after"]) == without_uuids(done["after"]), (case, check["after"], done["after"])
            assert not again.get("failed") and not again["changed"], (case, again)
            counts["done"] += 1
    return counts
