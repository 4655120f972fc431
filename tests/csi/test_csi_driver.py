"""The driver on a real kernel, called as sidecars and kubelet call it; what LVM, the kernel and the files say is compared, not what it answers."""

from __future__ import annotations

import time

import pytest
from csi_calls import MIB, POD, TARGET, create, gone, made, named, pods, programs, use
from csi_node import GROUP, KUBELET, UNIT, Driver


@pytest.mark.parametrize(("kind", "fs", "size"), [("linear", "ext4", 64), ("linear", "xfs", 320), ("thin", "xfs", 320)])
def test_snapshot_restore_and_clone_hold_the_data_and_mount_beside_it(here: Driver, kind: str, fs: str, size: int) -> None:
    origin = made(here, *create("origin", fs, size * MIB, type=kind))
    assert here.calls(*pods(origin, "origin", fs)) == [{}, {}]
    here.shell(f"dd if=/dev/urandom of={TARGET}/origin/file bs=1M count=20 status=none; sync -f {TARGET}/origin")
    taken = here.call("CreateSnapshot", name="snapshot-1", source_volume_id=origin)["snapshot"]
    assert taken["ready_to_use"] and int(taken["size_bytes"]) == size * MIB
    here.shell(f"md5sum <{TARGET}/origin/file >{KUBELET}/sum; echo later >{TARGET}/origin/file; sync -f {TARGET}/origin")
    if kind == "linear":
        assert here.call("DeleteVolume", volume_id=origin)["code"] == "FAILED_PRECONDITION"
    restored = made(here, *create("restored", fs, (size + 64) * MIB, {"snapshot": {"snapshot_id": taken["snapshot_id"]}}, type=kind))
    cloned = made(here, *create("cloned", fs, size * MIB, {"volume": {"volume_id": origin}}, type=kind))
    assert here.calls(*pods(restored, "restored", fs), *pods(cloned, "cloned", fs)) == [{}] * 4
    assert here.shell(f"md5sum <{TARGET}/restored/file") == here.shell(f"cat {KUBELET}/sum")
    assert here.shell(f"cat {TARGET}/cloned/file") == "later\n"
    # Full and writable, and the larger one has a larger file system.
    here.shell(f"rm {TARGET}/restored/file; echo x >{TARGET}/restored/new; echo y >{TARGET}/cloned/new")
    assert (
        int(here.shell(f"df --output=size -B1M {TARGET}/restored | tail -1"))
        > int(here.shell(f"df --output=size -B1M {TARGET}/cloned | tail -1")) + 30
    )
    down = [step for id_, name in ((restored, "restored"), (cloned, "cloned"), (origin, "origin")) for step in pods(id_, name, fs, up=False)]
    assert here.calls(*down) == [{}] * 6
    check = "fsck.ext4 -fn" if fs == "ext4" else "xfs_repair -n"
    for id_ in (restored, cloned, origin):
        here.shell(f"{check} /dev/{id_.partition('/')[2]} >/dev/null 2>&1")
    gone(here, restored, cloned, taken["snapshot_id"], origin)


@pytest.mark.parametrize(("kind", "fs"), [("linear", "ext4"), ("striped", "ext4"), ("raid1", "ext4"), ("thin", "xfs")])
def test_a_mounted_volume_grows(here: Driver, kind: str, fs: str) -> None:
    size = 320 * MIB
    id_ = made(here, *create("grows", fs, size, type=kind))
    assert here.calls(*pods(id_, "grows", fs)) == [{}, {}]
    before = int(here.shell(f"df --output=size -B1M {TARGET}/grows | tail -1"))
    answer = here.call("NodeExpandVolume", volume_id=id_, volume_path=f"{TARGET}/grows", capacity_range={"required_bytes": 2 * size})
    assert int(answer["capacity_bytes"]) >= 2 * size, answer
    assert int(here.shell(f"df --output=size -B1M {TARGET}/grows | tail -1")) > before + 250
    assert here.call("NodeExpandVolume", volume_id=id_, volume_path=f"{TARGET}/grows", capacity_range={"required_bytes": 2 * size}) == answer
    stats = here.call("NodeGetVolumeStats", volume_id=id_, volume_path=f"{TARGET}/grows")
    assert {each["unit"] for each in stats["usage"]} == {"BYTES", "INODES"} and not stats["volume_condition"].get("abnormal")
    assert here.shell(f"lvs --noheadings -o segtype {GROUP}/csi-grows").strip() == kind
    assert here.calls(*pods(id_, "grows", fs, up=False)) == [{}, {}]
    gone(here, id_)


