# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""By what name initiators know the disks of a storage cluster. No I/O here.

Serial number and SCSI id of a pod's disk are made from this name. Two disks of one name are two paths of one disk to an initiator with multipath,
which then writes to both in turn. So the name holds the Kubernetes cluster, the namespace and the pod, which has one claim.
"""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence

from .._core import foreign
from .._core.errors import Conflict, InvalidRequest

#: What Kubernetes puts a pod's name in place of.
POD = "$(POD_NAME)"
#: The label by which this collection knows what it has made.
_MANAGER = "app.kubernetes.io/managed-by"
Known = Mapping[str, Any]


def told(given: Any) -> Known:
    """``cluster_uid`` and ``stateful_sets`` of ``storage_info``, each value of its type.

    Every tenant writes StatefulSets: what is odd about one is left out, so that it stops nobody else's run.
    """
    known = foreign.mapping(given or {}, "storage_cluster_known")
    uid = known.get("cluster_uid")
    sets = [each for each in foreign.items(known.get("stateful_sets") or (), "stateful_sets") if isinstance(each, Mapping)]
    return {
        "cluster_uid": uid if foreign.object_name(uid) else None,
        "stateful_sets": [_set(each) for each in sets if foreign.object_name(each.get("namespace")) and foreign.object_name(each.get("name"))],
    }


def _set(given: Mapping[str, Any]) -> Mapping[str, Any]:
    texts = {key: foreign.printable(given.get(key)) for key in ("labels", "environment")}
    return {"namespace": given["namespace"], "name": given["name"], "exists": given.get("exists") is True, **texts}


def identity(cluster: Mapping[str, Any], engine: Mapping[str, Any], known: Known, where: str) -> Optional[str]:
    """The value of the engine's ``identity.variable``, ``None`` for an engine whose disks bear no name.

    A StatefulSet that is there keeps the name that it has, so that its pods stay and its initiators find their disks.
    """
    rule = engine.get("identity")
    if not rule or cluster["state"] == "absent":
        return None
    own = (engine.get("environment") or {}).get(rule["variable"])
    name = own or running(cluster, rule["variable"], known) or _unique(cluster, rule["prefix"], known, where)
    if POD not in name and cluster["replicas"] > 1:
        raise InvalidRequest("all pods of the cluster would have one name, and initiators would take their disks for paths of one.",
                             code="identity-shared", parameter=f"storage_cluster_engines.{cluster['engine']}.environment.{rule['variable']}",
                             found=name, fix=f"put {POD} into it, or leave it out: the role gives each pod a name of its own.")
    return name


def refuse_foreign(cluster: Mapping[str, Any], known: Known, where: str) -> None:
    """Refuse to touch a StatefulSet of the cluster's name that somebody else has made."""
    live = _live(cluster, known)
    if live and live["exists"] and live["labels"].get(_MANAGER) != "cairn.storage":
        raise Conflict("a StatefulSet of this name is there, and this collection has not made it.", code="cluster-foreign", parameter=f"{where}.name",
                       found=f"StatefulSet {_path(cluster)} without the label {_MANAGER}=cairn.storage",
                       fix="give the storage cluster another name or namespace.")


def running(cluster: Mapping[str, Any], variable: str, known: Known) -> str:
    """The name under which the cluster serves its disks now, empty when it does not run."""
    live = _live(cluster, known)
    return (live["environment"].get(variable) or "") if live else ""


def refuse_twice(named: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]) -> List[Conflict]:
    """A problem for each of ``named`` that shares a name with another of these or of ``others``.

    What other people's sets call themselves is told by the audit: a refusal here would let every tenant stop every run.
    """
    names = {_expanded(each): _path(each) for each in others if each["identity"]}
    problems = []
    for cluster in named:
        if not cluster["identity"]:
            continue
        mine, name = _path(cluster), _expanded(cluster)
        other = names.setdefault(name, mine)
        if other != mine:
            problems.append(Conflict(
                "two storage clusters have one name, and initiators would take their disks for two paths of one disk.", code="identity-twice",
                parameter=f"storage_cluster_clusters ({mine})", found=f"{other} and {mine} are both {name}",
                fix="log their initiators out, take one of them down (state: absent, which leaves its claims and data) and make it again: "
                    "it gets a name that is its own."))
    return problems


def shared_names(planned: Sequence[Mapping[str, Any]], known: Known) -> List[str]:
    """The clusters, as ``namespace/name``, that keep a name which another Kubernetes cluster or namespace may give as well."""
    return [_path(cluster) for cluster in planned if cluster["identity"]
            and f"{known.get('cluster_uid')}.{cluster['namespace']}." not in cluster["identity"]]


def _unique(cluster: Mapping[str, Any], prefix: str, known: Known, where: str) -> str:
    uid = known.get("cluster_uid")
    if not uid:
        raise InvalidRequest("nobody has told which Kubernetes cluster this is.", code="cluster-uid-missing", parameter=f"{where}.name",
                             found="no cluster_uid", fix="give storage_cluster_known what cairn.storage.storage_info returns as cluster_uid and "
                             "stateful_sets, or leave it out.")
    # Neither a UID nor the name of a namespace or pod has a dot in it, so no two of them read alike.
    return f"{prefix}:{uid}.{cluster['namespace']}.{POD}"


def _live(cluster: Mapping[str, Any], known: Known) -> Optional[Mapping[str, Any]]:
    return next((each for each in known.get("stateful_sets") or () if _path(each) == _path(cluster)), None)


def _expanded(cluster: Mapping[str, Any]) -> str:
    return cluster["identity"].replace(POD, cluster["name"])


def _path(cluster: Mapping[str, Any]) -> str:
    return f"{cluster['namespace']}/{cluster['name']}"
