"""Playbooks run on the whole site or not at all: a machine that cannot be reached, a part of the tasks, half of the hosts, a strange configuration.

All are started at once, for none of them gets far. That nothing has changed, the lab says. With a machine cut off for real: tests/faults.
"""

from __future__ import annotations

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from played import REPO, environment
from traces import changes_since

EXPORTS = {"iscsi_name_prefix": "iqn.2026-01.com.example",
           "iscsi_exports": [{"name": "db", "host": "node1", "volume_group": "fast", "size": "1GiB", "initiators": ["node2"]}]}
ASKED: dict[str, dict] = {
    "site": {}, "grow_local_volume": {}, "teardown": {},
    "discover": {"storage_disks_file": "/nowhere/disks.yml"},
    "csi": {"lvm_csi_volume_groups": ["fast"]},
    "csi_image": {"lvm_csi_image_archive": "/nowhere/image.tar"},
    "iscsi_export": EXPORTS, "iscsi_static_pv": EXPORTS,
}
GONE = {"ansible_port": "{{ 1 if inventory_hostname == 'node2' else 22 }}"}
#: Arguments, settings, what is said.
RUNS: dict[str, tuple[str, tuple, dict, list]] = {
    **{f"{book} without a machine": (book, ("-e", json.dumps({**more, **GONE})), {}, ["Found: node2 (", "storage_nodes_away: [node2]"])
       for book, more in ASKED.items()},
    "a machine alone": ("site", ("--limit", "node1"), {}, ["--limit", "write --limit 'node1,kube-api'"]),
    "some tasks": ("site", ("--tags", "lvm"), {}, ["--tags", "run it without --tags"]),
    "without the checks": ("site", ("--skip-tags", "always"), {}, ["--skip-tags", "run it without --skip-tags"]),
    "from a later task": ("site", ("--start-at-task", "Lay out LVM"), {}, ["--start-at-task", "run it without --start-at-task"]),
    "each machine at its own pace": ("site", (), {"ANSIBLE_STRATEGY": "free"}, ["strategy is free", "strategy = linear"]),
    "roles that keep their variables": ("teardown", (), {"ANSIBLE_PRIVATE_ROLE_VARS": "true"}, ["private_role_vars"]),
    "facts in the place of variables": ("rollout", (), {"ANSIBLE_INJECT_FACT_VARS": "true"}, ["inject_facts_as_vars"]),
    "one that nobody knows is away": ("scale", ("-e", "storage_nodes_away=node9"), {}, ["storage_nodes_away", "node9"]),
    "nobody is left": ("site", ("-e", "storage_nodes_away=node1,node2,node3"), {}, ["No machine is left"]),
    "a dictionary for a list": ("site", ("-e", '{"lvm_volume_groups": {"data": {}}}'), {},
                                ["lvm_volume_groups: this has to be a list", "[{name: data, ...}]"]),
    "a name for a dictionary": ("site", ("-e", '{"local_volumes_classes": [{"name": "a", "logical_volumes": "fast"}]}'), {},
                                ["local_volumes_classes[0].logical_volumes: this has to be a dictionary", "{volume_group: ..."]),
    "nothing to export": ("iscsi_export", (), {}, ["iscsi_exports: this playbook cannot do without it", "group_vars/all.yml"]),
}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """As where somebody has configured Ansible for himself, and what has to be."""
    file = tmp_path_factory.mktemp("elsewhere") / "ansible.cfg"
    file.write_text("[defaults]\nforks = 1\ngathering = explicit\ndisplay_skipped_hosts = false\ninject_facts_as_vars = false\n", encoding="utf-8")
    return {**environment(), "ANSIBLE_CONFIG": str(file)}


def run(elsewhere: dict, book: str, argv: tuple, settings: dict) -> str:
    """All that a playbook says that ends with an error."""
    command = ("ansible-playbook", "-i", "inventories/lab", f"playbooks/{book}.yml", *argv)
    done = subprocess.run(command, cwd=REPO, env={**elsewhere, **settings}, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode != 0, done.stdout
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def said(elsewhere: dict) -> dict[str, str]:
    """What each run has said, after none of them has changed anything."""
    begin = time.time()
    with ThreadPoolExecutor(4) as pool:
        told = dict(zip(RUNS, pool.map(lambda each: run(elsewhere, *each[:3]), RUNS.values())))
    assert changes_since(begin) == []
    return told


@pytest.mark.parametrize("case", RUNS)
def test_refused_with_what_to_write_instead(case: str, said: dict[str, str]) -> None:
    assert all(word in said[case] for word in RUNS[case][3]), said[case]


def test_the_map_is_a_table_for_everybody(elsewhere: dict) -> None:
    command = ("ansible-playbook", "-i", "inventories/lab", "playbooks/storage_map.yml", "--forks", "1")
    done = subprocess.run(command, cwd=REPO, env=elsewhere, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0 and any(line.strip().startswith('"POD  ') for line in done.stdout.splitlines()), done.stdout + done.stderr
