"""Image archives: what is read of them and when they are loaded."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._image.archive import Archive, read_archive
from ansible_collections.cairn.storage.plugins.module_utils._image.plan import Present, Wanted, parse_images, plan_import

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64
NAME = "registry.example/tgt:1.0"
OCI = {"oci-layout": {"imageLayoutVersion": "1.0.0"}, "index.json": {"manifests": [{"digest": ONE, "annotations": {"io.containerd.image.name": NAME}}]}}
DOCKER = {"manifest.json": [{"Config": f"blobs/sha256/{'1' * 64}", "RepoTags": [NAME], "Layers": []}]}


def archive(folder: Path, files: dict) -> str:
    path = folder / "image.tar"
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            data = json.dumps(content).encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return str(path)


@pytest.mark.parametrize(("files", "by_config"), [(OCI, False), (DOCKER, True), ({**OCI, **DOCKER}, False)])
def test_images_of_an_archive(tmp_path: Path, files: dict, by_config: bool) -> None:
    path = archive(tmp_path, files)
    assert read_archive(path, "archives[0].path") == Archive(path, {NAME: ONE}, by_config)


@pytest.mark.parametrize(("files", "code"), [
    ({}, "archive-unnamed"),
    ({"manifest.json": [{"Config": "x", "RepoTags": [NAME]}]}, "archive-index"),
    ({"oci-layout": {}, "index.json": {"manifests": [{"digest": ONE}]}}, "archive-unnamed"),
    ({"oci-layout": {}, "index.json": {}}, "archive-index"),
])
def test_archives_without_images_are_refused(tmp_path: Path, files: dict, code: str) -> None:
    with pytest.raises(CairnError) as error:
        read_archive(archive(tmp_path, files), "archives[0].path")
    assert (error.value.code, error.value.parameter) == (code, "archives[0].path")


@pytest.mark.parametrize(("content", "code"), [(None, "archive-missing"), (b"no archive", "archive-unreadable"), (b"\x1f\x8b" + b"x" * 600, "archive-unreadable")])
def test_files_that_are_no_archives_are_refused(tmp_path: Path, content: bytes | None, code: str) -> None:
    path = tmp_path / "image.tar"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CairnError) as error:
        read_archive(str(path), "archives[0].path")
    assert error.value.code == code


def test_listing_of_ctr() -> None:
    listing = (
        "REF                      TYPE                                                 DIGEST    SIZE      PLATFORMS   LABELS\n"
        f"{NAME} application/vnd.oci.image.manifest.v1+json {ONE} 1.4 MiB linux/amd64 io.cri-containerd.image=managed,io.cri-containerd.pinned=pinned\n"
        f"docker.io/x:1 application/vnd.oci.image.manifest.v1+json {TWO} 2.0 MiB linux/amd64 -\n")
    assert parse_images(listing) == {NAME: Present(ONE, True), "docker.io/x:1": Present(TWO, False)}


@pytest.mark.parametrize(("have", "by_config", "verbs"), [
    (None, False, ["import"]),
    (Present(TWO, True), False, ["import"]),
    (Present(ONE, True), False, []),
    (Present(ONE, False), False, ["pin"]),
    (Present(TWO, True, config=ONE), True, []),
    (Present(ONE, True, config=TWO), True, ["import"]),
])
def test_only_what_differs_is_loaded(have: Present | None, by_config: bool, verbs: list) -> None:
    plan = plan_import({NAME: have} if have else {}, (Wanted("/x.tar", Archive("/x.tar", {NAME: ONE}, by_config)),), "k8s.io")
    assert [action.verb for action in plan.actions] == verbs


def test_an_archive_with_two_images_is_loaded_once_and_one_to_come_is_planned() -> None:
    both = Archive("/x.tar", {"a:1": ONE, "b:1": TWO})
    plan = plan_import({}, (Wanted("/x.tar", both), Wanted("/y.tar")), "k8s.io")
    steps = [str(step) for action in plan.actions for step in action.steps]
    assert [step for step in steps if " import " in step] == [f"ctr --namespace k8s.io images import {path}" for path in ("/x.tar", "/y.tar")]
    assert len([step for step in steps if " label " in step]) == 2