def test_a_raw_volume_grows_and_is_wiped_when_it_goes(here: Driver) -> None:
    id_ = made(here, *create("raw", "block"))
    assert here.calls(*pods(id_, "raw", "block")) == [{}, {}]
    target = f"{TARGET}/raw"
    assert here.shell(f"stat -c %F {target}") == "block special file\n"
    here.shell(f"tr '\\0' S </dev/zero | dd of={target} bs=1M count=64 iflag=fullblock conv=fsync status=none")
    place = here.shell(f"lvs --noheadings -o seg_pe_ranges {GROUP}/csi-raw").strip()
    assert here.call("NodeExpandVolume", volume_id=id_, volume_path=target, capacity_range={"required_bytes": 128 * MIB})["capacity_bytes"] == str(
        128 * MIB
    )
    assert here.shell(f"blockdev --getsize64 {target}") == f"{128 * MIB}\n"
    assert here.calls(*pods(id_, "raw", "block", up=False)) == [{}, {}]
    assert here.shell(f"test -e {target} || echo gone") == "gone\n"
    gone(here, id_)
    assert left(here, place) == 0


def left(here: Driver, place: str) -> int:
    """Bytes that are not zero where ``place`` (``disk:from-to``, in extents) says."""
    disk, _colon, extents = place.rpartition(":")
    first, last = map(int, extents.split("-"))
    # Data begins 1 MiB into the disk.
    read = f"dd if={disk} bs=1M skip={1 + 4 * first} count={4 * (last - first + 1)} iflag=direct status=none"
    return int(here.shell(f"{read} | tr -d '\\0' | wc -c"))


def test_what_a_snapshot_kept_of_a_raw_volume_is_wiped_with_it(here: Driver) -> None:
    id_ = made(here, *create("raw", "block"))
    device = f"/dev/{GROUP}/csi-raw"
    here.shell(f"tr '\\0' S </dev/zero | dd of={device} bs=1M count=8 iflag=fullblock conv=fsync status=none")
    taken = here.call("CreateSnapshot", name="kept", source_volume_id=id_)["snapshot"]["snapshot_id"]
    here.shell(f"dd if=/dev/zero of={device} bs=1M count=8 conv=fsync status=none")
    place = here.shell(f"lvs --noheadings -o seg_pe_ranges {GROUP}/snap-kept").strip()
    copied = made(here, *create("copied", "block", source={"snapshot": {"snapshot_id": taken}}))
    assert here.shell(f"head -c 8M /dev/{GROUP}/csi-copied | tr -d S | wc -c").strip() == "0"
    copy = here.shell(f"lvs --noheadings -o seg_pe_ranges {GROUP}/csi-copied").strip()
    assert left(here, place) >= 8 * MIB <= left(here, copy)
    gone(here, copied, taken)
    assert (left(here, place), left(here, copy)) == (0, 0)
    gone(here, id_)


def test_another_tenants_file_system_is_not_given_to_a_pod(here: Driver) -> None:
    id_ = made(here, *create("new"))
    # What stands there when LVM is killed before it wipes.
    here.shell(f"mkfs.ext4 -q -F /dev/{GROUP}/csi-new")
    answer = here.calls(*pods(id_, "new"))[0]
    assert answer["code"] == "FAILED_PRECONDITION" and "not made for it" in answer["message"], answer
    gone(here, id_)


