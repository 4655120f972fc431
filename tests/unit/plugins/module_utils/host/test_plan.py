"""Host settings: what changes for which state, as a table."""

from __future__ import annotations

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.blocks import with_block
from ansible_collections.cairn.storage.plugins.module_utils._host.plan import MODULES, Block, Desired, Observed, Service, plan_settings

DESIRED = Desired(("dm-thin-pool",), (Block("/etc/x.conf", "a\nb", "x.service"),), ("lvm2-monitor",))
MODULES_FILE = "# BEGIN cairn.storage\ndm-thin-pool\n# END cairn.storage\n"
FILE = "theirs\n# BEGIN cairn.storage\na\nb\n# END cairn.storage\nmore\n"
RUNNING = Service(known=True, enabled=True, active=True)
DONE = Observed(frozenset({"dm_thin_pool"}), {MODULES: MODULES_FILE, "/etc/x.conf": FILE}, {"lvm2-monitor": RUNNING, "x.service": RUNNING})


def steps(observed: Observed) -> list:
    return [str(step) for action in plan_settings(observed, DESIRED).actions for step in action.steps]


@pytest.mark.parametrize(("change", "expected"), [
    ({}, []),
    ({"loaded": frozenset()}, ["modprobe --all dm-thin-pool"]),
    ({"files": {MODULES: "", "/etc/x.conf": FILE}}, [f"write {MODULES}"]),
    ({"files": {MODULES: MODULES_FILE, "/etc/x.conf": "theirs\n"}}, ["write /etc/x.conf", "systemctl reload x.service"]),
    ({"files": {MODULES: MODULES_FILE, "/etc/x.conf": ""}, "services": {"lvm2-monitor": RUNNING, "x.service": Service(known=False)}}, ["write /etc/x.conf"]),
    ({"services": {"lvm2-monitor": Service(known=True, enabled=True), "x.service": RUNNING}}, ["systemctl enable --now lvm2-monitor"]),
    ({"services": {"lvm2-monitor": Service(known=False), "x.service": RUNNING}}, ["enable lvm2-monitor"]),
])
def test_only_what_differs_is_changed(change: dict, expected: list) -> None:
    assert steps(Observed(**{**DONE.__dict__, **change})) == expected


def test_kernel_modules_of_another_role_stay() -> None:
    theirs = with_block("/f", "", "target_core_mod")
    plan = plan_settings(Observed(**{**DONE.__dict__, "files": {MODULES: theirs, "/etc/x.conf": FILE}}), DESIRED)
    assert [step.text for action in plan.actions for step in action.steps] == [with_block("/f", "", "target_core_mod\ndm-thin-pool")]


@pytest.mark.parametrize(("text", "expected"), [
    ("", "# BEGIN cairn.storage\nnew\n# END cairn.storage\n"),
    ("theirs", "theirs\n# BEGIN cairn.storage\nnew\n# END cairn.storage\n"),
    (FILE, "theirs\n# BEGIN cairn.storage\nnew\n# END cairn.storage\nmore\n"),
])
def test_other_lines_stay(text: str, expected: str) -> None:
    assert with_block("/f", text, "new") == expected
    assert with_block("/f", expected, "new\n") == expected
