"""The host's lock is root's: nobody else can hold it, lead root elsewhere with it, or stop all storage of a machine."""

from __future__ import annotations

from typing import Iterator

import pytest
from host_play import changed, layout, own_node, play, shell

NODE = own_node()
FOLDER, EARLIER = "/run/cairn-storage", "/run/lock/cairn-storage.lock"
UNIT, VICTIM = "locktest-holder", "/root/locktest-victim"
#: A module that takes the lock and has nothing to do.
TASK = layout({"name": "locktest", "state": "absent"})
STOP = f"systemctl stop {UNIT} 2>/dev/null; systemctl reset-failed {UNIT} 2>/dev/null; true"
CLEAN = f"{STOP}; sysctl -qw fs.protected_symlinks=1; rm -rf {FOLDER} {FOLDER}.other {EARLIER} {VICTIM}; true"


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """The machine as after a boot."""
    shell(NODE, CLEAN)
    yield
    shell(NODE, CLEAN)


def hold(path: str, seconds: int, user: str = "root") -> None:
    shell(NODE, f"systemd-run --quiet --unit={UNIT} --uid={user} flock {path} sleep {seconds}; sleep 1; systemctl is-active {UNIT}")


def owner(path: str) -> str:
    return shell(NODE, f"stat -c '%U %a' {path}").strip()


def test_a_user_who_takes_the_old_lock_stops_nobody() -> None:
    """A8: after a boot the file in /run/lock was anybody's to make and to hold; every module and the driver waited and gave up."""
    shell(NODE, "test $(stat -c %a /run/lock) = 1777")
    hold(EARLIER, 600, "nobody")
    assert owner(EARLIER).startswith("nobody ")
    assert changed(play(NODE, TASK)) == [False]
    assert (owner(FOLDER), owner(f"{FOLDER}/lock")) == ("root 700", "root 600")
    shell(NODE, f"! su -s /bin/sh nobody -c 'flock --nonblock {FOLDER}/lock true' 2>/dev/null")


def test_a_link_in_the_place_of_the_old_lock_leads_nowhere() -> None:
    shell(NODE, f"echo precious > {VICTIM}; sysctl -qw fs.protected_symlinks=0; su -s /bin/sh nobody -c 'ln -s {VICTIM} {EARLIER}'")
    assert changed(play(NODE, TASK)) == [False]
    assert shell(NODE, f"cat {VICTIM}").strip() == "precious"


@pytest.mark.parametrize(
    "trap",
    [
        f"mkdir {FOLDER}; chown nobody {FOLDER}",
        f"mkdir {FOLDER}; chmod 777 {FOLDER}",
        f"mkdir -m 700 {FOLDER}.other; ln -s {FOLDER}.other {FOLDER}",
        f"echo precious > {VICTIM}; mkdir -m 700 {FOLDER}; ln -s {VICTIM} {FOLDER}/lock",
        f"mkdir -m 700 {FOLDER}; touch {FOLDER}/lock; chown nobody {FOLDER}/lock",
        f"mkdir -m 700 {FOLDER}; mkfifo {FOLDER}/lock",
    ],
    ids=["folder of another", "folder of all", "linked folder", "linked file", "file of another", "pipe"],
)
def test_what_is_not_roots_alone_is_refused_and_not_written_to(trap: str) -> None:
    shell(NODE, trap)
    (refused,) = play(NODE, TASK)
    assert refused["error"]["code"] == "lock-unsafe" and FOLDER in refused["error"]["found"] and refused["error"]["fix"]
    assert shell(NODE, f"cat {VICTIM} 2>/dev/null || echo precious").strip() == "precious"


def test_a_driver_of_the_version_before_and_a_module_wait_for_each_other() -> None:
    shell(NODE, f"install -m 600 /dev/null {EARLIER}")
    hold(EARLIER, 15)
    assert changed(play(NODE, TASK)) == [False]
    assert shell(NODE, f"systemctl is-active {UNIT} || true").strip() != "active", "the module came after it"
    shell(NODE, f"rm -f {EARLIER}")
    assert changed(play(NODE, TASK)) == [False]
    assert owner(EARLIER) == "root 600", "made where it is missing, so that such a driver finds it"
