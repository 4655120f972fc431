"""The container images of the lab: made here, or taken from a folder of archives."""

import functools
import os
import shutil
import tomllib
from pathlib import Path

from . import debian, gobuild, oci
from .cache import product
from .config import CACHE, REPO, versions
from .run import LabError, run

_CATALOGUE = REPO / "lab/images/catalogue.toml"


def archives(preloaded=False):
    """{image name: path of its archive in the cache}; builds what is missing.

    The archives in the folder LAB_IMAGES come first, also for names the lab does not build.
    preloaded: only what the nodes are given by ``lab up``.
    """
    found = {} if preloaded else dict(_brought())
    for key, definition in catalogue().items():
        name = versions()["images"][key]
        if preloaded and not definition.get("preload"):
            continue
        found[name] = _brought().get(name) or _made(key, name, definition)
    return found


def in_node(path):
    """Where a node sees a file of the cache."""
    return f"/lab/cache/{path.relative_to(CACHE)}"


def record(name):
    """The file name under which a node notes that it has loaded an image."""
    return name.replace("/", "_")


def catalogue():
    """The definitions in lab/images/catalogue.toml (its head says what the keys mean)."""
    return tomllib.loads(_CATALOGUE.read_text())


@functools.cache
def _brought():
    folder = os.environ.get("LAB_IMAGES")
    if not folder:
        return {}
    if not Path(folder).is_dir():
        raise LabError(f"LAB_IMAGES={folder}: no such folder; give one with image archives (*.tar)")
    found = {}
    for archive in sorted(Path(folder).glob("*.tar")):
        state = archive.stat()
        marks = [str(archive.resolve()), str(state.st_size), str(state.st_mtime_ns)]
        # Into the cache, because that is the folder the nodes see.
        copy = product("image", marks, lambda target, file=archive: shutil.copy(file, target))
        found.update(dict.fromkeys(oci.names(copy), copy))
    return found


def _made(key, name, definition):
    # A new way of packing makes new archives.
    inputs = [name, repr(definition), Path(oci.__file__), Path(debian.__file__)]
    program = source = None
    if module := definition.get("go"):
        program = gobuild.program(key, REPO / module, expected=60)
        inputs.append(program.name)
    if packages := definition.get("packages"):
        source = debian.unpacked(packages)
        inputs.append(source.name)
    inputs += [REPO / path for path in definition.get("files", {}).values()]

    def make(target):
        tree = target.with_name(target.name + ".tree")
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir()
        _fill(tree, definition, program, source)
        oci.write(target, name, tree, entrypoint=definition["entrypoint"])
        shutil.rmtree(tree)

    return product("image", inputs, make)


def _fill(tree, definition, program, source):
    for folder in ("etc", "run", "tmp", "var"):
        (tree / folder).mkdir()
    (tree / "tmp").chmod(0o1777)
    (tree / "var/run").symlink_to("/run")
    (tree / "etc/passwd").write_text("root:x:0:0:root:/:/usr/bin/sh\n")
    (tree / "etc/group").write_text("root:x:0:\n")
    if source:
        debian.copy_programs(source, definition["programs"], tree)
    if program:
        shutil.copy(program, tree / definition["entrypoint"][0].lstrip("/"))
    for path, origin in definition.get("files", {}).items():
        destination = tree / path.lstrip("/")
        destination.parent.mkdir(parents=True, exist_ok=True)
        run(["cp", "-r", "--preserve=mode", REPO / origin, destination])
