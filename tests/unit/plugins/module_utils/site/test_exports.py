"""One list of exports: what each host gets of it, what Kubernetes is told, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.names import Portal
from ansible_collections.cairn.storage.plugins.module_utils._site.export_list import parse
from ansible_collections.cairn.storage.plugins.module_utils._site.exports import Host, for_host, volumes

PREFIX = "iqn.2026-01.com.example"
STORE = Host("store", f"{PREFIX}:store", ("192.0.2.10", "198.51.100.10:3261"))
APP = Host("app", f"{PREFIX}:app", ("192.0.2.21",))
OTHER = Host("other", "iqn.2026-01.com.example:own-name", ("192.0.2.22",))
HOSTS = (STORE, APP, OTHER)
DISK = "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4"
CHAP = {"user": "app", "password": "not-for-the-log-1"}


def export(**values: Any) -> dict:
    return {"name": "db", "host": "store", "volume_group": "fast", "size": "1GiB", "initiators": ["app"], **values}


def told(host: Host, *items: dict, groups: tuple = ()) -> dict:
    return for_host(parse(items, HOSTS, PREFIX), host, groups)


def test_the_host_that_has_the_disk_makes_volume_and_target() -> None:
    here = told(STORE, export(initiators=["app", "other", "iqn.2026-01.com.example:backup"], chap=CHAP))
    assert here["volume_groups"] == [{"name": "fast", "logical_volumes": [{"name": "db", "size": "1GiB"}]}]
    (target,) = here["targets"]
    (group,) = target["tpgs"]
    assert (target["name"], target["backstores"]) == (f"{PREFIX}:db", [{"name": "db", "device": "/dev/fast/db"}])
    assert group["portals"] == [{"address": "192.0.2.10", "port": 3260}, {"address": "198.51.100.10", "port": 3261}]
    assert [(each["initiator"], each["chap"]) for each in group["acls"]] == [
        (f"{PREFIX}:app", CHAP),
        ("iqn.2026-01.com.example:own-name", CHAP),
        ("iqn.2026-01.com.example:backup", CHAP),
    ]
    assert (here["sessions"], here["initiator"]) == ([], "")


def test_each_host_among_the_initiators_logs_in_to_each_portal() -> None:
    here = told(APP, export(chap=CHAP), export(name="one", host="other"))
    assert [(each["target"], each["portal"], each["mode"], each.get("chap")) for each in here["sessions"]] == [
        (f"{PREFIX}:db", "192.0.2.10:3260", "multipath", CHAP),
        (f"{PREFIX}:db", "198.51.100.10:3261", "multipath", CHAP),
        (f"{PREFIX}:one", "192.0.2.22:3260", "single", None),
    ]
    assert (here["initiator"], here["multipath"], here["targets"], here["volume_groups"]) == (APP.initiator, True, [], [])


def test_a_host_that_nothing_is_said_of_has_nothing_to_do() -> None:
    here = told(OTHER, export())
    assert not any(here.values())


def test_volumes_join_those_that_the_host_has_anyway() -> None:
    own = [{"name": "fast", "devices": ["a"], "logical_volumes": [{"name": "db", "size": "2GiB", "type": "raid1"}]}, {"name": "slow"}]
    groups = told(STORE, export(), export(name="web"), groups=tuple(own))["volume_groups"]
    assert groups == [{"name": "fast", "devices": ["a"], "logical_volumes": [own[0]["logical_volumes"][0], {"name": "web", "size": "1GiB"}]}]


def test_what_goes_is_logged_out_of_before_its_target_goes_and_keeps_its_volume() -> None:
    gone = {"name": "db", "host": "store", "initiators": ["app"], "state": "absent", "allow_disconnect": {"iqn.x": "192.0.2.9"}}
    assert told(APP, gone)["leaving"] == [{"target": f"{PREFIX}:db", "state": "absent"}]
    here = told(STORE, gone)
    assert here["targets"] == [{"name": f"{PREFIX}:db", "state": "absent", "allow_disconnect": {"iqn.x": "192.0.2.9"}}]
    assert not here["volume_groups"] and not told(APP, gone)["sessions"]


def test_kubernetes_logs_in_itself__k8s_57475() -> None:
    items = (
        export(persistent_volume={}, chap=CHAP),
        export(
            name="raw",
            volume_group="",
            size=None,
            device=DISK,
            persistent_volume={"size": "4GiB", "volume_mode": "Block"},
            initiators=["app", "iqn.2026-01.com.example:x"],
        ),
    )
    here = told(APP, *items)
    assert here["sessions"] == [] and here["initiator"] == APP.initiator, "a node has the name that the ACL is for"
    first, second = volumes(parse(items, HOSTS, PREFIX), {host.name: f"node-{host.name}" for host in HOSTS})
    assert (first["name"], first["size_bytes"], first["fs_type"], first["portals"]) == (
        "db",
        1024**3,
        "ext4",
        ["192.0.2.10:3260", "198.51.100.10:3261"],
    )
    assert (first["nodes"], first["storage_class"], first["access_modes"]) == (["node-app"], "iscsi-static", ["ReadWriteOnce"])
    assert (second["size_bytes"], second["volume_mode"]) == (4 * 1024**3, "Block")
    assert second["nodes"] == [], "an initiator that is no host of the inventory may be any node"


REFUSED = {
    "export-option": export(initiator=["app"]),
    "export-name": export(name="Db_1"),
    "export-host": export(host="nobody"),
    "export-state": export(state="gone"),
    "export-initiators": export(initiators=[]),
    "export-initiator": export(initiators=["nobody"]),
    "iscsi-name-iqn": export(initiators=["iqn.2026-13.com.example:x"]),
    "export-device": export(device=DISK),
    "export-size": export(size=None),
    "export-volume-option": export(persistent_volume={"fstype": "xfs"}),
    "size-type": export(volume_group="", size=None, device=DISK, persistent_volume={}),
    "size-syntax": export(size="100%FREE of it", persistent_volume={}),
}


@pytest.mark.parametrize("code, item", REFUSED.items(), ids=REFUSED)
def test_refused(code: str, item: dict) -> None:
    with pytest.raises(CairnError) as error:
        parse([item], HOSTS, PREFIX)
    assert error.value.code == code and error.value.parameter and error.value.found and error.value.fix


@pytest.mark.parametrize(
    "code, items",
    [
        ("export-twice", [export(), export(host="other")]),
        ("export-device-twice", [export(volume_group="", size=None, device=DISK), export(name="b", volume_group="", size=None, device=DISK)]),
    ],
)
def test_two_of_one_thing_are_refused(code: str, items: list) -> None:
    with pytest.raises(CairnError) as error:
        parse(items, HOSTS, PREFIX)
    assert error.value.code == code


@pytest.mark.parametrize("portal", ["store.example.net", "192.0.2.10:x"])
def test_a_portal_is_an_address(portal: str) -> None:
    with pytest.raises(CairnError, match="iscsi_portals of store"):
        parse([export()], (Host("store", STORE.initiator, (portal,)), APP), PREFIX)


def test_portals_are_addresses_and_ports() -> None:
    assert parse([export()], HOSTS, PREFIX)[0].portals == (Portal("192.0.2.10"), Portal("198.51.100.10", 3261))
