"""Commands of LVM do and print the same whatever lvm.conf and the environment say."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core import command
from ansible_collections.cairn.storage.plugins.module_utils._core.lvm_command import CONFIG, environment, independent


@pytest.mark.parametrize(
    ("argv", "run"),
    [
        (("lvm", "fullreport", "--all"), ("lvm", "fullreport", "--config", CONFIG, "--all")),
        (("vgcreate", "fast", "/dev/x"), ("vgcreate", "--config", CONFIG, "fast", "/dev/x")),
        (("/sbin/lvs", "x"), ("/sbin/lvs", "--config", CONFIG, "x")),
        # LVM takes the option once; what the command itself sets comes last and counts.
        (("lvremove", "--yes", "--config", "a/b=1", "x"), ("lvremove", "--config", f"{CONFIG} a/b=1", "--yes", "x")),
        (("lvm", "lvmconfig", "backup/backup_dir"), ("lvm", "lvmconfig", "backup/backup_dir")),
        (("lsblk", "--json"), ("lsblk", "--json")),
        (("mkfs.xfs", "-q"), ("mkfs.xfs", "-q")),
    ],
)
def test_what_is_added(argv: tuple, run: tuple) -> None:
    assert independent(argv) == run


def test_variables_of_the_caller_that_change_lvm_are_left_out() -> None:
    given = {"PATH": "/x", "LVM_SYSTEM_DIR": "/y", "LVM_OUT_FD": "5", "LVM_COMMAND_PROFILE": "p", "DM_DISABLE_UDEV": "1"}
    assert environment(given) == {"PATH": "/x", "LVM_SYSTEM_DIR": "/y"}


def test_every_command_is_run_so_also_through_the_namespaces_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    run: list = []

    class Process:
        returncode = 0

        def __init__(self, argv: tuple, **options: Any) -> None:
            run.append((argv, options["env"]))

        def communicate(self, *_values: Any, **_options: Any) -> tuple:
            return "", ""

    monkeypatch.setattr(command.subprocess, "Popen", Process)
    monkeypatch.setattr(command, "_THROUGH", ["nsenter", "--mount"])
    monkeypatch.setenv("LVM_COMMAND_PROFILE", "mine")
    command.read("lvs", "--all")
    command.mutate(command.command("lvm", "lvcreate", "--name", "x"))
    assert [argv for argv, _env in run] == [
        ("nsenter", "--mount", "lvs", "--config", CONFIG, "--all"),
        ("nsenter", "--mount", "lvm", "lvcreate", "--config", CONFIG, "--name", "x"),
    ]
    assert not any("LVM_COMMAND_PROFILE" in env for _argv, env in run)
