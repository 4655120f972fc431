"""The management console of a running user-mode-Linux kernel.

The protocol is a datagram each way: a header of three 32-bit words (magic, version,
length) and the command, answered by (error, more, length) and text.
"""

import os
import socket
import struct
import tempfile
from pathlib import Path

from .run import LabError

_MAGIC, _VERSION, _SIZE = 0xCAFEBABE, 2, 512


def command(console, text, timeout=5):
    """Send one command to the socket ``console`` and return the answer.

    Raises LabError when the kernel refuses it or does not answer within ``timeout`` seconds.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own,
    ):
        own.bind(os.path.join(folder, "answer"))
        own.settimeout(timeout)
        data = text.encode()
        request = struct.pack(f"III{_SIZE}s", _MAGIC, _VERSION, len(data), data)
        try:
            own.sendto(request, str(console))
            return _answer(own, text)
        except OSError as error:
            raise LabError(f"the kernel behind {Path(console).parent} is silent: {error}") from error


def _answer(own, text):
    said, more = "", 1
    while more:
        reply = own.recv(4096)
        error, more, length = struct.unpack_from("III", reply)
        said += reply[12 : 12 + length].decode(errors="replace").rstrip("\0")
        if error:
            raise LabError(f"{text}: the kernel refused: {said.strip()}")
    return said
