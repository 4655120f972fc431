"""StatefulSets: by what names they serve, which claims are theirs, and which Secrets their pods cannot do without."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube import objects, sets, slim
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset import observe, secrets
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset.model import Do
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset.planner import next_action
from statefulsets import blocks, claim, desired, observed, pod, running, volume

SPEC = {"containers": [{"name": "tgt", "env": [{"name": "POD_NAME", "valueFrom": {}}, {"name": "TARGET_IQN", "value": "iqn.x:$(POD_NAME)"}]}]}


def live_pod(name: str, owner: str | None = None, labels: Any = None) -> dict:
    given = {sets.POD_NAME: name} if labels is None else labels
    owners = {"ownerReferences": [{"kind": "StatefulSet", "name": owner}]} if owner else {}
    return slim.pod_of_set({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "s", "name": name, "labels": given, **owners}, "spec": SPEC})


def told(*found: Any) -> list[tuple]:
    return [(each["namespace"], each["name"], each["exists"], each["environment"]) for each in found]


NAMED = {"TARGET_IQN": "iqn.x:$(POD_NAME)"}
SET = {"metadata": {"namespace": "s", "name": "blocks"}, "spec": {"template": {"spec": SPEC}}}


@pytest.mark.parametrize(("live", "pods", "expected"), [
    ([SET], [live_pod("blocks-0", "blocks")], [("s", "blocks", True, NAMED)]),
    ([SET], [live_pod("blocks-0")], [("s", "blocks", True, NAMED)]),
    # Deleted around its pods by a run that ended there.
    ([], [live_pod("blocks-0"), live_pod("blocks-1")], [("s", "blocks", False, NAMED)]),
    # What belongs to another set, or was never of one.
    ([], [live_pod("blocks-0", "blocks")], []),
    ([], [live_pod("blocks-0", labels={})], []),
    ([], [live_pod("blocks-0", labels={sets.POD_NAME: "other-0"})], []),
    ([], [live_pod("blocks", labels={sets.POD_NAME: "blocks"})], []),
])
def test_by_what_names_disks_are_served(live: list, pods: list, expected: list) -> None:
    assert told(*objects.stateful_sets(objects.Lists(pods=pods, stateful_sets=live))) == expected


@pytest.mark.parametrize(("changes", "mine"), [
    ({}, True),
    ({"name": "disk-blocks-17"}, True),
    ({"namespace": "other-team"}, False),
    ({"labels": {}}, False),
    ({"labels": None}, False),
    ({"name": "disk-blocks-x"}, False),
    ({"name": "data-blocks-0"}, False),
    ({"name": "disk-other-blocks-0"}, False),
])
def test_which_claims_a_set_has_made(changes: dict, mine: bool) -> None:
    found = claim(0)
    found["metadata"] = {**found["metadata"], **changes}
    assert sets.made(blocks(), found) is mine


def test_a_claim_that_a_person_has_made_outlives_the_pods_that_go() -> None:
    theirs = claim(7)
    theirs["metadata"]["labels"] = {"app": "somebody's"}
    target, live = blocks(replicas=2), running(replicas=2)
    seen = observed(live, target, [pod(0), pod(1)], [claim(0), claim(1), theirs], [volume("pv-7", policy="Delete", owner="disk-blocks-7")])
    step = next_action(seen, desired(target, removed_claims="delete"))
    assert not isinstance(step, Do) and "disk-blocks-7" in "".join(seen.run.warnings)


@pytest.mark.parametrize(("owners", "mine"), [
    ([], True),
    ([{"kind": "StatefulSet", "name": "blocks", "controller": True}], True),
    ([{"kind": "StatefulSet", "name": "other", "controller": True}], False),
    ([{"kind": "ReplicaSet", "name": "blocks", "controller": True}], False),
])
def test_which_pods_are_a_sets(owners: list, mine: bool) -> None:
    found = pod(0)
    found["metadata"]["ownerReferences"] = owners
    assert bool(observe._mine(desired(blocks()), [found])) is mine


@pytest.mark.parametrize(("volumes", "expected"), [
    (None, []),
    ([{"name": "a", "emptyDir": {}}], []),
    ([{"name": "a", "secret": {"secretName": "chap"}}], ["chap"]),
    ([{"name": "a", "secret": {"secretName": "chap", "optional": True}}], []),
])
def test_secrets_that_pods_cannot_do_without(volumes: Any, expected: list) -> None:
    assert list(secrets.needed({"spec": {"volumes": volumes}})) == expected


class Server:
    """Answers each request for a Secret with an error of this code, or with one."""

    def __init__(self, code: str) -> None:
        self.code, self.asked = code, []

    def get(self, path: str, accept: str = "") -> dict:
        self.asked.append((path, accept))
        if self.code:
            raise CairnError("no", code=self.code)
        return {}


def mounting() -> Any:
    target = blocks()
    target["spec"]["template"]["spec"]["volumes"] = [{"name": "chap", "secret": {"secretName": "chap"}}]
    return desired(target)


@pytest.mark.parametrize(("code", "raised", "warned"), [
    ("", "", False), ("api-not-found", "secret-missing", False), ("api-forbidden", "", True), ("api-unreachable", "api-unreachable", False)])
def test_a_secret_that_is_not_there_is_told_before_anything_changes(code: str, raised: str, warned: bool) -> None:
    server = Server(code)
    if raised:
        with pytest.raises(CairnError) as caught:
            secrets.refuse_missing(server, mounting(), ())
        assert caught.value.code == raised
    else:
        assert bool(secrets.refuse_missing(server, mounting(), ())) is warned
    # What is in it stays with the API server.
    assert [path for path, accept in server.asked] == ["/api/v1/namespaces/storage/secrets/chap"] and "PartialObjectMetadata" in server.asked[0][1]


def test_a_secret_that_this_run_would_have_made_is_not_asked_for() -> None:
    server = Server("api-not-found")
    secrets.refuse_missing(server, mounting(), [{"kind": "Secret", "metadata": {"namespace": "storage", "name": "chap"}}])
    assert server.asked == []
