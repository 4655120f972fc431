"""Our lines in files of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core import files
from ansible_collections.cairn.storage.plugins.module_utils._core.blocks import block_in, with_block
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Conflict

BEGIN, END = "# BEGIN cairn.storage", "# END cairn.storage"


@pytest.mark.parametrize("marks", [(BEGIN,), (END,), (END, BEGIN), (BEGIN, BEGIN, END), (BEGIN, END, BEGIN, END)])
def test_marks_that_are_not_whole_are_left_to_a_person(marks: tuple) -> None:
    """A second run would take everything after a mark without its partner for ours, and drop it."""
    text = "first\n" + "".join(f"{mark}\nsomebody else's\n" for mark in marks)
    for act in (block_in, lambda path, text: with_block(path, text, "ours")):
        with pytest.raises(Conflict) as refused:
            act("/etc/fstab", text)
        assert refused.value.code == "block-marks" and refused.value.fix and "/etc/fstab: line 2" in refused.value.found


def test_the_rest_of_the_file_stays() -> None:
    once = with_block("/f", "first\n", "ours")
    assert block_in("/f", once) == ["ours"] and with_block("/f", once + "last\n", "new") == f"first\n{BEGIN}\nnew\n{END}\nlast\n"


def test_a_file_that_is_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "fstab").symlink_to("real")
    files.replace(str(tmp_path / "fstab"), "new")
    assert (tmp_path / "fstab").is_symlink() and (tmp_path / "real").read_text() == "new"
