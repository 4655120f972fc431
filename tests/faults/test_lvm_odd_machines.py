"""Many machines in random odd states: a check says what applying does, or applying changes nothing."""

from __future__ import annotations

import os

from host_play import disk_ids, plugged
from odd_machines import clean, tell_the_truth

NODE = os.environ.get("FAULTS_NODE", "node1")
DISKS = (12, 13, 14)
#: Of a run that found something: SEEDS="17 23".
SEEDS = [int(seed) for seed in os.environ.get("SEEDS", " ".join(map(str, range(100, 140)))).split()]


def test_a_check_says_what_applying_does_or_nothing_is_changed() -> None:
    ids = disk_ids(NODE, DISKS)
    with plugged(NODE, DISKS, clean(ids)):
        counts: dict = {}
        for start in range(0, len(SEEDS), 10):
            for what, count in tell_the_truth(NODE, ids, SEEDS[start : start + 10]).items():
                counts[what] = counts.get(what, 0) + count
    print(counts)
    assert counts["done"] and counts["refused"]
