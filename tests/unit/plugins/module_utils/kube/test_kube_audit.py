"""Each kind of fault, planted alone into a healthy cluster, is found with its cause and its fix; and in the healthy one nothing is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from audit_world import DISK, GIB, JUST_NOW, NOW, TARGET, Cluster, claim, delete, disk, entry, logical, node, pod, session, thing, volume

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._kube.audit import findings, report, survey
from ansible_collections.cairn.storage.plugins.module_utils._kube.audit.model import Limits, World
from ansible_collections.cairn.storage.plugins.module_utils._kube.objects import Lists

RECORDED = Path(__file__).parent / "recordings"
SOURCES = Path(survey.__file__).parent
Break = Callable[[Cluster], object]


def told(cluster: Cluster, **more: object) -> list[dict]:
    return findings.audit(cluster.world(**more))["findings"]


def test_nothing_is_found_in_a_healthy_cluster() -> None:
    result = findings.audit(Cluster().world())
    assert result["findings"] == [] and result["worst"] is None and result["unlooked"] == []
    assert report.render(result) == "Nothing found."


def test_nothing_is_found_in_what_a_real_server_has_recorded() -> None:
    live = json.loads((RECORDED / "everything.json").read_text(encoding="utf-8"))["live"]

    def kind(name: str) -> list[dict]:
        return [each for each in live if each["kind"] == name]

    # The recording has no nodes; its volume asks for this one.
    lists = Lists(kind("Pod"), kind("PersistentVolumeClaim"), kind("PersistentVolume"), [node("nowhere")], kind("StorageClass"), kind("VolumeAttachment"))
    assert lists.claims and lists.volumes
    for now in (NOW, 4e9):
        world = World(lists, {}, stateful_sets=kind("StatefulSet"), namespaces=kind("Namespace"), now=now)
        assert findings.audit(world)["findings"] == []


def update(thing_: dict, *path: str, **values: object) -> None:
    for key in path:
        thing_ = thing_.setdefault(key, {})
    thing_.update(values)


def fact(cluster: Cluster, node: str, module: str, name: str) -> list:
    return cluster.hosts[node][module].setdefault(name, [])


def group(cluster: Cluster) -> dict:
    return fact(cluster, "node1", "lvm_info", "volume_groups")[0]


def released(cluster: Cluster) -> None:
    cluster.volumes.append(volume("left", "gone", "fast", None, nfs={}))
    cluster.volumes[-1]["status"]["phase"] = "Released"


def lost_node(cluster: Cluster, bound: bool) -> None:
    cluster.volumes.append(volume("far", "far" if bound else None, host="node9", local={"path": "/mnt/a"}))
    if bound:
        cluster.claims.append(claim("far", "far"))


def pending(cluster: Cluster, name: str = "wants", **spec: object) -> dict:
    live = claim(name, None, "local-block", "5Gi")
    live["spec"].update(spec)
    cluster.claims.append(live)
    cluster.pods.append(pod(f"pod-{name}", name) | {"status": {"phase": "Pending", "conditions": []}})
    return live


def unschedulable(cluster: Cluster) -> None:
    waiting = thing("Pod", "new", "s", {"nodeName": None, "volumes": []}, {"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind."}]})
    cluster.pods.append(waiting)


def mount_fails(cluster: Cluster) -> None:
    waiting = pod("new", "files") | {"status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True"}]}}
    waiting["metadata"]["uid"] = "new"
    cluster.pods.append(waiting)
    cluster.warn(waiting, "FailedMount", "MountVolume.SetUp failed for volume d")


def local_path(cluster: Cluster) -> None:
    cluster.volumes[0]["spec"]["local"]["path"] += "-gone"
    fact(cluster, "node1", "local_volumes", "entries").pop(0)


def stuck_volume(cluster: Cluster) -> None:
    delete(cluster.volumes[0], "kubernetes.io/pv-protection")


def stuck_snapshot(cluster: Cluster) -> None:
    delete(cluster.snapshots[0], "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection")
    delete(cluster.contents[0], "snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection")
    cluster.snapshot_classes.clear()


def not_ready(cluster: Cluster) -> None:
    cluster.nodes[0]["status"]["conditions"][0]["status"] = "Unknown"


def growing(cluster: Cluster, **status: object) -> None:
    cluster.claims[1]["spec"]["resources"]["requests"]["storage"] = "4Gi"
    cluster.claims[1]["status"].update(status)


def pool(cluster: Cluster, **values: object) -> None:
    group(cluster)["logical_volumes"][1].update(values)


def overprovisioned(cluster: Cluster) -> None:
    for each in group(cluster)["logical_volumes"][2:]:
        each["size_bytes"] = 20 * GIB


def shifted(cluster: Cluster) -> None:
    fact(cluster, "node1", "local_volumes", "entries")[0]["size_bytes"] = GIB


def event_on(cluster: Cluster, live: dict, reason: str, message: str) -> None:
    cluster.warn(live, reason, message)


#: Each fault: what it is to be called, how bad, about what; a word of its cause or evidence and one of its fix; how it is planted.
FAULTS: list[tuple[str, str, str, str, str, Break]] = [
    ("volume-released", "warning", "left", "s/gone", "claimRef", released),
    ("volume-without-device", "critical", "pv-block", "s/disk-blocks-0",
     """-e replace_cluster=blocks -e replace_pod=blocks-0 -e '{"replace_allow_data_loss": {"s/disk-blocks-0": "pv-block"}}'""", local_path),
    ("logical-volume-orphaned", "warning", "node1:/dev/fast/spare", "fast", "state: absent", lambda it: group(it)["logical_volumes"].append(logical("spare", open=False))),
    ("entry-not-published", "warning", f"node1:{entry('uuid-9', 'local-fs', 'd', 'd')['path']}", "/dev/sdz", "provisioner",
     lambda it: fact(it, "node1", "local_volumes", "entries").append(entry("uuid-9", "local-fs", "/dev/sdz", "d"))),
    ("attachment-stale", "error", "csi-2", "nowhere", "delete volumeattachment", lambda it: it.attachments.append(
        thing("VolumeAttachment", "csi-2", spec={"attacher": "d", "nodeName": "node1", "source": {"persistentVolumeName": "nowhere"}}))),
    ("attachment-stale", "error", "csi-2", "node9", "delete volumeattachment", lambda it: it.attachments.append(
        thing("VolumeAttachment", "csi-2", spec={"attacher": "d", "nodeName": "node9", "source": {"persistentVolumeName": "pv-csi"}}))),
    ("attachment-stale", "warning", "csi-2", "no pod on node1", "delete volumeattachment", lambda it: it.attachments.append(
        thing("VolumeAttachment", "csi-2", spec={"attacher": "d", "nodeName": "node1", "source": {"persistentVolumeName": "pv-csi"}}))),
    ("claim-left-by-scale-down", "info", "s/disk-blocks-1", "blocks", "delete pvc", lambda it: (
        it.claims.append(claim("disk-blocks-1", "pv-1", "fast")), it.volumes.append(volume("pv-1", "disk-blocks-1", "fast", None, nfs={})))),
    ("snapshot-without-content", "critical", "s/before", "content-1", "delete volumesnapshot", lambda it: it.contents.clear()),
    ("content-without-snapshot", "warning", "content-1", "s/before", "volumeSnapshotContentName", lambda it: it.snapshots.clear()),
    ("content-without-snapshot", "warning", "content-1", "s/before", "volumeSnapshotContentName", lambda it: it.snapshots[0]["metadata"].update(uid="another")),
    ("snapshot-failed", "error", "s/before", "no space", "csi-snapshotter", lambda it: update(it.snapshots[0], "status", readyToUse=False, error={"message": "no space"})),
    ("snapshot-failed", "error", "s/before", "its class gone does not exist", "again", lambda it: (
        update(it.snapshots[0], "status", readyToUse=False), update(it.snapshots[0], "spec", volumeSnapshotClassName="gone"))),
    ("volume-stuck-deleting", "error", "pv-block", "nobody has deleted the claim s/disk-blocks-0", "end of the chain", stuck_volume),
    ("volume-stuck-deleting", "error", "pv-csi", "attached to node2", "finalizer", lambda it: delete(it.volumes[2], "external-attacher/lvm-csi-example-com")),
    ("volume-stuck-deleting", "error", "pv-csi", "lvremove failed", "finalizer", lambda it: (
        delete(it.volumes[2], "external-provisioner.volume.kubernetes.io/finalizer"), update(it.volumes[2], "status", message="lvremove failed"))),
    ("volume-stuck-deleting", "error", "pv-csi", "example.com/mine is taken off by whoever set it", "by hand", lambda it: delete(it.volumes[2], "example.com/mine")),
    ("claim-stuck-deleting", "error", "s/files", "while the pod s/files on node1 uses it", "end of the chain", lambda it: delete(it.claims[1])),
    ("claim-stuck-deleting", "error", "s/db", "until the snapshot s/before", "chain", lambda it: (
        it.pods.pop(1), it.attachments.clear(), update(it.snapshots[0], "status", readyToUse=False), update(it.snapshots[0], "metadata", creationTimestamp=JUST_NOW),
        delete(it.claims[2], "snapshot.storage.kubernetes.io/pvc-as-source-protection"))),
    ("claim-stuck-deleting", "error", "s/later", "controller manager", "chain", lambda it: (
        delete(it.claims[3]), it.pods.append(pod("unplaced", "later") | {"spec": {"volumes": pod("a", "later")["spec"]["volumes"]}}))),
    ("claim-stuck-deleting", "error", "s/later", "controller manager", "chain", lambda it: delete(it.claims[3])),
    ("pod-stuck-deleting", "error", "s/files", "kubelet on node1", "chain", lambda it: delete(it.pods[2])),
    ("pod-stuck-deleting", "error", "s/old", "node9 does not exist", "chain", lambda it: it.pods.append(
        delete(thing("Pod", "old", "s", {"nodeName": "node9", "volumes": []}, {"phase": "Running"})))),
    ("attachment-stuck-deleting", "error", "csi-1", "device is busy", "chain", lambda it: (
        delete(it.attachments[0], "external-attacher/lvm"), update(it.attachments[0], "status", detachError={"message": "device is busy"}))),
    ("namespace-stuck-deleting", "error", "s", "widgets.example.com has 1 resource instances", "chain", lambda it: (
        delete(it.namespaces[0]), update(it.namespaces[0], "status", conditions=[
            {"type": "NamespaceContentRemaining", "status": "True", "message": "Some resources are remaining: widgets.example.com has 1 resource instances"}]))),
    ("stateful-set-stuck-deleting", "error", "s/blocks", "foregroundDeletion", "chain", lambda it: delete(it.sets[0], "foregroundDeletion")),
    ("claim-stuck-pending", "error", "s/wants", "StorageClass nowhere does not exist", "StorageClass nowhere", lambda it: pending(it, storageClassName="nowhere")),
    ("claim-stuck-pending", "error", "s/wants", "no default", "default", lambda it: pending(it, storageClassName=None)),
    ("claim-stuck-pending", "error", "s/wants", "no volume of the class local-block is free", "site.yml", pending),
    ("claim-stuck-pending", "error", "s/wants", "it asks for 5GiB, the largest free volume of the class fast has 2GiB", "less", lambda it: (
        pending(it, storageClassName="fast"), it.volumes.append(volume("pv-free", None, "fast", None, nfs={})), it.classes.__setitem__(2, it.classes[0] | {
            "metadata": {"name": "fast"}}))),
    ("claim-stuck-pending", "error", "s/wants", "which does not exist", "volumeName", lambda it: pending(it, volumeName="pv-none")),
    ("claim-stuck-pending", "error", "s/wants", "given to s/files", "claimRef", lambda it: pending(it, volumeName="pv-fs")),
    ("claim-stuck-pending", "error", "s/wants", "event ProvisioningFailed: no space", "csi-provisioner", lambda it: event_on(
        it, pending(it, storageClassName="fast"), "ProvisioningFailed", "no space")),
    ("claim-lost", "critical", "s/db", "pv-csi", "claimRef", lambda it: (update(it.claims[2], "status", phase="Lost"))),
    ("claim-cannot-grow", "error", "s/files", "ControllerResizeInfeasible", "kubectl patch pvc", lambda it: growing(
        it, allocatedResourceStatuses={"storage": "ControllerResizeInfeasible"})),
    ("claim-growth-stuck", "warning", "s/files", "nothing grows local volumes", "grow_local_volume", growing),
    ("claim-growth-stuck", "warning", "s/files", "FileSystemResizePending", "Start a pod", lambda it: growing(
        it, conditions=[{"type": "FileSystemResizePending", "status": "True", "lastTransitionTime": "2026-01-01T12:00:00Z"}])),
    ("volume-failed", "error", "pv-csi", "rm: busy", "kubectl delete pv", lambda it: update(it.volumes[2], "status", phase="Failed", message="rm: busy")),
    ("attachment-failed", "error", "csi-1", "is in use", "csi-attacher", lambda it: update(it.attachments[0], "status", attached=False, attachError={"message": "is in use"})),
    ("pod-waits-for-storage", "error", "s/new", "persistent volumes to bind", "claims", unschedulable),
    ("pod-waits-for-storage", "error", "s/new", "FailedMount", "claims", mount_fails),
    ("claim-on-two-nodes", "error", "s/files", "node2", "StatefulSet", lambda it: it.pods.append(pod("files-2", "files", "node2"))),
    ("default-class-several", "warning", "fast, local-fs", "fast", "annotate", lambda it: [
        update(each, "metadata", annotations={"storageclass.kubernetes.io/is-default-class": "true"}) for each in it.classes[1:]]),
    ("claim-template-drift", "warning", "s/disk-blocks-0", "requested_bytes", "grow_claims", lambda it: update(
        it.sets[0]["spec"]["volumeClaimTemplates"][0], "spec", resources={"requests": {"storage": "3Gi"}})),
    ("claim-template-drift", "warning", "s/disk-blocks-0", "storage_class", "grow_claims", lambda it: update(
        it.sets[0]["spec"]["volumeClaimTemplates"][0], "spec", storageClassName="fast")),
    ("volume-larger-than-device", "error", "pv-block", str(GIB), "grow_local_volume", shifted),
    ("volume-smaller-than-device", "info", "pv-block", str(4 * GIB), "grow_local_volume",
     lambda it: fact(it, "node1", "local_volumes", "entries")[0].update(size_bytes=4 * GIB)),
    ("volume-of-lost-node", "critical", "far", "node9", "replace_pod_disk", lambda it: lost_node(it, True)),
    ("volume-of-lost-node", "warning", "far", "node9", "kubectl delete pv far", lambda it: lost_node(it, False)),
    ("volume-of-node-not-ready", "error", "pv-block", "node1", "describe node", lambda it: (
        not_ready(it), it.volumes.pop(1), it.claims.pop(1), it.pods.pop(2), fact(it, "node1", "local_volumes", "entries").pop(1))),
    ("volume-of-other-provisioner", "warning", "pv-block", "node1-0815", "annotate pv", lambda it: update(
        it.volumes[0], "metadata", annotations={"pv.kubernetes.io/provisioned-by": "local-volume-provisioner-node1-0815"})),
    ("driver-not-registered", "error", "node2", "s/db", "node-driver-registrar", lambda it: it.csi_nodes.clear()),
    ("node-differs-from-inventory", "warning", "node1", "mount local volume", "site.yml", lambda it: fact(it, "node1", "local_volumes", "actions").append(
        {"verb": "mount", "kind": "local volume", "name": "local-fs"})),
    ("pool-data-full", "warning", "node1:/dev/fast/pool", "85", "4GiB", lambda it: pool(it, data_percent=85.0)),
    ("pool-data-full", "critical", "node1:/dev/fast/pool", "96", "lvm_volume_groups", lambda it: pool(it, data_percent=96.0)),
    ("pool-metadata-full", "warning", "node1:/dev/fast/pool", "81", "lvm_volume_groups", lambda it: pool(it, metadata_percent=81.0)),
    ("pool-overprovisioned", "warning", "node1:/dev/fast/pool", "4.0", "larger size", overprovisioned),
    ("pool-not-monitored", "warning", "node1:/dev/fast/pool", "1.6", "lvchange --monitor y", lambda it: pool(it, monitored=False)),
    ("pool-check-needed", "critical", "node1:/dev/fast/pool", "node1", "--repair", lambda it: pool(it, check_needed=True)),
    ("disk-failed", "critical", f"node1:{DISK}", "the volume pv-block stands on it", "replace_pod_disk",
     lambda it: fact(it, "node1", "block_device_info", "devices")[0].update(readable=False)),
    ("disk-failed", "critical", f"node1:{DISK}", "offline", "Replace", lambda it: fact(it, "node1", "block_device_info", "devices")[0]["health"].update(state="offline")),
    ("disk-failed", "warning", "node1:/dev/disk/by-id/wwn-0x7", "serial", "Replace", lambda it: fact(it, "node1", "block_device_info", "devices").append(
        disk("/dev/disk/by-id/wwn-0x7") | {"use": "", "readable": False})),
    ("disk-errors", "error", f"node1:{DISK}", "pv-block", "smartctl", lambda it: fact(it, "node1", "block_device_info", "devices")[0]["health"].update(io_errors=21)),
    ("disk-errors", "error", f"node1:{DISK}", "pv-block", "smartctl", lambda it: fact(it, "node1", "block_device_info", "devices")[0]["health"].update(io_timeouts=1)),
    ("disk-read-only", "error", f"node1:{DISK}", "pv-block", "dmesg", lambda it: fact(it, "node1", "block_device_info", "devices")[0].update(read_only=True)),
    ("physical-volume-missing", "critical", "node1:fast", "wwn-0x2", "replacement", lambda it: group(it)["physical_volumes"][0].update(missing=True)),
    ("logical-volume-unhealthy", "error", "node1:/dev/fast/fs-0", "linear", "lv_health_status", lambda it: group(it)["logical_volumes"][0].update(health="partial")),
    ("volume-group-lost", "critical", "node1:bulk", "uuid-bulk", "lvm_volume_groups", lambda it: fact(it, "node1", "lvm_info", "lost").append({"name": "bulk", "uuid": "uuid-bulk"})),
    ("local-volume-degraded", "critical", "node1:local-fs/uuid-5", "its device is gone", "replace_pod_disk", lambda it: fact(it, "node1", "local_volumes", "degraded").append(
        {"class": "local-fs", "entry": "uuid-5", "device": "", "reason": "its device is gone"})),
    ("target-degraded", "critical", "node2:iqn.other", "block/db", "Bring", lambda it: fact(it, "node2", "iscsi_info", "targets")[0].update(degraded=["block/db"])),
    ("target-drift", "warning", "node2:iqn.other", "portal", "iscsi_target", lambda it: fact(it, "node2", "iscsi_info", "targets")[0].update(
        drift=[{"object": "portal", "running": "a", "saved": None}])),
    ("session-down", "error", f"node2:{TARGET}", "10.0.0.9", "network", lambda it: fact(it, "node2", "iscsi_info", "sessions")[0].update(state="FAILED")),
    ("session-missing", "error", f"node2:{TARGET}", "automatic", "iscsiadm", lambda it: fact(it, "node2", "iscsi_info", "logged_out").append(session())),
    ("path-lost", "warning", "node2:/dev/disk/by-id/wwn-0x9", "10.0.1.9", "network", lambda it: (
        fact(it, "node2", "iscsi_info", "devices")[0].update(state="degraded"), fact(it, "node2", "iscsi_info", "devices")[0]["paths"][1].update(state="down"))),
    ("paths-all-lost", "critical", "node2:/dev/disk/by-id/wwn-0x9", "10.0.0.9", "network", lambda it: (
        fact(it, "node2", "iscsi_info", "devices")[0].update(state="down"), [each.update(state="down") for each in fact(it, "node2", "iscsi_info", "devices")[0]["paths"]])),
]


@pytest.mark.parametrize("code, severity, name, cause, fix, plant", FAULTS, ids=[f"{row[0]}-{row[2]}-{number}" for number, row in enumerate(FAULTS)])
def test_a_planted_fault_is_found_alone(code: str, severity: str, name: str, cause: str, fix: str, plant: Break) -> None:
    cluster = Cluster()
    plant(cluster)
    found = told(cluster)
    assert [(each["code"], each["severity"], each["name"]) for each in found] == [(code, severity, name)], json.dumps(found, indent=1)
    (finding,) = found
    assert cause in json.dumps([finding["why"], finding["evidence"], finding["message"]]) and fix in finding["fix"]
    text = report.render(findings.audit(cluster.world()))
    assert f"{severity.upper()} {code}" in text and finding["fix"] in text


def test_every_kind_of_finding_has_a_row() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in SOURCES.glob("*.py"))
    codes = {code for code in re.findall(r'Finding\(\s*f?"([a-z-]+)"', sources)}
    planted = {row[0] for row in FAULTS}
    assert codes <= planted and len(planted) >= 40


def test_the_readme_names_every_finding() -> None:
    text = (Path(__file__).resolve().parents[5] / "roles" / "audit" / "README.md").read_text(encoding="utf-8")
    lacking = {code for code, *_rest in FAULTS if f"`{code}`" not in text and f"`{code.removesuffix('stuck-deleting')}`" not in text}
    assert lacking <= {"stateful-set-stuck-deleting"}


def test_the_chain_goes_down_to_the_node() -> None:
    cluster = Cluster()
    not_ready(cluster)
    delete(cluster.volumes[1])
    delete(cluster.claims[1])
    delete(cluster.pods[2])
    chain = next(each["why"] for each in told(cluster) if each["code"] == "volume-stuck-deleting")
    assert [part.split(" ")[0] for part in chain[:2]] == ["kubernetes.io/pv-protection", "kubernetes.io/pvc-protection"]
    assert chain[-1] == "its node node1 is not ready, so nobody says that it has ended"


def test_a_stuck_snapshot_is_told_with_its_content_and_its_class() -> None:
    cluster = Cluster()
    stuck_snapshot(cluster)
    found = {each["code"]: each["why"] for each in told(cluster)}
    assert set(found) == {"snapshot-stuck-deleting", "content-stuck-deleting"}
    assert found["snapshot-stuck-deleting"][-1] == "its class snap does not exist any more: make it again"


YOUNG: list[Break] = [
    lambda it: delete(it.volumes[0], when=JUST_NOW), lambda it: pending(it)["metadata"].update(creationTimestamp=JUST_NOW),
    lambda it: it.attachments.append(thing("VolumeAttachment", "x", spec={"nodeName": "node9", "source": {"persistentVolumeName": "pv-csi"}}) | {
        "metadata": {"name": "x", "creationTimestamp": JUST_NOW}}),
    lambda it: (update(it.snapshots[0], "status", readyToUse=False), update(it.snapshots[0], "metadata", creationTimestamp=JUST_NOW)),
]


@pytest.mark.parametrize("plant", YOUNG)
def test_what_has_just_begun_is_no_finding(plant: Break) -> None:
    cluster = Cluster()
    plant(cluster)
    assert told(cluster) == []
    assert told(cluster, limits=Limits(patience=0)), "with no patience it is"


def test_what_is_not_told_is_said() -> None:
    cluster = Cluster()
    del cluster.hosts["node1"]["lvm_info"], cluster.hosts["node2"]
    result = findings.audit(cluster.world())
    assert result["findings"] == []
    assert result["unlooked"] == ["logical volumes without a volume, thin pools, volume groups of node1: no result of lvm_info was given"]
    assert "Not looked at:\n  logical volumes" in report.render(result)


def test_accepted_findings_and_limits() -> None:
    cluster = Cluster()
    released(cluster)
    pool(cluster, data_percent=85.0)
    result = findings.audit(cluster.world(), ["volume-released l*", "disk-*"])
    assert [each["code"] for each in result["findings"]] == ["pool-data-full"] and result["ignored"] == 1 and result["unused_ignores"] == ["disk-*"]
    assert findings.audit(cluster.world(limits=Limits(space_percent=90)), ["volume-released"])["findings"] == []
    assert [findings.at_least({"critical": 0, "error": 1, "warning": 2, "info": 0}, name) for name in ("critical", "error", "warning", "info", "never")] == [0, 1, 3, 3, 0]


PLAIN = {"hosts": {}, "fail_on": "never", "ignore": [], "patience": 300, "space_percent": 80, "overprovision_ratio": 2.0, "disk_errors": 20, "query": None,
         "kubeconfig": "/no/such/file", "context": None}
REFUSED = [
    ("patience-range", {"patience": -1}), ("space-percent-range", {"space_percent": 0}), ("space-percent-range", {"space_percent": 101}),
    ("overprovision-ratio-range", {"overprovision_ratio": 0.5}), ("disk-errors-range", {"disk_errors": -1}), ("ignore-all", {"ignore": ["*"]}), ("ignore-all", {"ignore": [" "]}),
    ("query-syntax", {"query": "findings["}), ("hosts-form", {"hosts": {"node1": "x"}}), ("hosts-module", {"hosts": {"node1": {"setup": {}}}}),
    ("hosts-form", {"hosts": {"node1": {"lvm_info": {"volume_groups": "x"}}}}), ("kubeconfig-missing", {}),
]


@pytest.mark.parametrize("code, given", REFUSED)
def test_refused(code: str, given: dict) -> None:
    with pytest.raises(CairnError) as refused:
        survey.read({**PLAIN, **given})
    assert refused.value.code == code and refused.value.parameter and refused.value.fix
