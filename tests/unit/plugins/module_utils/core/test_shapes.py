"""Values of another shape than an option has are named with their place, and the shape is shown."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.shapes import misplaced

FILE_SYSTEM = {"type": {"type": "str", "choices": ["xfs", "ext4"]}, "label": {"type": "str"}}
VOLUME = {"name": {"type": "str", "required": True}, "size": {"type": "str"}, "filesystem": {"type": "dict", "options": FILE_SYSTEM}}
GROUP = {"name": {"type": "str", "required": True}, "devices": {"type": "raw"},
         "logical_volumes": {"type": "list", "elements": "dict", "options": VOLUME, "aliases": ["volumes"]}}
SPEC = {"groups": {"type": "list", "elements": "dict", "options": GROUP}, "wipe": {"type": "dict", "default": {}},
        "tags": {"type": "list", "elements": "str"}}

WRONG = [
    ({"groups": ["fast"]}, "groups[0]", "'fast'", "{name: fast, devices: ..., logical_volumes: ...}"),
    ({"groups": "fast"}, "groups[0]", "'fast'", "{name: fast"),
    ({"groups": {"data": {"devices": ["x"]}}}, "groups", "a dictionary with data", "groups: [{name: data, ...}]"),
    ({"groups": [{"name": "a"}, {"name": "b", "volumes": [{"name": "l", "filesystem": "xfs"}]}]}, "groups[1].volumes[0].filesystem", "'xfs'",
     "{type: xfs}"),
    ({"groups": [{"name": "a", "logical_volumes": [{"name": "l", "filesystem": ["xfs"]}]}]}, "groups[0].logical_volumes[0].filesystem", "['xfs']",
     "{type: ..., label: ...}"),
    ({"wipe": "none"}, "wipe", "'none'", "{NAME: VALUE}"),
    ({"wipe": True}, "wipe", "True", "{NAME: VALUE}"),
    ({"tags": {"a": 1}}, "tags", "a dictionary with a", "tags: [...]"),
]


@pytest.mark.parametrize("given, where, found, shape", WRONG)
def test_a_value_of_another_shape(given: dict, where: str, found: str, shape: str) -> None:
    wrong: Any = misplaced(SPEC, given)
    assert (wrong.parameter, wrong.found) == (where, found) and shape in wrong.fix, wrong


TAKEN: list = [{}, {"groups": None, "wipe": None}, {"groups": [{"name": "a", "devices": "x", "volumes": None}]}, {"wipe": "a=b"}, {"wipe": '{"a": 1}'},
               {"tags": "a,b"}]


@pytest.mark.parametrize("given", TAKEN)
def test_what_ansible_takes_is_no_matter_of_ours(given: dict) -> None:
    assert misplaced(SPEC, given) is None