def test_a_writable_mount_is_not_told_read_only(here: Driver) -> None:
    id_ = made(here, *create("mode"))
    stage, publish = pods(id_, "mode")
    assert here.calls(stage, publish, publish) == [{}] * 3
    assert here.calls((publish[0], {**publish[1], "readonly": True}))[0]["code"] == "ALREADY_EXISTS"
    assert here.calls(*pods(id_, "mode", up=False)) == [{}, {}]
    gone(here, id_)


def test_an_inline_volume_goes_with_its_pod_also_after_a_crash(here: Driver) -> None:
    context = {"csi.storage.k8s.io/ephemeral": "true", "csi.storage.k8s.io/pod.uid": POD, "size": "64MiB"}
    request = {"volume_id": f"csi-{'ab' * 32}", "target_path": f"{TARGET}/inline/mount", "volume_capability": use(), "volume_context": context}
    assert here.calls(("NodePublishVolume", request), ("NodePublishVolume", request)) == [{}, {}]
    here.shell(f"echo data >{TARGET}/inline/mount/file")
    assert len(here.volumes()) == 1
    gone_ = {key: request[key] for key in ("volume_id", "target_path")}
    assert here.calls(("NodeUnpublishVolume", gone_), ("NodeUnpublishVolume", gone_)) == [{}, {}]
    assert here.volumes() == []
    # The pod and its folder go while the driver is dead.
    assert here.call("NodePublishVolume", **request) == {}
    here.kill()
    here.shell(f"umount {TARGET}/inline/mount; rm -r {KUBELET}/pods/{POD}")
    here.start()
    assert here.volumes() == []
    answer = here.call("NodePublishVolume", **{**request, "volume_context": {**context, "size": "900GiB"}})
    assert answer["code"] == "RESOURCE_EXHAUSTED" and "no room" in answer["message"]


def test_limits_are_in_the_kernel_and_come_back(here: Driver) -> None:
    folder = f"/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{POD.replace('-', '_')}.slice"
    id_ = made(here, *create("slow", bps="1MiB", readIops="50"))
    assert here.calls(*pods(id_, "slow")) == [{}, {}]
    # The pod's cgroup comes later than its volume.
    here.shell(f"mkdir -p {folder}")
    number = here.shell(f"mountpoint -d {TARGET}/slow").strip()
    wanted = f"{number} rbps=1048576 wbps=1048576 riops=50 wiops=max"
    wait = f"for try in $(seq 60); do grep -qx '{wanted}' {folder}/io.max && exit; sleep 0.5; done; cat {folder}/io.max; exit 1"
    here.shell(wait)
    began = time.monotonic()
    here.shell(f"sh -c 'echo $$ >{folder}/cgroup.procs; dd if=/dev/zero of={TARGET}/slow/file bs=256k count=16 oflag=direct status=none'")
    assert time.monotonic() - began > 2.5
    here.kill()
    here.shell(f"echo '{number} rbps=max wbps=max riops=max wiops=max' >{folder}/io.max")
    here.start()
    here.shell(wait)
    assert here.calls(*pods(id_, "slow", up=False)) == [{}, {}]
    here.shell(f"rmdir {folder}")
    gone(here, id_)


def test_a_copy_goes_on_after_a_crash(here: Driver) -> None:
    origin = made(here, *create("big", "block", 1024 * MIB))
    for place in (0, 960):
        here.shell(f"dd if=/dev/urandom of=/dev/{GROUP}/csi-big bs=1M seek={place} count=64 conv=fsync status=none")
    request = create("copy", "block", 1024 * MIB, {"volume": {"volume_id": origin}})
    # The call itself takes seconds; the driver is killed meanwhile.
    here.shell(f"(sleep 2; systemctl kill --signal=KILL {UNIT}) >/dev/null 2>&1 &")
    first = here.calls(request)[0]
    here.kill()
    here.start()
    copy = made(here, *request)
    here.shell(f"cmp /dev/{GROUP}/csi-big /dev/{GROUP}/csi-copy")
    assert first.get("code", "OK") in ("UNAVAILABLE", "ABORTED", "OK")
    assert sorted(here.volumes()) == ["csi-big", "csi-copy"]
    gone(here, copy, origin)


