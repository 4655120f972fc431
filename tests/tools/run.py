"""Runs a tier of suites step by step; the last line is `N passed, N failed, N skipped`."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from suites import ENVIRONMENT, REPO, TIERS, Row, Suite
from tiers import begun, ended

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


def run(suite: Suite, alone: bool) -> tuple[int, int, int]:
    """Run one suite with its output in a log; print a line with its figures, and the log's end if it failed."""
    log = LOGS / f"{suite.name.replace(' ', '-')}.log"
    for old in [] if suite.junit is None else suite.junit.glob("*.xml") if suite.junit.is_dir() else [suite.junit]:
        old.unlink(missing_ok=True)
    name = f"--- {suite.name} "
    if alone:  # who waits sees for what; side by side, such lines would mix
        print(name, end="", flush=True)
        name = ""
    begin = time.monotonic()
    with log.open("w") as output:
        code = subprocess.run(suite.argv, cwd=suite.cwd, env={**os.environ, **ENVIRONMENT}, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL).returncode
    passed, failed, skipped = count(suite, code != 0)
    said = [f"{name}{passed} passed, {failed} failed, {skipped} skipped in {time.monotonic() - begin:.0f} s"]
    if failed:
        said += (*log.read_text(errors="replace").splitlines()[-TAIL:], f"    (the whole output: {log.relative_to(REPO)})")
    print("\n".join(said), flush=True)
    return passed, failed, skipped


def run_rows(rows: tuple[Row, ...]) -> list[tuple[int, int, int]]:
    """Run rows of suites side by side."""
    stopped = threading.Event()
    with ThreadPoolExecutor(len(rows)) as pool:
        try:
            found = pool.map(lambda row: [run(suite, alone=len(rows) == 1) for suite in row if not stopped.is_set()], rows)
            return [counts for row in found for counts in row]
        except KeyboardInterrupt:  # it ends what runs, but does not reach the threads
            stopped.set()
            raise


def main(tier: str) -> int:
    """Run the suites of ``tier``; later suites run even if earlier ones failed, but nothing runs without its lab."""
    at = begun(tier)
    for folder in (LOGS, REPO / ".work" / "junit"):
        folder.mkdir(parents=True, exist_ok=True)
    totals = [0, 0, 0]
    no_lab = False
    for step in TIERS[tier]:
        rows = ((step,),) if isinstance(step, Suite) else step
        suites = [suite for row in rows for suite in row]
        if no_lab and any(suite.argv[0] == "lab/lab" and "down" not in suite.argv for suite in suites):
            print("".join(f"--- {suite.name} not run: the lab is not up\n" for suite in suites), end="")
            totals[1] += len(suites)
            continue
        counts = run_rows(rows)
        no_lab = no_lab or ("up" in suites[0].argv and counts[0][1] > 0)
        totals = [total + sum(each[place] for each in counts) for place, total in enumerate(totals)]
    last = f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped"
    ended(tier, at, last)
    print(last)
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parents[2])
    sys.exit(main(sys.argv[1]))
