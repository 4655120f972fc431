"""Five sites as people would write them from the documentation alone, each made, made again without a change, and taken down.

Their inventories are in the folder sites. The last claim of each is what the machines and the cluster say.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from outside import eventually, kubectl, lab
from site_play import DISKS, ERASE, NODES, clean, made, play, volumes


@pytest.fixture(autouse=True)
def blank(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of the site, whose machines are blank before; what it made is taken down after."""
    site = request.node.name.removeprefix("test_").split("__")[0]
    clean()
    yield site
    play(site, "teardown", "-e", "teardown_confirm=no storage clusters")
    assert kubectl("get", "pv")["items"] == []
    clean()


def test_raw__every_solid_state_disk_is_a_raw_volume(blank: str) -> None:
    made(blank)
    assert volumes("nvme-raw") == ["node1"] * 2 + ["node2"] * 2


def test_mixed__a_machine_without_one_kind_of_disk_goes_along(blank: str) -> None:
    for disk in (2, 4):
        lab("disk", "remove", "node2", str(disk))
    try:
        made(blank)
        assert volumes("ssd-fs") == ["node1"] * 2 + ["node2"] * 2
        assert lab("ssh", "node1", "lvs --noheadings -o lv_name bulk").split() == ["pool"]
        assert lab("ssh", "node2", "vgs --noheadings -o vg_name").split() == []
    finally:
        for disk in (2, 4):
            lab("disk", "add", "node2", str(disk))


def test_adopted__what_was_made_by_hand_stays_as_it_is(blank: str) -> None:
    for node in NODES:
        first = DISKS[node][0]
        lab("ssh", node, f"vgcreate -q data {first} && lvcreate -qy -L 128MiB -n mail data && mkfs.ext4 -q /dev/data/mail && mkdir -p /srv/data "
                         "&& mount /dev/data/mail /srv/data && echo precious > /srv/data/file")
    before = {node: lab("ssh", node, "vgs --noheadings -o vg_uuid data; lvs --noheadings -o lv_uuid,lv_size data/mail") for node in NODES}
    made(blank)
    for node in NODES:
        assert lab("ssh", node, "vgs --noheadings -o vg_uuid data; lvs --noheadings -o lv_uuid,lv_size data/mail") == before[node]
        assert lab("ssh", node, "cat /srv/data/file").strip() == "precious" and "photos" in lab("ssh", node, "lvs --noheadings -o lv_name data")


def test_edge__one_partition_that_its_label_names(blank: str) -> None:
    lab("ssh", "node1", f"{ERASE}\nprintf 'label: gpt\\nsize=256MiB, name=system\\nname=spare\\n' | partition {DISKS['node1'][0]}; udevadm settle; "
                        f"mkfs.ext4 -q {DISKS['node1'][0]}-part1 && mkdir -p /srv/data && mount {DISKS['node1'][0]}-part1 /srv/data")
    made(blank)
    assert volumes("spare") == ["node1"]


def test_fleet__two_kinds_of_machines_and_a_disk_that_dies(blank: str) -> None:
    made(blank)
    assert (volumes("archive"), volumes("index"), volumes("scratch"), volumes("cold")) == (
        ["node1"] * 2, ["node1"] * 2, ["node2"] * 2, ["node2"] * 2)
    lab("disk", "remove", "node1", "2")
    try:
        said = play(blank, "site")
        assert "degraded" in said and DISKS["node1"][1].rpartition("/")[2] in said, said
        eventually("all volumes are still known", lambda: len(kubectl("get", "pv")["items"]) == 8, 30)
    finally:
        lab("disk", "add", "node1", "2")
        lab("ssh", "node1", "udevadm settle")
