"""What the modules for one kind do beyond writing objects, by the answers of a real API server and its controllers.

There is no CSI driver and no kubelet for these volumes: the tests write the states that these report.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from cluster_play import get, kubectl, play, set_status, typed
from kube_faces import RWO, define_snapshots, meanwhile, named, nfs_volume, read, until

SPACE = "cairn-faces"
CLASS = "cairn-faces"
DRIVER = "faces.cairn.storage"
MARK = "storageclass.kubernetes.io/is-default-class"
EVERY_CLASS = [{"name": CLASS, "provisioner": "lab.cairn.storage/by-hand", "allow_volume_expansion": True},
               {"name": "cairn-faces-fixed", "provisioner": DRIVER}]


def claim(name: str, **content: object) -> dict:
    return {"namespace": SPACE, "name": name, "storage_class": CLASS, **content}


def claims(*items: dict, **options: object) -> dict:
    return typed("persistent_volume_claim", "claims", list(items), **{"wait_timeout": 60, **options})


def volumes(*items: dict, **options: object) -> dict:
    return typed("persistent_volume", "volumes", list(items), **{"wait_timeout": 60, **options})


def classes(*items: dict, **options: object) -> dict:
    return typed("storage_class", "classes", list(items), **options)


def good(*results: dict) -> None:
    assert not any(result.get("failed") for result in results), [result.get("msg") for result in results]


@pytest.fixture(scope="module", autouse=True)
def surroundings() -> Iterator[None]:
    define_snapshots()
    kubectl("create", "namespace", SPACE)
    good(*play(classes(*EVERY_CLASS)))
    yield
    kubectl("delete", "namespace", SPACE, "--timeout=90s")
    kinds = "pv,storageclass,csidriver,volumesnapshotclass,volumesnapshotcontent,node"
    names = [line for line in kubectl("get", kinds, "-o", "name").split() if "faces" in line]
    if names:
        kubectl("delete", *names, "--timeout=60s")


def test_there_is_one_default_class() -> None:
    kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "x",
                                                   "metadata": {"name": "cairn-faces-helm", "annotations": {MARK: "true"}}}))
    marked = {**EVERY_CLASS[0], "default": True}
    checked, done, again = play(classes(marked, check=True), classes(marked), classes(marked))
    good(checked, done, again)
    assert [action["name"] for action in checked["actions"]] == [action["name"] for action in done["actions"]] == [CLASS, "cairn-faces-helm"]
    assert not again["changed"]
    marks = {name: read("storageclass", name)["metadata"]["annotations"][MARK] for name in (CLASS, "cairn-faces-helm")}
    assert marks == {CLASS: "true", "cairn-faces-helm": "false"}
    nameless = {"namespace": SPACE, "name": "nameless", "size": "100Pi"}
    usual, unmarked, checked, refused = play(
        claims(nameless, check=True), classes({**EVERY_CLASS[0], "default": False}), claims(nameless, check=True), claims(nameless))
    good(usual, unmarked)
    assert unmarked["changed"]
    for result in (checked, refused):
        # Other tests have volumes without a class, none as large as that.
        assert result["error"]["code"].startswith("claim-no-"), result
    assert not kubectl("get", "pvc", "nameless", "-n", SPACE, "--ignore-not-found")


def test_a_class_is_made_again_with_consent_and_its_volumes_stay() -> None:
    kubectl("annotate", "storageclass", "cairn-faces-fixed", "helm.sh/release=x")
    kubectl("create", "-f", "-", stdin=json.dumps({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "cairn-faces-old"},
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": RWO, "storageClassName": "cairn-faces-fixed", "nfs": {"server": "h", "path": "/a"}}}))
    uid = read("storageclass", "cairn-faces-fixed")["metadata"]["uid"]
    other = {**EVERY_CLASS[1], "parameters": {"a": "b"}}
    refused, wrong = play(classes(other), classes(other, allow_recreate={"cairn-faces-fixed": "another"}))
    assert refused["error"]["code"] == "recreate-consent-missing" and ".parameters" in refused["msg"] and uid in refused["error"]["fix"], refused
    assert wrong["error"]["code"] == "consent-differs" and not wrong["changed"]
    permitted = {"cairn-faces-fixed": uid}
    checked, done, again = play(*(classes(other, check=check, allow_recreate=permitted) for check in (True, False, False)))
    good(checked, done, again)
    assert [action["verb"] for action in done["actions"]] == [action["verb"] for action in checked["actions"]] == ["delete", "create"]
    assert not again["changed"] and any("not needed" in line for line in again["warnings"])
    live = read("storageclass", "cairn-faces-fixed")
    assert live["metadata"]["uid"] != uid and live["parameters"] == {"a": "b"}
    assert live["metadata"]["annotations"] == {"helm.sh/release": "x"}, "what others had put on it is there again"
    assert read("pv", "cairn-faces-old")["status"]["phase"] == "Available"


def test_a_driver_is_made_again_only_for_what_cannot_be_changed() -> None:
    def driver(**options: object) -> dict:
        return typed("csi_driver", "drivers", [{"name": DRIVER, "attach_required": True, **options.pop("item", {})}], **options)

    made, changed = play(driver(), driver(item={"pod_info_on_mount": True}))
    good(made, changed)
    assert [action["verb"] for action in changed["actions"]] == ["update"]
    uid = read("csidriver", DRIVER)["metadata"]["uid"]
    fixed = {"attach_required": False, "pod_info_on_mount": True}
    refused, done = play(driver(item=fixed), driver(item=fixed, allow_recreate={DRIVER: uid}))
    assert refused["error"]["code"] == "recreate-consent-missing" and ".spec.attachRequired" in refused["msg"], refused
    good(done)
    assert read("csidriver", DRIVER)["spec"]["attachRequired"] is False and any("made again" in line for line in done["warnings"])


def test_a_claim_is_bound_and_its_disk_given_to_another_one() -> None:
    first, second = claim("first", size="1Gi"), claim("second", volume="cairn-faces-disk")
    good(*play(volumes(nfs_volume("cairn-faces-disk", CLASS)), claims(first)))
    (taken,) = play(claims(second))
    assert taken["error"]["code"] == "volume-in-use" and f"{SPACE}/first" in taken["msg"], taken
    good(*play(claims({**first, "state": "absent"})))
    until(lambda: read("pv", "cairn-faces-disk")["status"]["phase"] == "Released", "the volume is released")
    (refused,) = play(claims(second))
    assert refused["error"]["code"] == "rebind-consent-missing", refused
    checked, done, again = play(*(claims(second, check=check, allow_rebind={"cairn-faces-disk": f"{SPACE}/first"}) for check in (True, False, False)))
    good(checked, done, again)
    for result in (checked, done):
        assert [action["kind"] for action in result["actions"]] == ["PersistentVolume", "PersistentVolumeClaim"]
    assert not again["changed"] and read("pvc", "second", SPACE)["spec"]["volumeName"] == "cairn-faces-disk"
    assert read("pv", "cairn-faces-disk")["spec"]["claimRef"]["name"] == "second" and done["objects"][0]["status"]["phase"] == "Bound"


def test_a_claim_grows_until_its_file_system_has_grown() -> None:
    grown = claim("grown", size="1Gi")
    good(*play(volumes(nfs_volume("cairn-faces-grown", CLASS, "1Gi", claim=f"{SPACE}/grown")), claims(grown)))

    def kubelet() -> None:
        until(lambda: read("pvc", "grown", SPACE)["spec"]["resources"]["requests"]["storage"] == "2Gi", "the request")
        set_status("pvc", SPACE, "grown", {"conditions": [{"type": "FileSystemResizePending", "status": "True"}]})
        time.sleep(2)
        set_status("pvc", SPACE, "grown", {"conditions": [], "capacity": {"storage": "2Gi"}})

    thread = meanwhile(kubelet)
    begin = time.time()
    (done,) = play(claims({**grown, "size": "2GiB"}))
    thread.join()
    good(done)
    assert time.time() - begin > 2 and done["objects"][0]["status"]["capacity"]["storage"] == "2Gi"
    (slow,) = play(claims({**grown, "size": "9Gi"}, wait_timeout=3))
    assert slow["error"]["code"] == "wait-timeout" and "grows from 2Gi" in slow["msg"] and slow["changed"], slow
    small, back, shrink = play(claims({**grown, "size": "2Gi"}), claims({**grown, "size": "3Gi"}, wait=False), claims({**grown, "size": "1Gi"}))
    assert small["error"]["code"] == "claim-recover-size" and shrink["error"]["code"] in ("claim-recover-size", "claim-shrink")
    good(back)
    assert read("pvc", "grown", SPACE)["spec"]["resources"]["requests"]["storage"] == "3Gi", "what was asked for too much is taken back"


def test_a_claim_of_a_class_that_forbids_it_does_not_grow() -> None:
    fixed = {"namespace": SPACE, "name": "fixed", "storage_class": "cairn-faces-fixed", "size": "1Gi"}
    good(*play(claims(fixed)))
    (refused,) = play(claims({**fixed, "size": "2Gi"}))
    assert refused["error"]["code"] == "claim-class-fixed" and not refused["changed"], refused


def test_copies_and_restored_snapshots_name_their_source() -> None:
    good(*play(volumes({"name": "cairn-faces-csi", "capacity": "2Gi", "access_modes": RWO, "storage_class": CLASS, "claim": f"{SPACE}/source",
                        "csi": {"driver": DRIVER, "volume_handle": "h"}}), claims(claim("source", size="1Gi"))))
    good(*play(typed("volume_snapshot_class", "classes", [{"name": "cairn-faces", "driver": DRIVER, "deletion_policy": "Delete", "default": True}])))

    def controller(status: dict) -> None:
        until(lambda: get(named("snapshot.storage.k8s.io/v1", "VolumeSnapshot", ["night"], SPACE)[0]), "the snapshot")
        set_status("volumesnapshot", SPACE, "night", status)

    snapshot = {"namespace": SPACE, "name": "night", "claim": "source"}
    thread = meanwhile(lambda: controller({"readyToUse": False, "error": {"message": "the pool is full"}}))
    (failed,) = play(typed("volume_snapshot", "snapshots", [snapshot], wait_timeout=120))
    thread.join()
    assert failed["error"]["code"] == "wait-failed" and "the pool is full" in failed["msg"] and failed["changed"], failed
    controller({"readyToUse": True, "restoreSize": "2Gi", "boundVolumeSnapshotContentName": "cairn-faces-content", "error": None})
    kubectl("create", "-f", "-", stdin=json.dumps({
        "apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotContent", "metadata": {"name": "cairn-faces-content"},
        "spec": {"deletionPolicy": "Delete", "driver": DRIVER, "source": {"snapshotHandle": "s"},
                 "volumeSnapshotRef": {"namespace": SPACE, "name": "night"}}}))
    unchanged, made, again = play(typed("volume_snapshot", "snapshots", [snapshot]),
                                  *[claims(claim("copy", from_claim="source"), claim("old", from_snapshot="night"),
                                                                                            wait=False)] * 2)
    good(unchanged, made, again)
    assert not unchanged["changed"] and made["changed"] and not again["changed"]
    copied, restored = read("pvc", "copy", SPACE)["spec"], read("pvc", "old", SPACE)["spec"]
    assert copied["dataSource"] == {"apiGroup": None, "kind": "PersistentVolumeClaim", "name": "source"} or copied["dataSource"]["name"] == "source"
    assert restored["dataSource"]["name"] == "night" and restored["resources"] == copied["resources"] == {"requests": {"storage": "2Gi"}}
    gone = {"namespace": SPACE, "name": "night", "state": "absent"}
    refused, deleted = play(typed("volume_snapshot", "snapshots", [gone]),
                            typed("volume_snapshot", "snapshots", [gone], allow_data_loss={f"{SPACE}/night": "cairn-faces-content"}))
    assert refused["error"]["code"] == "consent-missing", refused
    good(deleted)
    assert deleted["actions"][0]["loses"] == "cairn-faces-content"


def test_a_volume_is_kept_from_its_provisioner_and_needs_consent_to_go_with_its_data() -> None:
    item = {"name": "cairn-faces-data", "capacity": "1Gi", "access_modes": RWO, "storage_class": "none", "reclaim_policy": "Delete",
            "csi": {"driver": "x", "volume_handle": "lv"}}
    good(*play(volumes(item)))
    kubectl("patch", "pv", "cairn-faces-data", "--type=merge", "-p",
            '{"metadata": {"finalizers": ["external-provisioner.volume.kubernetes.io/finalizer"]}}')
    gone = {"name": "cairn-faces-data", "state": "absent"}
    refused, kept, named_only = play(volumes(gone), volumes({"name": "cairn-faces-data", "reclaim_policy": "Retain", "provisioned_by": "somebody"}),
                                     volumes({"name": "cairn-faces-data"}))
    assert refused["error"]["code"] == "consent-missing" and '"cairn-faces-data": "lv"' in refused["error"]["fix"], refused
    good(kept, named_only)
    live = read("pv", "cairn-faces-data")
    assert kept["changed"] and not named_only["changed"] and live["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert live["metadata"]["annotations"]["pv.kubernetes.io/provisioned-by"] == "somebody" and live["spec"]["csi"]["volumeHandle"] == "lv"
    kubectl("patch", "pv", "cairn-faces-data", "--type=merge", "-p", '{"metadata": {"finalizers": null}}')


def test_a_driver_is_ready_when_it_is_registered_on_its_nodes() -> None:
    for name in ("cairn-faces-1", "cairn-faces-2"):
        kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Node",
                                                       "metadata": {"name": name, "labels": {"cairn-faces": "yes"}},
                                                       "spec": {"unschedulable": True}}))

    def register(name: str) -> None:
        kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": name},
                                                       "spec": {"drivers": [{"name": "r.faces.cairn.storage", "nodeID": name, "topologyKeys": []}]}}))

    driver = [{"name": "r.faces.cairn.storage", "registered_on": {"cairn-faces": "yes"}}]
    register("cairn-faces-1")
    (late,) = play(typed("csi_driver", "drivers", driver, wait_timeout=3))
    assert late["error"]["code"] == "wait-timeout" and "not registered on 1 of 2 nodes: cairn-faces-2" in late["msg"], late
    thread = meanwhile(lambda: (time.sleep(3), register("cairn-faces-2")))
    (done,) = play(typed("csi_driver", "drivers", driver, wait_timeout=60))
    thread.join()
    good(done)
    assert not done["changed"] and done["readiness"][0]["state"] == "ready"
    kubectl("delete", "csinode", "cairn-faces-1", "cairn-faces-2")
