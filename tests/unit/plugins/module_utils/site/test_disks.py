"""Disks written down for a person, and the answers read back."""

from __future__ import annotations

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._site.disks import chosen, write_down

GIB = 1024**3


def device(name: str, **values: object) -> dict:
    values.setdefault("ids", [f"/dev/disk/by-id/{name}"])
    ids = values["ids"]
    return {
        "id": ids[0] if ids else "/dev/sdx", "size_bytes": 2 * GIB, "rotational": False, "model": "Model", "serial": name, "use": "", "found": "",
        "vacant": True, **values,
    }  # fmt: skip


def written(name: str, **values: object) -> dict:
    return {
        "id": f"/dev/disk/by-id/{name}", "size_bytes": 2 * GIB, "size": "2GiB", "rotational": False, "model": "Model", "serial": name, "holds": "",
        "found": "", "use": "", **values,
    }  # fmt: skip


def test_what_can_be_chosen_is_written_down() -> None:
    machine = [device("b"), device("a", use="ext4 1-2", found="1-2"), device("c", vacant=False), device("d", ids=[])]
    assert write_down({"node1": machine}, None) == {"storage_disks": {"node1": [written("a", holds="ext4 1-2", found="1-2"), written("b")]}}


def test_answers_and_hosts_that_were_not_asked_stay() -> None:
    answered = {**written("a", use="fast"), "size_bytes": 5, "note": "mine"}
    known = {"storage_disks": {"node1": [answered, written("b"), written("gone")], "node2": [written("x")]}}
    after = write_down({"node1": [device("a", ids=["/dev/disk/by-id/better", "/dev/disk/by-id/a"]), device("b", size_bytes=3 * GIB)]}, known)
    assert after == {"storage_disks": {"node1": [answered, written("b", size_bytes=3 * GIB, size="3GiB")], "node2": [written("x")]}}
    assert write_down({"node1": [device("a", ids=["/dev/disk/by-id/better", "/dev/disk/by-id/a"]), device("b", size_bytes=3 * GIB)]}, after) == after


def test_answers_become_rules() -> None:
    known = {"storage_disks": {"node1": [written("a", use="fast", found="1-2"), written("b"), {"id": "/dev/disk/by-id/c", "use": "spare"}]}}
    assert chosen([{"name": "fast", "rotational": True}, {"name": "bulk"}], known, "node1") == [
        {"name": "fast", "disks": [{"id": "/dev/disk/by-id/a", "size_bytes": 2 * GIB, "found": "1-2"}]},
        {"name": "bulk", "disks": []},
        {"name": "spare", "disks": [{"id": "/dev/disk/by-id/c"}]},
    ]
    assert chosen([{"name": "fast"}], known, "node2") == [{"name": "fast", "disks": []}]
    none = [{"name": "fast", "at_least": 0}, {"rotational": True}, {"name": "bulk", "at_least": "2"}]
    assert chosen(none, known, "node2") == [{"name": "fast", "at_least": 0, "disks": []}, {"name": "bulk", "disks": []}]


@pytest.mark.parametrize(
    "known",
    [
        "text",
        {"disks": {}},
        {"storage_disks": []},
        {"storage_disks": {"n": "x"}},
        {"storage_disks": {"n": [{"use": "x"}]}},
        {"storage_disks": {"n": [{"id": "x", "use": ["y"]}]}},
        {"storage_disks": {"n": None}},
    ],
)
def test_another_file(known: object) -> None:
    with pytest.raises(CairnError) as refused:
        write_down({}, known)
    assert (refused.value.code, refused.value.parameter) == ("disks-file", "storage_disks_file")
