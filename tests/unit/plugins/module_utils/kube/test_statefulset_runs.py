"""Whole runs on a cluster that behaves as Kubernetes does when all goes well, and on one whose new pods never come up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError, CommandFailed, Timeout
from ansible_collections.cairn.storage.plugins.module_utils._kube import sets
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset import facts, predict
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset.drive import Predicted, drive
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset.model import Ask, Desired, Do, Gate, Observed, Run
from ansible_collections.cairn.storage.plugins.module_utils._kube.statefulset.observe import counted, remember
from statefulsets import NEW, OLD, blocks, claim, desired, observed, pod, running, volume

PODS = [pod(0), pod(1), pod(2)]
CLAIMS = [claim(0), claim(1), claim(2)]
FREE = [volume("free-1", "Available", local=True)]
DISKS = {"provisioner": "kubernetes.io/no-provisioner", "volumes": [*FREE, volume("pv-1", owner="disk-blocks-1")]}
GATE = Gate(hold=30, command=("true",))


class Interrupted(Exception):
    """The run is killed."""


class Mortal(Predicted):
    """A cluster that outlives the run on it, which ends after some looks."""

    def __init__(self, seen: dict, looks: int) -> None:
        super().__init__(seen)
        self.left = looks
        self.did: list[str] = []

    def look(self) -> dict:
        self.left -= 1
        if self.left < 0:
            raise Interrupted
        return dict(super().look())

    def do(self, desired: Desired, step: Do) -> None:
        self.did.append(f"{step.action.verb} {step.action.kind}")
        super().do(desired, step)


RUNS: list[Any] = [
    (["create StatefulSet"], observed(None, blocks(), old=None), {}),
    (["update StatefulSet"], observed(running(), blocks("two"), PODS, CLAIMS), {}),
    (["update StatefulSet"] * 2, observed(running(), blocks("two"), PODS, CLAIMS), {"waves": ("1", "100%"), "gate": GATE}),
    (["update StatefulSet"] * 3, observed(running(), blocks("two"), PODS, CLAIMS), {"waves": ("1", "50%", "100%"), "gate": GATE}),
    (["update StatefulSet"], observed(running(), blocks("two"), PODS, CLAIMS), {"waves": ("1",), "gate": GATE}),
    (["grow PersistentVolumeClaim"] * 3 + ["delete StatefulSet", "create StatefulSet"], observed(running(), blocks(size="2Gi"), PODS, CLAIMS), {}),
    (["grow PersistentVolumeClaim"] * 3 + ["delete StatefulSet", "create StatefulSet", "update StatefulSet"],
     observed(running(), blocks("two", size="2Gi"), PODS, CLAIMS), {}),
    (["grow PersistentVolumeClaim"] * 3 + ["delete StatefulSet", "create StatefulSet"] + ["update StatefulSet"] * 2,
     observed(running(), blocks("two", size="2Gi"), PODS, CLAIMS), {"waves": ("1", "100%")}),
    (["update StatefulSet"], observed(running(), blocks(replicas=4), PODS, CLAIMS, FREE, provisioner="kubernetes.io/no-provisioner"), {}),
    (["update StatefulSet"] * 3, observed(running(), blocks("two", 4), PODS, CLAIMS, FREE, provisioner="kubernetes.io/no-provisioner"),
     {"waves": ("1", "100%")}),
    (["update StatefulSet", "delete PersistentVolumeClaim"], observed(running(), blocks(replicas=2), PODS, CLAIMS), {"removed_claims": "delete"}),
    (["update StatefulSet"], observed(running("two", update=NEW, part=2), blocks("two"), [*PODS[:2], pod(2, NEW)], CLAIMS), {"abort": True}),
    (["update StatefulSet", "delete Pod"], observed(running("two", update=NEW, part=2), blocks("two"), [*PODS[:2], pod(2, NEW, False)], CLAIMS),
     {"abort": True}),
    (["delete PersistentVolumeClaim", "delete Pod"], observed(running(), blocks(), PODS, CLAIMS, **DISKS),
     {"replace": "blocks-1", "consent": {"storage/disk-blocks-1": "pv-1"}}),
]


def again(seen: Observed) -> Observed:
    """What a new run would find: all of the cluster, nothing of the run before."""
    return remember(replace(seen, run=Run()))


def name(case: Any) -> str:
    return "-".join(case) if isinstance(case, list) else ""


@pytest.mark.parametrize(("did", "seen", "options"), RUNS, ids=lambda case: name(case))
def test_a_run_interrupted_anywhere_is_gone_on_with(did: list, seen: Observed, options: dict) -> None:
    wish = desired(dict(seen.target), **options)
    whole = Mortal({wish.ref: seen}, 1000)
    drive(whole, [wish])
    assert whole.did == did
    looks = 1000 - whole.left
    assert looks > 1
    for killed in range(1, looks):
        first = Mortal({wish.ref: seen}, killed)
        with pytest.raises(Interrupted):
            drive(first, [wish])
        # The controllers go on while nobody looks.
        for state in (again(first._seen[wish.ref]), again(predict.settled(first._seen[wish.ref]))):
            second = Mortal({wish.ref: state}, 1000)
            drive(second, [wish])
            assert first.did + second.did == did, f"killed at look {killed}"
            assert second.look()[wish.ref].live["spec"] == whole.look()[wish.ref].live["spec"]
            third = Mortal({wish.ref: again(second.look()[wish.ref])}, 1000)
            drive(third, [wish])
            assert third.did == [], "the next run changes nothing"


def test_growth_deletes_no_pod_and_orphans_all() -> None:
    wish = desired(blocks("two", size="2Gi"))
    actions, _reached = drive(Predicted({wish.ref: observed(running(), blocks("two", size="2Gi"), PODS, CLAIMS)}), [wish])
    assert [action.steps[0].body["propagationPolicy"] for action in actions if action.verb == "delete"] == ["Orphan"]
    create = next(action for action in actions if action.verb == "create")
    assert create.after["spec"]["template"] == running()["spec"]["template"], "an equal template is an equal revision, so pods stay"
    assert create.steps[0].body["spec"]["volumeClaimTemplates"] == blocks(size="2Gi")["spec"]["volumeClaimTemplates"]


RESTART = "kubectl.kubernetes.io/restartedAt"


def touched(live: dict) -> dict:
    """A set that kubectl has restarted, scaled and labelled, and whose first container got a limit from somebody."""
    container = {"f:spec": {"f:containers": {'k:{"name":"c"}': {".": {}, "f:name": {}, "f:image": {}}}}}
    others = {"f:metadata": {"f:labels": {"f:theirs": {}}, "f:annotations": {"f:kubectl.kubernetes.io/last-applied-configuration": {}}},
              "f:spec": {"f:template": {"f:metadata": {"f:annotations": {".": {}, f"f:{RESTART}": {}}},
                                        "f:spec": {"f:containers": {'k:{"name":"c"}': {"f:resources": {"f:limits": {"f:memory": {}}}}}}}}}
    live["spec"]["template"]["metadata"] = {**live["spec"]["template"]["metadata"], "annotations": {RESTART: "now"}}
    live["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"memory": "1Gi"}}
    live["metadata"] = {**live["metadata"], "labels": {"theirs": "yes"}, "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
                        "managedFields": [{"manager": "cairn.storage", "operation": "Apply", "fieldsV1": {"f:spec": {"f:template": container}}},
                                          {"manager": "kubectl", "operation": "Update", "fieldsV1": others},
                                          {"manager": "kubectl", "subresource": "scale", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
                                          {"manager": "k", "subresource": "status", "fieldsV1": {"f:status": {"f:replicas": {}}}}]}
    return live


def test_growth_gives_back_what_others_have_set() -> None:
    wish = desired(blocks(size="2Gi"))
    del wish.manifest["spec"]["replicas"]
    live, target = touched(running()), touched(blocks(size="2Gi"))
    revision = {"metadata": {"name": OLD}, "data": {"spec": {"template": live["spec"]["template"]}}}
    seen = remember(replace(observed(live, target, PODS, CLAIMS), revisions=(revision,)))
    actions, _reached = drive(Predicted({wish.ref: seen}), [wish])
    assert [action.verb for action in actions] == ["grow"] * 3 + ["delete", "create"], "nothing has to be written after that"
    whole, ours, kept = (step.body for step in actions[-1].steps)
    assert whole["spec"]["template"] == live["spec"]["template"], "at no time is there a template that restarts pods"
    assert whole["spec"]["replicas"] == 3
    assert [dict(step.query)["fieldManager"] for step in actions[-1].steps] == ["cairn.storage-kept", "cairn.storage", "cairn.storage-kept"]
    assert kept["metadata"] == {"name": "blocks", "namespace": "storage", "labels": {"theirs": "yes"}}
    assert kept["spec"] == {"replicas": 3, "template": {"metadata": {"annotations": {RESTART: "now"}}, "spec": {"containers": [
        {"name": "c", "resources": {"limits": {"memory": "1Gi"}}}]}}}
    assert ours == wish.manifest, "the next run finds what the user wrote"


def test_a_set_that_says_no_number_is_made_anew_around_all_its_pods() -> None:
    wish = desired(blocks())
    del wish.manifest["spec"]["replicas"]
    # What a run was killed over: the server foresees its default of one.
    seen = counted(observed(None, blocks(replicas=1), PODS, CLAIMS, old=None), wish)
    (action,), reached = drive(Predicted({wish.ref: seen}), [wish])
    assert [step.body["spec"].get("replicas") for step in action.steps] == [3, None, 3]
    assert sets.replicas(reached[wish.ref].live) == 3


class Broken(Mortal):
    """New pods of the template ``two`` never come up; the controller waits for them for ever (kubernetes#67250)."""

    def wait(self, waiting: Any) -> None:
        for wish, step in waiting:
            seen = predict.settled(self._seen[wish.ref])
            bad = {"(new)"} if seen.live["spec"]["template"] == blocks("two")["spec"]["template"] else set()
            old = {each["metadata"]["name"]: each for each in self._seen[wish.ref].pods}
            pods = []
            for each in seen.pods:
                mine = old.get(each["metadata"]["name"])
                stays = mine is not None and not facts.ready(mine)
                number = sets.ordinal(each["metadata"]["name"], "blocks") or 0
                pods.append(mine if stays else pod(number, "(new)", False, "ImagePullBackOff") if facts.revision(each) in bad else each)
            self._seen[wish.ref] = replace(seen, pods=tuple(pods))
            self._seen[wish.ref].run.stuck = {each["metadata"]["uid"]: 60.0 for each in pods}
            self._seen[wish.ref].run.waited = {key: 0.0 for key in step.keys}


def broken(act: Callable[[Broken, Desired], None], **options: Any) -> tuple[Broken, Desired, CairnError]:
    wish = desired(blocks("two"), waves=("1", "100%"), **options)
    world = Broken({wish.ref: observed(running(), blocks("two"), PODS, CLAIMS)}, 100)
    with pytest.raises(CommandFailed) as failed:
        act(world, wish)
    return world, wish, failed.value


def test_a_canary_that_fails_is_taken_back_with_its_stuck_pod() -> None:
    world, wish, error = broken(lambda world, wish: drive(world, [wish]))
    assert error.code == "canary-failed" and "ImagePullBackOff" in error.found
    assert world.did == ["update StatefulSet", "update StatefulSet", "delete Pod"]
    assert [action["name"] for action in error.done][-1] == "storage/blocks-2"
    live = world.look()[wish.ref].live
    assert live["spec"]["template"] == blocks("one")["spec"]["template"] and facts.partition(live) == 0
    assert all(facts.ready(each) and facts.revision(each) == OLD for each in world.look()[wish.ref].pods)


def test_what_on_delete_goes_back_to_is_the_template_of_its_other_pods() -> None:
    live = running("three", current="blocks-first", update="blocks-3", updateStrategy={"type": "OnDelete"})
    live["status"] = {**live["status"], "replicas": 3, "updatedReplicas": 1}
    seen = remember(observed(live, blocks("three"), [pod(0, NEW), pod(1, NEW), pod(2, "blocks-3")], CLAIMS))
    assert seen.run.old_template == blocks("two")["spec"]["template"]


def test_a_canary_after_interrupted_growth_is_taken_back_as_well() -> None:
    wish = desired(blocks("two", size="2Gi"), waves=("1", "100%"))
    grown = [claim(number, "2Gi", "2Gi") for number in range(3)]
    world = Broken({wish.ref: remember(observed(None, blocks("two", size="2Gi"), PODS, grown, old=None))}, 100)
    with pytest.raises(CommandFailed) as failed:
        drive(world, [wish])
    assert failed.value.code == "canary-failed", failed.value
    assert world.look()[wish.ref].live["spec"]["template"] == blocks("one")["spec"]["template"]


def test_a_canary_that_is_to_stop_stays_where_it_is() -> None:
    world, wish, error = broken(lambda world, wish: drive(world, [wish]), abort_on_failure=False)
    assert error.code == "canary-stopped" and "state: aborted" in error.fix
    assert world.did == ["update StatefulSet"]
    assert [facts.revision(each) == OLD for each in world.look()[wish.ref].pods] == [True, True, False], "two of three still serve"


def test_a_gate_that_refuses_the_last_wave_takes_all_of_it_back() -> None:
    class Refusing(Mortal):
        def ask(self, desired: Desired, step: Ask) -> None:
            self._seen[desired.ref].run.verdicts[step.key] = "it says no" if len(step.pods) == 3 else ""

    wish = desired(blocks("two"), waves=("1", "100%"), gate=Gate(command=("true",)))
    world = Refusing({wish.ref: observed(running(), blocks("two"), PODS, CLAIMS)}, 100)
    with pytest.raises(CommandFailed) as failed:
        drive(world, [wish])
    assert failed.value.code == "canary-failed" and failed.value.found == "it says no"
    assert world.look()[wish.ref].live["spec"]["template"] == blocks("one")["spec"]["template"]


def test_who_changes_it_back_ends_the_run() -> None:
    class Stubborn(Mortal):
        def do(self, desired: Desired, step: Do) -> None:
            self.did.append("asked")

    wish = desired(blocks("two"))
    world = Stubborn({wish.ref: observed(running(), blocks("two"), PODS, CLAIMS)}, 100)
    with pytest.raises(CommandFailed) as failed:
        drive(world, [wish])
    assert failed.value.code == "no-progress" and world.did == ["asked"]


@pytest.mark.parametrize(("live", "target", "pods", "options"), [
    # A partition of one's own, and a pod of a rollout before below it.
    (running("three", update="blocks-3", part=2), blocks("three", part=2), [PODS[0], pod(1, NEW, False), pod(2, "blocks-3")], {}),
    (running("three", update="blocks-3", part=2), blocks("three"), [PODS[0], pod(1, NEW, False), pod(2, "blocks-3")], {"waves": ("1",)}),
    (running("two", update=NEW, updateStrategy={"type": "OnDelete"}), blocks("two", updateStrategy={"type": "OnDelete"}),
     [*PODS[:2], pod(2, ready=False)], {}),
])
def test_a_pod_that_nobody_replaces_is_foreseen_to_come_up(live: dict, target: dict, pods: list, options: dict) -> None:
    wish = desired(target, **options)
    world = Mortal({wish.ref: observed(live, target, pods, CLAIMS)}, 20)
    drive(world, [wish])
    assert world.did == []


def test_a_claim_that_waits_for_its_volume_is_foreseen_to_get_it() -> None:
    waiting = {**claim(1, phase="Pending"), "spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "1Gi"}}}}
    wish = desired(blocks(), replace="blocks-1", consent={"storage/disk-blocks-1": "pv-1"})
    world = Mortal({wish.ref: observed(running(), blocks(), [PODS[0], pod(1, ready=False), PODS[2]], [CLAIMS[0], waiting, CLAIMS[2]], FREE)}, 20)
    drive(world, [wish])
    assert world.did == []


def test_a_volume_that_comes_back_under_its_name_is_not_given_up_again() -> None:
    class Cleaned(Mortal):
        """The provisioner wipes the volume and offers it anew by the name that it had."""

        def look(self) -> dict:
            return {what: replace(seen, claims=tuple(
                {**each, "spec": {**each["spec"], "volumeName": "pv-1"}} if each["metadata"]["name"] == "disk-blocks-1" else each
                for each in seen.claims)) for what, seen in super().look().items()}

    wish = desired(blocks(), replace="blocks-1", consent={"storage/disk-blocks-1": "pv-1"})
    world = Cleaned({wish.ref: observed(running(), blocks(), PODS, CLAIMS, **DISKS)}, 30)
    with pytest.raises(CommandFailed) as failed:
        drive(world, [wish])
    assert failed.value.code == "volume-came-back" and "pv-1" in failed.value.found
    assert world.did.count("delete PersistentVolumeClaim") == 1, "what is on the new claim was not given up"


def test_a_wait_that_is_not_foreseen_to_end_is_no_endless_one() -> None:
    class Deaf(Mortal):
        def look(self) -> dict:
            return {what: replace(seen, pods=()) for what, seen in super().look().items()}

    wish = desired(blocks())
    with pytest.raises(Timeout) as failed:
        drive(Deaf({wish.ref: observed(running(), blocks(), (), CLAIMS)}, 20), [wish])
    assert "0 of 3 pods are ready" in failed.value.found


def test_several_sets_wait_side_by_side() -> None:
    one = desired(blocks())
    other = blocks()
    other["metadata"] = {**other["metadata"], "name": "more"}
    two = desired(other)
    world = Mortal({one.ref: observed(None, blocks(), old=None), two.ref: observed(None, other, old=None)}, 10)
    drive(world, [one, two])
    assert world.did == ["create StatefulSet"] * 2 and world.left >= 5
