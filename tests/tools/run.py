"""Runs a tier of suites one after another; the last line is `N passed, N failed, N skipped`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from suites import ENVIRONMENT, REPO, TIERS, Suite

LOGS = REPO / ".work" / "logs"
TAIL = 60


def count(suite: Suite, failed: bool) -> tuple[int, int, int]:
    """Passed, failed and skipped tests of a suite that has ended."""
    files = [] if suite.junit is None else sorted(suite.junit.glob("*.xml")) if suite.junit.is_dir() else [suite.junit]
    cases = [case for file in files if file.exists() for case in ElementTree.parse(file).iter("testcase")]
    skipped = sum(case.find("skipped") is not None for case in cases)
    broken = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    passed = len(cases) - skipped - broken
    if failed and not broken:  # it broke outside its tests
        broken = 1
    if not cases and not failed:
        passed = 1
    return passed, broken, skipped


def run(suite: Suite) -> tuple[int, int, int]:
    """Run one suite with its output in a log; print a line with its figures, and the log's end if it failed."""
    log = LOGS / f"{suite.name.replace(' ', '-')}.log"
    for old in [] if suite.junit is None else suite.junit.glob("*.xml") if suite.junit.is_dir() else [suite.junit]:
        old.unlink(missing_ok=True)
    print(f"--- {suite.name} ", end="", flush=True)
    begin = time.monotonic()
    with log.open("w") as output:
        code = subprocess.run(suite.argv, cwd=suite.cwd, env={**os.environ, **ENVIRONMENT}, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL).returncode
    passed, failed, skipped = count(suite, code != 0)
    print(f"{passed} passed, {failed} failed, {skipped} skipped in {time.monotonic() - begin:.0f} s", flush=True)
    if failed:
        print("\n".join(log.read_text(errors="replace").splitlines()[-TAIL:]))
        print(f"    (the whole output: {log.relative_to(REPO)})", flush=True)
    return passed, failed, skipped


def main(tier: str) -> int:
    """Run the suites of ``tier``; later suites run even if earlier ones failed, but nothing runs without its lab."""
    for folder in (LOGS, REPO / ".work" / "junit"):
        folder.mkdir(parents=True, exist_ok=True)
    totals = [0, 0, 0]
    no_lab = False
    for suite in TIERS[tier]:
        needs_lab = suite.argv[0] == "lab/lab" and "down" not in suite.argv
        if no_lab and needs_lab:
            print(f"--- {suite.name} not run: the lab is not up")
            totals[1] += 1
            continue
        counts = run(suite)
        no_lab = no_lab or ("up" in suite.argv and counts[1] > 0)
        totals = [total + value for total, value in zip(totals, counts)]
    print(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parents[2])
    sys.exit(main(sys.argv[1]))
