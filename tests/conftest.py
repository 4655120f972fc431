"""Makes `ansible_collections.cairn.storage` importable from the work tree."""

from __future__ import annotations

import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
LINK = REPO / ".work" / "collections" / "ansible_collections" / "cairn" / "storage"

if not LINK.exists():
    LINK.parent.mkdir(parents=True, exist_ok=True)
    LINK.symlink_to("../../../..")
sys.path.insert(0, str(LINK.parents[2]))
