"""The driver is no installed package: its tests import it from where it lies."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "roles" / "lvm_csi" / "files"))
