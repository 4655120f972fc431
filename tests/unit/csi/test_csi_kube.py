"""What the driver asks Kubernetes and tells it, with answers as the API server gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cairn_csi import kube, throttle
from cairn_csi.limits import Limits
from cairn_csi.watch import content_of

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
        self._answers = {}
        self.asked: list[tuple[str, Any]] = []
        self.down = False

    def _ask(self, path: str, body: Any = None, passed: tuple[int, ...] = (404,)) -> Any:
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
