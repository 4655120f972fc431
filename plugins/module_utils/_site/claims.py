# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""Whether the claims of storage clusters fit the volumes of a site. No I/O here."""

from __future__ import annotations

import re
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Tuple

from .._core.errors import CairnError, Conflict, InvalidRequest, NoSpace, NotFound
from .._core.quantity import human, parse_bytes
from . import identity, initiators
from .volumes import Volume

#: A pod's name is the cluster's, a dash and a number; it has to be a DNS label (RFC 1123) with room for the number.
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?")
#: What the pods of a cluster cannot be made without.
_ENGINE = ("image", "ports", "disk", "probes")


def claim_plan(
    clusters: Sequence[Mapping[str, Any]],
    offered: Sequence[Volume],
    engines: Mapping[str, Mapping[str, Any]],
    defaults: Mapping[str, Any],
    known: Mapping[str, Any],
    only: Sequence[str] = (),
    override: Optional[Mapping[str, Any]] = None,
) -> Tuple[list, List[CairnError]]:
    """``(clusters with defaults, disk.size_bytes, identity, initiators and peers, problems)``: every problem of every cluster, not only the first.

    ``known`` has the ``cluster_uid`` and ``stateful_sets`` of ``storage_info``. ``only`` names the clusters that are planned, as ``name`` or
    ``namespace/name``, all if empty; ``override`` is what takes the place of what these say.
    """
    whole = [{"state": "present", **defaults, **given} for given in clusters]
    chosen, problems = _chosen(whole, only)
    planned, named, others, left = [], [], [], list(offered)
    seen: set = set()
    for number, given in enumerate(whole):
        ours = number in chosen
        cluster = {**given, **(override or {})} if ours else given
        where = f"storage_cluster_clusters[{number}] ({cluster['name']})"
        try:
            _check_name(cluster, where, seen, engines)
            engine = engines[cluster["engine"]]
            identity.refuse_foreign(cluster, known, where)
            cluster = {**cluster, "identity": identity.identity(cluster, engine, known, where)}
            (named if ours else others).append(cluster)
            if not ours:
                continue
            access = _access(cluster, engine, where)
            size, left = _place(cluster, where, left, engine["disk"]["volume_mode"])
            planned.append({**cluster, **access, "disk": {**cluster["disk"], "size_bytes": size}})
        except CairnError as problem:
            # What is wrong with a cluster that the run is not about is a matter of another run.
            problems += [problem] if ours else []
    return planned, [*problems, *identity.refuse_twice(named, others)]


def _chosen(clusters: Sequence[Mapping[str, Any]], only: Sequence[str]) -> Tuple[set, List[CairnError]]:
    """The numbers of the clusters that ``only`` names. A name that two namespaces have names neither."""
    if not only:
        return set(range(len(clusters))), []
    chosen: set = set()
    problems: List[CairnError] = []
    paths = [f"{cluster['namespace']}/{cluster['name']}" for cluster in clusters]
    for name in only:
        found = [number for number, path in enumerate(paths) if name in (path, clusters[number]["name"])]
        if not found:
            problems.append(NotFound("there is no such storage cluster.", code="cluster-unknown", parameter="storage_cluster_only", found=str(name),
                                     fix=f"name some of {', '.join(paths) or 'those that the inventory is to have'}."))
        elif len({paths[number] for number in found}) > 1:
            problems.append(InvalidRequest("several namespaces have a storage cluster of this name.", code="cluster-ambiguous",
                                           parameter="storage_cluster_only", found=str(name),
                                           fix=f"write {' or '.join(paths[number] for number in found)}."))
        else:
            chosen.update(found)
    return chosen, problems


def _access(cluster: Mapping[str, Any], engine: Mapping[str, Any], where: str) -> Mapping[str, list]:
    """Who may log in, and from where a NetworkPolicy lets them. A cluster that goes need not say it."""
    if cluster["state"] == "absent":
        return {"peers": []}
    initiators.check_secret(cluster, engine, where)
    return initiators.access(cluster, engine, where)


def _check_name(cluster: Mapping[str, Any], where: str, seen: set, engines: Mapping[str, Mapping[str, Any]]) -> None:
    if not _NAME.fullmatch(cluster["name"]):
        raise InvalidRequest("not a name that Kubernetes accepts for pods.", code="cluster-name", parameter=f"{where}.name",
                             found=repr(cluster["name"]),
                             fix="use at most 52 lower-case letters, digits and dashes, beginning and ending with a letter or digit.")
    key = (cluster["namespace"], cluster["name"])
    if key in seen:
        raise InvalidRequest("two clusters of one namespace have the same name.", code="cluster-duplicate", parameter=f"{where}.name",
                             found="/".join(key), fix="rename one of them, or give it a namespace of its own.")
    seen.add(key)
    if cluster["engine"] not in engines:
        raise NotFound("unknown engine.", code="engine-unknown", parameter=f"{where}.engine", found=cluster["engine"],
                       fix=f"use one of: {', '.join(sorted(engines))}.")
    engine = engines[cluster["engine"]]
    missing = [key for key in _ENGINE if not engine.get(key)]
    if missing or engine["disk"].get("volume_mode") not in ("Block", "Filesystem") or not engine["disk"].get("path"):
        raise InvalidRequest("the engine is not described in full.", code="engine-incomplete",
                             parameter=f"storage_cluster_engines.{cluster['engine']}",
                             found=f"no {', '.join(missing)}" if missing else f"disk {dict(engine['disk'])}",
                             fix="give image, ports, probes, and disk with its volume_mode (Block or Filesystem) and path.")


