"""What the driver asks Kubernetes and tells it, with answers as the API server gives them."""

from __future__ import annotations

import contextlib
import json
import urllib.error
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cairn_csi import kube, throttle, waking
from cairn_csi.limits import Limits
from cairn_csi.watch import content_of
from csi_state import lv, state

ANSWERS = {
    "/api/v1/persistentvolumes/pvc-1": {"spec": {"volumeAttributesClassName": "slow"}},
    "/api/v1/persistentvolumes/pvc-2": {"spec": {}},
    "/api/v1/persistentvolumes/pvc-3": {"spec": {"volumeAttributesClassName": "bad"}},
    "/apis/storage.k8s.io/v1/volumeattributesclasses/slow": {"parameters": {"iops": "5"}},
    "/apis/storage.k8s.io/v1/volumeattributesclasses/bad": {"parameters": {"iops": "many"}},
}


class Cluster(kube.Cluster):
    """One whose API server is a table."""

    def __init__(self) -> None:
        self._answers, self._seen = {}, "0"
        self.asked: list[tuple[str, Any]] = []
        self.down = False

    def _ask(self, path: str, body: Any = None, passed: tuple[int, ...] = (404,), method: str = "") -> Any:
        self.asked.append((path, body))
        if self.down:
            raise OSError("no answer")
        return ANSWERS.get(path)


def test_limits_of_those_volumes_that_have_a_class() -> None:
    cluster = Cluster()
    found = cluster.limits(["pvc-1", "pvc-2", "pvc-3", "pvc-gone"])
    assert found == {"pvc-1": Limits(0, 0, 5, 5), "pvc-2": None, "pvc-3": None, "pvc-gone": None}
    asked = len(cluster.asked)
    assert cluster.limits(["pvc-1"]) == {"pvc-1": Limits(0, 0, 5, 5)} and len(cluster.asked) == asked


def test_only_of_a_new_volume_the_class_is_asked_for() -> None:
    cluster = Cluster()
    cluster.limits(["pvc-1"])
    cluster.asked.clear()
    assert cluster.limits(["pvc-1", "pvc-2"]) == {"pvc-1": Limits(0, 0, 5, 5), "pvc-2": None}
    assert [path for path, _body in cluster.asked] == ["/api/v1/persistentvolumes/pvc-2"]


def test_without_an_answer_what_was_known_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster()
    known = cluster.limits(["pvc-1"])
    monkeypatch.setattr(kube, "_FRESH", 0)
    cluster.down = True
    assert cluster.limits(["pvc-1", "pvc-2"]) == known != {}, "of what was never answered nothing is said"


def test_a_warning_is_about_the_content_and_has_one_name() -> None:
    cluster = Cluster()
    cluster.warn("VolumeSnapshotContent", content_of("snapshot-1b2c"), "snapshot.storage.k8s.io/v1", "SnapshotLost", "gone")
    path, event = cluster.asked[0]
    assert path == "/api/v1/namespaces/default/events" and event["metadata"]["name"] == "snapcontent-1b2c.snapshotlost"
    assert event["involvedObject"]["name"] == "snapcontent-1b2c" and event["type"] == "Warning"


def test_limits_that_may_be_of_a_class_nobody_can_tell_of_stay(tmp_path: Path) -> None:
    folder = tmp_path / "kubepods.slice" / "kubepods-podu.slice"
    folder.mkdir(parents=True)
    for each in (tmp_path, folder.parent):
        (each / "cgroup.subtree_control").write_text("cpu io\n")
    limits, io_max = Limits(riops=5), folder / "io.max"
    for present, replace, expected in (
        ("", False, "8:0 rbps=max wbps=max riops=5 wiops=max"),
        ("8:0 rbps=max wbps=max riops=9 wiops=max", False, "8:0 rbps=max wbps=max riops=9 wiops=max"),
        ("8:0 rbps=max wbps=max riops=9 wiops=max", True, "8:0 rbps=max wbps=max riops=5 wiops=max"),
    ):
        io_max.write_text(present)
        assert throttle._put(str(tmp_path), "u", "8:0", limits, replace) and io_max.read_text() == expected
    assert not throttle._put(str(tmp_path), "later", "8:0", limits, True), "its cgroup is to come"


