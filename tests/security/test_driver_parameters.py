"""What the author of a pod, a claim or a class may say to the driver: it reads no file of the host, and no block of another tenant."""

from __future__ import annotations

from typing import Any, Iterator

import pytest
from csi_calls import MIB, MODE, POD, TARGET, Call, create, gone, made, pods, use
from csi_fixtures import _here, _nothing_left  # noqa: F401  pylint: disable=unused-import
from csi_node import GROUP, INLINE, Driver

SECRET = "TOPSECRETKEY"
ID = f"csi-{'ab' * 32}"
SEQUENCE = f"vgs --noheadings -o vg_seqno {GROUP}"


@pytest.fixture(name="secret", scope="module", autouse=True)
def _secret(here: Driver) -> Iterator[None]:
    """A file that only root of the host reads, in a folder that lies in the root."""
    here.shell(f"mkdir -p /etc/cairn-secret && echo {SECRET} >/etc/cairn-secret/key && chmod 0600 /etc/cairn-secret/key")
    yield
    here.shell("rm -r /etc/cairn-secret")


def inline(fs: str = "ext4", **attributes: str) -> Call:
    """kubelet's call for a volume in a pod's manifest with these ``volumeAttributes``."""
    context = {"csi.storage.k8s.io/ephemeral": "true", "csi.storage.k8s.io/pod.uid": POD, "csi.storage.k8s.io/pod.name": "p", **attributes}
    return "NodePublishVolume", {"volume_id": ID, "target_path": f"{TARGET}/inline/mount", "volume_capability": use(fs), "volume_context": context}


UNPUBLISH = "NodeUnpublishVolume", {"volume_id": ID, "target_path": f"{TARGET}/inline/mount"}

ATTRIBUTES: list[dict[str, str]] = [
    {"mkfsOptions": "-d etc"},
    {"mkfsOptions": "-m 0"},
    {"overprovisionRatio": "1000", "type": "thin"},
    {"volumeGroup": GROUP},
    {"thinPool": "pool"},
    {"wipe": "none"},
    {"zeroNew": "false"},
    {"class": "lvm"},
    {"class": "../scratch"},
    {"class": "scratch", "type": "linear"},
    {"size": "2GiB"},
    {"size": "-1"},
]


def test_a_pod_says_a_size_and_a_released_class_and_nothing_else(here: Driver) -> None:
    here.kill()
    here.inline = [{**INLINE, "limit": "1GiB"}]
    here.start()
    before = here.shell(f"{SEQUENCE}; cat /proc/mounts")
    answers = here.calls(*(inline(**{"size": "400MiB", **each}) for each in ATTRIBUTES))
    assert [answer.get("code") for answer in answers] == ["INVALID_ARGUMENT"] * len(ATTRIBUTES), answers
    assert here.shell(f"{SEQUENCE}; cat /proc/mounts") == before
    assert here.calls(inline(size="64MiB", **{"class": "scratch"})) == [{}]
    assert here.shell(f"ls -A {TARGET}/inline/mount") == "lost+found\n"
    assert here.calls(UNPUBLISH) == [{}]


def test_what_the_version_before_took_into_its_tags_is_told_to_no_mkfs(here: Driver) -> None:
    """A volume that was made and not formatted yet when the driver was renewed."""
    tags = f"cairn.csi.kind=inline cairn.csi.name={ID} cairn.csi.access=ext4 cairn.csi.layout=linear cairn.csi.wipe=none cairn.csi.mkfs=-d#20etc"
    added = " ".join(f"--addtag {tag}" for tag in tags.split())
    here.shell(f"lvcreate --quiet --yes --size 400m {added} --name inline-$(echo -n {ID} | sha256sum | head -c 40) {GROUP} >/dev/null 2>&1")
    here.shell(f"blkdiscard --force --zeroout /dev/{GROUP}/inline-*")
    answer = here.calls(inline(size="400MiB"))[0]
    assert answer["code"] == "INVALID_ARGUMENT" and "'-d'" in answer["message"], answer
    device = here.shell(f"ls /dev/{GROUP}/inline-*").strip()
    assert here.shell(f"! grep --text --only-matching {SECRET} {device}") == ""
    # It goes like any other.
    assert here.calls(UNPUBLISH) == [{}] and here.volumes() == []


def test_without_a_released_class_there_is_none_and_what_is_there_goes(here: Driver) -> None:
    assert here.calls(inline(size="64MiB")) == [{}]
    here.shell(f"echo data >{TARGET}/inline/mount/file")
    here.kill()
    here.inline = []
    here.start()
    try:
        # kubelet asks again for the pod that runs: nothing is interrupted.
        assert here.calls(inline(size="64MiB")) == [{}]
        assert here.shell(f"cat {TARGET}/inline/mount/file") == "data\n"
        assert here.calls(UNPUBLISH) == [{}] and here.volumes() == []
        answer = here.calls(inline(size="64MiB"))[0]
        assert answer["code"] == "FAILED_PRECONDITION" and "generic ephemeral volume" in answer["message"], answer
    finally:
        here.kill()
        here.inline = [INLINE]
        here.start()


