"""Runs on a node: each line that it reads is a JSON list of calls to the driver, [method, request]; it answers with a line of their answers.

A line like {"together": [[method, request, begin, seconds]]} is of calls at a time: each begins some seconds after the first, and waits that long.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import csi_pb2
import csi_pb2_grpc
import grpc
from google.protobuf import json_format

#: Methods begin with Controller or Node, except those of the Controller service that do not.
_STUBS = {"Node": csi_pb2_grpc.NodeStub, "Get": csi_pb2_grpc.IdentityStub, "Probe": csi_pb2_grpc.IdentityStub}


def call(channel: grpc.Channel, method: str, request: dict, seconds: float = 120) -> dict:
    """The answer as plain values, or ``{"code", "message"}``."""
    kind = next(
        (stub for prefix, stub in _STUBS.items() if method.startswith(prefix) and method not in ("GetCapacity", "GetSnapshot")),
        csi_pb2_grpc.ControllerStub,
    )
    message = json_format.ParseDict(request, getattr(csi_pb2, f"{method}Request")())
    try:
        answer = getattr(kind(channel), method)(message, timeout=seconds)
    except grpc.RpcError as error:
        return {"code": error.code().name, "message": error.details()}
    return json_format.MessageToDict(answer, preserving_proto_field_name=True)


def together(channel: grpc.Channel, calls: list) -> list:
    """The answers to calls at a time, and how long each took."""

    def one(wanted: list) -> dict:
        method, request, begin, seconds = wanted
        time.sleep(begin)
        began = time.monotonic()
        return {**call(channel, method, request, seconds), "seconds": time.monotonic() - began}

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


if __name__ == "__main__":
    for line in sys.stdin:
        # A new channel each time: the driver may have been restarted, and an old one waits before it tries again.
        with grpc.insecure_channel(f"unix:{sys.argv[1]}") as to:
            wanted = json.loads(line)
            answers = together(to, wanted["together"]) if isinstance(wanted, dict) else [call(to, method, request) for method, request in wanted]
            print(json.dumps(answers), flush=True)
