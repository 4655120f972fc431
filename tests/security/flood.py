"""Runs on a node: many calls to the driver at a time, and meanwhile Probe again and again; it answers with a line of figures."""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import csi_pb2
import csi_pb2_grpc
import grpc
from call import call


def timed(channel: grpc.Channel, method: str, request: dict) -> tuple[float, str, str]:
    """Seconds, code and message of a call."""
    began = time.monotonic()
    answer = call(channel, method, request)
    return time.monotonic() - began, answer.get("code", "OK"), answer.get("message", "")


def main() -> None:
    """Of the calls on stdin, ``flood`` is made all at once, ``later`` one after the other once ``seconds`` have passed."""
    asked = json.load(sys.stdin)
    probes, until = [], time.monotonic() + asked["seconds"]
    with grpc.insecure_channel(f"unix:{sys.argv[1]}") as channel, ThreadPoolExecutor(len(asked["flood"])) as pool:
        flood = [pool.submit(timed, channel, *each) for each in asked["flood"]]
        while time.monotonic() < until:
            began = time.monotonic()
            csi_pb2_grpc.IdentityStub(channel).Probe(csi_pb2.ProbeRequest(), timeout=60)
            probes.append(time.monotonic() - began)
            time.sleep(1)
        later = [timed(channel, *each) for each in asked["later"]]
        print(json.dumps({"probes": probes, "later": later, "flood": [each.result() for each in flood]}))


if __name__ == "__main__":
    main()
