"""Values that nobody should write, and places to put them: everywhere in something that is well."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

TEXTS = [
    "-oProxyCommand=touch hostile",
    "two\nlines",
    "{{ lookup('ansible.builtin.pipe', 'touch hostile') }}",
    "{% for each in range(10 ** 9) %}x{% endfor %}",
    "../../../../etc/passwd",
    "/dev/../etc/shadow",
    "long" * 20_000,
    "half a character \ud800",
    "nothing\0after",
    "\x1b[2J\x1b]0;title\x07\x9b31m",
    "!!python/object/apply:os.system ['touch hostile']",
    "!unsafe {{ 1 }}",
    "name\n---\nkind: ClusterRoleBinding\nmetadata: {name: hostile}",
    "x}\n---\nkind: ClusterRoleBinding\nmetadata: {name: hostile}\nrest: {a: b",
    "key: [not, closed",
    "*alias",
    "'\"`$(touch hostile);|&",
    "\u0430pi",
    "\u202egnp.txt",
    "",
    " ",
    ".",
    "-",
    "9" * 5000,
    "1e999",
]
OTHERS: list[Any] = [None, True, -1, 0, 2**63, 10**400, 1.5, float("nan"), float("inf"), [], {}, ["x"], [None], {"x": "y"}, b"\xff\xfe", {1: 2}]
VALUES = [*TEXTS, *OTHERS]


def places(given: Any, path: tuple = ()) -> Iterator[tuple]:
    """The way to each value in a structure, itself included."""
    yield path
    if isinstance(given, dict):
        for key, value in given.items():
            yield from places(value, (*path, key))
    elif isinstance(given, (list, tuple)):
        for index, value in enumerate(given):
            yield from places(value, (*path, index))


def put(given: Any, path: tuple, value: Any) -> Any:
    """A copy with another value in one place."""
    if not path:
        return value
    made = copy.deepcopy(given)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return made


def without(given: Any, path: tuple) -> Any:
    """A copy in which one place is missing."""
    made = copy.deepcopy(given)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return made


def variants(given: Any) -> Iterator[tuple[str, Any]]:
    """Every place with every value, without it, and maps with hostile keys; each with a word for where. Of a list the first item stands for all."""
    for path in places(given):
        where = ".".join(map(str, path)) or "(all)"
        if any(isinstance(step, int) and step > 0 for step in path):
            continue
        for value in VALUES:
            yield f"{where} = {str(value)[:40]!a}", put(given, path, value)
        if path:
            yield f"{where} missing", without(given, path)
        if path and isinstance(path[-1], str):
            for text in TEXTS:
                inner = without(given, path)
                target = inner
                for step in path[:-1]:
                    target = target[step]
                target[text] = "x"
                yield f"{where} called {text[:40]!a}", inner


def texts(value: Any) -> Iterator[str]:
    """All texts in a value, keys as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(key)
            yield from texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from texts(inner)
