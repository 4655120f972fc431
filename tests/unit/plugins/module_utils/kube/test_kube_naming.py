"""The provisioner's volume names."""

from __future__ import annotations

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._local.naming import pv_name


@pytest.mark.parametrize(("parts", "name"), [
    # FNV-1a test vectors of its authors (draft-eastlake-fnv, appendix C): "", "a", "foobar".
    (("", "", ""), "local-pv-811c9dc5"),
    (("a", "", ""), "local-pv-e40c292c"),
    (("foo", "ba", "r"), "local-pv-bf9cf968"),
])
def test_hash(parts: tuple[str, str, str], name: str) -> None:
    assert pv_name(*parts) == name


def test_no_leading_zeros() -> None:
    names = [pv_name(f"entry-{number}", "node", "class") for number in range(200)]
    assert min(len(name) for name in names) < len("local-pv-") + 8
