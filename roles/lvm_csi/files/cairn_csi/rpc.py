# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every call has in common: threads, an id in the log, one change of a thing at a time, errors as the codes of gRPC, figures."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import grpc

from . import jobs, log, metrics
from .collection import CairnError
from .turns import Turn, Turns, about, key_of, turn_of

#: Calls of a service at a time; LVM does one thing at a time anyway, but calls wait for copies and for disks that hang.
_THREADS = {"Identity": 2, "Controller": 32, "Node": 32}
#: Calls that only look; they may run beside anything.
_READS = ("Get", "List", "Probe", "NodeGet", "ControllerGet", "Validate")


class Interceptor(grpc.ServerInterceptor):
    """Wraps every call of the server, and gives each service threads of its own.

    Who asks whether the driver lives is answered however many calls wait for a disk, and volumes are taken from pods however many wait to be made.
    """

    def __init__(self) -> None:
        self._pools = {service: ThreadPoolExecutor(threads, thread_name_prefix=service) for service, threads in _THREADS.items()}
        self._turns = Turns()

    def intercept_service(self, continuation: Callable, handler_call_details: Any) -> Any:
        """See ``grpc.ServerInterceptor``."""
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        # As in "/csi.v1.Node/NodeGetInfo".
        service, _slash, method = handler_call_details.method.rpartition("/")

        def call(request: Any, context: grpc.ServicerContext) -> Any:
            return self._call(method, handler.unary_unary, request, context)

        # What grpc's server runs a method in, instead of the threads that it was given for all.
        call.experimental_thread_pool = self._pools[service.rpartition(".")[2]]  # type: ignore[attr-defined]
        return grpc.unary_unary_rpc_method_handler(call, handler.request_deserializer, handler.response_serializer)

    def _call(self, method: str, answer: Callable, request: Any, context: grpc.ServicerContext) -> Any:
        log.begin()
        jobs.allow(context.time_remaining())
        begin, key = time.monotonic(), "" if method.startswith(_READS) else about(method, request)
        code, message, response = "OK", "", None
        try:
            with turn_of(Turn(self._turns, key, begin + jobs.left())):
                response = answer(request, context)
        except CairnError as error:
            code, message = error.grpc, str(error)
        except NotImplementedError:
            code, message = "UNIMPLEMENTED", f"This driver has no {method}."
        except Exception as error:  # pylint: disable=broad-except
            code, message = "INTERNAL", repr(error)
        seconds = time.monotonic() - begin
        metrics.operation(method, code, seconds)
        if code != "OK" or key:
            (log.info if code == "OK" else log.error)("call", method=method, on=key_of(request), code=code, seconds=round(seconds, 3), message=message)
        if code != "OK":
            # Names of files need not be text.
            context.abort(getattr(grpc.StatusCode, code), message.encode("utf-8", "backslashreplace").decode())
        return response
