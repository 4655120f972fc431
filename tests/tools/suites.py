"""What `make test` and the targets beside it are made of: suites as data."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Tuple, Union

REPO = Path(__file__).resolve().parents[2]
LAB = ("lab/lab", "exec", "--")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
#: Suites run in a lab of their own name and never touch the one of `make site`.
ENVIRONMENT = {"LAB_NAME": os.environ.get("LAB_NAME", "test"), "PYTHONDONTWRITEBYTECODE": "1"}
#: The collection as ansible-test and the importer want to see it: see tree.py.
TREE = REPO / ".work" / "tree" / "ansible_collections" / "cairn" / "storage"


@dataclass(frozen=True)
class Suite:
    """One command; its tests are counted from the JUnit files it writes, else it counts as one test itself."""

    name: str
    argv: tuple[str, ...]
    junit: Path | None = None
    cwd: Path = REPO


Row = Tuple[Suite, ...]
#: A suite, or rows of suites that run side by side.
Step = Union[Suite, Tuple[Row, ...]]


def pytest(name: str, files: str | tuple[str, ...], *more: str, in_lab: bool = False) -> Suite:
    """A pytest suite of a folder or of files, if wanted inside the test lab's network."""
    junit = REPO / ".work" / "junit" / f"{name}.xml"
    return Suite(name, (LAB if in_lab else ()) + PYTEST + (f"--junitxml={junit}", *more, *((files,) if isinstance(files, str) else files)), junit)


def of(folder: str, *beginnings: str) -> tuple[str, ...]:
    """The test files of a folder whose names begin so.

    By file and not by ``-k``, which imports every file of the folder first: some ask for a node as soon as they are imported.
    """
    return tuple(sorted(f"{folder}/{file.name}" for file in (REPO / folder).glob("test_*.py") if file.name.startswith(beginnings)))


def besides(folder: str, *beginnings: str) -> tuple[str, ...]:
    """The other test files of a folder."""
    return tuple(file for file in of(folder, "test_") if file not in of(folder, *beginnings))


PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
UNIT = (
    pytest("unit", "tests/unit"),
    Suite("go vet and test", ("tests/tools/go_test.sh",)),
)
PREPARE = Suite("collection tree", (sys.executable, "tests/tools/tree.py", str(TREE)))
LINT = (
    Suite("ansible-lint", ("ansible-lint", "--profile", "production", "--offline", "-q"), cwd=TREE),
    Suite("antsibull-docs", ("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs", "self", "."), cwd=TREE),
    Suite("antsibull-changelog", ("antsibull-changelog", "lint"), cwd=TREE),
    Suite("shellcheck", ("tests/tools/shellcheck.sh",)),
)
SANITY = (
    Suite("galaxy-importer", (sys.executable, "-m", "galaxy_importer.main", "--git-clone-path", ".", "--output-path", str(TREE.parent)), cwd=TREE),
    Suite("ansible-test sanity", ("tests/tools/sanity.sh", str(TREE), PYTHON), TREE / "tests" / "output" / "junit"),
)
LAB_DOWN = Suite("lab down", ("lab/lab", "down", "--purge"))
LAB_UP = Suite("lab up", ("lab/lab", "up", "--timings"))
#: What an interrupted run left behind is no place to start from.
FRESH_LAB = (LAB_DOWN, LAB_UP)
FRESH_NODES = (LAB_DOWN, Suite("lab nodes up", ("lab/lab", "up", "--timings", "--level=nodes")))
#: Each worker has a node to itself.
SIDE_BY_SIDE = ("--numprocesses=2", "--dist=loadfile")
ON_NODES = (pytest("hosts", besides("tests/hosts", "test_iscsi"), *SIDE_BY_SIDE, in_lab=True),)


def aside(name: str, *suites: Suite) -> Row:
    """The same in another lab, beside the one of the tier; it begins fresh and ends with them."""
    return tuple(
        replace(suite, name=f"{name} {suite.name}", argv=("env", f"LAB_NAME={ENVIRONMENT['LAB_NAME']}-{name[:3]}", *suite.argv))
        for suite in (LAB_DOWN, *suites, LAB_DOWN)
    )


