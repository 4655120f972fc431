"""Making one image archive from its definition in lab/images/catalogue.toml."""

import shutil
from pathlib import Path

from . import csi, debian, gobuild, oci
from .cache import product
from .config import REPO
from .progress import step
from .run import run


def archive(key, name, definition):
    """Path of the archive in the cache; made if it is not there.

    key: what people read while it is made. name: the image's full name.
    """
    # A new way of packing makes new archives.
    inputs = [name, repr(definition), Path(oci.__file__), Path(debian.__file__), Path(__file__)]
    program = source = messages = None
    if "go" in definition:
        program = _program(key, name, definition)
        inputs.append(program.name)
    if packages := definition.get("packages"):
        source = debian.unpacked(packages)
        inputs.append(source.name)
    if "csi_messages" in definition:
        messages = csi.stubs()
        inputs.append(messages.name)
    inputs += [REPO / path for path in definition.get("files", {}).values()]

    def make(target):
        tree = target.with_name(target.name + ".tree")
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir()
        with step(f"image {key}", 5):
            _skeleton(tree)
            if source:
                debian.copy_programs(source, definition["programs"], tree)
                debian.copy_folders(source, definition.get("folders", ()), tree)
            if program:
                shutil.copy(program, tree / definition["entrypoint"][0].lstrip("/"))
            if messages:
                _add(messages, tree, definition["csi_messages"])
            for path, origin in definition.get("files", {}).items():
                _add(REPO / origin, tree, path)
            _precompile(tree, definition.get("precompiled", ()))
            oci.write(
                target, name, tree, entrypoint=definition["entrypoint"], environment=definition.get("environment", {})
            )
        shutil.rmtree(tree)

    return product("image", inputs, make)


def _program(key, name, definition):
    stamp = definition.get("stamp")
    return gobuild.program(
        key,
        REPO / definition["go"],
        package=definition.get("package", "."),
        ldflags=f"-X {stamp}={name.rpartition(':')[2]}" if stamp else "",
        expected=120,
    )


def _skeleton(tree):
    for folder in ("etc", "run", "tmp", "var"):
        (tree / folder).mkdir()
    (tree / "tmp").chmod(0o1777)
    (tree / "var/run").symlink_to("/run")
    (tree / "etc/passwd").write_text("root:x:0:0:root:/:/usr/bin/sh\n")
    (tree / "etc/group").write_text("root:x:0:\n")


def _add(origin, tree, path):
    """Put a file, or what a folder holds, at ``path`` of the image."""
    destination = tree / path.lstrip("/")
    destination.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_dir():
        shutil.copytree(origin, destination, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(origin, destination)


def _precompile(tree, folders):
    """Compile Python where an installed package would have done so: a node takes seconds for it at every start."""
    found = [f"/{folder.relative_to(tree)}" for pattern in folders for folder in tree.glob(pattern.lstrip("/"))]
    if found:
        # The layer's files bear no times that the result could be compared with.
        compiler = ["/usr/bin/python3", "-m", "compileall", "-q", "--invalidation-mode=unchecked-hash"]
        run(["chroot", tree, *compiler, *found])
