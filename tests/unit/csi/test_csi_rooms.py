"""The driver's files: those that decide do no I/O and know no gRPC, and what is taken from the collection is taken in one place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).resolve().parents[3] / "roles/lvm_csi/files/cairn_csi").glob("*.py"))
PURE = [file for file in FILES if "Pure." in (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "")]


def imports(file: Path) -> set[str]:
    """Names of the modules that a file imports, the package's own with a dot before them."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= (
                {f".{node.module}"}
                if node.level and node.module
                else {f".{alias.name}" for alias in node.names} if node.level else {node.module or ""}
            )
    return found


def test_all_decisions_are_pure() -> None:
    decisions = {
        "capability",
        "content",
        "create",
        "delete",
        "expand",
        "inventory",
        "limits",
        "mounts",
        "names",
        "parameters",
        "placement",
        "snapshot",
        "tags",
    }
    assert decisions <= {file.stem for file in PURE}


@pytest.mark.parametrize("file", PURE, ids=lambda file: file.stem)
def test_what_is_pure_does_no_io(file: Path) -> None:
    assert not imports(file) & {"os", "subprocess", "socket", "shutil", "pathlib", "grpc", "csi_pb2", ".store", ".host", ".mounting", ".jobs", ".log"}


@pytest.mark.parametrize("file", [file for file in FILES if file.stem != "collection"], ids=lambda file: file.stem)
def test_the_collection_is_taken_from_in_one_place(file: Path) -> None:
    assert not any(name.startswith("ansible_collections") for name in imports(file))
