"""The API server's answers as errors; recordings/answers.json holds what a real one answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._core import errors
from ansible_collections.cairn.storage.plugins.module_utils._kube import failures, immutable
from ansible_collections.cairn.storage.plugins.module_utils._kube.manifest import Ref

CONFLICT = {"reason": "Conflict", "message": "Apply failed with 2 conflicts", "details": {"causes": [
    {"reason": "FieldManagerConflict", "message": 'conflict with "helm" using v1', "field": ".data.a"},
    {"reason": "FieldManagerConflict", "message": 'conflict with "kubectl-edit" using v1', "field": ".data.b"}]}}
TERMINATING = {"reason": "Forbidden", "message": 'configmaps "a" is forbidden: unable to create new content in namespace b because it is being terminated',
               "details": {"causes": [{"reason": "NamespaceTerminating", "field": "metadata.namespace"}]}}


@pytest.mark.parametrize(("code", "family", "status", "answer"), [
    ("api-unauthorized", errors.Refused, 401, {"message": "Unauthorized"}),
    ("api-forbidden", errors.Refused, 403, {"message": 'configmaps is forbidden: User "u" cannot list resource "configmaps"'}),
    ("namespace-terminating", errors.Busy, 403, TERMINATING),
    ("namespace-not-found", errors.NotFound, 404, {"message": 'namespaces "b" not found'}),
    ("api-not-found", errors.NotFound, 404, {"message": 'configmaps "a" not found'}),
    ("field-conflict", errors.Conflict, 409, CONFLICT),
    ("api-exists", errors.Conflict, 409, {"reason": "AlreadyExists", "message": 'configmaps "a" already exists'}),
    ("api-changed", errors.Busy, 409, {"reason": "Conflict", "message": "Precondition failed: UID in precondition: x, UID in object meta: y"}),
    ("api-expired", errors.Busy, 410, {"reason": "Expired", "message": "The provided continue parameter is too old"}),
    ("dry-run-unsupported", errors.Refused, 400, {"message": 'admission webhook "w" does not support dry run'}),
    ("field-unknown", errors.InvalidRequest, 500, {"message": "failed to create typed patch object: .spec.replica: field not declared in schema"}),
    ("field-unknown", errors.InvalidRequest, 400, {"message": 'strict decoding error: unknown field "spec.colour"'}),
    ("api-invalid", errors.InvalidRequest, 422, {"message": 'Service "a" is invalid: spec.ports: Required value'}),
    ("api-timeout", errors.Timeout, 504, {"message": "Timeout: request did not complete within requested timeout"}),
    ("api-error", errors.CommandFailed, 500, {"message": "etcdserver: no space"}),
    ("api-error", errors.CommandFailed, 418, {}),
])
def test_answers(code: str, family: type, status: int, answer: dict) -> None:
    error = failures.from_status(status, answer, "PATCH", "/api/v1/x")
    assert (error.code, type(error)) == (code, family)


def test_a_conflict_names_fields_and_managers() -> None:
    error = failures.from_status(409, CONFLICT, "PATCH", "/api/v1/x")
    assert error.found == "helm: .data.a; kubectl-edit: .data.b" and "on_conflict: take" in error.fix


RECORDED = json.loads((Path(__file__).parent / "recordings" / "answers.json").read_text(encoding="utf-8"))["answers"]


@pytest.mark.parametrize(("code", "name"), [
    ("api-changed", "uid"), ("api-expired", "expired"), ("api-invalid", "bad name"), ("api-invalid", "bad quantity"), ("api-invalid", "bad selector"),
    ("api-invalid", "missing required"), ("api-invalid", "too large"), ("api-invalid", "wrong type"), ("field-conflict", "conflict"),
    ("field-unknown", "unknown field"), ("field-unknown", "unknown field in spec"), ("namespace-not-found", "namespace missing"),
    ("namespace-terminating", "terminating"),
])
def test_recorded_answers(code: str, name: str) -> None:
    assert failures.from_status(RECORDED[name]["code"], RECORDED[name]["status"], "PATCH", "/x").code == code


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_immutable_fields_are_recognised(name: str) -> None:
    error = failures.from_status(RECORDED[name]["code"], RECORDED[name]["status"], "PATCH", "/x")
    assert failures.immutable(error) is name.startswith("immutable ")
    assert "\n" not in str(error)


@pytest.mark.parametrize(("group", "kind", "needed"), [
    ("apps", "StatefulSet", "--cascade=orphan"),
    ("storage.k8s.io", "StorageClass", "volumes that were made from it stay"),
    ("storage.k8s.io", "CSIDriver", "pods that use volumes of the driver keep them"),
    ("", "PersistentVolumeClaim", "only spec.resources.requests can grow"),
    ("example.org", "Shelf", "state: absent"),
])
def test_what_an_immutable_field_needs(group: str, kind: str, needed: str) -> None:
    error = immutable.refusal(Ref(group, kind, "b", "a"), {}, [".spec.x"], "the server's words")
    assert error.code == "immutable-field" and needed in error.fix and ".spec.x" in error.message


def test_certificates_and_addresses() -> None:
    assert failures.unreachable("https://h", Exception("[SSL: CERTIFICATE_VERIFY_FAILED]")).code == "api-certificate"
    assert failures.unreachable("https://h", Exception("Connection refused")).code == "api-unreachable"
