"""Who may log in to a storage cluster, by what name its disks are known, and which clusters a run is about: tables of plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.cairn.storage.plugins.module_utils._site.claims import claim_plan
from ansible_collections.cairn.storage.plugins.module_utils._site.identity import shared_names
from ansible_collections.cairn.storage.plugins.module_utils._site.volumes import Volume

GIB = 1024**3
UID, OTHER_UID = "1f2e3d4c-0000-4000-8000-000000000001", "1f2e3d4c-0000-4000-8000-000000000002"
PREFIX = "iqn.2026-01.storage.cairn"
ENGINE = {"image": "x", "ports": [{"name": "x", "number": 1}], "probes": {"readiness": {}}, "disk": {"volume_mode": "Block", "path": "/dev/x"}}
ENGINES = {"tgt": {**ENGINE, "identity": {"variable": "TARGET_IQN", "prefix": PREFIX}, "chap": {"path": "/run/secrets/chap"}}, "plain": ENGINE,
           "four": {**ENGINE, "initiator_families": ["IPv4"]}}
OWN = {"tgt": {**ENGINES["tgt"], "environment": {"TARGET_IQN": "iqn.2026-01.org.example:$(POD_NAME)"}}}
SHARED = {"tgt": {**ENGINES["tgt"], "environment": {"TARGET_IQN": "iqn.2026-01.org.example:disk"}}}
DEFAULTS = {"namespace": "storage", "engine": "tgt", "spread": "even"}
VOLUMES = [Volume(f"local-pv-{number}", f"n{number}", "local-block", "Block", 2 * GIB, "") for number in range(9)]
OLD = f"{PREFIX}:$(POD_NAME)"


def cluster(name: str = "blocks", **changes: Any) -> dict:
    return {"name": name, "replicas": 2, "disk": {"class": "local-block", "size": "1GiB"}, "initiators": ["ALL"], **changes}


def live(namespace: str, name: str, iqn: str = OLD, manager: str = "cairn.storage", exists: bool = True) -> dict:
    return {"namespace": namespace, "name": name, "exists": exists, "labels": {"app.kubernetes.io/managed-by": manager}, "environment": {"TARGET_IQN": iqn}}


def planned(*clusters: dict, sets: list | None = None, uid: str = UID, engines: dict | None = None, **more: Any) -> tuple[list, list]:
    found, problems = claim_plan(clusters, VOLUMES, engines or ENGINES, DEFAULTS, {"cluster_uid": uid, "stateful_sets": sets or []}, **more)
    return found, [problem.code for problem in problems]


@pytest.mark.parametrize(("said", "code"), [
    ({"initiators": None}, "initiators-missing"),
    ({"initiators": []}, "initiators-missing"),
    ({"initiators": ["all"]}, "initiators-form"),
    ({"initiators": ["*"]}, "initiators-form"),
    ({"initiators": [""]}, "initiators-form"),
    ({"initiators": ["0.0.0.0/0"]}, "initiators-everybody"),
    ({"initiators": ["::/0"]}, "initiators-everybody"),
    ({"initiators": ["0.0.0.0/1", "128.0.0.0/1"]}, "initiators-everybody"),
    ({"initiators": ["128.0.0.0/2", "10.0.0.1", "0.0.0.0/1", "192.0.0.0/2"]}, "initiators-everybody"),
    ({"initiators": ["10.0.0.1", "::/1", "8000::/1"]}, "initiators-everybody"),
    # What tgtd reads otherwise than Python does.
    ({"initiators": ["10.20.0.0/016"]}, "initiators-form"),
    ({"initiators": ["10.20.0.0/0x10"]}, "initiators-form"),
    ({"initiators": ["10.20.0.0/ 16"]}, "initiators-form"),
    ({"initiators": ["10.20.0.0/255.255.0.0"]}, "initiators-form"),
    ({"initiators": ["10.20.0.0/0.0.255.255"]}, "initiators-form"),
    ({"initiators": ["010.20.0.1"]}, "initiators-form"),
    ({"initiators": ["10.20.1"]}, "initiators-form"),
    ({"initiators": [169082881]}, "initiators-form"),
    ({"initiators": ["fe80::1%eth0"]}, "initiators-form"),
    ({"initiators": ["fe80::%a/64"]}, "initiators-form"),
    ({"initiators": ["fd00::/064"]}, "initiators-form"),
    ({"initiators": ["10.0.0.\u0661"]}, "initiators-form"),
    ({"initiators": ["10.0.0.1", "fd00::/8"], "engine": "four"}, "initiators-family"),
    ({"initiators": ["::ffff:10.0.0.1"], "engine": "four"}, "initiators-family"),
    ({"initiators": ["ALL", "10.0.0.1"]}, "initiators-all"),
    ({"initiators": ["iqn.2026-01.org.example:me"]}, "initiators-form"),
    ({"initiators": ["10.0.0.1,ALL"]}, "initiators-form"),
    ({"initiators": ["10.0.0.1 ALL"]}, "initiators-form"),
    ({"initiators": ["10.0.0.1\nALL"]}, "initiators-form"),
    ({"initiators": ["storage-a.example.net"]}, "initiators-form"),
    ({"initiators": ["10.0.0.0/33"]}, "initiators-form"),
    ({"chap_secret": "Storage-Chap"}, "chap-secret-name"),
    ({"chap_secret": "other-team/chap"}, "chap-secret-name"),
    ({"chap_secret": "../chap"}, "chap-secret-name"),
    ({"chap_secret": "chap\n"}, "chap-secret-name"),
    ({"chap_secret": "chap", "engine": "plain"}, "engine-no-chap"),
    ({"allowed_from": []}, "allowed-from-empty"),
    ({"allowed_from": [{}]}, "allowed-from-empty"),
    ({"allowed_from": [{"podSelector": None}]}, "allowed-from-empty"),
])
def test_what_would_let_in_anybody_is_refused(said: dict, code: str) -> None:
    found, problems = planned(cluster(**said))
    assert problems == [code] and found == []


def test_nobody_said_is_told_in_one_sentence() -> None:
    given = cluster()
    del given["initiators"]
    _found, problems = claim_plan([given], VOLUMES, ENGINES, DEFAULTS, {"cluster_uid": UID})
    assert str(problems[0]).startswith("storage_cluster_clusters[0] (blocks).initiators: nobody has said who may log in to this storage cluster. Found: "
                                       "nothing. Fix: ")


@pytest.mark.parametrize(("said", "peers"), [
    ({"initiators": ["ALL"]}, []),
    ({"initiators": ["10.1.2.3", "10.20.5.0/16", "fd00::/8"]}, [{"ipBlock": {"cidr": each}} for each in ("10.1.2.3/32", "10.20.0.0/16", "fd00::/8")]),
    ({"initiators": ["ALL"], "allowed_from": [{"podSelector": {"matchLabels": {"app": "x"}}, "ipBlock": None}]},
     [{"podSelector": {"matchLabels": {"app": "x"}}}]),
    ({"state": "absent", "initiators": None}, []),
])
def test_a_network_policy_says_what_initiators_say(said: dict, peers: list) -> None:
    found, problems = planned(cluster(**said))
    assert problems == [] and found[0]["peers"] == peers


@pytest.mark.parametrize(("said", "told"), [
    # What is written in the usual way stays as it is, so that pods that run with it stay.
    (["ALL"], ["ALL"]),
    ("ALL", ["ALL"]),
    (["10.20.0.0/16", "10.1.2.3", "10.1.2.4/32", "fd00::/8", "fd00::1"], ["10.20.0.0/16", "10.1.2.3", "10.1.2.4/32", "fd00::/8", "fd00::1"]),
    (["0.0.0.0/1"], ["0.0.0.0/1"]),
    (["10.20.5.0/16", "FD00:0::/8", "fd00:0::1", "FD00::1/128"], ["10.20.0.0/16", "fd00::/8", "fd00::1", "fd00::1"]),
])
def test_a_target_is_told_what_a_network_policy_says(said: Any, told: list) -> None:
    found, problems = planned(cluster(initiators=said))
    assert problems == [] and found[0]["initiators"] == told


def test_the_engine_of_the_role_serves_ipv4_and_says_so() -> None:
    role = Path(__file__).parents[5] / "roles" / "storage_cluster"
    engine = yaml.safe_load((role / "vars" / "main.yml").read_text())["__storage_cluster_engines"]["tgt"]
    assert ("portal=0.0.0.0:" in (role / "files" / "tgt" / "storage-target").read_text()) == (engine["initiator_families"] == ["IPv4"])


@pytest.mark.parametrize(("sets", "engines", "name"), [
    ([], None, f"{PREFIX}:{UID}.storage.$(POD_NAME)"),
    # One that runs keeps its name, whatever it is; so does one that was deleted around its pods by a run that was interrupted.
    ([live("storage", "blocks")], None, OLD),
    ([live("storage", "blocks", exists=False)], None, OLD),
    ([live("storage", "blocks", f"{PREFIX}:{UID}.storage.$(POD_NAME)")], None, f"{PREFIX}:{UID}.storage.$(POD_NAME)"),
    # Others of its name elsewhere say nothing about it.
    ([live("team-b", "blocks"), live("storage", "block")], None, f"{PREFIX}:{UID}.storage.$(POD_NAME)"),
    # What the inventory says holds.
    ([live("storage", "blocks")], OWN, "iqn.2026-01.org.example:$(POD_NAME)"),
])
def test_a_disk_has_a_name_of_its_own(sets: list, engines: dict | None, name: str) -> None:
    found, problems = planned(cluster(), sets=sets, engines=engines)
    assert problems == [] and found[0]["identity"] == name
    known = {"cluster_uid": UID}
    assert shared_names(found, known) == ([] if UID in name else ["storage/blocks"])


def test_names_differ_by_cluster_namespace_and_pod() -> None:
    names = {(uid, each["namespace"], each["name"]): each["identity"].replace("$(POD_NAME)", f"{each['name']}-0")
             for uid in (UID, OTHER_UID)
             for each in planned(cluster("a"), cluster("b"), cluster("a", namespace="team-a"), cluster("a", namespace="team-b"), uid=uid)[0]}
    assert len(set(names.values())) == len(names) == 8


@pytest.mark.parametrize(("clusters", "sets", "engines", "code"), [
    # Both run since the version before.
    ([cluster(namespace="a"), cluster(namespace="b")], [live("a", "blocks"), live("b", "blocks")], None, ["identity-twice"]),
    ([cluster(namespace="a"), cluster(namespace="b")], [], OWN, ["identity-twice"]),
    ([cluster()], [], SHARED, ["identity-shared"]),
    ([cluster(replicas=1)], [], SHARED, []),
    ([cluster(namespace="a"), cluster(namespace="b")], [], None, []),
    ([cluster(namespace="a"), cluster(namespace="b")], [live("a", "blocks")], None, []),
    # The way out: one of the two goes.
    ([cluster(namespace="a", state="absent"), cluster(namespace="b")], [live("a", "blocks"), live("b", "blocks")], None, []),
    # A tenant who calls a set of his by our name stops nobody; the audit tells.
    ([cluster()], [live("evil", "blocks", f"{PREFIX}:{UID}.storage.$(POD_NAME)", "nobody")], None, []),
    ([cluster()], [live("storage", "blocks", manager="helm")], None, ["cluster-foreign"]),
    ([cluster(state="absent")], [live("storage", "blocks", manager="helm")], None, ["cluster-foreign"]),
])
def test_clusters_that_would_be_taken_for_one_are_refused(clusters: list, sets: list, engines: dict | None, code: list) -> None:
    assert planned(*clusters, sets=sets, engines=engines)[1] == code


def test_without_a_uid_no_name_is_made_up() -> None:
    assert planned(cluster(), uid="")[1] == ["cluster-uid-missing"]


TWO = (cluster(namespace="a"), cluster(namespace="b"), cluster("more"))


@pytest.mark.parametrize(("only", "chosen", "code"), [
    ([], ["a/blocks", "b/blocks", "storage/more"], []),
    (["more"], ["storage/more"], []),
    (["storage/more"], ["storage/more"], []),
    (["b/blocks"], ["b/blocks"], []),
    (["blocks"], [], ["cluster-ambiguous"]),
    (["blokcs"], [], ["cluster-unknown"]),
    (["c/blocks"], [], ["cluster-unknown"]),
])
def test_a_run_is_about_clusters_by_namespace_and_name(only: list, chosen: list, code: list) -> None:
    found, problems = planned(*TWO, only=only)
    assert (problems, [f"{each['namespace']}/{each['name']}" for each in found]) == (code, chosen)


def test_what_is_overridden_holds_for_those_that_the_run_is_about() -> None:
    found, _problems = planned(*TWO, only=["more"], override={"state": "absent"})
    assert [each["state"] for each in found] == ["absent"]
    assert planned(cluster("odd", initiators=None), cluster(), only=["blocks"])[1] == [], "another cluster's mistake is told when that is meant"
