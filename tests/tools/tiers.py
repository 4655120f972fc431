"""The table of the long tiers and benchmarks, tests/tiers.yml: shows it, runs what is due, and writes down how a run ended.

`show`, `run MINUTES` and `record` are what `make tiers`, `make due` and `make record` call. A run with RECORD=1 writes its own line.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml
from due import Due, Run, Tier, order, reason, regresses, starts

REPO = Path(__file__).resolve().parents[2]
TABLE = REPO / "tests" / "tiers.yml"
#: Written by runs with RECORD=1, so no difference between what ran and what is committed.
RECORDS = ("tests/tiers.yml", "tests/benchmarks/results/")
HEAD = """---
# The tiers that are too long for `make test`, and the benchmarks: usual minutes on two cores, what each depends on (files, folders,
# patterns and parts, which are lists of these), and the commit that it last passed at. `red` is a run after that which failed, with its
# issue, which stays open as long as this says so. `make tiers` shows what is due, `make due` runs it, `make record` writes into this
# file; see lab/README.md.
"""
LAST_LINE = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$|^(\d+) of (\d+) goals met$", re.MULTILINE)


class Wrong(Exception):
    """Something was asked for that cannot be done; the text says what and why."""


def git(*arguments: str) -> str | None:
    """What git says, nothing when it fails."""
    done = subprocess.run(("git", *arguments), cwd=REPO, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def parse(text: str) -> tuple[list[Tier], list[Tier]]:
    """The tiers and the benchmarks of the table. A path that is the name of a part stands for all of it."""
    table = yaml.safe_load(text)

    def tier(name: str, row: Mapping[str, Any]) -> Tier:
        paths = tuple(path for given in row["paths"] for path in table["parts"].get(given, [given]))
        return Tier(name, row["minutes"], paths, *(Run(**row[key]) if key in row else None for key in ("passed", "red")))

    return [tier(*item) for item in table["tiers"].items()], [tier(*item) for item in table["benchmarks"].items()]


def edited(text: str, name: str, ended: Run, passed: bool) -> str:
    """The table with one more run of a tier or benchmark."""
    table = yaml.safe_load(text)
    rows = next((table[kind] for kind in ("tiers", "benchmarks") if name in table[kind]), None)
    if rows is None:
        raise Wrong(f"The table has no tier and no benchmark {name}. It has {', '.join((*table['tiers'], *table['benchmarks']))}.")
    before = rows[name].pop("red", {})
    number = ended.issue or before.get("issue")
    if not passed and number is None:
        raise Wrong(f"{name} failed ({ended.last}): say the issue that stays open until it passes, ISSUE=number.")
    run = {"commit": ended.commit, "date": ended.date, "last": ended.last}
    rows[name]["passed" if passed else "red"] = run if passed else {**run, "issue": number}
    return written(table)


def written(table: Mapping[str, Any]) -> str:
    """The table as the file has it."""
    return HEAD + yaml.safe_dump(table, sort_keys=False, default_flow_style=None, width=120)


def outcome(output: str) -> tuple[str, bool]:
    """The last line of a run's output, wherever make has written more below it, and whether it means that all passed."""
    found = list(LAST_LINE.finditer(output))
    if not found:
        raise Wrong("That output has no line `N passed, N failed, N skipped` or `N of N goals met`: the run did not come to its end.")
    passed, failed, _skipped, met, goals = (int(each or 0) for each in found[-1].groups())
    return found[-1][0], (met == goals if found[-1][5] else bool(passed) and not failed)


def now(seconds: float | None = None) -> str:
    """A moment as the table writes it."""
    return datetime.fromtimestamp(time.time() if seconds is None else seconds, timezone.utc).strftime("%Y-%m-%d %H:%M")


def commit(name: str = "HEAD") -> str:
    """The short id of a commit that this clone has."""
    found = git("rev-parse", "--verify", "--quiet", "--short=12", f"{name}^{{commit}}")
    if found is None:
        raise Wrong(f"There is no commit {name} in this clone.")
    return found.strip()


def clean_commit() -> str:
    """The commit of this work tree, which has nothing in it that is not committed."""
    files = [line[3:] for line in (git("status", "--porcelain") or "").splitlines()]
    files = [file for file in files if not file.startswith(RECORDS)]
    if files:
        raise Wrong(f"The work tree is not what a commit says ({files[0]}{' and more' if len(files) > 1 else ''}): commit first, or give COMMIT=id.")
    return commit()


def record(name: str, ended: Run, passed: bool) -> None:
    """Write down how a run ended."""
    TABLE.write_text(edited(TABLE.read_text(encoding="utf-8"), name, ended, passed), encoding="utf-8")
    print(f"tests/tiers.yml: {name} {'passed' if passed else 'is red'} at {ended.commit}", file=sys.stderr)


def begun(name: str) -> str:
    """For a runner, at its beginning: the commit that it runs at, where RECORD=1 asks for a line in the table; else nothing."""
    if os.environ.get("RECORD") != "1" or name not in {tier.name for tiers in parse(TABLE.read_text(encoding="utf-8")) for tier in tiers}:
        return ""
    try:
        return clean_commit()
    except Wrong as problem:
        sys.exit(f"RECORD=1: {problem}")


