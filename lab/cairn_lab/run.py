"""Running commands on the host side of the lab."""

import os
import shlex
import subprocess


class LabError(Exception):
    """Something the person at the keyboard can put right; the message says how."""


def in_netns(lab, argv):
    """The command line that runs ``argv`` in the lab's network namespace.

    Only the network is entered, so every path means the same inside and outside.
    """
    return ["nsenter", f"--net=/run/netns/{lab.netns}", "--", *map(str, argv)]


def run(argv, *, cwd=None, env=None, log=None, input=None, check=True):
    """Run a command to its end and return what it wrote to standard output.

    env: variables added to this process's own.
    log: a file that receives both outputs instead (the return value is then empty).
    input: text for standard input; without it standard input is empty.
    Raises LabError naming the command and the end of what it said, unless check is False.
    """
    argv = [str(word) for word in argv]
    sink = open(log, "ab") if log else None
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            input=None if input is None else input.encode(),
            stdin=subprocess.DEVNULL if input is None else None,
            stdout=sink or subprocess.PIPE,
            stderr=subprocess.STDOUT if sink else subprocess.PIPE,
        )
    except FileNotFoundError as error:
        missing = error.filename or argv[0]
        raise LabError(f"{missing}: not found; see lab/packages.txt") from error
    finally:
        if sink:
            sink.close()
    out = (done.stdout or b"").decode(errors="replace")
    if check and done.returncode != 0:
        said = _tail(log) if log else (done.stderr or b"").decode(errors="replace") or out
        where = f" (log: {log})" if log else ""
        raise LabError(
            f"{shlex.join(argv)[:300]}: ended with {done.returncode}{where}\n{said.strip()[-2000:]}"
        )
    return out


def _tail(path, size=2000):
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - size))
        return file.read().decode(errors="replace")
