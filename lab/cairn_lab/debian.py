"""Programs of Debian packages, with the libraries they need and nothing else."""

import os
import re
import shutil
from pathlib import Path

from . import prereq
from .cache import product
from .config import versions
from .progress import step
from .run import LabError, run

_MERGED = ("bin", "sbin", "lib", "lib64")


def unpacked(packages):
    """Path of a cached folder: the packages and all they depend on, unpacked, not configured."""
    suite = versions()["node"]["debian"]

    def make(target):
        with step(f"Debian packages {' '.join(packages)}", 15):
            argv = ["mmdebstrap", "--quiet", "--variant=extract", f"--include={','.join(packages)}"]
            argv += ['--aptopt=APT::Install-Recommends "false"', suite, target, prereq.mirror()]
            run(argv)

    return product("debian-files", [suite, *packages], make)


def copy_programs(source, programs, target):
    """Copy programs (absolute paths, ``*`` allowed) from the unpacked tree ``source`` into the
    tree ``target``, each with the libraries it is linked to."""
    for name in _MERGED:
        (target / "usr" / name).mkdir(parents=True, exist_ok=True)
        (target / name).symlink_to(f"usr/{name}")
    for pattern in programs:
        for program in _found(source, pattern):
            _copy(source, program, target)
            if os.access(source / program.lstrip("/"), os.X_OK):
                _copy_libraries(source, program, target)


def copy_folders(source, folders, target):
    """Copy folders (absolute paths, ``*`` allowed) likewise, each with the libraries that its modules are linked to."""
    for pattern in folders:
        for folder in _found(source, pattern):
            place = _inside(folder)
            shutil.copytree(source / place, target / place, symlinks=True, dirs_exist_ok=True)
            for module in (source / place).rglob("*.so"):
                _copy_libraries(source, f"/{module.relative_to(source)}", target)


def _found(source, pattern):
    found = sorted(f"/{path.relative_to(source)}" for path in source.glob(pattern.lstrip("/")))
    if not found:
        raise LabError(f"{pattern}: not in the packages unpacked in {source}")
    return found


def _copy_libraries(source, program, target):
    for library in _libraries(source, program):
        _copy(source, library, target)


def _copy(source, path, target):
    """Copy one file to where it really lies, and, where ``path`` is a link, what it leads to."""
    folder = _inside(Path(path).parent)
    real = source / folder / Path(path).name
    new = target / folder / real.name
    if os.path.lexists(new):
        return
    new.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(real, new, follow_symlinks=False)
    if real.is_symlink():
        _copy(source, os.path.join("/", folder, os.readlink(real)), target)


def _inside(folder):
    """Where a folder of a Debian tree lies, relative to its root: /lib is /usr/lib."""
    parts = os.path.normpath(folder).strip("/").split("/")
    if parts[0] in _MERGED:
        parts.insert(0, "usr")
    return os.path.join(*parts)


def _libraries(source, program):
    """What the tree's own dynamic loader would load for a program or a module of one."""
    loader = next(Path(source, "usr/lib64").glob("ld-linux-*.so.*"))
    said = run(["chroot", source, f"/lib64/{loader.name}", "--list", program])
    return re.findall(r"(/\S+) \(0x", said)
