"""Do the classes of a site agree with each other and with the volumes there are."""

from __future__ import annotations

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._site.classes import class_problems, merge_classes

BASE = "/srv/local"


def live(name: str, path: str) -> dict:
    return {"name": "local-pv-1", "storage_class": name, "path": path}


@pytest.mark.parametrize(("classes", "volumes", "codes"), [
    ([{"name": "a"}, {"name": "b"}], [live("a", f"{BASE}/a/x"), live("other", "/mnt/other/x"), live("csi", "")], []),
    ([{"name": "a"}, {"name": "a"}], [], ["class-duplicate"]),
    ([{"name": "a"}, {"name": "b", "directory": f"{BASE}/a"}], [], ["class-directory-shared"]),
    ([{"name": "a"}, {"name": "b", "directory": f"{BASE}/a/b/"}], [], ["class-directory-shared"]),
    ([{"name": "a"}, {"name": "ab"}], [], []),
    ([{"name": "new", "directory": f"{BASE}/old"}], [live("old", f"{BASE}/old/x")], ["class-renamed"]),
    ([{"name": "a"}], [live("a", f"{BASE}/a/x"), live("b", f"{BASE}/b/x")], ["class-in-use"]),
    ([], [live("a", f"{BASE}/a/x")], ["class-in-use"]),
])
def test_problems_of_classes(classes: list, volumes: list, codes: list) -> None:
    assert [problem.code for problem in class_problems(classes, volumes, BASE)] == codes


def test_classes_of_hosts_are_one() -> None:
    by_host = {"x": [{"name": "a", "volume_mode": "Block"}, {"name": "gone", "state": "absent"}], "y": [{"name": "a", "volume_mode": "Block"}, {"name": "b"}]}
    assert merge_classes(by_host, {"b": {"default": True}}) == [{"name": "a", "volume_mode": "Block"}, {"name": "b", "volume_mode": "Filesystem", "default": True}]


@pytest.mark.parametrize(("by_host", "options", "code"), [
    ({"x": [{"name": "a"}], "y": [{"name": "a", "volume_mode": "Block"}]}, {}, "class-differs"),
    ({"x": [{"name": "a"}]}, {"b": {}}, "class-unknown"),
])
def test_classes_that_hosts_disagree_on_are_refused(by_host: dict, options: dict, code: str) -> None:
    with pytest.raises(CairnError) as error:
        merge_classes(by_host, options)
    assert error.value.code == code
