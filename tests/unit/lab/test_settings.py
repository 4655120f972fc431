"""What may be asked of a lab, and what becomes of it."""

import json

import pytest

from cairn_lab import cli, commands
from cairn_lab.config import Lab
from cairn_lab.run import LabError
from cairn_lab.settings import lab_name, size, wanted

GiB = 1 << 30


@pytest.mark.parametrize(
    ("text", "value"), [("2GiB", 2 * GiB), ("512MiB", 512 << 20), ("4096", 4096), ("1TiB", 1 << 40)]
)
def test_sizes(text, value):
    assert size(text, "--memory") == value


@pytest.mark.parametrize("text", ["", "GiB", "2G", "2GB", "-1GiB", "1.5GiB", "0", "0GiB"])
def test_sizes_that_mean_two_things_or_none_are_refused(text):
    with pytest.raises(LabError, match="--memory .*KiB, MiB, GiB or TiB"):
        size(text, "--memory")


@pytest.mark.parametrize(("text", "told"), [("3G", "3GiB"), ("512m", "512MiB"), ("2 GB", "2GiB"), ("3Gi", "3GiB"), ("1.5GiB", "2GiB")])
def test_a_size_that_is_nearly_right_is_told_how_to_be_written(text, told):
    with pytest.raises(LabError, match=f"as in {told}$"):
        size(text, "--memory")


@pytest.mark.parametrize("words", [["-n", "x", "get", "pods"], ["get", "pods", "-n", "x", "--name=y"], ["--help"],
                                   ["--namespace", "x", "exec", "p", "--", "ls", "-l"]])
def test_all_that_follows_kubectl_is_kubectls(words):
    asked = cli._parser().parse_args(["--name", "other", "kubectl", *words])
    assert (commands._words(asked), asked.name) == (words, "other")


def test_a_new_lab_gets_the_defaults():
    lab = wanted(None, "x")
    assert (lab.level, len(lab.nodes), lab.disks, lab.disk_size) == ("cluster", 3, 4, 2 * GiB)
    assert lab.nodes[2].disks == [1, 2, 3, 4]


def test_addresses_follow_the_number_of_the_node():
    nodes = wanted(None, "x", nodes=9).nodes
    assert (nodes[0].name, nodes[0].ip1, nodes[0].ip2) == ("node1", "10.90.1.11", "10.90.2.11")
    assert (nodes[8].name, nodes[8].ip1) == ("node9", "10.90.1.19")


@pytest.mark.parametrize(
    ("now", "asked", "then"),
    [
        ("nodes", None, "nodes"),
        ("nodes", "api", "cluster"),
        ("api", "nodes", "cluster"),
        ("cluster", "api", "cluster"),
        ("api", "api", "api"),
    ],
)
def test_a_level_is_only_added_to(now, asked, then):
    assert wanted(wanted(None, "x", level=now), "x", level=asked).level == then


def test_a_lab_grows_and_keeps_what_was_not_asked_for():
    lab = wanted(None, "x", nodes=2, disks=3, memory=GiB)
    lab = wanted(lab, "x", nodes=3)
    assert ([node.name for node in lab.nodes], lab.disks) == (["node1", "node2", "node3"], 3)
    assert lab.memory == GiB


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"nodes": 1}, "--nodes"),
        ({"disks": 2}, "--disks"),
        ({"disk_size": GiB}, "--disk-size"),
        ({"memory": GiB}, "--memory"),
        ({"nodes": 0}, "--nodes"),
        ({"nodes": 10}, "--nodes"),
        ({"disks": 16}, "--disks"),
        ({"level": "api", "nodes": 2}, "--nodes"),
        ({"images": ["csi", "ceph"]}, "--images ceph: no such group; there is csi"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_by_the_option_s_name(asked, named):
    with pytest.raises(LabError, match=named):
        wanted(Lab("x", nodes=wanted(None, "x").nodes), "x", **asked)


def test_images_that_were_asked_for_once_stay():
    lab = wanted(wanted(None, "x", images=["csi", "csi"]), "x")
    assert (lab.image_groups, wanted(None, "y").image_groups) == (["csi"], [])


def test_a_lab_that_was_saved_before_there_were_groups_of_images_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr("cairn_lab.config.STATE", tmp_path)
    wanted(None, "x").save()
    saved = tmp_path / "x/lab.json"
    record = json.loads(saved.read_text())
    del record["image_groups"]
    saved.write_text(json.dumps(record))
    assert Lab.load("x").image_groups == []


def test_a_level_without_nodes_has_none():
    assert wanted(None, "x", level="api").nodes == []


@pytest.mark.parametrize("name", ["A", "a/b", "1a", "-a", "a" * 31, "ä"])
def test_names_that_cannot_name_a_namespace_are_refused(name):
    with pytest.raises(LabError, match="letters, digits and dashes"):
        lab_name(name)


def test_the_name_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("LAB_NAME", "other")
    assert (lab_name(None), lab_name("given")) == ("other", "given")
    monkeypatch.delenv("LAB_NAME")
    assert lab_name(None) == "lab"


def test_a_saved_lab_is_the_same_when_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr("cairn_lab.config.STATE", tmp_path)
    lab = wanted(None, "x", nodes=2, images=["csi"])
    lab.nodes[0].disks.remove(2)
    lab.save()
    assert Lab.load("x") == lab
    with pytest.raises(LabError, match="no lab named y"):
        Lab.load("y")