def test_a_file_system_that_was_never_finished_is_made_anew(here: Driver) -> None:
    id_ = made(here, *create("half", "xfs", 320 * MIB))
    # What mkfs.xfs leaves when it is killed: a superblock that is still marked.
    here.shell(f"mkfs.xfs -q /dev/{GROUP}/csi-half && printf '\\001' | dd of=/dev/{GROUP}/csi-half bs=1 seek=126 conv=notrunc,fsync status=none")
    assert here.calls(*pods(id_, "half", "xfs"), *pods(id_, "half", "xfs", up=False)) == [{}] * 4
    # Another's file system is left alone.
    here.shell(f"mkfs.ext4 -q -F /dev/{GROUP}/csi-half")
    assert here.calls(*pods(id_, "half", "xfs"))[0]["code"] == "FAILED_PRECONDITION"
    here.shell(f"blkid -o value -s TYPE /dev/{GROUP}/csi-half | grep -qx ext4")
    gone(here, id_)


def test_metrics_and_capacity_tell_what_lvm_says(here: Driver) -> None:
    id_ = made(here, *create("seen", type="thin"))
    figures = here.shell("curl -s http://127.0.0.1:9810/metrics")
    assert f'cairn_csi_volume_group_size_bytes{{group="{GROUP}"}}' in figures and 'name="seen"' in figures
    assert 'cairn_csi_operations_total{code="OK",method="CreateVolume"}' in figures
    free = int(here.shell(f"vgs --noheadings --units b --nosuffix -o vg_free {GROUP}"))
    assert int(here.call("GetCapacity", parameters={"type": "linear"})["available_capacity"]) == free
    assert here.call("GetCapacity", parameters={"volumeGroup": "other"}).get("available_capacity", "0") == "0"
    gone(here, id_)


def test_each_call_runs_few_lvm_commands(here: Driver) -> None:
    """At most one report for what there is, and one command for each change; taking a volume from a pod asks LVM nothing."""
    id_ = f"{here.node}/{GROUP}/csi-few"
    (stage, publish), down = pods(id_, "few"), pods(id_, "few", up=False)
    steps = [
        (create("few", type="thin"), ["lvm", "lvcreate"]),
        # The first time, the note that its file system is made.
        (stage, ["lvchange"]),
        (stage, []),
        (publish, []),
        (
            ("NodeExpandVolume", {"volume_id": id_, "volume_path": f"{TARGET}/few", "capacity_range": {"required_bytes": 128 * MIB}}),
            ["lvm", "lvextend"],
        ),
        (("CreateSnapshot", {"name": "few", "source_volume_id": id_}), ["lvm", "lvcreate"]),
        (("DeleteSnapshot", {"snapshot_id": f"{here.node}/{GROUP}/snap-few"}), ["lvm", "lvremove"]),
        (down[0], []),
        (down[1], []),
        (("DeleteVolume", {"volume_id": id_}), ["lvm", "lvremove"]),
    ]
    for request, expected in steps:
        since = here.shell("date +%s.%N").strip()
        assert "code" not in here.calls(request)[0], request
        ran = programs(here, since)
        assert [name for name in ran if name.startswith("lv") and name != "lvm"] == [name for name in expected if name != "lvm"], request
        # One more when the shared one is old, by this call or by the driver's own look at limits.
        assert ran.count("lvm") <= expected.count("lvm") + 1, request


def test_statistics_and_capacity_share_a_report(here: Driver) -> None:
    id_ = made(here, *create("seen"))
    for step in pods(id_, "seen"):
        assert "code" not in here.calls(step)[0]
    since = here.shell("date +%s.%N").strip()
    stats = ("NodeGetVolumeStats", {"volume_id": id_, "volume_path": f"{TARGET}/seen"})
    answers = here.calls(*[stats, ("GetCapacity", {"parameters": {"type": "linear"}})] * 5)
    assert not any("code" in answer for answer in answers), answers
    # One when the last is five seconds old, and one by chance for what the driver does by itself.
    assert programs(here, since).count("lvm") <= 2
    for step in pods(id_, "seen", up=False):
        assert "code" not in here.calls(step)[0]
    gone(here, id_)