MKFS = [
    ("ext4", "-d etc"),
    ("ext4", "-qd etc"),
    ("ext4", "-detc"),
    ("ext4", "-z undo"),
    ("ext4", "-S"),
    ("ext4", "-n"),
    ("ext4", "-F"),
    ("ext4", "-c"),
    ("ext4", "-l blocks"),
    ("ext4", "-L root"),
    ("ext4", "-U random"),
    ("ext4", "-M /etc"),
    ("ext4", "-J device=LABEL=x"),
    ("ext4", "-E offset=1048576"),
    ("ext4", "-E assume_storage_prezeroed=1"),
    ("ext4", "-m 0 etc"),
    ("ext4", "-O journal_dev"),
    ("ext4", "-T ../x"),
    ("xfs", "-p etc/passwd"),
    ("xfs", "-c options=etc/x"),
    ("xfs", "-d file=1,name=x,size=1g"),
    ("xfs", "-l logdev=x"),
    ("xfs", "-r rtdev=x"),
    ("xfs", "-m uuid=8f14e45f-ceea-467f-ab1f-5b1a5b8f2a10"),
    ("xfs", "-f"),
    ("xfs", "-N"),
]
CLASSES = [{"volumeGroup": "--config=x"}, {"volumeGroupTag": "@x y"}, {"type": "thin", "thinPool": "-x"}, {"stripes": "2", "type": "striped;id"}]
FLAGS = [
    "bind",
    "remount,ro",
    "loop",
    "dev",
    "suid",
    "journal_path=etc/x",
    "x-systemd.requires=x",
    "user",
    "errors=panic",
    "fscontext=x",
    "no\nnewline",
]


def test_no_class_names_a_path_or_more_than_its_own_volume(here: Driver) -> None:
    before = here.shell(f"{SEQUENCE}; cat /proc/mounts; ls -A /")
    calls = [create("bad", fs, 400 * MIB, mkfsOptions=text) for fs, text in MKFS] + [create("bad", **each) for each in CLASSES]
    for flag in FLAGS:
        method, request = create("bad")
        calls.append((method, {**request, "volume_capabilities": [{**MODE, "mount": {"fs_type": "ext4", "mount_flags": [flag]}}]}))
    answers = here.calls(*calls)
    assert [answer.get("code") for answer in answers] == ["INVALID_ARGUMENT"] * len(calls), answers
    assert here.shell(f"{SEQUENCE}; cat /proc/mounts; ls -A /") == before
    harmless = {
        "ext4": "-m0 -i 65536 -O ^resize_inode -E lazy_itable_init=1,stride=16 -b 4096",
        "xfs": "-m reflink=1 -i size=1024 -n size=8192 -d agcount=2",
    }
    for fs, text in harmless.items():
        id_ = made(here, *create(fs, fs, 400 * MIB, mkfsOptions=text))
        assert here.calls(*pods(id_, fs, fs), *pods(id_, fs, fs, up=False)) == [{}] * 4
        gone(here, id_)


def test_commands_run_where_nothing_lies(here: Driver) -> None:
    look = "for try in $(seq 600); do for each in $(pidof blkdiscard); do readlink /proc/$each/cwd && exit; done; sleep 0.02; done"
    here.shell(f"({look}) >/run/cairn-cwd 2>/dev/null </dev/null &")
    id_ = made(here, *create("large", "block", 2048 * MIB))
    assert here.shell("cat /run/cairn-cwd; rm /run/cairn-cwd") == "/run/cairn-csi/empty\n"
    assert here.shell("stat -c '%u %a' /run/cairn-csi/empty; ls -A /run/cairn-csi/empty") == "0 700\n"
    gone(here, id_)


def dirty(device: str, megabytes: int) -> str:
    return f"tr '\\0' S </dev/zero | dd of={device} bs=1M count={megabytes} iflag=fullblock oflag=direct status=none"


def foreign(here: Driver, device: str) -> int:
    """Bytes on a device that are not zero."""
    return int(here.shell(f"dd if={device} bs=1M iflag=direct status=none | tr -d '\\0' | wc -c"))