def ended(name: str, at: str, last: str) -> None:
    """For a runner, before it prints its last line: write that into the table. ``at`` is what ``begun`` said."""
    if not at:
        return
    try:
        if clean_commit() != at:
            raise Wrong("Another commit was checked out meanwhile.")
        text, passed = outcome(last)
        record(name, Run(at, now(), text, None if passed else issue(os.environ)), passed)
    except Wrong as problem:
        print(f"RECORD=1: nothing is written into the table. {problem}", file=sys.stderr)


def issue(environment: Mapping[str, str]) -> int | None:
    """The number that ISSUE has."""
    given = environment.get("ISSUE", "")
    if given and not given.isdecimal():
        raise Wrong(f"ISSUE is the number of an issue. Found: {given}.")
    return int(given) if given else None


def record_given(environment: Mapping[str, str]) -> None:
    """`make record`: a run that ended, from its output in LOG or its last line in LAST, at COMMIT or the one checked out."""
    name, log = environment.get("TIER", ""), environment.get("LOG", "")
    if not name or bool(log) == bool(environment.get("LAST")):
        raise Wrong("Say TIER=name and either LOG=the file with its output or LAST='its last line'; further COMMIT=id, ISSUE=number.")
    if log and not Path(log).is_file():
        raise Wrong(f"There is no file {log} (LOG).")
    last, passed = outcome(Path(log).read_text(encoding="utf-8", errors="replace") if log else environment["LAST"])
    at = commit(environment["COMMIT"]) if environment.get("COMMIT") else clean_commit()
    record(name, Run(at, now(Path(log).stat().st_mtime if log else None), last, None if passed else issue(environment)), passed)


def changed_since(run: Run | None) -> list[str] | None:
    """Files that differ between a run's commit and the one checked out; nothing known where that commit is missing."""
    found = git("diff", "--name-only", "--no-renames", run.commit, "HEAD", "--") if run else None
    return None if found is None else found.splitlines()


def show() -> None:
    """Print the table, each row with what it is due for."""
    for kind, tiers in zip(("tier", "benchmark"), parse(TABLE.read_text(encoding="utf-8")), strict=True):
        print(f"{kind:16} minutes  {'last passed at':30} now")
        for tier in tiers:
            passed = f"{tier.passed.commit} {tier.passed.date}" if tier.passed else "never on record"
            why = reason(tier, changed_since(tier.last))
            red = f"red, issue {tier.red.issue}: {tier.red.last}; " if tier.red else ""
            print(f"{tier.name:16} {tier.minutes:7}  {passed:30} {red}{f'due: {why}' if why else 'not due'}")


def make(tier: Tier) -> bool:
    """Run a tier for at most twice its usual time; whether it passed."""
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")}
    with subprocess.Popen(("make", tier.name), cwd=REPO, env=environment, start_new_session=True) as running:
        try:
            return running.wait(2 * 60 * tier.minutes) == 0
        except subprocess.TimeoutExpired:
            print(f"make {tier.name} took more than {2 * tier.minutes} minutes, twice what it usually takes", flush=True)
            return False
        finally:
            if running.returncode is None:  # with all that it has started
                os.killpg(running.pid, signal.SIGKILL)


def run(minutes: float) -> int:
    """Run what is due while time is left; how many have failed of those that had passed before."""
    end = time.monotonic() + 60 * minutes
    tiers, _benchmarks = parse(TABLE.read_text(encoding="utf-8"))
    for tier in tiers:
        if tier.red:
            print(f"make {tier.name} is red since {tier.red.commit}: issue {tier.red.issue} is open")
    turn = int((git("rev-list", "--count", "HEAD") or "0").strip())
    failed: list[str] = []
    known: list[str] = []
    for each in order(tiers, {tier.name: changed_since(tier.last) for tier in tiers}, turn):
        left = (end - time.monotonic()) / 60
        if not starts(each.tier, left):
            needs = 2 * each.tier.minutes
            print(f"make {each.tier.name} is due, and not run: it may need {needs} minutes, and {max(left, 0):.0f} are left. {each.why}")
            continue
        if not attempt(each):
            (failed if regresses(each.tier) else known).append(each.tier.name)
    if known:
        print(f"failed, and did not pass before either: {', '.join(known)}; write it down (make record) with the issue that is open")
    print(f"failed: {', '.join(failed)}" if failed else "no tier has failed that had passed before", flush=True)
    return len(failed)


def attempt(due: Due) -> bool:
    """Run one tier and say what there is to record."""
    print(f"=== make {due.tier.name}: {due.why}", flush=True)
    passed = make(due.tier)
    print(f"make {due.tier.name} {'passed' if passed else 'failed'} at {commit()}; to keep that: make record TIER={due.tier.name} COMMIT={commit()} "
          f"LAST='its last line'{'' if passed else ' ISSUE=number'}", flush=True)
    return passed


def main(arguments: list[str]) -> int:
    """One of `show`, `run MINUTES`, `record`."""
    try:
        if arguments[0] == "run":
            return min(run(float(arguments[1])), 1)
        record_given(os.environ) if arguments[0] == "record" else show()
    except Wrong as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
