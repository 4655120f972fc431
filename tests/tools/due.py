"""Which of the long tiers are to run next. Plain values in and out; `tiers.py` asks git and the table for them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

#: What nothing of a tier reads: prose.
PROSE = (".md", ".rst")


@dataclass(frozen=True)
class Run:
    """How a tier ended at a commit; ``date`` is UTC, as text that sorts."""

    commit: str
    date: str
    last: str
    #: Of a run that failed: the issue that is open as long as the tier is red.
    issue: int | None = None


@dataclass(frozen=True)
class Tier:
    """A long tier or a benchmark, as the table has it."""

    name: str
    minutes: int
    #: Files, folders and patterns that its result depends on.
    paths: tuple[str, ...]
    passed: Run | None = None
    #: The run after ``passed`` that failed; nothing when the last one passed.
    red: Run | None = None

    @property
    def last(self) -> Run | None:
        """How it ended last."""
        return self.red or self.passed


@dataclass(frozen=True)
class Due:
    """A tier that is to run, and why."""

    tier: Tier
    why: str


def touches(path: str, file: str) -> bool:
    """Whether ``file`` is what ``path`` names: the file, a folder that it is in, or a pattern."""
    return file == path or file.startswith(f"{path}/") or fnmatch.fnmatchcase(file, path)


def touched(tier: Tier, changed: Iterable[str]) -> list[str]:
    """Those of the changed files that the tier depends on."""
    return [file for file in changed if not file.endswith(PROSE) and any(touches(path, file) for path in tier.paths)]


def reason(tier: Tier, changed: Sequence[str] | None) -> str:
    """Why a tier is due; nothing when it is not. ``changed`` is what has changed since it last ended, ``None`` if that commit is not known here."""
    if tier.last is None:
        return "it has never passed on record"
    if changed is None:
        return f"the commit {tier.last.commit} of its last run is not in this clone"
    files = touched(tier, changed)
    if not files:
        return ""
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{'it was red at' if tier.red else 'it passed at'} {tier.last.commit}, and {files[0]}{more} changed since"


def order(tiers: Sequence[Tier], changed: Mapping[str, Sequence[str] | None], turn: int) -> list[Due]:
    """The tiers that are to run, first those that have waited longest; when none is due, the one that ran longest ago.

    A tier that is red and that nothing has touched since is no news: it would only fail again. Those without a record take turns by ``turn``, a
    number that grows from run to run, so that each comes first at some time even if nobody records anything.
    """
    whys = {tier.name: reason(tier, changed[tier.name]) for tier in tiers}
    never = [tier for tier in tiers if tier.last is None]
    never = never[turn % len(never):] + never[:turn % len(never)] if never else []
    known = sorted((tier for tier in tiers if tier.last is not None), key=lambda tier: tier.last.date)
    found = [Due(tier, whys[tier.name]) for tier in (*never, *known) if whys[tier.name]]
    green = [tier for tier in known if not tier.red]
    return found or [Due(tier, f"nothing is due, and it ran longest ago, at {tier.last.commit}") for tier in green[:1]]


def regresses(tier: Tier) -> bool:
    """Whether a failure would be news: the tier passed when it last ended. One that was red, or never ended, is the matter of an issue that is open."""
    return tier.passed is not None and tier.red is None


def starts(tier: Tier, minutes_left: float) -> bool:
    """Whether there is time for it: twice what it usually takes."""
    return minutes_left >= 2 * tier.minutes
