"""The rules of the house that a machine can check: file sizes, imports toward the core, old syntax on nodes, one place for versions."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
UTILS = REPO / "plugins" / "module_utils"
FILES = [REPO / name for name in subprocess.run(("git", "ls-files", "--cached", "--others", "--exclude-standard"), cwd=REPO, check=True,
                                                capture_output=True, text=True).stdout.splitlines()]
CODE = [file for file in FILES if file.suffix in (".py", ".go", ".sh", ".c", ".yml") and file.is_file()]
PYTHON_ON_NODES = [file for file in CODE if file.suffix == ".py" and (UTILS in file.parents or REPO / "plugins" / "modules" in file.parents)]

#: Where this machine keeps the project and its Python; /usr is everybody's.
OWN_PATHS = [path.encode() for path in {str(REPO), sys.base_prefix} - {"/usr", "/usr/local"}]

#: Which rooms of module_utils a room may import from (architecture: imports point toward _core).
MAY_IMPORT = {
    "_core": {"_core"},
    "_block": {"_core", "_block"},
    "_lvm": {"_core", "_block", "_lvm"},
    "_local": {"_core", "_block", "_lvm", "_local"},
    "_kube": {"_core", "_kube"},
    "_host": {"_core", "_host"},
    "_image": {"_core", "_image"},
    "_iscsi": {"_core", "_block", "_iscsi"},
    "_site": {"_core", "_iscsi", "_local", "_site"},
}


def relative(file: Path) -> str:
    return str(file.relative_to(REPO))


@pytest.mark.parametrize("file", CODE, ids=relative)
def test_no_file_is_longer_than_a_person_reads(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if file.parent == REPO / "plugins" / "modules":
        text = re.sub(r'^(DOCUMENTATION|EXAMPLES|RETURN) = r?""".*?"""', "", text, flags=re.MULTILINE | re.DOTALL)
    assert len(text.splitlines()) <= 400


@pytest.mark.parametrize("file", PYTHON_ON_NODES, ids=relative)
def test_code_that_runs_on_nodes_is_python_3_9(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 9))
    assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))


def place(file: Path) -> tuple[str, ...]:
    """The room of a file and the folders in it; nothing for what stands in none."""
    return file.parent.relative_to(UTILS).parts if UTILS in file.parents else ()


@pytest.mark.parametrize("file", [file for file in PYTHON_ON_NODES if place(file)], ids=relative)
def test_imports_point_toward_the_core(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    out = len(place(file)) + 1
    rooms = {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == out}
    assert rooms <= MAY_IMPORT[place(file)[0]]
    absolute = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)) and "ansible" in ast.unparse(node)]
    assert not absolute, "the rooms know nothing of Ansible"


@pytest.mark.parametrize("planner", [file for file in PYTHON_ON_NODES if file.stem.startswith("plan")], ids=relative)
def test_planners_do_no_io(planner: Path) -> None:
    tree = ast.parse(planner.read_text(encoding="utf-8"))
    names = {alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules = {(node.module or "") for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not names & {"os", "subprocess", "socket", "pathlib", "shutil"}
    assert not any(module.endswith(("observe", "client")) for module in modules)


def test_go_modules_agree_with_the_one_version_file() -> None:
    versions = tomllib.loads((REPO / "meta" / "versions.toml").read_text(encoding="utf-8"))
    kubernetes = versions["kubernetes"]["version"]
    modules = {relative(file): file.read_text(encoding="utf-8") for file in FILES if file.name == "go.mod"}
    assert f"k8s.io/kubernetes v{kubernetes}" in modules["lab/kubernetes/go.mod"]
    assert f"external-snapshotter/client/v8 v{versions['snapshots']['client']}" in modules["lab/snapshot-crds/go.mod"]
    assert f"container-storage-interface/spec v{versions['csi']['spec']}" in modules["lab/csi-spec/go.mod"]
    assert f"kubernetes-csi/csi-test/v5 v{versions['csi']['test']}" in modules["lab/csi-sanity/go.mod"]
    staging = kubernetes.replace("1.", "0.", 1)
    for name, text in modules.items():
        if not name.startswith("lab/standins/"):  # CoreDNS has client versions of its own
            continue
        for module, version in re.findall(r"^\s*(k8s\.io/(?:client-go|api|apimachinery)) v(\S+)", text, re.MULTILINE):
            assert version in (staging, "0.0.0"), f"{name}: {module}"


@pytest.mark.parametrize("file", [file for file in FILES if file.is_file() and not file.is_symlink()], ids=relative)
def test_nothing_of_the_machine_it_was_written_on(file: Path) -> None:
    text = file.read_bytes()
    assert not any(path in text for path in OWN_PATHS)
    assert b"\0" not in text, "no binaries"


def test_tests_have_the_same_names_in_every_process(request: pytest.FixtureRequest) -> None:
    """pytest-xdist compares them; whoever makes one of a function has its address in it."""
    assert not [item.nodeid for item in request.session.items if " at 0x" in item.nodeid]
