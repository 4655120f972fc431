"""Random layouts of every type and form of size: what is predicted is what LVM reports, and a second run finds nothing to do."""

from __future__ import annotations

import json
import os
import random
from typing import Any, Iterator

import pytest
from host_play import ERASE, changed, disk_ids, layout, own_node, play, plugged

NODE = own_node()
#: Numbers that nothing else uses.
DISKS = range(7, 13)
IDS = disk_ids(NODE, DISKS)
SEEDS = [int(seed) for seed in os.environ.get("SEEDS", "1 2").split()]
GROUP = "randomtest"
#: Most of each disk is taken, of each another part: RAID synchronizes little then, and parts have to be looked for.
FILL = """
vgcreate -qq --physicalextentsize {extent}b {group} {devices}
set -- {shares}
for disk in {last_first}; do
  lvcreate -qq --yes --activate n --zero n --wipesignatures n --extents $1%PVS --name filler$# {group} $disk
  shift
done 2>/dev/null
"""
CLEAN = f"""{ERASE}
vgremove -qq --force --yes {GROUP} 2>/dev/null; rm -f /etc/lvm/backup/{GROUP}; [ ! -e {IDS[0]} ] || erase {' '.join(IDS)}; true"""
REPORT = f"lvs --all --reportformat json --units b --nosuffix -o lv_name,lv_size,segtype,stripes,stripe_size,seg_pe_ranges,vg_free {GROUP}"
#: The fewest devices of each type.
TYPES = {"linear": 1, "striped": 2, "raid1": 2, "raid5": 3, "raid6": 5, "raid10": 4}


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    with plugged(NODE, DISKS, CLEAN):
        yield


def volume(dice: random.Random, number: int, extent: int) -> dict:
    """A volume of a random type, spread, place and size."""
    kind = dice.choice(list(TYPES))
    made: dict[str, Any] = {"name": f"{kind}-{number}", "type": kind}
    count = TYPES[kind]
    if kind == "striped" and dice.random() < 0.5:
        made["stripes"] = count = dice.randrange(2, 5)
    if kind in ("striped", "raid5", "raid10") and dice.random() < 0.5:
        made["stripe_size"] = dice.choice(("16KiB", "256KiB"))
    if kind == "raid1" and dice.random() < 0.3:
        made["mirrors"], count = 2, 3
    if dice.random() < 0.4:
        made["devices"] = dice.sample(IDS, dice.randrange(count, len(IDS) + 1))
    forms = [str(dice.randrange(extent, 64 * 1024**2)), f"{dice.randrange(1, 9)} extents", "0.5%VG", f"{dice.randrange(2, 9)}%FREE"]
    made["size"] = dice.choice(forms + (["0.7%PVS"] if "devices" in made else []))
    return made


def larger(dice: random.Random, volume: dict) -> dict:
    """The same volume, grown by a random amount, or let grow with what is free."""
    number, _space, unit = volume["size"].partition(" ")
    if volume["size"].endswith("%FREE"):
        return {**volume, "grow": True}
    if "%" in volume["size"]:
        share, _percent, whole = volume["size"].partition("%")
        return {**volume, "size": f"{float(share) + dice.random() / 4:.3f}%{whole}"}
    return {**volume, "size": f"{int(number) + dice.randrange(1, int(number) + 1)}{' ' + unit if unit else ''}"}


def plans(seed: int) -> tuple[str, dict, dict]:
    """A script that makes the volume group, a layout in it, and the same grown."""
    dice = random.Random(seed)
    extent = dice.choice((1, 2, 4)) * 1024**2
    shares = " ".join(str(dice.randrange(86, 96)) for _disk in IDS)
    volumes = [volume(dice, number, extent) for number in range(5)]
    group = {"name": GROUP, "devices": IDS}
    last = {"name": "rest", "type": dice.choice(("linear", "striped", "raid1")), "size": "100%FREE"}
    fill = FILL.format(extent=extent, group=GROUP, devices=" ".join(IDS), last_first=" ".join(reversed(IDS)), shares=shares)
    pools = {"thin_pools": [{"name": "pool", "size": "0.5%VG"}]} if dice.random() < 0.5 else {}
    grown = [*(larger(dice, each) for each in volumes), last]
    return fill, {**group, **pools, "logical_volumes": volumes}, {**group, **pools, "logical_volumes": grown}


def reported(result: dict) -> tuple[dict, int]:
    """Sizes by name of what a person sees, and what is free, as LVM tells; no disk carries two parts of a RAID volume."""
    rows = json.loads(result["stdout"])["report"][0]["lv"]
    on: dict[str, set] = {}
    for row in rows:
        name, _image, number = row["lv_name"].strip("[]").partition("_rimage_")
        if number:
            on.setdefault(f"{name} {number}", set()).update(place.rpartition(":")[0] for place in row["seg_pe_ranges"].split())
    for part, devices in on.items():
        for other, others in on.items():
            assert part == other or part.split()[0] != other.split()[0] or not devices & others, (part, other, devices & others)
    return {row["lv_name"]: int(row["lv_size"]) for row in rows if not row["lv_name"].startswith("[")}, int(rows[0]["vg_free"])


def predicted(result: dict) -> tuple[dict, int]:
    """The same from what a check run returned."""
    group = next(group for group in result["after"]["volume_groups"] if group["name"] == GROUP)
    return {volume["name"]: volume["size_bytes"] for volume in group["logical_volumes"]}, group["free_bytes"]


def test_idempotence_at_free_percentages_and_rounding__community_general_6545_229_sds_node_configurator_326() -> None:
    """Also topolvm and ansible-modules-extras#3527: whatever form a size has, the second run resizes nothing."""
    report = {"ansible.builtin.command": REPORT, "changed_when": False}
    tasks: list[dict] = []
    for seed in SEEDS:
        fill, *wishes = plans(seed)
        tasks.append({"ansible.builtin.shell": {"cmd": f"{CLEAN}; {fill}"}, "changed_when": False})
        for wanted in wishes:
            tasks += [layout(wanted, check=True), layout(wanted), report, layout(wanted)]
    results = play(NODE, *tasks)
    for seed in SEEDS:
        print(f"seed {seed}: {json.dumps(plans(seed))}")
        assert changed(results[:1]) == [False]
        del results[0]
        for wanted in plans(seed)[1:]:
            check, made, told, again = results[:4]
            del results[:4]
            assert changed([check, made, again]) == [True, True, False], (seed, again["actions"])
            assert predicted(check) == predicted(made) == reported(told), (seed, wanted)
