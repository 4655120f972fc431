"""Who takes part in a run, and which runs are none of the whole site."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._site.run import misshapen, refuse_part_of_a_run, taking_part

SETTINGS = {"INJECT_FACTS_AS_VARS": False, "DEFAULT_STRATEGY": "linear", "DEFAULT_PRIVATE_ROLE_VARS": False}
NODES = ["node1", "node2", "node3"]
GROUPS = {"all": [*NODES, "api"], "storage_nodes": NODES, "kube_api": ["api", "node1"]}

WHOLE = [
    ({"tags": ["all"], "skip_tags": []}, {}),
    ({"tags": ("all",), "skip_tags": ("slow",), "start_at_task": None}, {}),
    ({}, {"DEFAULT_STRATEGY": "ansible.builtin.linear"}),
]
IN_PART = [
    ({"tags": ["lvm"]}, {}, "run-tags", "--tags"),
    ({"tags": ["all", "never"]}, {}, "run-tags", "--tags"),
    ({"skip_tags": ["always"]}, {}, "run-tags", "--skip-tags"),
    ({"start_at_task": "Lay out LVM"}, {}, "run-start", "--start-at-task"),
    ({}, {"INJECT_FACTS_AS_VARS": True}, "run-setting", "inject_facts_as_vars"),
    ({}, {"DEFAULT_STRATEGY": "free"}, "run-setting", "strategy"),
    ({}, {"DEFAULT_STRATEGY": "ansible.builtin.host_pinned"}, "run-setting", "strategy"),
    ({}, {"DEFAULT_PRIVATE_ROLE_VARS": True}, "run-setting", "private_role_vars"),
]


def test_the_cluster_has_names_of_its_own_for_machines_that_are_away() -> None:
    known = {"node1": {"storage_node_name": "node1.example", "storage_nodes_away": ["node1", "node2"]}, "node2": {}, "node3": {}, "api": {}}
    found = taking_part(known, GROUPS, NODES, GROUPS["all"])
    assert (found["nodes_away"], found["away"], found["hosts"]) == (["node1.example", "node2"], ["node1", "node2"], ["node3"])
    wrong = taking_part({**known, "node2": {"storage_node_name": "Not A Node"}}, GROUPS, NODES, GROUPS["all"])
    assert len(wrong["problems"]) == 1 and "node2: storage_node_name" in wrong["problems"][0]


@pytest.mark.parametrize("options, settings", WHOLE)
def test_a_whole_run(options: dict, settings: dict) -> None:
    refuse_part_of_a_run(options, {**SETTINGS, **settings})


@pytest.mark.parametrize("options, settings, code, word", IN_PART)
def test_a_run_in_part_is_refused(options: dict, settings: dict, code: str, word: str) -> None:
    with pytest.raises(CairnError) as refused:
        refuse_part_of_a_run(options, {**SETTINGS, **settings})
    assert refused.value.code == code and word in str(refused.value) and refused.value.found and refused.value.fix


#: what storage_nodes_away says by host, the hosts that --limit has left, then who works, who is away, and who is left out
PARTS = [
    ({}, GROUPS["all"], NODES, [], []),
    ({"all": ["node2"]}, GROUPS["all"], ["node1", "node3"], ["node2"], ["node2"]),
    ({"all": "node2, node3"}, GROUPS["all"], ["node1"], ["node2", "node3"], ["node2", "node3"]),
    ({"all": None}, GROUPS["all"], NODES, [], []),
    # Written in the variables of one group, it holds for all.
    ({"node3": ["node3"]}, GROUPS["all"], ["node1", "node2"], ["node3"], ["node3"]),
    ({}, ["node1", "api"], ["node1"], [], ["node2", "node3"]),
    ({"all": ["node1"]}, ["node1", "node2", "api"], ["node2"], ["node1"], ["node1", "node3"]),
]


def hosts(said: dict) -> dict:
    return {name: {"storage_nodes_away": said[where]} if (where := name if name in said else "all") in said else {} for name in GROUPS["all"]}


@pytest.mark.parametrize("said, in_run, here, away, left_out", PARTS)
def test_who_takes_part(said: dict, in_run: list, here: list, away: list, left_out: list) -> None:
    found = taking_part(hosts(said), GROUPS, NODES, in_run)
    assert found == {"hosts": here, "away": away, "nodes_away": away, "left_out": left_out, "api": "api", "problems": []}


REFUSED: list[tuple[dict, dict, list, dict, list]] = [
    ({}, GROUPS, ["node1"], {"limit": "node1"}, ["--limit", "'node1'", "--limit 'node1,api'"]),
    ({"all": ["node9"]}, GROUPS, GROUPS["all"], {}, ["storage_nodes_away", "node9", "no such host"]),
    ({"all": {"node2": True}}, GROUPS, GROUPS["all"], {}, ["storage_nodes_away", "no list of hosts"]),
    ({"all": ["api"]}, GROUPS, GROUPS["all"], {}, ["storage_nodes_away", "api", "cannot be away"]),
    ({"all": NODES}, GROUPS, GROUPS["all"], {}, ["storage_nodes_away", "No machine is left"]),
    ({}, {"all": NODES, "storage_nodes": NODES}, NODES, {}, ["kube_api", "storage_nodes"]),
    ({}, {"all": NODES, "kube_api": ["node1"], "nodes": NODES}, NODES, {"wanted": None}, ["storage_nodes", "the groups kube_api, nodes"]),
    ({}, GROUPS, GROUPS["all"], {"needs": ["iscsi_exports"]}, ["iscsi_exports", "group_vars/all.yml"]),
]


@pytest.mark.parametrize("said, groups, in_run, options, words", REFUSED)
def test_who_cannot_take_part(said: dict, groups: dict, in_run: list, options: dict[str, Any], words: list) -> None:
    problems = "\n".join(taking_part(hosts(said), groups, in_run=in_run, **{"wanted": NODES, **options})["problems"])
    assert all(word in problems for word in words) and " Fix: " in problems, problems


def test_who_is_away_is_known_to_playbooks_about_the_cluster_alone() -> None:
    found = taking_part(hosts({"all": ["node2"]}), GROUPS, [], GROUPS["all"])
    assert found == {"hosts": [], "away": ["node2"], "nodes_away": ["node2"], "left_out": [], "api": "api", "problems": []}


def test_what_works_without_the_cluster_asks_for_no_api() -> None:
    assert taking_part(hosts({}), {"all": NODES}, NODES, ["node1"], "node1", api=False)["problems"] == []


def test_variables_of_the_wrong_shape_are_told_once() -> None:
    group = {"type": "list", "elements": "dict", "options": {"name": {"required": True}}}
    hosts = {"a": {"lvm_volume_groups": {"data": {}}}, "b": {"lvm_volume_groups": {"data": {}}}, "c": {"lvm_volume_groups": None}, "d": {}}
    (wrong,) = misshapen(hosts, {"lvm_volume_groups": group, "lvm_wipe": {"type": "dict"}})
    assert wrong.parameter == "lvm_volume_groups" and "[{name: data, ...}]" in wrong.fix
