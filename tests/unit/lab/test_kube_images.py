"""Image archives: what is written, what is read back, what is refused."""

import io
import json
import os
import tarfile

import pytest
from cairn_lab import images, oci
from cairn_lab.run import LabError

NAME = "example.org/some/thing:1.2"


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "tree"
    (root / "bin").mkdir(parents=True)
    program = root / "bin/run"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (root / "run").symlink_to("bin/run")
    return root


def content(archive):
    with tarfile.open(archive) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isreg()}


def test_the_same_tree_makes_the_same_bytes(tmp_path, tree):
    oci.write(tmp_path / "one", NAME, tree, entrypoint=["/run"])
    os.utime(tree / "bin/run", (1, 1))
    oci.write(tmp_path / "two", NAME, tree, entrypoint=["/run"])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_every_blob_is_what_its_digest_says(tmp_path, tree):
    oci.write(tmp_path / "one", NAME, tree, entrypoint=["/run"])
    files = content(tmp_path / "one")
    (manifest,) = json.loads(files["index.json"])["manifests"]
    described = json.loads(files["blobs/" + manifest["digest"].replace(":", "/")])
    for blob in [manifest, described["config"], *described["layers"]]:
        data = files["blobs/" + blob["digest"].replace(":", "/")]
        assert blob["size"] == len(data)
        assert blob["digest"] == oci._digest(data)
    config = json.loads(files["blobs/" + described["config"]["digest"].replace(":", "/")])
    assert config["config"] == {"Entrypoint": ["/run"]}
    layer = files["blobs/" + described["layers"][0]["digest"].replace(":", "/")]
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        entries = {member.name: member for member in tar}
    assert entries["bin/run"].mode == 0o755
    assert entries["run"].linkname == "bin/run"


def test_variables_of_an_image(tmp_path, tree):
    oci.write(tmp_path / "one", NAME, tree, entrypoint=["/run"], environment={"A": "b", "C": "d=e"})
    files = content(tmp_path / "one")
    (manifest,) = json.loads(files["index.json"])["manifests"]
    config = json.loads(files["blobs/" + manifest["digest"].replace(":", "/")])["config"]["digest"]
    assert json.loads(files["blobs/" + config.replace(":", "/")])["config"]["Env"] == ["A=b", "C=d=e"]


def test_names_of_an_archive_of_ours(tmp_path, tree):
    oci.write(tmp_path / "one", NAME, tree, entrypoint=["/run"])
    assert oci.names(tmp_path / "one") == [NAME]


def archive(path, files):
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


def test_names_of_what_docker_save_writes(tmp_path):
    images_in_it = [{"RepoTags": [NAME, "other:2"]}, {"RepoTags": None}]
    saved = archive(tmp_path / "a", {"manifest.json": json.dumps(images_in_it).encode()})
    assert oci.names(saved) == [NAME, "other:2"]


def test_names_of_what_skopeo_writes(tmp_path):
    index = {"manifests": [{"annotations": {"org.opencontainers.image.ref.name": NAME}}, {}]}
    saved = archive(tmp_path / "a", {"index.json": json.dumps(index).encode()})
    assert oci.names(saved) == [NAME]


@pytest.mark.parametrize("data", [b"", b"no archive", b"\0" * 10240])
def test_what_is_no_image_is_refused_by_name(tmp_path, data):
    bad = tmp_path / "bad.tar"
    bad.write_bytes(data)
    with pytest.raises(LabError, match=r"bad\.tar: no image archive"):
        oci.names(bad)


def test_a_folder_of_archives_that_is_missing_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("LAB_IMAGES", str(tmp_path / "none"))
    images._brought.cache_clear()
    with pytest.raises(LabError, match="LAB_IMAGES=.*no such folder"):
        images._brought()
    images._brought.cache_clear()
