# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What goes when a site is taken down, and what of it is somebody else's. No I/O here."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Sequence

from .._core import foreign
from .volumes import told_volumes

#: What a StatefulSet's controller has put on the claims of a storage cluster since there are such clusters.
_NAME, _INSTANCE = "app.kubernetes.io/name", "app.kubernetes.io/instance"
Entry = Mapping[str, Any]


def teardown(known: Mapping[str, Sequence[Entry]], clusters: Sequence[Entry], folders: Mapping[str, str]) -> Dict[str, Any]:
    """``{volumes, claims, foreign, confirm}``: what goes, what stands in its way, and the words that the consent has to have.

    ``known`` has the ``volumes`` and ``claims`` of ``storage_info``, ``clusters`` their namespaces, ``folders`` the folder of each node's volumes.
    Volumes are the site's by node and folder, a path with ``..`` is in none; a claim is a storage cluster's by its namespace, its name and the
    labels that the cluster's controller has put on it, not by its name alone.
    """
    volumes = [volume for volume in known["volumes"] if volume["local"] and volume["node"] in folders
               and (foreign.path(volume["path"]) or "").startswith(folders[volume["node"]].rstrip("/") + "/")]
    claims = {(claim["namespace"], claim["name"]): claim for claim in known["claims"]}
    ours: List[Entry] = []
    others: List[str] = []
    for volume in volumes:
        if volume["phase"] != "Bound":
            continue
        claim = claims.get((volume["namespace"], volume["claim"]))
        if claim is not None and claim["volume"] == volume["name"] and any(_made(cluster, claim) for cluster in clusters):
            ours.append({"namespace": claim["namespace"], "name": claim["name"], "volume": volume["name"]})
        else:
            others.append(f"{volume['namespace']}/{volume['claim']} on {volume['name']}")
    names = sorted(f"{cluster['namespace']}/{cluster['name']}" for cluster in clusters)
    return {"volumes": volumes, "claims": ours, "foreign": others, "confirm": ",".join(names) or "no storage clusters"}


def told(given: Any) -> Dict[str, Any]:
    """The result of ``storage_info`` that ``teardown`` asks for, each value of its type: from here on its words name objects to delete."""
    known = foreign.mapping(given, "storage_info")
    claims = foreign.items(known.get("claims"), "claims")
    return {"volumes": told_volumes(known.get("volumes")), "claims": [_claim(each, f"claims[{index}]") for index, each in enumerate(claims)]}


def _claim(given: Any, where: str) -> Dict[str, Any]:
    facts = foreign.Facts(given, where)
    return {
        "namespace": facts.name("namespace"),
        "name": facts.name("name"),
        "volume": facts.text("volume", None),
        "labels": foreign.printable(given.get("labels")),
    }


def _made(cluster: Entry, claim: Entry) -> bool:
    labels = claim["labels"]
    return (claim["namespace"] == cluster["namespace"] and re.fullmatch(rf"disk-{re.escape(cluster['name'])}-[0-9]+", claim["name"]) is not None
            and (labels.get(_NAME), labels.get(_INSTANCE)) == ("storage-cluster", cluster["name"]))
