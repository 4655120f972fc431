"""Attacks are tried with the tools of the suites beside this one: they are found by name."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / each) for each in (".", "hosts", "cluster", "csi", "faults")]
