"""The CustomResourceDefinitions of snapshots, out of the Go module that snapshot-crds/go.mod names."""

import json
import shutil
from pathlib import Path

from . import gobuild
from .cache import product
from .config import REPO
from .progress import step
from .run import run

_MODULE = REPO / "lab/snapshot-crds"
_PATH = "github.com/kubernetes-csi/external-snapshotter/client/v8"


def folder():
    """A folder in the cache with one file for each definition; fetched if it is not there."""

    def make(target):
        with step("fetch the definitions of snapshots", 5):
            argv = [gobuild.toolchain(), "-C", _MODULE, "mod", "download", "-json", _PATH]
            found = json.loads(run(argv, env={"GOTOOLCHAIN": "local"}))
            target.mkdir()
            for file in sorted(Path(found["Dir"], "config/crd").glob("snapshot.storage.*.yaml")):
                # Files in the module cache are read-only.
                shutil.copyfile(file, target / file.name)

    return product("snapshot-crds", [_MODULE / "go.mod", _MODULE / "go.sum"], make)