CSI_TOOLS = Suite("CSI's tools", (sys.executable, "tests/csi/tools.py"))
#: The CSI driver under the tests that CSI itself brings, with thick and with thin volumes.
CSI_SANITY = aside(
    "csi-sanity",
    Suite("lab up", (*LAB_UP.argv, "--level=nodes", "--nodes=1", "--disks=3", "--disk-size=4GiB")),
    Suite("linear", (*LAB, sys.executable, "tests/csi/sanity.py", "linear"), REPO / ".work" / "junit" / "csi-sanity-linear.xml"),
    Suite("thin", (*LAB, sys.executable, "tests/csi/sanity.py", "thin"), REPO / ".work" / "junit" / "csi-sanity-thin.xml"),
)
CSI_DRIVER = (pytest("csi driver", "tests/csi", *SIDE_BY_SIDE, in_lab=True),)
ON_CLUSTER = (
    pytest("contract", "tests/contract", in_lab=True),
    pytest("cluster", besides("tests/cluster", "test_csi", "test_iscsi", "test_kube", "test_statefulset"), in_lab=True),
)
#: Objects under names of their own, and nobody counts requests.
ON_API = (pytest("kube", of("tests/cluster", "test_kube"), *SIDE_BY_SIDE, in_lab=True),)
#: Beside `make test`, for they take a quarter of an hour: pods come and go one after the other.
ROLLOUTS = (pytest("rollouts", of("tests/cluster", "test_statefulset"), in_lab=True),)
#: Beside `make test`: two machines for each test, restarted more than once, take too long for it.
ISCSI = (
    pytest("iscsi hosts", of("tests/hosts", "test_iscsi"), *SIDE_BY_SIDE, in_lab=True),
    pytest("iscsi cluster", of("tests/cluster", "test_iscsi"), in_lab=True),
)
MOLECULE = (
    Suite("scenarios", (*LAB, "molecule", "test", "--all", "--exclude=csi")),
)
#: Beside the others, for it needs images that other labs have no use for.
CSI_LAB = (LAB_DOWN, Suite("lab up with CSI", (*LAB_UP.argv, "--nodes=2", "--disks=2", "--disk-size=4GiB", "--images=csi")))
MOLECULE_CSI = (
    Suite("molecule csi", (*LAB, "molecule", "test", "--scenario-name=csi")),
)
#: Beside `make test`: each driver of the catalogue is applied, applied again and removed. They imitate kubelets, so no node is wanted.
CSI_ROLES = (
    LAB_DOWN,
    Suite("lab API up", (*LAB_UP.argv, "--level=api")),
    pytest("csi roles", of("tests/cluster", "test_csi"), in_lab=True),
)
FAULTS = (*FRESH_LAB, pytest("faults", besides("tests/faults", "test_csi"), in_lab=True), LAB_DOWN)
CSI_FAULTS = (*CSI_LAB, pytest("csi faults", of("tests/faults", "test_csi"), in_lab=True), LAB_DOWN)

#: Attacks, each file named after what its tests need: machines, the driver on one, an API server, or a cluster with the driver's images.
SECURITY: dict[str, tuple[Step, ...]] = {
    "security-hosts": (
        LAB_DOWN,
        Suite("lab nodes up", (*LAB_UP.argv, "--level=nodes", "--nodes=2", "--disks=3")),
        pytest("attacks on machines", of("tests/security", "test_host_"), *SIDE_BY_SIDE, in_lab=True),
        LAB_DOWN,
    ),
    "security-driver": (
        CSI_TOOLS,
        LAB_DOWN,
        Suite("lab node up", (*LAB_UP.argv, "--level=nodes", "--nodes=1", "--disks=3")),
        pytest("attacks on the driver", of("tests/security", "test_driver_"), in_lab=True),
        LAB_DOWN,
    ),
    "security-api": (
        LAB_DOWN,
        Suite("lab API up", (*LAB_UP.argv, "--level=api")),
        pytest("attacks by the API", of("tests/security", "test_api_"), in_lab=True),
        LAB_DOWN,
    ),
    "security-pods": (*CSI_LAB, pytest("attacks by pods", of("tests/security", "test_pod_"), in_lab=True), LAB_DOWN),
}

TIERS: dict[str, tuple[Step, ...]] = {
    "unit": UNIT,
    "lint": (PREPARE, (LINT, SANITY)),
    "molecule": (*FRESH_LAB, *MOLECULE, LAB_DOWN),
    "molecule-csi": (*CSI_LAB, *MOLECULE_CSI, LAB_DOWN),
    "faults": FAULTS,
    "csi-faults": CSI_FAULTS,
    "csi-roles": (*CSI_ROLES, LAB_DOWN),
    "csi-sanity": (CSI_TOOLS, *FRESH_NODES, (CSI_SANITY, CSI_DRIVER), LAB_DOWN),
    "rollouts": (*FRESH_LAB, *ROLLOUTS, LAB_DOWN),
    "iscsi": (*FRESH_LAB, *ISCSI, LAB_DOWN),
    **SECURITY,
    "security": tuple(step for steps in SECURITY.values() for step in steps),
    # Molecule begins on fresh machines: its first claim is about check mode there.
    "test": (
        PREPARE,
        (UNIT + LINT, SANITY),
        *FRESH_NODES,
        *ON_NODES,
        *FRESH_LAB,
        CSI_TOOLS,
        # Tests of a cluster wait for it half of their time.
        (ON_CLUSTER, CSI_SANITY),
        (ON_API, aside("molecule", LAB_UP, *MOLECULE)),
        LAB_DOWN,
    ),
}
