"""What goes on around the driver must not stop it: LVM that hangs, mounts with strange names, kubelet that asks again for what pods have."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Iterator

import pytest
from csi_calls import MIB, POD, STAGING, TARGET, create, gone, made, pods, programs, use
from csi_fixtures import _here, _nothing_left  # noqa: F401  pylint: disable=unused-import
from csi_node import GROUP, HERE, KUBELET, SOCKET, Driver

#: A file that makes every lvm of the node hang, as a disk does that answers no more; what was begun is killed after two minutes.
HANG, WRAPPER = "/run/lvm-hangs", "/usr/local/sbin/lvm"
WRAP = f"printf '#!/bin/sh\\nwhile [ -e {HANG} ]; do sleep 0.2; done\\nexec /usr/sbin/lvm \"$@\"\\n' >{WRAPPER}; chmod 755 {WRAPPER}"
#: Seconds in which somebody is answered who waits for nobody; the nodes of the lab are slow.
AT_ONCE = 5.0
OTHER = "9c0ffee0-9c1b-4a57-8a4e-4bb3f3a3f0f4"


@pytest.fixture
def hanging(here: Driver) -> Iterator[None]:
    """LVM hangs whenever the file is there."""
    here.shell(WRAP)
    yield
    here.shell(f"rm -f {HANG} {WRAPPER}")


@pytest.mark.usefixtures("hanging")
def test_a_driver_whose_lvm_hangs_says_that_it_lives_and_takes_volumes_from_pods(here: Driver) -> None:
    shutil.copy(Path(__file__).parent / "flood.py", here.share)
    id_ = made(here, *create("seen"))
    assert here.calls(*pods(id_, "seen")) == [{}, {}]
    stats = ("NodeGetVolumeStats", {"volume_id": id_, "volume_path": f"{TARGET}/seen"})
    # Names of their own, or each but the first is refused as the same call.
    flood = [stats] * 50 + [create(f"flood-{number}") for number in range(50)]
    down = pods(id_, "seen", up=False)
    asked = {"flood": flood, "seconds": 70, "later": [stats, create("later"), ("ListVolumes", {}), *down]}
    (here.share / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    # What is known of volumes is five seconds good.
    here.shell(f"touch {HANG}; sleep 6")
    told = json.loads(here.shell(f"PYTHONDONTWRITEBYTECODE=1 PYTHONPATH={HERE} python3 {HERE}/flood.py {SOCKET} <{HERE}/asked.json"))
    assert len(told["probes"]) > 5 and max(told["probes"]) < AT_ONCE, told["probes"]
    *refused, unpublished, unstaged = told["later"]
    for seconds, code, message in refused:
        assert seconds < AT_ONCE and code == "ABORTED" and "LVM has not answered" in message and "dead disk" in message, told["later"]
    assert [each[1] for each in (unpublished, unstaged)] == ["OK", "OK"] and max(unpublished[0], unstaged[0]) < AT_ONCE, told["later"]
    assert here.shell(f"grep -c {GROUP}-csi--seen /proc/mounts || true").strip() == "0"
    # Those that were the first to ask wait for LVM to its end; all others are told why they do not.
    assert sum(seconds > 90 for seconds, _code, _message in told["flood"]) <= 3, told["flood"]
    here.shell(f"rm {HANG}")
    left = [made(here, *create(f"flood-{number}")) for number in range(50) if f"csi-flood-{number}" in here.volumes()]
    gone(here, id_, *left)


STRANGE = [
    'mount -t tmpfs "" /mnt/strange/empty',
    "mount -t tmpfs - /mnt/strange/-",
    'mkdir -p "/mnt/strange/a b"; mount -t tmpfs "x y" "/mnt/strange/a b"',
]
#: Folders that a pod may make in its volume and have as a subPath: what Python takes for the end of a line or for a blank, and what is no UTF-8.
FOLDERS = [r"a\342\200\250b", r"a\rb", r"a\013\014b", r"a\302\205b", r"a\302\240b", r"a\377\376b", r"a\\040b", r"- ext4"]


def test_no_mount_that_a_pod_or_a_person_makes_stops_the_driver(here: Driver) -> None:
    id_, raw = made(here, *create("strange", bps="1MiB")), made(here, *create("raw", "block"))
    assert here.calls(*pods(id_, "strange")) == [{}, {}]
    here.shell(f"mkdir -p /mnt/strange/empty /mnt/strange/-; {'; '.join(STRANGE)}")
    for number, folder in enumerate(FOLDERS):
        place = f"{KUBELET}/pods/{POD}/volume-subpaths/strange/user/{number}"
        here.shell(f'from="{TARGET}/strange/$(printf "{folder}")"; mkdir -p {place} "$from"; mount --bind "$from" {place}')
    try:
        assert here.calls(*pods(id_, "strange"), *pods(raw, "raw", "block")) == [{}] * 4
        grown = {"volume_id": id_, "volume_path": f"{TARGET}/strange", "capacity_range": {"required_bytes": 128 * MIB}}
        assert int(here.call("NodeExpandVolume", **grown)["capacity_bytes"]) == 128 * MIB
        stats = here.call("NodeGetVolumeStats", volume_id=id_, volume_path=f"{TARGET}/strange")
        assert len(stats["usage"]) == 2 and not stats["volume_condition"].get("abnormal"), stats
        # One is mounted there, whatever else is: the volume is in use.
        assert here.call("DeleteVolume", volume_id=id_)["code"] == "FAILED_PRECONDITION"
    finally:
        here.shell(f"umount {KUBELET}/pods/{POD}/volume-subpaths/strange/user/*; umount /mnt/strange/*")
    assert here.calls(*pods(raw, "raw", "block", up=False), *pods(id_, "strange", up=False)) == [{}] * 4
    gone(here, id_, raw)


def single(call: tuple[str, dict]) -> tuple[str, dict]:
    """The same for a ReadWriteOncePod claim."""
    return call[0], json.loads(json.dumps(call[1]).replace("SINGLE_NODE_WRITER", "SINGLE_NODE_SINGLE_WRITER"))


@pytest.mark.parametrize("fs", ["ext4", "block"])
def test_kubelet_asks_again_for_what_a_pod_has_and_another_pod_gets_nothing(here: Driver, fs: str) -> None:
    id_ = made(here, *create("alone", fs))
    devices = f"{KUBELET}/plugins/kubernetes.io/csi/volumeDevices"
    if fs == "block":
        paths = [f"{devices}/publish/alone/{pod}" for pod in (POD, OTHER)]
        own, theirs = f"{devices}/alone/dev/{POD}", f"{devices}/alone/dev/{OTHER}"
        bind = "mkdir -p $(dirname {1}); touch {1}; mount --bind {0} {1}"
    else:
        paths = [f"{KUBELET}/pods/{pod}/volumes/kubernetes.io~csi/alone/mount" for pod in (POD, OTHER)]
        own, theirs = f"{KUBELET}/pods/{POD}/volume-subpaths/alone/user/0", f"{KUBELET}/pods/{OTHER}/volume-subpaths/alone/user/0"
        bind = "mkdir -p {1} {0}/sub; mount --bind {0}/sub {1}"
    stage = single(pods(id_, "alone", fs)[0])
    publish, other = (
        single(("NodePublishVolume", {**stage[1], "target_path": path, "volume_capability": use(fs)})) for path in paths
    )
    assert here.calls(stage, publish) == [{}, {}]
    here.shell(bind.format(paths[0], own))
    before = here.shell("cat /proc/mounts")
    assert here.calls(stage, publish, publish) == [{}] * 3, "a kubelet that was restarted asks for all again"
    assert here.shell("cat /proc/mounts") == before
    refused = here.calls(other)[0]
    assert refused["code"] == "FAILED_PRECONDITION" and "one pod alone" in refused["message"], refused
    # The pod's own mounts alone, as after a restart in the middle of taking its volume away.
    assert here.call("NodeUnpublishVolume", volume_id=id_, target_path=paths[0]) == {}
    assert here.calls(other)[0]["code"] == "FAILED_PRECONDITION", "it is still in use there"
    assert here.calls(publish) == [{}]
    here.shell(f"umount {own}; {bind.format(paths[0], theirs)}")
    assert here.calls(publish) == [{}], "what holds the volume already is success, whoever else has it"
    here.shell(f"umount {theirs}")
    assert here.call("NodeUnpublishVolume", volume_id=id_, target_path=paths[0]) == {}
    assert here.calls(other) == [{}], "once the pod is gone the next may have it"
    assert here.call("NodeUnpublishVolume", volume_id=id_, target_path=paths[1]) == {}
    assert here.call("NodeUnstageVolume", volume_id=id_, staging_target_path=f"{STAGING}/alone") == {}
    gone(here, id_)


@pytest.mark.parametrize("part", ["--force", "-y", "--config=x"])
def test_an_id_is_never_an_option_of_a_command(here: Driver, part: str) -> None:
    since = here.shell("date +%s.%N").strip()
    for id_ in (f"{here.node}/{part}/csi-a", f"{part}/{GROUP}/csi-a"):
        answers = here.calls(
            ("DeleteVolume", {"volume_id": id_}),
            ("ControllerGetVolume", {"volume_id": id_}),
            pods(id_, "option")[0],
            ("CreateSnapshot", {"name": "s", "source_volume_id": id_}),
            create("copy", source={"volume": {"volume_id": id_}}),
        )
        assert [answer.get("code", "OK") for answer in answers] == ["OK", *["NOT_FOUND"] * 4], answers
    # A source is only looked up in what the node has.
    assert set(programs(here, since)) & {"lvcreate", "lvremove", "lvchange", "mkfs.ext4"} == set()
