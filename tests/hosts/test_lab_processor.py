"""The lab's machines keep the processor's state: vector registers of programs that take turns come back as they were."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from host_play import own_node, shell
from played import REPO

SOURCE = Path(__file__).with_name("registers.c")


def test_vector_registers_survive_system_calls_and_other_programs(tmp_path: Path) -> None:
    """What lab/machine/xstate.c leaves out and adds is not noticed inside."""
    if " avx " not in Path("/proc/cpuinfo").read_text(encoding="utf-8"):
        pytest.skip("this processor has no AVX")
    program, node = tmp_path / "registers", own_node()
    subprocess.run(["gcc", "-O1", "-Wall", "-static", "-pthread", "-o", program, SOURCE], check=True)
    subprocess.run([REPO / "lab" / "lab", "ssh", node, "cat >/run/registers; chmod +x /run/registers"], input=program.read_bytes(), check=True)
    assert shell(node, "/run/registers; rm /run/registers") == "lost 0 of 40000\n"
