"""The images of CSI: which versions, for whom they are made, and what goes into them."""

import re

import pytest
from cairn_lab import debian, image_build, images
from cairn_lab.config import REPO, versions
from cairn_lab.run import LabError

SIDECARS = versions()["csi_sidecars"]
HERE = SIDECARS[versions()["kubernetes"]["version"].rpartition(".")[0]]
#: Upstream's repositories, where they are not called as the image is.
MODULES = {"snapshot_controller": "external-snapshotter", "snapshotter": "external-snapshotter"}


@pytest.fixture
def made(monkeypatch):
    """Names of the images that are made, in place of making them."""
    names = []
    monkeypatch.setattr(image_build, "archive", lambda key, name, definition: names.append(key) or name)
    monkeypatch.setattr(images, "_brought", dict)
    return names


@pytest.mark.parametrize("minor", SIDECARS)
def test_every_set_names_the_same_sidecars_in_full(minor):
    assert SIDECARS[minor].keys() == HERE.keys()
    for image in SIDECARS[minor].values():
        assert re.fullmatch(r"registry\.k8s\.io/sig-storage/[a-z-]+:v\d+\.\d+\.\d+", image), image
    assert SIDECARS[minor]["snapshotter"].rpartition(":")[2] == SIDECARS[minor]["snapshot_controller"].rpartition(":")[2]


def test_the_lab_builds_the_releases_that_roles_deploy():
    text = (REPO / "lab/csi-sidecars/go.mod").read_text()
    for key in ("attacher", "provisioner", "resizer", "snapshotter", "snapshot_controller"):
        module = MODULES.get(key, f"external-{key}")
        released = re.search(rf"kubernetes-csi/{module}/v\d+ (v\S+)", text)[1]
        assert HERE[key].endswith(f":{released}")


def test_the_sidecars_speak_the_specification_that_the_driver_speaks():
    for module in ("csi-sidecars", "standins/csi"):
        text = (REPO / "lab" / module / "go.mod").read_text()
        assert f"container-storage-interface/spec v{versions()['csi']['spec']}" in text


def test_a_lab_that_does_not_ask_for_csi_makes_nothing_of_it(made):
    images.archives()
    images.archives(preloaded=True)
    assert not {*HERE, "lvm_csi"} & {*made}


def test_a_lab_that_asks_has_the_sidecars_on_its_nodes_and_the_driver_beside(made):
    found = images.archives(["csi"], preloaded=True)
    assert {*HERE.values()} < {*found} and versions()["images"]["lvm_csi"] not in found
    assert versions()["images"]["lvm_csi"] in images.archives(["csi"])


def test_what_was_brought_is_not_made(made, monkeypatch):
    monkeypatch.setattr(images, "_brought", lambda: {HERE["attacher"]: "brought"})
    assert images.archives(["csi"], preloaded=True)[HERE["attacher"]] == "brought"
    assert "attacher" not in made and "provisioner" in made


def test_a_program_bears_the_version_of_its_image(monkeypatch):
    asked = {}
    monkeypatch.setattr(image_build.gobuild, "program", lambda *words, **options: asked.update(options))
    image_build._program("attacher", HERE["attacher"], images.catalogue()["attacher"])
    assert asked["ldflags"] == f"-X main.version={HERE['attacher'].rpartition(':')[2]}"
    assert asked["package"].endswith("/cmd/csi-attacher")


def test_compiled_python_of_the_machine_stays_outside(tmp_path):
    origin = tmp_path / "origin"
    (origin / "inner/__pycache__").mkdir(parents=True)
    (origin / "inner/module.py").write_text("")
    (origin / "inner/__pycache__/module.pyc").write_text("")
    image_build._add(origin, tmp_path / "image", "/usr/lib/thing")
    image_build._add(origin / "inner/module.py", tmp_path / "image", "/usr/lib/other.py")
    found = sorted(str(path.relative_to(tmp_path / "image")) for path in (tmp_path / "image").rglob("*") if path.is_file())
    assert found == ["usr/lib/other.py", "usr/lib/thing/inner/module.py"]


def test_folders_of_packages_keep_their_links_and_a_missing_one_is_told(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "usr/lib/python3.13").mkdir(parents=True)
    (source / "usr/lib/python3.13/module.py").write_text("")
    (source / "usr/lib/python3.13/same.py").symlink_to("module.py")
    debian.copy_folders(source, ["/usr/lib/python3.*"], target)
    assert (target / "usr/lib/python3.13/same.py").readlink().name == "module.py"
    with pytest.raises(LabError, match="/usr/lib/perl: not in the packages"):
        debian.copy_folders(source, ["/usr/lib/perl"], target)
