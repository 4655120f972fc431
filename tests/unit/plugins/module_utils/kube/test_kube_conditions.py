"""Waiting for what a person names: any object by an expression, drivers on their nodes."""

from __future__ import annotations

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._kube.condition import Expression, Registered
from ansible_collections.cairn.storage.plugins.module_utils._kube.discovery import Resource
from ansible_collections.cairn.storage.plugins.module_utils._kube.manifest import Ref
from ansible_collections.cairn.storage.plugins.module_utils._kube.ready import Surroundings
from ansible_collections.cairn.storage.plugins.module_utils._kube.wait import Target
from kube_wishes import DRIVERS, parse, thing

SERVICE = thing("Service", "s", "b", status={"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}, "zero": 0, "no": False, "none": [], "text": ""})


@pytest.mark.parametrize(("expression", "ready"), [
    ("status.loadBalancer.ingress[0].ip", True),
    ("status.loadBalancer.ingress[0].ip=='10.0.0.1'", True),
    ("status.loadBalancer.ingress[0].hostname", False),
    ("length(status.loadBalancer.ingress) > `1`", False),
    # In JMESPath zero is true; null, false and what is empty are not.
    ("status.zero", True),
    ("status.no", False),
    ("status.none", False),
    ("status.text", False),
    # A function of what is not there yet is no error.
    ("length(status.nothing) > `0`", False),
])
def test_expressions(expression: str, ready: bool) -> None:
    state = Expression(expression, "wait_for[0].condition").state(SERVICE, Surroundings())
    assert (state.name == "ready") is ready and (ready or expression in state.reason)


def target(kind: str, expression: str) -> Target:
    return Target(Ref("", kind, "b", "s"), Resource("", "v1", kind, "x", True), True, None, Expression(expression, "x"))


def test_a_condition_takes_the_place_of_what_is_ready_for_the_kind() -> None:
    claim = thing("PersistentVolumeClaim", "c", "b", spec={"storageClassName": "late"}, status={"phase": "Pending"})
    around = Surroundings(binding_modes={"late": "WaitForFirstConsumer"})
    bound = target("PersistentVolumeClaim", "status.phase=='Bound'")
    assert bound.state(claim, around).name == "waiting", "ready for its kind, but not what was asked for"
    failed = thing("Pod", "p", "b", spec={}, status={"phase": "Failed", "reason": "Evicted"})
    assert target("Pod", "status.phase=='Failed'").state(failed, Surroundings()).name == "ready"
    assert target("Pod", "status.phase=='Running'").state(failed, Surroundings()).name == "failed", "no hope is told at once"


def node(name: str, **labels: str) -> dict:
    return {"metadata": {"name": name, "labels": labels}}


def registration(name: str, *drivers: str) -> dict:
    return {"metadata": {"name": name}, "spec": {"drivers": [{"name": driver} for driver in drivers]}}


NODES = [node("node1", storage="true"), node("node2", storage="true"), node("node3")]
DRIVER = thing("CSIDriver", "d", api="storage.k8s.io/v1", spec={})


@pytest.mark.parametrize(("labels", "registrations", "said"), [
    ({"storage": "true"}, [registration("node1", "d"), registration("node2", "e", "d")], ""),
    ({"storage": "true"}, [registration("node1", "d"), registration("node2", "e")], "1 of 2 nodes: node2"),
    ({}, [registration("node1", "d"), registration("node2", "d")], "1 of 3 nodes: node3"),
    ({"storage": "false"}, [], "no node has the labels storage=false"),
    ({"storage": "true"}, [], "2 of 2 nodes: node1, node2"),
])
def test_a_driver_is_registered_on_every_eligible_node_node_driver_registrar_139(labels: dict, registrations: list[dict], said: str) -> None:
    nodes, csi_nodes = Registered.needs
    state = Registered(labels).state(DRIVER, Surroundings(others={nodes: NODES, csi_nodes: registrations}))
    assert (state.name, bool(state.reason)) == (("waiting", True) if said else ("ready", False)) and said in state.reason


def test_nodes_that_are_not_known_yet_are_waited_for() -> None:
    assert Registered({}).state(DRIVER, Surroundings()).name == "waiting"


def test_only_drivers_that_ask_for_it_are_waited_for_on_nodes() -> None:
    wish = parse(DRIVERS, {"name": "a.example.org"}, {"name": "d.example.org", "registered_on": {}})
    assert [what.name for what in wish.conditions] == ["d.example.org"]
