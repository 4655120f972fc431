"""Our lines in files of others."""

from __future__ import annotations

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core.blocks import block_in, with_block
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Conflict

BEGIN, END = "# BEGIN cairn.storage", "# END cairn.storage"


@pytest.mark.parametrize("marks", [(BEGIN,), (END,), (END, BEGIN), (BEGIN, BEGIN, END), (BEGIN, END, BEGIN, END)])
def test_marks_that_are_not_whole_are_left_to_a_person(marks: tuple) -> None:
    """A second run would take everything after a mark without its partner for ours, and drop it."""
    text = "first\n" + "".join(f"{mark}\nsomebody else's\n" for mark in marks)
    for act in (block_in, lambda text: with_block(text, "ours")):
        with pytest.raises(Conflict) as refused:
            act(text)
        assert refused.value.code == "block-marks" and refused.value.fix and "line 2" in refused.value.found


def test_the_rest_of_the_file_stays() -> None:
    once = with_block("first\n", "ours")
    assert block_in(once) == ["ours"] and with_block(once + "last\n", "new") == f"first\n{BEGIN}\nnew\n{END}\nlast\n"
