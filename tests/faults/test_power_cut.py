"""A node loses its power: its storage pod comes back on the same disk with its data, and the site needs no repair."""

from __future__ import annotations

from conftest import eventually, is_ready, kubectl, lab, play, pod_on, volume_of

NODE = "node2"


def mounts() -> set[str]:
    """Mount points and UUIDs of the local volumes, which are mounted in no particular order."""
    return set(lab("ssh", NODE, "findmnt --noheadings --list --output TARGET,UUID --types xfs").splitlines())


def test_pod_returns_on_its_disk_with_its_data(site: None) -> None:
    before = pod_on(NODE)
    volume = volume_of(before)
    path = volume["spec"]["local"]["path"]
    checksum = lab("ssh", NODE, f"dd if=/dev/urandom of={path} bs=1M count=8 oflag=direct conv=fsync status=none && dd if={path} bs=1M count=8 iflag=direct status=none | sha256sum")
    before_mounts = mounts()

    lab("power-cut", NODE)
    lab("start", NODE)

    def restarted() -> bool:
        pod = kubectl("get", "pod", "-n", "storage", before["metadata"]["name"])
        again = pod["metadata"]["uid"] != before["metadata"]["uid"] or pod["status"]["containerStatuses"][0]["restartCount"] > 0
        return again and is_ready(pod) and pod["spec"]["nodeName"] == NODE

    eventually(f"the pod of {NODE} runs again", restarted, 240)
    assert volume_of(pod_on(NODE))["metadata"]["uid"] == volume["metadata"]["uid"]
    assert lab("ssh", NODE, f"dd if={path} bs=1M count=8 iflag=direct status=none | sha256sum") == checksum
    assert mounts() == before_mounts
    assert not any(play("site.yml").values())