def _place(cluster: Mapping[str, Any], where: str, offered: List[Volume], mode: str) -> Tuple[int, List[Volume]]:
    """The size of each claim, and what is left of ``offered`` once the cluster has its volumes."""
    if cluster["state"] == "absent":
        return 0, offered
    wanted_class, replicas, spread = cluster["disk"]["class"], cluster["replicas"], cluster["spread"] == "one_per_node"
    ours = [volume for volume in offered if volume.storage_class == wanted_class]
    if not ours:
        classes = sorted({volume.storage_class for volume in offered})
        raise NotFound(f"no node offers a volume of the class {wanted_class}.", code="class-unknown", parameter=f"{where}.disk.class",
                       found=f"classes {', '.join(classes)}" if classes else "no local volumes at all",
                       fix="name one of these, or define it in local_volumes_classes.")
    if ours[0].volume_mode != mode:
        raise InvalidRequest(f"the engine {cluster['engine']} serves a {'raw device' if mode == 'Block' else 'file system'}.", code="class-mode",
                             parameter=f"{where}.disk.class", found=f"{wanted_class} with volume_mode {ours[0].volume_mode}",
                             fix=f"name a class with volume_mode {mode}.")
    claims = {f"{cluster['namespace']}/disk-{cluster['name']}-{ordinal}" for ordinal in range(replicas)}
    bound = [volume for volume in ours if volume.claim in claims]
    busy = {volume.node for volume in bound} if spread else set()
    free = [volume for volume in ours if volume.claim == "" and volume.node not in busy]
    missing = replicas - len(bound)
    size = _size(cluster["disk"]["size"], f"{where}.disk.size", bound, free, missing, spread)
    small = next((volume for volume in bound if volume.capacity_bytes < size), None)
    if small:
        raise Conflict(f"a claim of {human(size)} is larger than the volume it is bound to.", code="claim-bound-smaller",
                       parameter=f"{where}.disk.size",
                       found=f"{small.claim} on {small.node} holds {human(small.capacity_bytes)}",
                       fix=f"grow the volumes first (playbook grow_local_volume.yml), or ask for at most {small.capacity_bytes} bytes.")
    largest = max(volume.capacity_bytes for volume in ours)
    if size > largest:
        raise NoSpace(f"a claim of {human(size)} is larger than any volume of the class {wanted_class}.", code="claim-too-large",
                      parameter=f"{where}.disk.size", found=f"the largest offers {human(largest)} ({largest} bytes)",
                      fix=f"ask for at most {largest} bytes, or write max.")
    taken = _choose(free, size, missing, spread)
    if taken is None:
        of_size = "" if cluster["disk"]["size"] == "max" else f" with {human(size)}"
        raise NoSpace(f"{missing} more volumes of the class {wanted_class}{of_size} are needed{', each on a node of its own' if spread else ''}.",
                      code="volumes-missing", parameter=f"{where}.replicas", found=_offer(free, size),
                      fix="add disks or nodes, ask for fewer replicas, or for smaller disks.")
    used = {id(volume) for volume in (*taken, *bound)}
    return size, [volume for volume in offered if id(volume) not in used]


def _size(wanted: object, parameter: str, bound: List[Volume], free: List[Volume], missing: int, spread: bool) -> int:
    """Bytes of each claim; ``max`` is what the smallest of the best volumes offers, so that every replica fits."""
    if wanted != "max":
        return parse_bytes(wanted, parameter)
    best = _choose(free, 0, missing, spread, smallest=False) or []
    return min((volume.capacity_bytes for volume in (*bound, *best)), default=1)


def _choose(free: Iterable[Volume], size: int, count: int, spread: bool, *, smallest: bool = True) -> Optional[List[Volume]]:
    """``count`` volumes of at least ``size`` bytes, each on its own node if ``spread``; ``None`` when there are not enough."""
    chosen: List[Volume] = []
    for volume in sorted(free, key=lambda volume: volume.capacity_bytes if smallest else -volume.capacity_bytes):
        if len(chosen) == count:
            break
        if volume.capacity_bytes >= size and not (spread and any(volume.node == other.node for other in chosen)):
            chosen.append(volume)
    return chosen if len(chosen) >= count else None


def _offer(free: Iterable[Volume], size: int) -> str:
    fitting = [volume.node for volume in free if volume.capacity_bytes >= size]
    return ", ".join(f"{fitting.count(node)} on {node}" for node in sorted(set(fitting))) or "none free"
