"""How every benchmark says what it measured: one JSON object per line; kept only when RECORD=1 asks."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

RESULTS = Path(__file__).with_name("results")
sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

import tiers  # noqa: E402


class Report:
    """Collects figures, prints each at once, and says at the end whether all goals were met."""

    def __init__(self, name: str, command: str) -> None:
        self.name = name
        self.lines = [json.dumps({"command": command, "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"), "cores": os.cpu_count()})]
        self.goals = self.met = 0
        self.at = tiers.begun(f"bench-{name}")

    def add(self, figure: str, value: float, unit: str, *, goal: float | None = None, peer: float | None = None, ratio: float | None = None) -> None:
        """One figure. ``goal`` is the most that ``value`` may be or, where there is a ``ratio``, the least that ratio may be."""
        met = None if goal is None else value <= goal if ratio is None else ratio >= goal
        self.goals += met is not None
        self.met += met is True
        line = json.dumps({"figure": figure, "value": round(value, 3), "unit": unit, "peer": peer, "ratio": ratio, "goal": goal, "met": met})
        print(line, flush=True)
        self.lines.append(line)

    def end(self) -> None:
        """Record if asked, say beside the figures how many goals were met, and leave with 1 when one was missed."""
        last = f"{self.met} of {self.goals} goals met"
        if os.environ.get("RECORD") == "1":
            RESULTS.mkdir(exist_ok=True)
            (RESULTS / f"{self.name}.jsonl").write_text("\n".join(self.lines) + "\n")
        tiers.ended(f"bench-{self.name}", self.at, last)
        print(last, file=sys.stderr)
        sys.exit(0 if self.met == self.goals else 1)
