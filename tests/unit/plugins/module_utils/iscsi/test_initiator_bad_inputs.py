"""Every bad input of the initiator's table is refused on a machine of plain values, by the parameter that is at fault and with what to do about it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from initiators import NAME as OWN
from initiators import lun, session

TESTS = Path(__file__).resolve().parents[4]
sys.path += [str(TESTS / "hosts"), str(TESTS / "unit")]

from argument_specs import argument_spec  # noqa: E402
from bad_inputs import TYPE, Bad, with_disks  # noqa: E402
from iscsi_bad_inputs_initiator import PORTAL, TABLE, TARGET  # noqa: E402

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.desired import parse  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.model import Observed  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.plan import plan  # noqa: E402
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.sendtargets import discover  # noqa: E402

WHERE = "192.0.2.10:3260"


def plan_sessions(params: Any) -> None:
    """Only a portal of this machine is really asked."""
    wish = parse(params)
    offers = tuple(offer for asked in wish.discovery if asked.portal.address == "127.0.0.1" for offer in discover(asked, OWN))
    plan(Observed(OWN, sessions=(session(WHERE, TARGET, luns=[lun(used="mount /mnt/bad")]),), offers=offers), wish)


def secrets(value: Any) -> list[str]:
    """All passwords in a module's parameters."""
    if isinstance(value, dict):
        return [each for key, inner in value.items() for each in ([inner] if key.endswith("password") else secrets(inner))]
    return [each for inner in value for each in secrets(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: f"{bad.parameter}-{bad.code or 'type'}")
def test_a_bad_input_is_refused(bad: Bad) -> None:
    checked = ArgumentSpecValidator(argument_spec(bad.module)).validate(with_disks(dict(bad.params), {PORTAL: WHERE}))
    if bad.code == TYPE:
        assert bad.parameter in "; ".join(checked.error_messages)
        return
    assert not checked.error_messages, checked.error_messages
    with pytest.raises(CairnError) as refused:
        plan_sessions(checked.validated_parameters)
    assert (refused.value.code, refused.value.parameter) == (bad.code, bad.parameter), str(refused.value)
    assert refused.value.fix and refused.value.parameter in str(refused.value)
    assert not any(secret in str(refused.value) for secret in secrets(bad.params) if secret)


def test_the_table_is_wide_enough() -> None:
    assert len({(bad.code, bad.parameter) for bad in TABLE if bad.code != TYPE}) >= 30 and len({bad.code for bad in TABLE}) >= 25
