"""The container images of the lab: which there are, made here or taken from a folder of archives."""

import functools
import os
import shutil
import tomllib
from pathlib import Path

from . import image_build, oci
from .cache import product
from .config import CACHE, REPO, versions
from .run import LabError

_CATALOGUE = REPO / "lab/images/catalogue.toml"


def archives(groups=(), preloaded=False):
    """{image name: path of its archive in the cache}; builds what is missing.

    The archives in the folder LAB_IMAGES come first, also for names the lab does not build.
    groups: those whose images are wanted beside the ones of every lab.
    preloaded: only what the nodes are given by ``lab up``.
    """
    found = {} if preloaded else dict(_brought())
    for key, definition in catalogue().items():
        if preloaded and not definition.get("preload") or definition.get("group", "") not in ("", *groups):
            continue
        name = reference(key)
        found[name] = _brought().get(name) or image_build.archive(key, name, definition)
    return found


def groups():
    """The groups of images that a lab may be given beside those of every lab."""
    return sorted({definition["group"] for definition in catalogue().values() if "group" in definition})


def reference(key):
    """The full name of the catalogue's image: a sidecar's is the one for the lab's Kubernetes."""
    minor = versions()["kubernetes"]["version"].rpartition(".")[0]
    return {**versions()["images"], **versions()["csi_sidecars"][minor]}[key]


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
