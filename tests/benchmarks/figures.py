"""How every benchmark says what it measured: one JSON object per line; kept only when RECORD=1 asks."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

RESULTS = Path(__file__).with_name("results")


class Report:
    """Collects figures, prints each at once, and says at the end whether all goals were met."""

    def __init__(self, name: str, command: str) -> None:
        self.name = name
        self.lines = [json.dumps({"command": command, "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"), "cores": os.cpu_count()})]
        self.all_met = True

    def add(self, figure: str, value: float, unit: str, *, goal: float | None = None, peer: float | None = None, ratio: float | None = None) -> None:
        """One figure. ``goal`` is the most that ``value`` may be or, where there is a ``ratio``, the least that ratio may be."""
        met = None if goal is None else value <= goal if ratio is None else ratio >= goal
        self.all_met = self.all_met and met is not False
        line = json.dumps({"figure": figure, "value": round(value, 3), "unit": unit, "peer": peer, "ratio": ratio, "goal": goal, "met": met})
        print(line, flush=True)
        self.lines.append(line)

    def end(self) -> None:
        """Record if asked, and leave with 1 when a goal was missed."""
        if os.environ.get("RECORD") == "1":
            RESULTS.mkdir(exist_ok=True)
            (RESULTS / f"{self.name}.jsonl").write_text("\n".join(self.lines) + "\n")
        sys.exit(0 if self.all_met else 1)
