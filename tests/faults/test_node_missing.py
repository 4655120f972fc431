"""A machine that cannot be reached stops every playbook before anything changes, unless it was named as away; then it is left as it is.

Each playbook is run for real, with something to change. What was changed is asked of the machines that are there and of the API server.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from outside import REPO, eventually, kubectl, lab, run
from traces import changes_since

NODES = [each["name"] for each in json.loads(lab("status", "--json"))["nodes"]]
HERE, CUT = NODES[:-1], NODES[-1]
AWAY = {"storage_nodes_away": [CUT]}
RULES = [{"name": "fast", "rotational": False}, {"name": "bulk", "rotational": True}]
GROUP = {"name": "fast", "devices": {"rule": "fast"}, "thin_pools": [{"name": "pool", "size": "20%VG", "overprovision_ratio": 2}]}


def clusters(**more: object) -> dict:
    blocks = {"name": "blocks", "engine": "tgt", "replicas": len(NODES), "disk": {"class": "local-block", "size": "1GiB"}, "initiators": ["ALL"]}
    return {"storage_cluster_clusters": [{**blocks, **more}]}


def wish(count: int = 1, size: str = "1GiB", **more: object) -> dict:
    local = {"name": "local-fs", "volume_mode": "Filesystem", "fs_type": "xfs", "grow": True,
             "logical_volumes": {"volume_group": "fast", "count": count, "size": size}}
    block = {"name": "local-block", "volume_mode": "Block", "devices": {"rule": "bulk"}}
    return {**clusters(), "storage_disk_rules": RULES, "lvm_volume_groups": [GROUP], "local_volumes_classes": [block, local],
            "storage_class_options": {"local-fs": {"allow_volume_expansion": True}}, **more}


EXPORT = {"name": "db", "host": HERE[0], "volume_group": "fast", "size": "64MiB", "initiators": [CUT], "persistent_volume": {}}
EXPORTS = {"iscsi_name_prefix": "iqn.2026-01.com.example", "iscsi_exports": [EXPORT], "lvm_volume_groups": [GROUP], "storage_disk_rules": RULES}
#: Every playbook that changes something, with something to change.
BOOKS: dict[str, dict] = {
    "site": wish(count=2),
    "grow_local_volume": wish(size="1200MiB"),
    "csi": {"lvm_csi_volume_groups": ["fast"], "snapshot_controller_definitions": []},
    "csi_image": {"lvm_csi_image_archive": "/nowhere/image.tar", "lvm_csi_image_proto": "/nowhere/csi.proto"},
    "discover": {"storage_disks_file": "@/disks.yml"},
    "iscsi_export": EXPORTS,
    "iscsi_static_pv": EXPORTS,
    "teardown": {**wish(), "teardown_confirm": "storage/blocks"},
    "scale": clusters(replicas=1),
    "rollout": clusters(resources={"requests": {"cpu": "60m"}}),
    "canary": {**clusters(resources={"requests": {"cpu": "60m"}}), "canary_cluster": "blocks"},
    "grow_claims": clusters(disk={"class": "local-block", "size": "1100MiB"}),
    "replace_pod_disk": {**clusters(), "replace_cluster": "blocks", "replace_pod": "blocks-0", "replace_allow_data_loss": {}},
}
#: They only look.
LOOKING = {"audit", "storage_map"}
#: No playbooks of their own.
SHARED = {"preflight", "left_out"}
ASKED = {"audit": {"audit_fail_on": "never"}, "storage_map": {}}


def play(book: str, wanted: dict, folder: Path = Path("/nowhere"), **environment: str) -> subprocess.CompletedProcess:
    said = json.dumps(wanted).replace("@/", f"{folder}/")
    argv = ("ansible-playbook", "-i", "inventories/lab", f"playbooks/{book}.yml", "-e", said)
    return subprocess.run(argv, cwd=REPO, capture_output=True, text=True, timeout=500, check=False)


def passes(book: str, wanted: dict, folder: Path = Path("/nowhere")) -> str:
    done = play(book, wanted, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def cluster_side() -> dict:
    """What the cluster knows of the machine that is cut off, as far as it is ours: labels, taints of ours, volumes."""
    node = kubectl("get", "node", CUT)
    volumes = kubectl("get", "pv")["items"]
    return {
        "labels": node["metadata"].get("labels"),
        "taints": [each for each in node["spec"].get("taints", []) if each["key"].startswith("cairn.storage/")],
        "volumes": {each["metadata"]["name"]: (each["spec"], each["status"]["phase"]) for each in volumes
                    if CUT in json.dumps(each["spec"].get("nodeAffinity", {}))},
    }


def ready() -> bool:
    """Whether the cluster has the machine."""
    return any((each["type"], each["status"]) == ("Ready", "True") for each in kubectl("get", "node", CUT)["status"]["conditions"])


def sizes() -> list[int]:
    """Of all volumes with a file system, in MiB."""
    volumes = kubectl("get", "pv")["items"]
    return [int(each["spec"]["capacity"]["storage"].removesuffix("Mi")) for each in volumes if each["spec"]["storageClassName"] == "local-fs"]


@pytest.fixture(scope="module")
def converged() -> None:
    passes("site", wish())


@pytest.fixture(scope="module")
def cut(converged: None) -> Iterator[dict]:
    """The machine, cut off, until the cluster has noticed; what the cluster knew of it."""
    before = cluster_side()
    lab("net", "cut", CUT)
    eventually("the cluster misses it", lambda: not ready(), 120)
    yield before
    lab("net", "heal", CUT)
    eventually("the cluster has it back", ready, 180)
    passes("site", wish())


def test_every_playbook_is_here() -> None:
    assert {file.stem for file in (REPO / "playbooks").glob("*.yml")} == {*BOOKS, *LOOKING, *SHARED}


# Before the machine is cut off.
#: A machine that is lost on the way: reached, but not planned; planned, but not set up.
LOST = {"before it was planned": "storage_reached is defined", "before it was set up": "storage_node_planned is defined"}


@pytest.mark.parametrize("when", LOST)
def test_a_machine_lost_on_the_way_stops_the_cluster_side(when: str, converged: None) -> None:
    begin = time.time()
    port = f"{{{{ 1 if inventory_hostname == '{CUT}' and {LOST[when]} else 22 }}}}"
    done = play("site", {**wish(count=2), "ansible_port": port})
    assert done.returncode != 0 and f"{CUT} failed or could no longer be reached" in done.stdout, done.stdout + done.stderr
    changed = changes_since(begin, NODES)
    assert not [each for each in changed if each.startswith("API")], changed
    assert changed == [] or when == "before it was set up"


@pytest.mark.parametrize("book", BOOKS)
def test_a_machine_that_is_missing_stops_it_before_anything_changes(book: str, cut: dict, tmp_path: Path) -> None:
    begin = time.time()
    done = play(book, BOOKS[book], tmp_path)
    assert done.returncode != 0 and f"storage_nodes_away: [{CUT}]" in done.stdout, done.stdout + done.stderr
    assert changes_since(begin, HERE) == [] and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("book", sorted(LOOKING))
def test_those_that_only_look_go_on_and_tell(book: str, cut: dict) -> None:
    assert f"{CUT} (not reached)" in passes(book, ASKED[book]), "not told"
    assert f"{CUT} (storage_nodes_away)" in passes(book, {**ASKED[book], **AWAY})


def test_away_site_goes_on_without_it(cut: dict) -> None:
    said = passes("site", {**wish(count=2), **AWAY})
    assert f"{CUT} (storage_nodes_away)" in said
    eventually("a second volume on each of the others", lambda: len(sizes()) == 2 * len(HERE) + 1, 60)
    assert cluster_side() == cut
    begin = time.time()
    passes("site", {**wish(count=2), **AWAY})
    assert changes_since(begin, HERE) == [], "a second run has nothing to do"


def test_away_volumes_grow_on_the_others(cut: dict) -> None:
    passes("grow_local_volume", {**wish(count=2, size="1200MiB"), **AWAY})
    # What the provisioner publishes is less than the logical volume: some of it is the file system's own.
    found = sizes()
    assert len(found) == 2 * len(HERE) + 1 and len(set(found)) == 2 and found.count(min(found)) == 1, "all have grown but the one that is cut off"
    assert cluster_side() == cut


def test_away_disks_of_the_others_are_written_down(cut: dict, tmp_path: Path) -> None:
    file = tmp_path / "disks.yml"
    file.write_text(yaml.safe_dump({"storage_disks": {CUT: [{"id": "/dev/disk/by-id/wwn-0x1", "use": "bulk", "found": ""}]}}), encoding="utf-8")
    passes("discover", {**BOOKS["discover"], **AWAY}, tmp_path)
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["storage_disks"][CUT][0]["use"] == "bulk", "what is known of it stays"


def test_away_initiators_do_not_log_in(cut: dict) -> None:
    passes("iscsi_static_pv", {**EXPORTS, **AWAY})
    assert "iqn.2026-01.com.example:db" in lab("ssh", HERE[0], "ls /sys/kernel/config/target/iscsi")
    # A target that is away is not taken for gone: its volume stays.
    gone = {**EXPORTS, "iscsi_exports": [{**EXPORT, "host": CUT, "initiators": [HERE[0]], "state": "absent"}]}
    passes("iscsi_static_pv", {**gone, **AWAY})
    assert kubectl("get", "pv", "db")["metadata"]["name"] == "db"
    passes("iscsi_static_pv", {**EXPORTS, **AWAY, "iscsi_exports": [{**EXPORT, "state": "absent"}]})
    run("lab/lab", "ssh", HERE[0], "lvremove -qy fast/db")


@pytest.mark.parametrize("book", ["scale", "rollout", "canary"])
def test_away_storage_clusters_with_pods_there_stay_as_they_are(book: str, cut: dict) -> None:
    begin = time.time()
    done = play(book, {**BOOKS[book], **AWAY})
    assert done.returncode != 0 and "stays as it is" in done.stdout and CUT in done.stdout, done.stdout + done.stderr
    assert not [each for each in changes_since(begin, HERE) if "statefulset" in each]


def test_away_nothing_to_roll_out_waits_for_nobody(cut: dict) -> None:
    begin = time.time()
    passes("rollout", {**clusters(), **AWAY})
    assert changes_since(begin, HERE) == []


def test_away_a_site_is_not_taken_down_without_it(cut: dict) -> None:
    begin = time.time()
    done = play("teardown", {**BOOKS["teardown"], **AWAY})
    assert done.returncode != 0 and f"{CUT} in storage_nodes, but not in this run" in done.stdout, done.stdout
    assert changes_since(begin, HERE) == []
