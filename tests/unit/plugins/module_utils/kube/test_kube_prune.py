"""What is not in the list any more goes with consent."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Refused
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Consent, Plan
from ansible_collections.cairn.storage.plugins.module_utils._kube import apply
from ansible_collections.cairn.storage.plugins.module_utils._kube.manifest import ref
from ansible_collections.cairn.storage.plugins.module_utils._kube.model import Desired, Found, Observed
from ansible_collections.cairn.storage.plugins.module_utils._kube.prune import Prune
from kube_wishes import live_claim, live_volume, resource, thing

LABELS = {"app": "x", "set": "y"}


def prune(**given: str) -> Prune:
    return Prune(LABELS, (), (), Consent("allow_prune", given))


def plan(chosen: Prune, *going: dict, stake: dict | None = None, data: dict | None = None) -> Plan:
    found = tuple(Found(ref(live), resource(live["kind"], True), live) for live in going)
    desired = Desired((), True, Consent("allow_data_loss", data or {}), prune=chosen)
    return apply.plan(Observed((), (), stake or {}, found, {}, tuple(one.ref for one in found)), desired)


OLD = thing("ConfigMap", "old", "s")
OLDER = thing("ConfigMap", "older", "s")


def test_the_selector() -> None:
    assert prune().selector == "app=x,set=y"


def test_what_controllers_keep_stays_with_its_owner() -> None:
    owned: dict[str, Any] = thing("Pod", "p", "s")
    owned["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet"}]
    assert prune().unlisted([OLD, OLDER, owned], {ref(OLD)}) == [OLDER]


def test_consent_names_each_object_and_its_uid() -> None:
    with pytest.raises(Refused) as refused:
        plan(prune(), OLD, OLDER)
    assert refused.value.code == "prune-consent-missing" and refused.value.parameter == "allow_prune"
    assert '"ConfigMap s/old": "uid-old", "ConfigMap s/older": "uid-older"' in refused.value.fix
    with pytest.raises(Refused) as refused:
        plan(prune(**{"ConfigMap s/old": "uid-old", "ConfigMap s/older": "another"}), OLD, OLDER)
    assert refused.value.found == "ConfigMap s/older"
    planned = plan(prune(**{"ConfigMap s/old": "uid-old"}), OLD)
    assert [str(action) for action in planned.actions] == ["delete ConfigMap s/old"] and planned.warnings == ()


def test_a_consent_that_is_used_up_is_told() -> None:
    (warning,) = plan(prune(**{"ConfigMap s/old": "uid-old"})).warnings
    assert "allow_prune" in warning and "not needed" in warning


def test_it_is_no_consent_to_lose_data() -> None:
    claim, volume = live_claim(), live_volume(claim="s/a", phase="Bound", policy="Delete")
    stake = {"PersistentVolumeClaim": (claim,), "PersistentVolume": (volume,)}
    chosen = {"PersistentVolumeClaim s/a": "uid-a"}
    with pytest.raises(Refused) as refused:
        plan(prune(**chosen), claim, stake=stake)
    assert refused.value.code == "consent-missing"
    assert plan(prune(**chosen), claim, stake=stake, data={"s/a": "pv"}).changed
