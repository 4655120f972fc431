"""Classes and drivers: one default, and what cannot be changed is made again with consent."""

from __future__ import annotations

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Conflict, Refused
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Consent
from ansible_collections.cairn.storage.plugins.module_utils._kube import apply
from ansible_collections.cairn.storage.plugins.module_utils._kube.manifest import ref
from ansible_collections.cairn.storage.plugins.module_utils._kube.model import Desired, Found, Observed
from kube_wishes import CLASSES, DRIVERS, SNAPSHOT_CLASSES, live_class, plan, resource, thing

FAST = {"name": "fast", "provisioner": "d"}
MARK = "storageclass.kubernetes.io/is-default-class"
OLD_MARK = "storageclass.beta.kubernetes.io/is-default-class"


def test_the_default_takes_the_mark_from_the_others() -> None:
    both = live_class("both", "true")
    both["metadata"]["annotations"][OLD_MARK] = "true"
    there = (live_class("fast"), both, live_class("none"), live_class("unmarked", "false"))
    planned = plan(CLASSES, {**FAST, "default": True}, there=there)
    assert [str(action) for action in planned.actions] == ["update StorageClass fast", "update StorageClass both"], "there is never no default"
    (request,) = planned.actions[1].steps
    assert request.body == {"metadata": {"annotations": {MARK: "false", OLD_MARK: "false"}}}


def test_a_default_that_is_one_already_changes_nothing() -> None:
    assert not plan(CLASSES, {**FAST, "default": True}, there=(live_class("fast", "true"), live_class("none"))).changed


def test_left_out_the_mark_stays_unless_another_class_of_the_list_takes_it() -> None:
    there = (live_class("fast", "true"), live_class("slow"))
    assert not plan(CLASSES, FAST, there=there).changed
    planned = plan(CLASSES, FAST, {"name": "slow", "provisioner": "d", "default": True}, there=there)
    assert {action.name: action.after["metadata"]["annotations"][MARK] for action in planned.actions} == {"fast": "false", "slow": "true"}


def test_snapshot_classes_have_one_default_for_each_driver() -> None:
    marks = {"snapshot.storage.kubernetes.io/is-default-class": "true"}
    api = "snapshot.storage.k8s.io/v1"
    there = (thing("VolumeSnapshotClass", "same", api=api, annotations=marks, driver="d"),
             thing("VolumeSnapshotClass", "other", api=api, annotations=marks, driver="e"))
    wanted = {"driver": "d", "deletion_policy": "Retain", "default": True}
    planned = plan(SNAPSHOT_CLASSES, {"name": "new", **wanted}, {"name": "else", **wanted, "driver": "f"}, there=there)
    assert [str(action) for action in planned.actions] == ["create VolumeSnapshotClass new", "create VolumeSnapshotClass else",
                                                           "update VolumeSnapshotClass same"]


@pytest.mark.parametrize(("face", "item", "live", "path"), [
    (CLASSES, {**FAST, "parameters": {"a": "c"}}, live_class("fast", parameters={"a": "b"}), ".parameters.a"),
    (DRIVERS, {"name": "fast", "attach_required": False}, thing("CSIDriver", "fast", api="storage.k8s.io/v1", spec={"attachRequired": True}),
     ".spec.attachRequired"),
])
def test_what_cannot_be_changed_is_made_again_with_consent(face, item: dict, live: dict, path: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(face, item, there=(live,), fixed=(path,))
    error = refused.value
    assert error.code == "recreate-consent-missing" and path in error.message and '{"fast": "uid-fast"}' in error.fix
    assert error.parameter == "allow_recreate"
    with pytest.raises(Refused) as refused:
        plan(face, item, there=(live,), fixed=(path,), allow_recreate={"fast": "uid-of-another"})
    assert refused.value.code == "consent-differs"
    planned = plan(face, item, there=(live,), fixed=(path,), allow_recreate={"fast": "uid-fast"})
    assert [action.verb for action in planned.actions] == ["delete", "create"] and [action.loses for action in planned.actions] == ["", ""]
    assert planned.actions[0].steps[0].body["preconditions"] == {"uid": "uid-fast"} and str(planned.actions[0].steps[1]).endswith("is gone")
    assert bool(planned.warnings) is (face is DRIVERS)


def test_nothing_is_made_again_without_need() -> None:
    live = thing("CSIDriver", "fast", api="storage.k8s.io/v1", spec={"attachRequired": False})
    planned = plan(DRIVERS, {"name": "fast", "attach_required": False}, there=(live,), allow_recreate={"fast": "uid-fast"})
    assert not planned.changed and "not needed" in planned.warnings[0]
    (action,) = plan(DRIVERS, {"name": "fast", "attach_required": False, "requires_republish": True}, there=(live,)).actions
    assert action.verb == "update", "most fields can be changed"


def test_what_others_have_put_on_it_is_put_back() -> None:
    live = live_class("fast", "true")
    live["metadata"]["annotations"].update({"helm.sh/release": "r", "kubectl.kubernetes.io/last-applied-configuration": "{}", "ours": "old"})
    live["metadata"]["managedFields"] = [{"manager": "cairn.storage", "operation": "Apply", "apiVersion": "storage.k8s.io/v1",
                                          "fieldsV1": {"f:metadata": {"f:annotations": {"f:ours": {}}}}}]
    planned = plan(CLASSES, FAST, there=(live,), fixed=(".parameters",), allow_recreate={"fast": "uid-fast"})
    _apply, keep = planned.actions[1].steps
    assert keep.body == {"metadata": {"annotations": {"helm.sh/release": "r"}}} and keep.query == (("fieldManager", "cairn.storage-kept"),)
    assert planned.after[0]["metadata"]["annotations"] == {MARK: "true"}, "the default stays the default"


def test_kube_objects_makes_nothing_again() -> None:
    live = live_class("fast")
    found = Found(ref(live), resource("StorageClass", False), live, live, live, (".parameters.a",), "updates to parameters are forbidden")
    with pytest.raises(Conflict) as refused:
        apply.plan(Observed((found,)), Desired((live,), True, Consent("allow_data_loss", {})))
    assert refused.value.code == "immutable-field" and ".parameters.a" in refused.value.message