def event(name: str, version: int, waits: bool = False, **more: Any) -> bytes:
    """As the API server tells of a claim that has changed; its fields come in this order."""
    conditions = [{"type": "FileSystemResizePending", "status": "True" if waits else "False"}] if waits or more.get("over") else []
    head = {"name": name, "namespace": "mine", "uid": "u", "resourceVersion": str(version), "annotations": {"resourceVersion": "9"}}
    spec = {"volumeName": f"pvc-{name}", "resources": {"requests": {"storage": "2Gi"}}}
    claim = {"kind": "PersistentVolumeClaim", "metadata": head, "spec": spec, "status": {"conditions": conditions}}
    return json.dumps({"type": more.get("type", "MODIFIED"), "object": claim}, separators=(",", ":")).encode() + b"\n"


class Watched(Cluster):
    """One whose API server answers watches with these lines."""

    def __init__(self, *answers: list[bytes]) -> None:
        super().__init__()
        self.answers, self.paths = list(answers), []

    def _open(self, path: str, body: Any = None, method: str = "", timeout: float = 0) -> Any:
        self.paths.append(path)
        return contextlib.nullcontext(self.answers.pop(0))


def test_claims_that_grow_are_told_at_once_and_each_watch_goes_on_where_the_last_one_ended() -> None:
    error = b'{"type":"ERROR","object":{"kind":"Status","code":410}}\n'
    cluster = Watched([event("a", 5), event("b", 7, waits=True), event("c", 6, over=True)], [], [event("d", 8, waits=True), error], [])
    told = [[claim["metadata"]["name"] for claim in cluster.growing()] for _watch in range(4)]
    assert told == [["b"], [], ["d"], []]
    assert [path.rpartition("=")[2] for path in cluster.paths] == ["0", "6", "6", "0"], "too old a version begins anew"


def test_a_watch_that_breaks_off_begins_anew() -> None:
    def broken() -> Any:
        yield event("a", 5)
        raise OSError("cut")

    cluster = Watched(broken(), [])  # type: ignore[arg-type]
    with pytest.raises(OSError):
        list(cluster.growing())
    assert list(cluster.growing()) == [] and [path.rpartition("=")[2] for path in cluster.paths] == ["0", "0"]


def test_kubelet_is_woken_for_pods_of_the_claims_own_namespace_and_node() -> None:
    table = "1 /kubelet/pods/u1/volumes/kubernetes.io~csi/pvc-b/mount x"
    mounts = [SimpleNamespace(path=path) for path in ("/kubelet/staging", "/kubelet/pods/u1/x", "/kubelet/pods/u2/x", "/kubelet/pods/u3/x")]
    names = {"u1": ("mine", "web-0"), "u2": ("theirs", "web-1"), "u3": ("", "")}
    asked: list[str] = []
    machine = SimpleNamespace(
        mountinfo=lambda: table,
        mounts_of=lambda path: mounts if path.endswith("csi-pvc-b") else [],
        pod_of=lambda path: path.split("/")[3] if "/pods/" in path else "",
        pod_name=names.__getitem__,
    )
    store = SimpleNamespace(machine=machine, node="node1", recent=lambda seconds: asked.append("lvm") or state(lv("volume", "pvc-b")))
    cluster = Cluster()
    for name in ("other", "b"):
        waking.wake(store, cluster, json.loads(event(name, 1, waits=True))["object"])  # type: ignore[arg-type]
    assert asked == ["lvm"], "claims that are mounted elsewhere make nobody ask LVM"
    annotations = {"lvm.csi.cairn.storage/grown": "pvc-b 2Gi"}
    assert cluster.asked == [("/api/v1/namespaces/mine/pods/web-0/status", {"metadata": {"uid": "u1", "annotations": annotations}})]

    def forbidden(*_asked: Any, **_more: Any) -> None:
        raise urllib.error.HTTPError("", 403, "", None, None)  # type: ignore[arg-type]

    cluster._ask = forbidden  # type: ignore[method-assign]
    waking.wake(store, cluster, json.loads(event("b", 1, waits=True))["object"])  # type: ignore[arg-type]
