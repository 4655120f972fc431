"""Build products, each in a place named after everything that went into it."""

import fcntl
import hashlib
import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

from .config import CACHE


def product(kind, inputs, make):
    """The path of the product of ``kind`` made from ``inputs``; made now if it is absent.

    inputs: paths (their whole content counts), strings or bytes, in any mixture.
    make: called with a path that does not exist yet; writes a file or a folder there.
    Two processes wanting the same product wait for one another. What an interrupted
    make leaves behind never counts as a product.
    """
    folder = CACHE / kind
    final = folder / key(inputs)
    with _lock(final):
        if not final.exists():
            scratch = final.with_name(final.name + ".tmp")
            _remove(scratch)
            make(scratch)
            scratch.rename(final)
        os.utime(_used(final))
    return final


def key(inputs):
    """A short hexadecimal digest of the inputs' content, names and permission bits."""
    digest = hashlib.sha256()
    for item in inputs:
        for part in _parts(item):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()[:20]


def prune(days, keep=()):
    """Remove products unused for ``days`` days and not in ``keep``; returns the bytes freed."""
    freed = 0
    limit = time.time() - days * 86400
    kept = {str(path) for path in keep}
    for mark in CACHE.glob("*/*.used"):
        path = mark.with_suffix("")
        if mark.stat().st_mtime > limit or str(path) in kept:
            continue
        with _lock(path):
            freed += _size(path)
            _remove(path)
            mark.unlink()
    return freed


def _parts(item):
    if isinstance(item, bytes):
        yield item
    elif isinstance(item, str):
        yield item.encode()
    elif item.is_dir():
        for path in sorted(item.rglob("*")):
            if "__pycache__" in path.parts:
                continue
            yield str(path.relative_to(item)).encode()
            yield from _file(path)
    else:
        yield from _file(item)


def _file(path):
    if path.is_symlink():
        yield os.readlink(path).encode()
    elif path.is_file():
        yield b"x" if os.access(path, os.X_OK) else b"-"
        yield path.read_bytes()


@contextmanager
def _lock(final):
    final.parent.mkdir(parents=True, exist_ok=True)
    with open(final.with_name(final.name + ".lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _used(final):
    mark = final.with_name(final.name + ".used")
    mark.touch()
    return mark


def _remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _size(path):
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(f.lstat().st_blocks * 512 for f in files if f.exists() and not f.is_dir())