@pytest.mark.parametrize("kind", ["linear", "striped", "raid1"])
def test_a_raw_volume_shows_no_block_of_a_tenant_before_it(here: Driver, kind: str) -> None:
    """Neither when it is made nor when it grows; the tenants before said that theirs need not be wiped."""
    layout: dict[str, Any] = {"type": kind, "volumeGroup": GROUP}
    first = [made(here, *create(name, "block", 64 * MIB, wipe="none", **layout)) for name in ("before", "after")]
    used = set()
    for name in ("before", "after"):
        here.shell(dirty(f"/dev/{GROUP}/csi-{name}", 64))
        used |= extents(here, f"csi-{name}")
    gone(here, *first)
    id_ = made(here, *create("new", "block", 64 * MIB, **layout))
    assert extents(here, "csi-new") & used and foreign(here, f"/dev/{GROUP}/csi-new") == 0
    assert here.calls(*pods(id_, "new", "block")) == [{}, {}]
    here.shell(f"echo mine | dd of={TARGET}/new conv=notrunc,fsync status=none")
    answer = here.call("NodeExpandVolume", volume_id=id_, volume_path=f"{TARGET}/new", capacity_range={"required_bytes": 128 * MIB})
    assert answer == {"capacity_bytes": str(128 * MIB)}, answer
    assert here.shell(f"blockdev --getsize64 {TARGET}/new; head -c 5 {TARGET}/new") == f"{128 * MIB}\nmine\n"
    assert foreign(here, f"{TARGET}/new") == 5 and here.volumes() == ["csi-new"]
    assert len(extents(here, "csi-new") & used) > 20, "what it got was another's"
    assert here.calls(*pods(id_, "new", "block", up=False)) == [{}, {}]
    gone(here, id_)


def extents(here: Driver, name: str) -> set[tuple[str, int]]:
    """Where the data of a logical volume is: disks and their extents."""
    places = here.shell(f"lvs --all --noheadings -o lv_name,seg_pe_ranges {GROUP} | grep -E '^ *\\[?{name}(_rimage_[0-9]+)?\\]? '").split()
    found = set()
    for place in (each for each in places if each.startswith("/")):
        disk, _colon, numbers = place.rpartition(":")
        low, high = map(int, numbers.split("-"))
        found |= {(disk, number) for number in range(low, high + 1)}
    return found


def test_zeroing_goes_on_after_a_crash_and_nobody_has_the_volume_before(here: Driver) -> None:
    first = made(here, *create("before", "block", 64 * MIB, wipe="none"))
    here.shell(dirty(f"/dev/{GROUP}/csi-before", 64))
    gone(here, first)
    # As a driver leaves it that was killed after it made the volume.
    id_ = made(here, *create("half", "block", 64 * MIB))
    here.kill()
    here.shell(dirty(f"/dev/{GROUP}/csi-half", 64))
    here.shell(f"lvchange --quiet --addtag cairn.csi.state=zeroing {GROUP}/csi-half")
    here.start()
    assert made(here, *create("half", "block", 64 * MIB)) == id_
    assert foreign(here, f"/dev/{GROUP}/csi-half") == 0
    assert "state=" not in here.shell(f"lvs --noheadings -o lv_tags {GROUP}/csi-half")
    gone(here, id_)


def test_a_pool_that_does_not_zero_is_passed_over(here: Driver) -> None:
    here.shell(f"lvcreate --quiet --yes --type thin-pool -Zn --size 300m --name stale {GROUP} >/dev/null 2>&1")
    try:
        answer = here.calls(create("new", "block", type="thin", thinPool="stale"))[0]
        assert answer["code"] == "RESOURCE_EXHAUSTED" and "stale" in answer["message"] and "zero" in answer["message"], answer
        assert here.call("GetCapacity", parameters={"type": "thin", "thinPool": "stale"}).get("available_capacity", "0") == "0"
        # The other one is the only one that is left to choose.
        id_ = made(here, *create("new", "block", type="thin"))
        assert here.shell(f"lvs --noheadings -o pool_lv {GROUP}/csi-new").strip() == "pool"
        gone(here, id_)
        here.shell(f"lvchange --quiet --zero y {GROUP}/stale")
        id_ = made(here, *create("new", "block", type="thin", thinPool="stale"))
        gone(here, id_)
    finally:
        here.shell(f"lvremove --quiet --yes {GROUP}/stale >/dev/null 2>&1")


def test_no_class_takes_away_what_a_pool_has_promised_to_others(here: Driver) -> None:
    """The pool has 2 GiB."""
    tenant = made(here, *create("tenant", size=1536 * MIB, type="thin"))
    greedy = create("greedy", size=1536 * MIB, type="thin", overprovisionRatio="1000")
    answer = here.calls(greedy)[0]
    assert answer["code"] == "RESOURCE_EXHAUSTED" and "may promise 1 times its size" in answer["message"], answer
    # Only who is root of the node lets the pool promise more, and a class may say less.
    here.shell(f"lvchange --quiet --addtag cairn.ratio=3 {GROUP}/pool")
    try:
        careful = create("careful", size=1536 * MIB, type="thin", overprovisionRatio="1.5")
        assert (made(here, *careful), here.calls(greedy)[0]["code"])[1] == "RESOURCE_EXHAUSTED", "what it was told holds while it is there"
        gone(here, f"{here.node}/{GROUP}/csi-careful")
        gone(here, made(here, *greedy))
    finally:
        here.shell(f"lvchange --quiet --deltag cairn.ratio=3 {GROUP}/pool")
    gone(here, tenant)
