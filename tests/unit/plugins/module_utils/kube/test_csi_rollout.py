"""A node plugin is renewed one node after the other, the canary first, and goes back when a node does not come up."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError, InvalidRequest
from ansible_collections.cairn.storage.plugins.module_utils._kube.csi import rolling as module
from ansible_collections.cairn.storage.plugins.module_utils._kube.csi.rolling import Rolling, parse, tell
from ansible_collections.cairn.storage.plugins.module_utils._kube.csi.rollout import Wait, Wish, next_step
from csi_cluster import DRIVER, Cluster

PATIENCE = 100


@pytest.fixture(name="cluster")
def fixture_cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """A cluster whose clock goes on with each pause."""
    made = Cluster()

    def sleep(seconds: float) -> None:
        made.clock += seconds

    monkeypatch.setattr(module.time, "sleep", sleep)
    monkeypatch.setattr(module.time, "monotonic", lambda: made.clock)
    return made


def rolling(cluster: Cluster, *first: str, **options: Any) -> Rolling:
    return Rolling(cluster, "csi", ["plugin", "not-there"], Wish(DRIVER, first), PATIENCE, **options)  # type: ignore[arg-type]


def failure(cluster: Cluster, *first: str, **options: Any) -> CairnError:
    with pytest.raises(CairnError) as error:
        rolling(cluster, *first, **options).run()
    return error.value


def test_nothing_is_done_where_all_have_the_template(cluster: Cluster) -> None:
    done = rolling(cluster)
    told = tell(done.run(), DRIVER)
    assert cluster.written == [] and done.actions == []
    assert [each["node"] for each in told] == cluster.nodes and all(each["updated"] and each["ready"] and each["registered"] for each in told)


def test_one_node_after_the_other_the_canary_first(cluster: Cluster) -> None:
    cluster.update("two")
    done = rolling(cluster, "node2")
    done.run()
    assert cluster.written == ["delete node2", "delete node1", "delete node3"] and set(cluster.pods.values()) == {"two"}
    assert cluster.unwell == [set(), set(), set()], "no two nodes were without the driver at a time"
    assert [str(action) for action in done.actions] == [f"delete Pod csi/plugin-node{number}-0" for number in (2, 1, 3)]
    again = rolling(cluster, "node2")
    again.run()
    assert again.actions == [] and len(cluster.written) == 3


def test_what_was_interrupted_goes_on(cluster: Cluster) -> None:
    cluster.update("two")
    cluster.pods["node1"] = "two"
    rolling(cluster).run()
    assert cluster.written == ["delete node2", "delete node3"]


@pytest.mark.parametrize(("image", "says", "patience"), [("broken", "CrashLoopBackOff", 60), ("mute", "has not registered", PATIENCE)])
def test_a_bad_image_stops_at_the_canary_and_goes_back(cluster: Cluster, image: str, says: str, patience: int) -> None:
    cluster.update(image)
    error = failure(cluster, "node3")
    assert cluster.written == ["delete node3", "template one", "delete node3"], "no other node was touched"
    assert set(cluster.pods.values()) == {"one"} and cluster.image == "one"
    assert error.code == "plugin-failed" and "node3" in error.found and says in error.found
    assert [each["verb"] for each in error.done] == ["delete", "restore", "delete"] and patience <= cluster.clock < patience + 20


def test_it_may_stop_instead(cluster: Cluster) -> None:
    cluster.update("broken")
    error = failure(cluster, abort=False)
    assert error.code == "plugin-stopped" and cluster.written == ["delete node1"] and cluster.image == "broken"


def test_an_old_plugin_that_does_not_come_back_is_told(cluster: Cluster) -> None:
    cluster.pods = dict.fromkeys(cluster.nodes, "mute")
    cluster.image, cluster.history = "broken", ["mute", "broken"]
    error = failure(cluster)
    assert error.code == "plugin-failed" and "does not come up either" in error.message and "; then " in error.found


def test_going_back_means_the_template_that_the_other_nodes_have(cluster: Cluster) -> None:
    # "two" was tried before, and is newer than what runs.
    cluster.history = ["one", "two"]
    cluster.update("broken")
    failure(cluster)
    assert cluster.image == "one"


def test_a_node_that_does_not_answer_is_left_out(cluster: Cluster) -> None:
    cluster.update("two")
    cluster.down = {"node1"}
    done = rolling(cluster, "node1")
    done.run()
    assert cluster.written == ["delete node2", "delete node3"] and list(done.left_out) == ["node1"]


def test_the_controller_is_waited_for(cluster: Cluster) -> None:
    cluster.update("two")
    cluster.seen = False
    step = next_step(rolling(cluster).look(), Wish(DRIVER))
    assert isinstance(step, Wait) and "has not seen the change" in step.reason


def test_a_pod_that_is_still_to_come_is_waited_for(cluster: Cluster) -> None:
    del cluster.pods["node2"]
    step = next_step(rolling(cluster).look(), Wish(DRIVER))
    assert isinstance(step, Wait) and "2 of 3 pods exist" in step.reason


def test_check_mode_foresees_what_a_new_template_brings(cluster: Cluster) -> None:
    here = rolling(cluster, "node3")
    observed = here.look()
    order = ["delete Pod csi/plugin-node3-0", "delete Pod csi/plugin-node1-0", "delete Pod csi/plugin-node2-0"]
    assert [str(each) for each in here.foresee(observed, [cluster.daemon_set("two")])] == order
    assert here.foresee(observed, [cluster.daemon_set()]) == [] and here.foresee(observed, []) == []
    cluster.update("two")
    cluster.pods["node3"] = "two"
    assert [str(each) for each in here.foresee(here.look(), [])] == order[1:]
    assert cluster.written == []


def test_the_first_rollout_has_nothing_to_renew(cluster: Cluster) -> None:
    here = Rolling(cluster, "csi", ["not-there"], Wish(DRIVER, ("node1",)), PATIENCE)  # type: ignore[arg-type]
    observed = here.look()
    here.check(observed)
    assert here.foresee(observed, [cluster.daemon_set("two")]) == [] and tell(here.run(), DRIVER) == []


def test_a_canary_that_is_no_node_is_refused(cluster: Cluster) -> None:
    here = rolling(cluster, "node9")
    with pytest.raises(CairnError) as error:
        here.check(here.look())
    assert error.value.code == "canary-node" and error.value.parameter == "canary_nodes" and "node1" in error.value.fix


def test_a_timeout_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidRequest) as error:
        parse({"wait_timeout": 0, "driver": DRIVER, "canary_nodes": []})
    assert error.value.parameter == "wait_timeout"
