"""Which long tiers are due, what is written down of a run, and that the table, the suites and the Makefile name the same things."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tests" / "tools"))

import due  # noqa: E402
import suites  # noqa: E402
import tiers  # noqa: E402
from due import Run, Tier  # noqa: E402

FILES = subprocess.run(("git", "ls-files"), cwd=REPO, check=True, capture_output=True, text=True).stdout.splitlines()
TEXT = tiers.TABLE.read_text(encoding="utf-8")
PARTS = yaml.safe_load(TEXT)["parts"]
TABLE, BENCHMARKS = tiers.parse(TEXT)


def ran(day: int, issue: int | None = None) -> Run:
    return Run(f"c{day}", f"2026-12-{day:02} 10:00", "", issue)


A, B, C = (Tier(name, 10, (f"plugins/{name}", f"tests/{name}_*.py")) for name in "abc")


def passed(tier: Tier, day: int) -> Tier:
    return Tier(tier.name, tier.minutes, tier.paths, ran(day))


def red(tier: Tier, day: int, before: int | None = None) -> Tier:
    return Tier(tier.name, tier.minutes, tier.paths, None if before is None else ran(before), ran(day, 7))


@pytest.mark.parametrize(("path", "file", "is_it"), [
    ("plugins/a", "plugins/a", True),
    ("plugins/a", "plugins/a/deep/x.py", True),
    ("plugins/a", "plugins/ab/x.py", False),
    ("tests/a_*.py", "tests/a_x.py", True),
    ("tests/a_*.py", "tests/b_x.py", False),
    ("roles/a_*", "roles/a_x/tasks/main.yml", True),
])
def test_what_a_path_names(path: str, file: str, is_it: bool) -> None:
    assert due.touches(path, file) is is_it


@pytest.mark.parametrize(("rows", "changed", "turn", "wanted"), [
    # Never on record: all of them, each first in its turn.
    ([A, B, C], [None, None, None], 0, ["a", "b", "c"]),
    ([A, B, C], [None, None, None], 1, ["b", "c", "a"]),
    ([A, B, C], [None, None, None], 530, ["c", "a", "b"]),
    # On record: only those that are touched, those that have waited longest first, after those that never ran.
    ([passed(A, 3), passed(B, 1), passed(C, 2)], [["plugins/a/x.py"], ["plugins/b/x.py"], ["plugins/a/x.py"]], 5, ["b", "a"]),
    ([passed(A, 3), B, passed(C, 2)], [["plugins/a/x.py"], None, ["plugins/c/x.py"]], 5, ["b", "c", "a"]),
    # Its commit is not in this clone: who knows what has changed.
    ([passed(A, 3), passed(B, 1)], [None, []], 0, ["a"]),
    # Nothing is touched, prose least of all: the one that ran longest ago.
    ([passed(A, 3), passed(B, 1), passed(C, 2)], [[], [], []], 4, ["b"]),
    ([passed(A, 3), passed(B, 1)], [["plugins/a/README.md"], ["docs/x.rst"]], 4, ["b"]),
    # Red, and nothing has been done about it: it waits for that. Else it is tried again.
    ([red(A, 4, 3), passed(B, 5)], [["plugins/b/x.py"], []], 0, ["b"]),
    ([red(A, 4)], [[]], 0, []),
    ([red(A, 4), passed(B, 5)], [["plugins/a/x.py"], []], 0, ["a"]),
])
def test_the_order_of_what_is_due(rows: list[Tier], changed: list[list[str] | None], turn: int, wanted: list[str]) -> None:
    found = due.order(rows, {tier.name: files for tier, files in zip(rows, changed, strict=True)}, turn)
    assert [each.tier.name for each in found] == wanted and all(each.why for each in found)


def test_a_reason_names_what_has_changed() -> None:
    assert due.reason(passed(A, 3), ["plugins/a/x.py", "tests/a_y.py", "else.py"]) == "it passed at c3, and plugins/a/x.py and 1 more changed since"
    assert due.reason(red(A, 4), ["tests/a_y.py"]) == "it was red at c4, and tests/a_y.py changed since"


@pytest.mark.parametrize(("left", "starts"), [(20, True), (19.9, False), (-3, False)])
def test_a_tier_starts_only_where_twice_its_time_is_left(left: float, starts: bool) -> None:
    assert due.starts(A, left) is starts


def test_ci_fails_by_a_tier_that_had_passed() -> None:
    assert [due.regresses(each) for each in (A, red(A, 4), red(A, 4, 3), passed(A, 3))] == [False, False, False, True]


@pytest.mark.parametrize(("output", "wanted"), [
    ("--- unit 1 passed, 0 failed, 0 skipped in 3 s\n19 passed, 0 failed, 2 skipped\n", ("19 passed, 0 failed, 2 skipped", True)),
    ("19 passed, 3 failed, 0 skipped\nmake: *** [Makefile:35: rollouts] Error 1\n", ("19 passed, 3 failed, 0 skipped", False)),
    ("0 passed, 0 failed, 0 skipped\n", ("0 passed, 0 failed, 0 skipped", False)),
    ("{}\n8 of 8 goals met\n", ("8 of 8 goals met", True)),
    ("7 of 8 goals met\n", ("7 of 8 goals met", False)),
])
def test_how_a_run_ended(output: str, wanted: tuple[str, bool]) -> None:
    assert tiers.outcome(output) == wanted


def test_a_run_that_did_not_end_is_not_written_down() -> None:
    with pytest.raises(tiers.Wrong, match="did not come to its end"):
        tiers.outcome("--- rollouts 3 passed, 0 failed, 0 skipped in 3 s\nTerminated\n")


def row(text: str, name: str) -> Tier:
    return next(tier for kind in tiers.parse(text) for tier in kind if tier.name == name)


def test_what_is_written_down() -> None:
    blank = tiers.written({"parts": {}, "tiers": {"a": {"minutes": 1, "paths": ["x"]}, "b": {"minutes": 2, "paths": ["y"]}},
                           "benchmarks": {"bench-a": {"minutes": 3, "paths": ["z"]}}})
    failed = tiers.edited(blank, "a", Run("abc", "2026-12-01 10:00", "1 passed, 1 failed, 0 skipped", 15), passed=False)
    assert row(failed, "a").red == Run("abc", "2026-12-01 10:00", "1 passed, 1 failed, 0 skipped", 15) and row(failed, "a").passed is None
    # That it is red still is no other issue.
    again = tiers.edited(failed, "a", Run("cde", "2026-12-01 11:00", "0 passed, 2 failed, 0 skipped"), passed=False)
    assert row(again, "a").red == Run("cde", "2026-12-01 11:00", "0 passed, 2 failed, 0 skipped", 15)
    green = tiers.edited(again, "a", Run("def", "2026-12-02 10:00", "2 passed, 0 failed, 0 skipped"), passed=True)
    assert row(green, "a").passed == Run("def", "2026-12-02 10:00", "2 passed, 0 failed, 0 skipped") and row(green, "a").red is None
    more = tiers.edited(green, "bench-a", Run("def", "2026-12-02 10:00", "8 of 8 goals met"), passed=True)
    assert row(more, "bench-a").passed == Run("def", "2026-12-02 10:00", "8 of 8 goals met")
    assert row(more, "a") == row(green, "a") and row(more, "b") == row(blank, "b")
    with pytest.raises(tiers.Wrong, match="ISSUE=number"):
        tiers.edited(blank, "a", Run("abc", "2026-12-01 10:00", "0 passed, 1 failed, 0 skipped"), passed=False)
    with pytest.raises(tiers.Wrong, match="It has a, b, bench-a"):
        tiers.edited(blank, "c", Run("abc", "2026-12-01 10:00", "1 passed, 0 failed, 0 skipped"), passed=True)


def test_the_table_is_as_it_is_written() -> None:
    assert tiers.written(yaml.safe_load(TEXT)) == TEXT


def test_a_commit_that_is_not_here_tells_nothing() -> None:
    assert tiers.changed_since(None) is None and tiers.changed_since(Run("0" * 12, "", "")) is None and tiers.changed_since(Run("HEAD", "", "")) == []


def test_the_table_has_every_tier_and_every_benchmark() -> None:
    makefile = (REPO / "Makefile").read_text(encoding="utf-8")
    assert {tier.name for tier in BENCHMARKS} == set(re.findall(r"^(bench-[a-z]+):", makefile, re.MULTILINE))
    # `make test` and what is in it run always; `make security` is four of the table.
    assert {tier.name for tier in TABLE} == set(suites.TIERS) - {"test", "unit", "lint", "molecule", "security"}


@pytest.mark.parametrize("tier", [*TABLE, *BENCHMARKS], ids=[tier.name for tier in (*TABLE, *BENCHMARKS)])
def test_every_path_of_the_table_names_something(tier: Tier) -> None:
    assert [path for path in tier.paths if not any(due.touches(path, file) for file in FILES)] == []


def test_every_part_is_used() -> None:
    rows = [row for kind in ("tiers", "benchmarks") for row in yaml.safe_load(TEXT)[kind].values()]
    assert set(PARTS) == {path for row in rows for path in row["paths"] if path in PARTS}
    assert not [name for name in PARTS if any(due.touches(name, file) for file in FILES)], "a part that has the name of a file"


def steps(tier: str) -> list[suites.Suite]:
    return [suite for step in suites.TIERS[tier] for row in (((step,),) if isinstance(step, suites.Suite) else step) for suite in row]


def collected(tier: str) -> set[str]:
    """The files that pytest is given in a tier."""
    given = [word for suite in steps(tier) if "pytest" in suite.argv for word in suite.argv if word.startswith("tests/")]
    return {file for file in FILES if any(file == word or file.startswith(f"{word}/") for word in given)}


def test_every_file_of_tests_is_in_some_tier() -> None:
    everything = {file for file in FILES if Path(file).name.startswith("test_") and file.endswith(".py") and file.startswith("tests/")}
    assert everything - {file for tier in suites.TIERS for file in collected(tier)} == set()


@pytest.mark.parametrize("tier", TABLE, ids=[tier.name for tier in TABLE])
def test_a_tier_depends_on_its_own_tests(tier: Tier) -> None:
    assert sorted(collected(tier.name) - set(due.touched(tier, collected(tier.name)))) == []
