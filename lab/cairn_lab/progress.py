"""Telling the person at the keyboard what is being done, how far it is and how long it took."""

import sys
import threading
import time
from contextlib import contextmanager

_REPEAT = 15
_timings = []
_print = threading.Lock()


class Step:
    """One piece of work under way; ``note`` says what it is busy with."""

    def __init__(self, name, expected):
        self.name = name
        self.expected = expected
        self.said = ""
        self.begin = time.monotonic()

    def note(self, text):
        self.said = text

    @property
    def seconds(self):
        return time.monotonic() - self.begin

    def line(self):
        far = f"{self.seconds:.0f} s"
        if self.expected:
            far += f" of about {self.expected} s"
        return f"{self.name}: {far}" + (f", {self.said}" if self.said else "")


@contextmanager
def step(name, expected=None):
    """Announce and time one piece of work.

    expected: about how many seconds it takes when nothing is cached. Work that goes on
    longer than a quarter of a minute reports itself every quarter of a minute.
    """
    work = Step(name, expected)
    over = threading.Event()

    def report():
        while not over.wait(_REPEAT):
            say(work.line())

    threading.Thread(target=report, daemon=True).start()
    try:
        yield work
    except BaseException:
        say(f"{work.name}: failed after {work.seconds:.1f} s")
        raise
    finally:
        over.set()
    _timings.append((name, work.begin, work.seconds))
    say(f"{work.seconds:6.1f} s  {name}" + (f": {work.said}" if work.said else ""))


def say(text):
    """One line for the person; standard error, so that output stays usable in pipes."""
    with _print:
        print(text, file=sys.stderr, flush=True)


def timings():
    """The finished steps in the order of their beginning: [{"stage", "start_s", "seconds"}]."""
    rows = sorted(_timings, key=lambda row: row[1])
    origin = rows[0][1] if rows else 0
    return [
        {"stage": name, "start_s": round(begin - origin, 1), "seconds": round(seconds, 1)}
        for name, begin, seconds in rows
    ]
