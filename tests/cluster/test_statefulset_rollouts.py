"""StatefulSets go from one state to another: what the API holds after each run, told by kubectl."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest
from cluster_play import kubectl, play
from set_play import (BETTER, BROKEN, BY_HAND, GOOD, SPACE, Kubelet, bring_up, give_volumes, images, listed, live, run_set, stateful_set, surroundings,
                      uids, volume)


@pytest.fixture(scope="module", autouse=True)
def kubelet() -> Iterator[Kubelet]:
    with surroundings() as thread:
        yield thread


def test_create_and_modify_in_check_mode_for_real_and_again() -> None:
    give_volumes("matrix", 3)
    wanted = stateful_set("matrix", replicas=2, podManagementPolicy="Parallel")
    changed = stateful_set("matrix", BETTER, replicas=3, podManagementPolicy="Parallel")
    checked, made, checked_again, again = play(run_set(wanted, True), run_set(wanted), run_set(wanted, True), run_set(wanted))
    assert [each["changed"] for each in (checked, made, checked_again, again)] == [True, True, False, False], (checked, made, checked_again, again)
    assert checked["diff"]["after"] and checked["sets"][0]["replicas"] == 2
    assert images("matrix") == [GOOD] * 2
    # One list of kinds, the set twice, pods, claims, revisions.
    assert again["requests"] <= 7
    checked, made, checked_again, again = play(run_set(changed, True), run_set(changed), run_set(changed, True), run_set(changed))
    assert [each["changed"] for each in (checked, made, checked_again, again)] == [True, True, False, False], (checked, made, checked_again, again)
    assert images("matrix") == [BETTER] * 3


def test_a_canary_of_a_broken_image_is_taken_back(kubelet: Kubelet) -> None:
    bring_up("broken")
    before = uids("broken")
    (failed,) = play(run_set(stateful_set("broken", BROKEN), strategy="canary"))
    assert failed["failed"] and failed["error"]["code"] == "canary-failed" and "ImagePullBackOff" in failed["error"]["found"], failed
    assert [action["verb"] + " " + action["kind"] for action in failed["actions"]][:2] == ["update StatefulSet"] * 2
    assert images("broken") == [GOOD] * 3 and uids("broken")[:2] == before[:2]
    assert all(looks.count(BROKEN) <= 1 for looks in kubelet.seen["broken"]), "one pod and no more had the broken image"
    found = live("broken")
    assert found["status"]["currentRevision"] == found["status"]["updateRevision"] and found["status"]["readyReplicas"] == 3
    assert found["spec"]["updateStrategy"]["rollingUpdate"]["partition"] == 0
    (again,) = play(run_set(stateful_set("broken")))
    assert not again["changed"] and not again.get("failed"), again


def test_a_canary_that_stops_can_be_taken_back_later_or_replaced_by_a_better_one() -> None:
    bring_up("stops")
    (stopped,) = play(run_set(stateful_set("stops", BROKEN), strategy="canary", on_failure="stop"))
    assert stopped["error"]["code"] == "canary-stopped" and images("stops") == [GOOD, GOOD, BROKEN], stopped
    checked, back, again = play(run_set(stateful_set("stops", BROKEN), True, {"state": "aborted"}),
                                run_set(stateful_set("stops", BROKEN), module={"state": "aborted"}),
                                run_set(stateful_set("stops", BROKEN), module={"state": "aborted"}))
    assert (checked["changed"], back["changed"], again["changed"]) == (True, True, False), (checked, back, again)
    assert images("stops") == [GOOD] * 3
    (stopped,) = play(run_set(stateful_set("stops", BROKEN), strategy="canary", on_failure="stop"))
    assert stopped["error"]["code"] == "canary-stopped"
    (better,) = play(run_set(stateful_set("stops", BETTER), strategy="canary"))
    assert not better.get("failed") and images("stops") == [BETTER] * 3, better


def test_a_good_canary_goes_wave_by_wave(kubelet: Kubelet) -> None:
    bring_up("waves", replicas=4)
    (rests,) = play(run_set(stateful_set("waves", BETTER, 4), strategy="canary", waves=["1"]))
    assert not rests.get("failed") and images("waves") == [GOOD] * 3 + [BETTER] and rests["sets"][0]["partition"] == 3, rests
    (same,) = play(run_set(stateful_set("waves", BETTER, 4), strategy="canary", waves=["1"]))
    assert not same["changed"]
    (done,) = play(run_set(stateful_set("waves", BETTER, 4), strategy="canary", waves=["1", "50%", "100%"], gate={"hold": 2}))
    assert not done.get("failed") and images("waves") == [BETTER] * 4, done
    assert [action["kind"] for action in done["actions"]] == ["StatefulSet"] * 2
    whole = [looks for looks in kubelet.seen["waves"] if len(looks) == 4]
    assert [GOOD, GOOD, BETTER, BETTER] in whole and all(looks == sorted(looks) for looks in whole)


def test_claims_grow_and_no_pod_restarts() -> None:
    bring_up("grows")
    pods, old = uids("grows"), live("grows")
    bigger = stateful_set("grows", size="2Gi")
    checked, made, again = play(run_set(bigger, True), run_set(bigger), run_set(bigger))
    assert (checked["changed"], made["changed"], again["changed"]) == (True, True, False), (checked, made, again)
    assert [f"{action['verb']} {action['kind']}" for action in made["actions"]] == ["grow PersistentVolumeClaim"] * 3 + ["delete StatefulSet",
                                                                                                                         "create StatefulSet"]
    assert uids("grows") == pods
    found = live("grows")
    assert found["metadata"]["uid"] != old["metadata"]["uid"] and found["status"]["readyReplicas"] == 3
    assert found["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "2Gi"
    assert {claim["status"]["capacity"]["storage"] for claim in listed("pvc", "grows")} == {"2Gi"}
    assert all(pod["metadata"]["ownerReferences"][0]["uid"] == found["metadata"]["uid"] for pod in listed("pods", "grows"))


def test_growth_that_was_interrupted_when_the_set_was_gone() -> None:
    bring_up("half")
    pods = uids("half")
    kubectl("patch", "pvc", "disk-half-0", "-n", SPACE, "--type=merge", "-p", '{"spec": {"resources": {"requests": {"storage": "2Gi"}}}}')
    kubectl("delete", "statefulset", "half", "-n", SPACE, "--cascade=orphan")
    (made,) = play(run_set(stateful_set("half", size="2Gi")))
    assert not made.get("failed"), made
    assert [f"{action['verb']} {action['kind']}" for action in made["actions"]] == ["create StatefulSet"] + ["grow PersistentVolumeClaim"] * 2
    assert uids("half") == pods and {claim["status"]["capacity"]["storage"] for claim in listed("pvc", "half")} == {"2Gi"}


def test_growth_that_nobody_would_carry_out_is_refused() -> None:
    bring_up("static", storage_class=BY_HAND, replicas=1)
    (refused,) = play(run_set(stateful_set("static", storage_class=BY_HAND, replicas=1, size="2Gi")))
    assert refused["error"]["code"] == "volume-static" and not refused["changed"], refused
    (refused,) = play(run_set(stateful_set("static", storage_class=BY_HAND, replicas=1, podManagementPolicy="Parallel")))
    assert refused["error"]["code"] == "immutable-field" and not refused["changed"], refused


def test_more_pods_only_where_volumes_are_and_fewer_only_when_claims_have_a_fate() -> None:
    bring_up("scales", storage_class=BY_HAND, replicas=2)
    three, one = stateful_set("scales", storage_class=BY_HAND), stateful_set("scales", storage_class=BY_HAND, replicas=1)
    (refused,) = play(run_set(three))
    assert refused["error"]["code"] == "volumes-missing" and "0 free volumes fit" in refused["error"]["found"] and not refused["changed"], refused
    kubectl("apply", "-f", "-", stdin=json.dumps(volume(f"{SPACE}-free", BY_HAND)))
    (made,) = play(run_set(three))
    assert not made.get("failed") and len(images("scales")) == 3, made
    unsaid, kept, deleted, again = play(run_set(one), run_set(one, removed_claims="keep"), run_set(one, removed_claims="delete"),
                                        run_set(one, removed_claims="delete"))
    assert unsaid["error"]["code"] == "claims-unsaid" and not unsaid["changed"]
    assert not kept.get("failed") and len([claim for claim in kept["sets"][0]["claims"] if not claim["used"]]) == 2, kept
    assert [action["name"] for action in deleted["actions"]] == [f"{SPACE}/disk-scales-1", f"{SPACE}/disk-scales-2"], deleted
    assert not again["changed"] and [claim["metadata"]["name"] for claim in listed("pvc", "scales")] == ["disk-scales-0"]


def test_one_pod_gets_another_disk_by_name_and_with_consent() -> None:
    wanted = bring_up("loses", storage_class=BY_HAND)
    bound = {claim["metadata"]["name"]: claim["spec"]["volumeName"] for claim in listed("pvc", "loses")}
    before = uids("loses")
    consent = {f"{SPACE}/disk-loses-1": bound["disk-loses-1"]}
    refused, full = play(run_set(wanted, replace_pod="loses-1"), run_set(wanted, replace_pod="loses-1", module={"allow_data_loss": consent}))
    assert refused["error"]["code"] == "consent-missing" and bound["disk-loses-1"] in refused["error"]["fix"], refused
    assert full["error"]["code"] == "volumes-missing" and not full["changed"], full
    kubectl("apply", "-f", "-", stdin=json.dumps(volume(f"{SPACE}-spare", BY_HAND)))
    checked, made, again = (run_set(wanted, check, {"allow_data_loss": consent}, replace_pod="loses-1") for check in (True, False, False))
    checked, made, again = play(checked, made, again)
    assert (checked["changed"], made["changed"], again["changed"]) == (True, True, False), (checked, made, again)
    after = {claim["metadata"]["name"]: claim["spec"]["volumeName"] for claim in listed("pvc", "loses")}
    assert after == {**bound, "disk-loses-1": f"{SPACE}-spare"}
    assert [old == new for old, new in zip(before, uids("loses"))] == [True, False, True]


def test_a_wait_survives_a_restart_of_the_control_plane() -> None:
    bring_up("survives", replicas=2)

    def restart() -> None:
        while GOOD in images("survives"):
            if BETTER in images("survives"):
                break
            time.sleep(0.2)
        for part in ("kube-apiserver", "kube-controller-manager"):
            subprocess.run(("lab", "component", "stop", part), check=True)
        time.sleep(3)
        for part in ("kube-apiserver", "kube-controller-manager"):
            subprocess.run(("lab", "component", "start", part), check=True)
            time.sleep(3)

    thread = threading.Thread(target=restart)
    thread.start()
    (made,) = play(run_set(stateful_set("survives", BETTER, 2), strategy="canary", gate={"hold": 5}))
    thread.join()
    assert not made.get("failed") and images("survives") == [BETTER] * 2, made