REFUSALS = [
    (create("bad", type="raid7"), "INVALID_ARGUMENT"),
    (create("bad", "btrfs"), "INVALID_ARGUMENT"),
    (create("bad", size=2**50), "RESOURCE_EXHAUSTED"),
    (create("bad", size=-1), "INVALID_ARGUMENT"),
    (("CreateVolume", {**create("bad")[1], "capacity_range": {"required_bytes": 61 * MIB, "limit_bytes": 63 * MIB}}), "OUT_OF_RANGE"),
    (create("bad", source={"snapshot": {"snapshot_id": "other/csi/snap-x"}}), "RESOURCE_EXHAUSTED"),
    (create("bad", source={"snapshot": {"snapshot_id": "nothing"}}), "NOT_FOUND"),
    (
        ("CreateVolume", {**create("bad")[1], "accessibility_requirements": {"requisite": [{"segments": {"lvm.csi.cairn.storage/node": "other"}}]}}),
        "RESOURCE_EXHAUSTED",
    ),
    (
        ("CreateVolume", {**create("bad")[1], "volume_capabilities": [{**use(), "access_mode": {"mode": "MULTI_NODE_MULTI_WRITER"}}]}),
        "INVALID_ARGUMENT",
    ),
    (("DeleteVolume", {"volume_id": "other/csi/csi-x"}), "FAILED_PRECONDITION"),
    (("CreateSnapshot", {"name": "s", "source_volume_id": "nothing"}), "NOT_FOUND"),
    (("ControllerModifyVolume", {"volume_id": "{node}/csi/csi-x", "mutable_parameters": {"type": "thin"}}), "INVALID_ARGUMENT"),
    (("ListVolumes", {"starting_token": "nonsense"}), "ABORTED"),
    (("ControllerExpandVolume", {"volume_id": "{node}/csi/csi-x"}), "UNIMPLEMENTED"),
    (("NodePublishVolume", {"volume_id": "{node}/csi/csi-x", "target_path": "/etc", "volume_capability": use()}), "INVALID_ARGUMENT"),
    (("NodeStageVolume", {"volume_id": "{node}/csi/csi-x", "staging_target_path": f"{KUBELET}/../x", "volume_capability": use()}), "INVALID_ARGUMENT"),
    (("NodeUnpublishVolume", {"volume_id": "{node}/csi/csi-x", "target_path": "/"}), "INVALID_ARGUMENT"),
    (("NodeStageVolume", {"volume_id": "{node}/csi/csi-x", "staging_target_path": f"{KUBELET}/x", "volume_capability": use()}), "NOT_FOUND"),
]


def test_bad_requests_are_refused_with_their_code_and_touch_nothing(here: Driver) -> None:
    before = here.shell(f"vgs --noheadings -o vg_seqno {GROUP}; cat /proc/mounts")
    answers = here.calls(*(named(here, request) for request, _code in REFUSALS))
    assert [answer.get("code") for answer in answers] == [code for _request, code in REFUSALS]
    assert here.shell(f"vgs --noheadings -o vg_seqno {GROUP}; cat /proc/mounts") == before


def test_what_lacks_the_drivers_tags_is_left_alone(here: Driver) -> None:
    here.shell(f"lvcreate --quiet --yes --size 8m --name csi-theirs {GROUP} >/dev/null 2>&1")
    id_ = f"{here.node}/{GROUP}/csi-theirs"
    answers = here.calls(("DeleteVolume", {"volume_id": id_}), create("theirs"), *pods(id_, "theirs")[:1])
    assert [answer["code"] for answer in answers] == ["FAILED_PRECONDITION", "ALREADY_EXISTS", "FAILED_PRECONDITION"]
    here.shell(f"lvs {GROUP}/csi-theirs && lvremove --quiet --yes {GROUP}/csi-theirs")
