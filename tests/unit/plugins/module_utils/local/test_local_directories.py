"""Directories given out as local volumes, which share the capacity of their file system."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from local_wishes import actions, planned, steps
from machines import BASE, GIB, disk, holding, host, wwn

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._local import fstab
from ansible_collections.cairn.storage.plugins.module_utils._local.model import Directory, Entry, entry_of_directory, is_directory, is_ours

UUID = "11111111-2222-3333-4444-555555555555"
SHARED = {"name": "shared", "directories": ["/srv/data/a"], "shared_capacity": True}
FOUND = Directory("/srv/data", "sda", UUID, GIB)
NAME = entry_of_directory("/srv/data/a", FOUND)
PATH = f"{BASE}/shared/{NAME}"
LINE = fstab.bind_line("/srv/data/a", PATH, "shared")
ENTRY = Entry("shared", NAME, PATH, False, "sda", GIB)
DEVICE = holding(disk("a", mounts=("/srv/data", PATH)), "ext4", UUID)


def given(*classes: dict, **options: Any) -> Plan:
    return planned(host(DEVICE), *(classes or (SHARED,)), **{"directories": {"/srv/data/a": FOUND}, **options})


def test_directories_are_bound_and_marked_as_sharing_capacity() -> None:
    made = given()
    assert steps(made) == [
        f"mount /srv/data/a at {PATH}",
        "write 1 and remove 0 of our lines in /etc/fstab",
        "systemctl daemon-reload",
    ]
    volume = made.after.volumes[0].dump()
    assert (volume["name"], volume["uuid"], volume["size_bytes"], volume["shared_capacity"], volume["disks"]) == (NAME, UUID, GIB, True, [wwn("a")])
    assert actions(given(entries=(ENTRY,), text=LINE)) == []
    assert actions(given(entries=(dataclasses.replace(ENTRY, device=""),), text=LINE)) == ["publish local volume shared on /srv/data/a"]


def test_names_carry_the_file_system_and_the_place_on_it() -> None:
    assert NAME.startswith(f"{UUID}-a-") and is_ours(NAME) and is_directory(NAME) and not is_directory(UUID) and not is_ours("lost+found")
    moved = dataclasses.replace(FOUND, mount_point="/mnt/elsewhere")
    assert entry_of_directory("/mnt/elsewhere/a", moved) == NAME, "wherever it is mounted"
    assert entry_of_directory("/srv/data/b/a", FOUND) != NAME


@pytest.mark.parametrize(
    "found, reason",
    [
        ({}, "is missing"),
        ({"/srv/data/a": Directory("/", "ubda", "root-uuid", GIB)}, "on another file system"),
    ],
    ids=["gone", "its disk is not mounted"],
)
def test_a_directory_whose_file_system_is_not_there_is_reported_and_left(found: dict, reason: str) -> None:
    made = given(directories=found, entries=(dataclasses.replace(ENTRY, device=""),), text=LINE)
    assert actions(made) == [] and [each["entry"] for each in made.after.degraded] == [NAME] and reason in made.after.degraded[0]["reason"]
    assert made.after.volumes[0].degraded


def test_a_directory_that_is_no_longer_named_stays_given_out() -> None:
    other = {**SHARED, "directories": ["/srv/data/b"]}
    made = given(other, entries=(ENTRY,), text=LINE, directories={"/srv/data/b": FOUND})
    assert actions(made)[0] == "publish local volume shared on /srv/data/b" and "no longer chosen" in made.after.degraded[0]["reason"]


def test_giving_up_a_class_leaves_the_data_and_the_disk() -> None:
    made = given({"name": "shared", "state": "absent"}, entries=(ENTRY,), text=LINE, published=[], wipe={wwn("a"): UUID})
    assert steps(made) == [f"umount {PATH}", f"take out {PATH}", "write 0 and remove 1 of our lines in /etc/fstab", "systemctl daemon-reload"]
    assert made.warnings, "a consent to wipe its disk is not for the directory to use"


@pytest.mark.parametrize(
    "code, change, options",
    [
        ("directory-shared", {"shared_capacity": False}, {}),
        ("directory-absent", {}, {"directories": {}}),
        ("directory-file-system", {}, {"directories": {"/srv/data/a": Directory("/srv/data", "", "", GIB)}}),
        ("directory-options", {"fs_type": "xfs"}, {}),
        ("directory-options", {"mount_options": ["noatime"]}, {}),
        ("directory-options", {"grow": True}, {}),
        ("directory-options", {"volume_mode": "Block"}, {}),
        ("directory-options", {"directories": None, "devices": [wwn("a")]}, {}),
        ("directory-path", {"directories": ["relative"]}, {}),
        ("directory-path", {"directories": ["/srv/../etc"]}, {}),
        ("directory-path", {"directories": ["/var"]}, {}),
        ("directory-path", {"directories": ["/srv/a b"]}, {}),
        ("directory-path", {"directories": [f"{BASE}/shared"]}, {}),
        ("directory-path", {"directories": ["/srv/data/a", "/srv/data/a/"]}, {}),
        ("class-source", {"devices": [wwn("a")]}, {}),
        ("fstab-foreign", {}, {"text": f"/srv/data/a {PATH} none bind 0 0"}),
    ],
)
def test_refusals(code: str, change: dict, options: dict) -> None:
    with pytest.raises(CairnError) as refused:
        given({**SHARED, **change}, **options)
    assert refused.value.code == code and refused.value.parameter and refused.value.fix


def test_a_directory_belongs_to_one_class() -> None:
    with pytest.raises(CairnError) as refused:
        given(SHARED, {**SHARED, "name": "again"})
    assert refused.value.code == "directory-twice"
