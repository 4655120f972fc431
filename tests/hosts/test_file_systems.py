"""File systems on logical volumes of a real machine, of random sizes: made once, labelled and grown online, never over what is there."""

from __future__ import annotations

import random
from typing import Any, Iterator

import pytest
from host_play import ERASE, changed, disk_ids, layout, own_node, play, plugged, shell, state

NODE = own_node()
DISKS = (13, 14, 15)
IDS = disk_ids(NODE, DISKS)
GROUP = "fstest"
UUID = "0dd5e7e5-1111-4222-8333-444444444444"
MIB = 1024**2

SEED = random.randrange(10**6)
RANDOM = random.Random(SEED)
#: Two of each type: the first is mounted while it grows, the second is not.
VOLUMES = {f"{kind}{number}": kind for kind in ("ext4", "xfs", "btrfs") for number in (1, 2)}
SMALLEST = {"ext4": 5, "xfs": 75, "btrfs": 64}
SIZES = {name: SMALLEST[kind] + RANDOM.randrange(40) for name, kind in VOLUMES.items()}
GROWTH = {name: 1 + RANDOM.randrange(25) for name in VOLUMES}

CLEAN = f"""{ERASE}
umount --quiet --all-targets /dev/{GROUP}/* 2>/dev/null
vgremove -qq --force --yes {GROUP} 2>/dev/null
rm -f /etc/lvm/backup/{GROUP}
for id in {' '.join(IDS)}; do [ ! -e "$id" ] || erase "$id"; done
rm -rf /t
true
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """The disks, blank."""
    with plugged(NODE, DISKS, CLEAN):
        yield


def wanted(sizes: dict, check: bool = False, changes: Any = None, **options: Any) -> dict:
    volumes = []
    for name, extents in sizes.items():
        system = {
            "type": VOLUMES[name],
            "label": name,
            **({"uuid": UUID} if name == "xfs1" else {}),
            **({"options": ["-m", "0"]} if name == "ext4" else {}),
        }
        volumes.append({"name": name, "size": f"{extents} extents", "filesystem": {**system, **(changes or {}).get(name, {})}})
    return layout({"name": GROUP, "devices": IDS, "logical_volumes": volumes}, check=check, **options)


def found() -> dict[str, dict[str, str]]:
    """What a probe says of each volume."""
    told = {}
    for block in shell(NODE, f"blkid --probe --output export /dev/{GROUP}/*").strip().split("\n\n"):
        fields = dict(line.partition("=")[::2] for line in block.splitlines())
        told[fields["DEVNAME"].rpartition("/")[2]] = fields
    return told


def kernel_sizes() -> dict[str, int]:
    """Bytes of each file system as the kernel tells once it is mounted."""
    script = f"""
    mkdir -p /t/look
    for name in {' '.join(VOLUMES)}; do
      mount /dev/{GROUP}/$name /t/look
      case $name in
        ext4*) echo $name $(dumpe2fs -h /dev/{GROUP}/$name 2>/dev/null | awk '/^Block count/ {{n=$3}} /^Block size/ {{b=$3}} END {{print n*b}}') ;;
        xfs*) echo $name $(xfs_io -r -c statfs /t/look | awk '/^geom.bsize/ {{b=$3}} /^geom.datablocks/ {{n=$3}} END {{print n*b}}') ;;
        btrfs*) echo $name $(stat -f -c '%b*%S' /t/look | sed 's/.*/echo $((&))/' | sh) ;;
      esac
      umount /t/look
    done
    """
    return {name: int(size) for name, size in (line.split() for line in shell(NODE, script).splitlines())}


def test_made_once_on_what_holds_nothing() -> None:
    print("seed", SEED)
    before = state(NODE)
    planned = play(NODE, wanted(SIZES, check=True))
    assert changed(planned) == [True] and state(NODE) == before, "check mode changes nothing"
    made = play(NODE, wanted(SIZES), wanted(SIZES, check=True), wanted(SIZES))
    assert changed(made) == [True, False, False], "a tail that mkfs leaves unused is no reason to grow"
    assert [action["steps"] for action in planned[0]["actions"]] == [action["steps"] for action in made[0]["actions"]]
    there = found()
    assert {name: (there[name]["TYPE"], there[name]["LABEL"]) for name in VOLUMES} == {name: (kind, name) for name, kind in VOLUMES.items()}
    assert there["xfs1"]["UUID"] == UUID


def test_grows_online_and_also_what_an_interrupted_run_left_smaller__community_general_11620_and_1457_and_ansible_56403() -> None:
    write = "".join(
        f"mkdir -p /t/{name}; mount /dev/{GROUP}/{name} /t/{name}; head -c 3M /dev/urandom > /t/{name}/data; sha256sum /t/{name}/data; "
        for name in VOLUMES
    )
    sums = shell(NODE, f"{write} umount {' '.join(f'/t/{name}' for name in VOLUMES if name.endswith('2'))}")
    larger = {name: SIZES[name] + GROWTH[name] for name in VOLUMES}
    before = state(NODE)
    planned = play(NODE, wanted(larger, check=True))
    assert changed(planned) == [True] and state(NODE) == before
    made = play(NODE, wanted(larger), wanted(larger, check=True), wanted(larger))
    assert changed(made) == [True, False, False]
    assert [action["verb"] for action in made[0]["actions"]] == ["grow", "grow"] * len(VOLUMES)
    assert state(NODE).count("/t/") == before.count("/t/"), "nothing stays mounted at the private place"
    largest = {name: extents + GROWTH[name] for name, extents in larger.items()}
    shell(NODE, "; ".join(f"lvextend -qq --extents {extents} {GROUP}/{name}" for name, extents in largest.items()))
    again = play(NODE, wanted(largest), wanted(largest))
    assert changed(again) == [True, False]
    assert {(action["verb"], action["kind"]) for action in again[0]["actions"]} == {("grow", "file system")}
    shell(NODE, f"umount {' '.join(f'/t/{name}' for name in VOLUMES if name.endswith('1'))}")
    sizes = kernel_sizes()
    for name, kind in VOLUMES.items():
        short = largest[name] * 4 * MIB - sizes[name]
        assert 0 <= short < (MIB if kind == "btrfs" else 16 * MIB), (name, SEED)
    check = "".join(f"mount /dev/{GROUP}/{name} /t/{name}; sha256sum /t/{name}/data; umount /t/{name}; " for name in VOLUMES)
    assert shell(NODE, check) == sums, "the data is what it was"
    SIZES.update(largest)


def test_labels_change_online_and_nothing_is_formatted_without_consent__ansible_29256() -> None:
    shell(NODE, f"for name in ext41 xfs1 btrfs1; do mount /dev/{GROUP}/$name /t/$name; done")
    renamed = {name: {"label": f"new-{name}"} for name in VOLUMES}
    held = found()["ext42"]["UUID"]
    other = {**renamed, "ext42": {"type": "xfs", "label": "is-xfs"}}
    large = {**SIZES, "ext42": max(80, SIZES["ext42"])}
    results = play(
        NODE,
        wanted(SIZES, changes=renamed),
        wanted(SIZES, changes=renamed),
        wanted(large, changes=other),
        wanted(large, changes={**renamed, "xfs2": {"uuid": UUID.replace("0", "1")}}),
        wanted(large, changes={**renamed, "xfs1": {"type": "ext4"}}, wipe={f"/dev/{GROUP}/xfs1": UUID}),
        wanted(large, changes={**renamed, "ext41": {"label": "a label"}}),
        wanted({**large, "xfs2": 70}, changes=renamed),
    )
    assert changed(results[:2]) == [True, False]
    assert [result["error"]["code"] for result in results[2:]] == ["fs-signature", "fs-signature", "fs-in-use", "fs-label", "shrink-kind"]
    there = found()
    assert {name: there[name]["LABEL"] for name in VOLUMES} == {name: f"new-{name}" for name in VOLUMES}
    assert there["ext42"]["UUID"] == held and held in results[2]["msg"]
    made = play(
        NODE,
        wanted(large, changes=other, wipe={f"/dev/{GROUP}/ext42": held}),
        wanted(large, changes=other, wipe={f"/dev/{GROUP}/ext42": held}),
    )
    assert changed(made) == [True, False] and found()["ext42"]["TYPE"] == "xfs"
    assert any("was not needed" in warning for warning in made[1]["warnings"]), "a consent is used once"
