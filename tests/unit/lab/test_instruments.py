"""Reading the log of started programs, as the preloaded library writes it."""

import json
import os
import shutil
import subprocess

import pytest

from cairn_lab import instruments
from cairn_lab.config import REPO

LINE = '{"time":1700000000.500000,"pid":7,"ppid":1,"argv":["lvm","lvs"]}\n'


def test_entries_since_a_time():
    later = LINE.replace("0.5", "9.5")
    assert [e["time"] for e in instruments.parse_exec_log(LINE + later, 1700000005)] == [1700000009.5]


def test_a_line_being_written_does_not_count():
    assert len(instruments.parse_exec_log(LINE + LINE[:-12])) == 1


def test_as_text():
    (line,) = instruments.as_text(instruments.parse_exec_log(LINE))
    assert line == "22:13:20      7      1  lvm lvs"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The library, writing to a log in a temporary folder instead of /run."""
    folder = tmp_path_factory.mktemp("preload")
    source = (REPO / "lab/image/preload/exec_log.c").read_text()
    (folder / "exec_log.c").write_text(source.replace("/run/cairn-lab/", f"{folder}/"))
    if not shutil.which("gcc"):
        pytest.skip("no gcc on this machine")
    subprocess.run(
        ["gcc", "-Wall", "-Werror", "-shared", "-fPIC", "-o", folder / "it.so", folder / "exec_log.c"],
        check=True,
    )
    return folder


def _logged(folder, argv):
    (folder / "exec.log").write_text("")
    env = {**os.environ, "LD_PRELOAD": str(folder / "it.so")}
    subprocess.run(argv, env=env, check=True)
    return instruments.parse_exec_log((folder / "exec.log").read_text())


@pytest.mark.parametrize(
    "words", [["plain"], ['"quoted" \\ back'], ["new\nline\ttab"], ["größe"], []], ids=repr
)
def test_every_argument_is_logged_as_it_was(library, words):
    (entry,) = _logged(library, ["true", *words])
    assert entry["argv"] == ["true", *words] and "cut" not in entry


def test_long_arguments_are_cut_and_say_so(library):
    (entry,) = _logged(library, ["true", "short", "x" * 10000, "after"])
    assert entry["argv"] == ["true", "short"] and entry["cut"] is True
    json.dumps(entry)
