# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The API server's answers as errors that say what to do."""

from __future__ import annotations

import re
from typing import Any, Mapping, Optional

from .._core.errors import Busy, CairnError, CommandFailed, Conflict, InvalidRequest, NotFound, Refused, Timeout

_MANAGER = re.compile(r'conflict with "([^"]+)"')
_NAMESPACE_MISSING = re.compile(r'namespaces "([^"]+)" not found')
_IMMUTABLE = re.compile(r"immutable|updates to .* forbidden|(?:may not|cannot) (?:be )?(?:change|update)", re.I)

#: Who asks without credentials, as the API server calls them.
_ANONYMOUS = '"system:anonymous"'
#: Server-side apply answers 500 to values of the wrong type.
_NOT_READABLE = ("failed to create typed patch object", "failed to convert new object", "error decoding")

#: What OpenSSL says of an answer that is no TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "HTTP_REQUEST")

#: Characters of a message that a person reads.
_LONG = 600


def from_status(code: int, status: Mapping[str, Any], method: str, path: str) -> CairnError:
    """The error for an answer with HTTP ``code`` and a Status object (or whatever came instead)."""
    message = _short(str(status.get("message") or f"HTTP status {code}"))
    details = status.get("details") or {}
    causes = details.get("causes") or []
    if code == 401:
        return Refused("the API server does not accept the credentials.", code="api-unauthorized", found=message)
    if code == 403 and _ANONYMOUS in message:
        return Refused("the API server was asked without credentials that it knows.", code="api-unauthorized", found=message)
    if code == 403 and any(cause.get("reason") == "NamespaceTerminating" for cause in causes):
        return Busy(f"{message}.", code="namespace-terminating", fix="wait until the namespace is gone, then run again.")
    if code == 403:
        return Refused(f"{method} {path} is forbidden.", code="api-forbidden", found=message, fix="give this user the missing verb on the resource (RBAC).")
    if code == 404:
        namespace = _NAMESPACE_MISSING.search(message)
        if namespace:
            return NotFound(f"the namespace {namespace[1]} does not exist.", code="namespace-not-found", parameter="objects",
                            fix=f"put a Namespace named {namespace[1]} into the same list.")
        return NotFound(f"{message}.", code="api-not-found")
    if code == 409:
        return _conflict(status, causes, message)
    if code == 410:
        return Busy(f"{message}.", code="api-expired")
    if code == 400 and "does not support dry run" in message:
        return Refused(f"{message}.", code="dry-run-unsupported")
    if code == 400 and "strict decoding error" in message or "field not declared in schema" in message:
        return InvalidRequest("the manifest has a field that this kind does not know.", code="field-unknown", parameter="objects", found=message,
                              fix="correct the spelling or the place of the field.")
    if code in (400, 413, 415, 422) or any(word in message for word in _NOT_READABLE):
        return InvalidRequest("the API server does not accept the request.", code="api-invalid", parameter="" if method == "GET" else "objects",
                              found=message, fix="correct the manifest.")
    if code == 504:
        return Timeout(f"{method} {path}: {message}.", code="api-timeout", fix="look at the API server's load and its webhooks, then run again.")
    return CommandFailed(f"{method} {path} failed: {message}.", code="api-error", found=f"HTTP status {code}")


def _short(message: str) -> str:
    """Some messages hold the whole object in their middle, or go on with it."""
    line = message.strip().splitlines()[0].rstrip(".")
    return line if len(line) <= _LONG else f"{line[: _LONG // 2]} (...) {line[-_LONG // 2:]}"


def _conflict(status: Mapping[str, Any], causes: list, message: str) -> CairnError:
    fields: dict = {}
    for cause in causes:
        if cause.get("reason") == "FieldManagerConflict":
            manager = _MANAGER.search(cause.get("message", ""))
            fields.setdefault(manager[1] if manager else "another manager", []).append(cause.get("field", "?"))
    if fields:
        return Conflict("another field manager has set these fields to other values.", code="field-conflict", parameter="objects",
                        found="; ".join(f"{manager}: {', '.join(paths)}" for manager, paths in fields.items()),
                        fix="leave these fields out of the manifest, or set on_conflict: take to own them from now on.")
    if status.get("reason") == "AlreadyExists":
        return Conflict(f"{message}.", code="api-exists", fix="run again: somebody made it in the meantime.")
    return Busy(f"{message}.", code="api-changed", fix="run again: somebody changed it in the meantime.")


def immutable(error: CairnError) -> bool:
    """Whether the API server refused to change a field that can only be set when an object is made."""
    return error.code == "api-invalid" and bool(_IMMUTABLE.search(error.found))


def unreachable(host: str, problem: BaseException) -> CairnError:
    """The error for a connection that cannot be made."""
    text = str(getattr(problem, "reason", None) or problem)
    if any(word in text for word in _NO_TLS):
        return Refused(f"{host} does not speak TLS.", code="api-no-tls", found=text, fix="correct the port, or write http:// if that is meant.")
    if "CERTIFICATE_VERIFY_FAILED" in text or "SSLError" in text or "[SSL" in text:
        return Refused(f"the certificate of {host} cannot be verified.", code="api-certificate", found=text,
                       fix="give the cluster's CA (ca_cert, or certificate-authority in the kubeconfig), and reach the server by a name that its "
                           "certificate holds.")
    return CommandFailed(f"the API server {host} cannot be reached.", code="api-unreachable", found=text,
                         fix="check the server's address, the network and that the API server runs.")


def about(error: CairnError, subject: object, code: Optional[str] = None) -> CairnError:
    """The same error, saying which object it is about."""
    error.message = f"{subject}: {error.message}"
    error.code = code or error.code
    error.args = (str(error),)
    return error
