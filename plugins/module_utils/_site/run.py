# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Whether a run of a playbook is one of the whole site, and who takes part in it. No I/O here."""

from __future__ import annotations

from typing import Any, Container, Dict, List, Mapping, Optional, Sequence

from .._core.errors import CairnError, InvalidRequest, NotFound, Refused
from .._core.shapes import misplaced
from .nodes import node_name

#: Settings of Ansible that playbooks cannot do with: (setting, the value that it has to have, why, how it is set).
_SETTINGS = (
    ("INJECT_FACTS_AS_VARS", False, "A host's facts would take the place of what the inventory says of it.", "inject_facts_as_vars",
     "set inject_facts_as_vars = false under [defaults] in ansible.cfg, or ANSIBLE_INJECT_FACT_VARS=false."),
    ("DEFAULT_STRATEGY", "linear", "One machine would be changed before another has been planned.", "strategy",
     "set strategy = linear under [defaults] in ansible.cfg, or ANSIBLE_STRATEGY=linear."),
    ("DEFAULT_PRIVATE_ROLE_VARS", False, "A later task could not read what an earlier one has found out.", "private_role_vars",
     "leave private_role_vars out of ansible.cfg, or set ANSIBLE_PRIVATE_ROLE_VARS=false."),
)


def refuse_part_of_a_run(options: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Refuse to run without tasks that others need. ``options`` are those of the command line, ``settings`` what configures Ansible.

    Each play hands on to the next what it has found out: a run of some tasks would change things that nobody has planned.
    """
    for setting, right, why, name, fix in _SETTINGS:
        value = settings[setting]
        if str(value).rpartition(".")[2] != str(right):
            raise Refused(why, code="run-setting", found=f"{name} is {str(value).lower()}{_DEFAULT.get(setting, '')}", fix=fix)
    tags, without, task = list(options.get("tags") or []), list(options.get("skip_tags") or []), options.get("start_at_task")
    if task:
        raise Refused("A playbook runs from its beginning, where everything is planned.", code="run-start", parameter="--start-at-task",
                      found=repr(task), fix="run it without --start-at-task; what is done already is not done again.")
    if tags not in ([], ["all"]):
        raise Refused("A playbook runs as a whole: what it changes is planned by the tasks before.", code="run-tags", parameter="--tags",
                      found=", ".join(map(str, tags)), fix="run it without --tags; what is done already is not done again.")
    if {"always", "all", "untagged"} & set(without):
        raise Refused("Without these tasks nothing is checked before it is changed.", code="run-tags", parameter="--skip-tags",
                      found=", ".join(map(str, without)), fix="run it without --skip-tags.")


_DEFAULT = {"INJECT_FACTS_AS_VARS": ", Ansible's default"}


def taking_part(
    hosts: Mapping[str, Mapping[str, Any]],
    groups: Mapping[str, Sequence[str]],
    wanted: Optional[Sequence[str]],
    in_run: Sequence[str],
    limit: str = "",
    api: bool = True,
    needs: Sequence[str] = (),
    named: Any = (),
) -> Dict[str, Any]:
    """``{hosts, away, nodes_away, left_out, api, problems}``: of the hosts that a playbook is about, those it works on and those it leaves alone.

    ``hosts`` are the variables of all hosts of the inventory, ``wanted`` the hosts that the playbook is about (``None``: those of ``storage_nodes``),
    ``in_run`` those that --limit has left.
    ``away`` are all that ``storage_nodes_away`` names, which may stand with any host, or be ``named`` by who imports the playbook;
    ``left_out`` are these and those outside of ``limit``.
    ``nodes_away`` are the names that the cluster has for those who are away. ``needs`` names variables that some host has to have.
    """
    problems: List[CairnError] = [
        InvalidRequest("this playbook cannot do without it.", code="variable-missing", parameter=name, found="no host that has it",
                       fix="set it in group_vars/all.yml beside the inventory, or with -e.")
        for name in needs if not any(name in variables for variables in hosts.values())]
    away = _away([named, *(variables.get("storage_nodes_away") for variables in hosts.values())], hosts, problems)
    worker = _worker(groups, api, problems)
    if worker and worker not in in_run:
        problems.append(Refused(
            f"This playbook needs {worker}, which does the work in the cluster.", code="run-limit", parameter="--limit", found=repr(limit),
            fix=f"write --limit '{limit},{worker}', or run without --limit and name machines that are away in storage_nodes_away."))
    if worker and worker in away:
        problems.append(Refused("This host does the work in the cluster, so it cannot be away.", code="away-api", parameter="storage_nodes_away",
                                found=worker, fix="name another host first in kube_api."))
    if wanted is None and "storage_nodes" not in groups:
        problems.append(_no_group("storage_nodes", "the machines with disks, named as the cluster names its nodes", groups))
    wanted = list(dict.fromkeys(groups.get("storage_nodes", ()) if wanted is None else wanted))
    here = [name for name in wanted if name in in_run and name not in away]
    left_out = [name for name in wanted if name not in here]
    if left_out and not here:
        problems.append(Refused("No machine is left to work on.", code="run-empty", parameter="--limit" if limit else "storage_nodes_away",
                                found=f"all of {', '.join(left_out)} left out", fix="leave at least one in."))
    nodes_away = _nodes(away, hosts, problems)
    return {"hosts": here, "away": away, "nodes_away": nodes_away, "left_out": left_out, "api": worker, "problems": list(map(str, problems))}


def _nodes(names: Sequence[str], hosts: Mapping[str, Mapping[str, Any]], problems: List[CairnError]) -> List[str]:
    try:
        return [node_name({**hosts[name], "inventory_hostname": name}) for name in names if name in hosts]
    except CairnError as problem:
        problems.append(problem)
        return []


def _away(said: Sequence[Any], hosts: Container[str], problems: List[CairnError]) -> List[str]:
    found: Dict[str, None] = {}
    for given in filter(None, said):
        names = [name.strip() for name in given.split(",")] if isinstance(given, str) else given
        if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
            problems.append(InvalidRequest("this is no list of hosts.", code="away-list", parameter="storage_nodes_away", found=repr(given),
                                           fix="write it as [node2]."))
            return []
        found.update(dict.fromkeys(names))
    unknown = [name for name in found if name not in hosts]
    if unknown:
        problems.append(NotFound("the inventory has no such host.", code="away-unknown", parameter="storage_nodes_away", found=", ".join(unknown),
                                 fix="name hosts as the inventory does, without those that are no part of it any more."))
    return list(found)


def _worker(groups: Mapping[str, Sequence[str]], api: bool, problems: List[CairnError]) -> str:
    if not api:
        return ""
    if not groups.get("kube_api"):
        problems.append(_no_group("kube_api", "a host that reaches the API server and does the work in the cluster, such as localhost with "
                                              "ansible_connection: local", groups))
        return ""
    return groups["kube_api"][0]


def _no_group(name: str, members: str, groups: Mapping[str, Sequence[str]]) -> CairnError:
    return NotFound("the inventory has no host in this group.", code="group-missing", parameter=name,
                    found=f"the groups {', '.join(sorted(set(groups) - {'all', 'ungrouped'})) or '(none)'}", fix=f"add it with {members}.")


def misshapen(hosts: Mapping[str, Mapping[str, Any]], specs: Mapping[str, Mapping[str, Any]]) -> List[CairnError]:
    """Variables of ``hosts`` that have another shape than ``specs``, the roles' argument specifications, say of them; each problem once."""
    found: Dict[str, CairnError] = {}
    for name, spec in specs.items():
        for host, variables in hosts.items():
            wrong = misplaced({name: spec}, variables)
            if wrong and str(wrong) not in found:
                found[str(wrong)] = wrong
    return list(found.values())
