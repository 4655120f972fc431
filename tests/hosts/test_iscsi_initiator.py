"""iSCSI sessions of a real machine to a target on another one, made by hand in configfs: what the kernel says of them, in each step of their life."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml
from bad_inputs import with_disks
from host_play import changed, lab, peer, play, shell
from iscsi_bad_inputs_initiator import NAME as BAD_NAME
from iscsi_bad_inputs_initiator import PORTAL as BAD_PORTAL
from iscsi_bad_inputs_initiator import TABLE
from iscsi_bad_inputs_initiator import TARGET as BAD_TARGET
from iscsi_peer import (
    ADDRESS,
    CHAP,
    CLEAN,
    CLOSED,
    DATA,
    DISCOVERY,
    EXPORT,
    FIRST,
    GROW,
    HERE,
    KEPT,
    LUNS,
    MIB,
    NAME,
    NAME_FILE,
    NODE,
    OTHER_NAME,
    OWN,
    OWN_LUN,
    PEER,
    REPLY,
    SECOND,
    SECRET,
    STATE,
    TARGET,
    WITHDRAW,
)
from played import REPO, environment


def state() -> str:
    """All that the node's kernel and files say about its sessions."""
    return shell(NODE, STATE)


def sessions() -> dict[str, str]:
    """The kernel's sessions: state by portal."""
    script = "for c in /sys/class/iscsi_connection/*; do s=$(basename $(realpath $c/device/..)); echo $(cat $c/persistent_address) $(cat /sys/class/iscsi_session/$s/state); done"
    return dict(
        line.split()
        for line in shell(NODE, f"[ -d /sys/class/iscsi_connection ] || exit 0; {script} 2>/dev/null").splitlines()
        if len(line.split()) == 2
    )


def record(portal: str) -> str:
    """The mode of a record's file, and its text."""
    return shell(NODE, f"file=$(find /var/lib/iscsi/nodes/{TARGET} -type f -path '*{portal}*'); stat -c %a $file | tr '\\n' ' '; cat $file")


def commands(since: float) -> list[list[str]]:
    """What modules ran on the node."""
    rows = [json.loads(line) for line in lab("exec-log", "--json", "--since", since, NODE).splitlines()]
    modules = {row["pid"] for row in rows if row["argv"] == ["/usr/bin/python3"]}
    return [row["argv"] for row in rows if row["ppid"] in modules]


def wish(portal: str | None = FIRST, target: str = TARGET, **values: Any) -> dict:
    return {"target": target, **({"portal": portal} if portal else {}), "chap": CHAP, **values}


def absent(portal: str | None = None) -> dict:
    return {"target": TARGET, "state": "absent", **({"portal": portal} if portal else {})}


def initiator(*wishes: dict, check: bool = False, **options: Any) -> dict:
    """A task for the initiator."""
    return {"cairn.storage.iscsi_initiator": {"sessions": list(wishes), **options}, "check_mode": check, "diff": True}


BOTH = [wish(FIRST, mode="multipath"), wish(SECOND, mode="multipath")]


@pytest.fixture(scope="module", autouse=True)
def target() -> Iterator[None]:
    """The other node's target, for as long as it is nobody else's."""
    with peer():
        shell(NODE, f"{CLEAN}{WITHDRAW}cp -p {NAME_FILE} {KEPT}")
        shell(PEER, WITHDRAW + EXPORT)
        yield
        shell(NODE, CLEAN + WITHDRAW)
        shell(PEER, WITHDRAW)


def refused(result: dict) -> str:
    """The code of a failure that changed nothing."""
    assert result.get("failed") and not result["changed"] and "actions" not in result, result
    assert result["error"]["fix"]
    return result["error"]["code"]


def role(**variables: Any) -> str:
    """All that Ansible says at its most talkative about a run of the role."""
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "play.yml"
        names = {f"iscsi_initiator_{name}": value for name, value in variables.items()}
        book.write_text(
            yaml.safe_dump([{"hosts": NODE, "gather_facts": False, "roles": [{"role": "cairn.storage.iscsi_initiator", **names}]}]), encoding="utf-8"
        )
        command = ("ansible-playbook", "-i", "inventories/lab", "-vvv", "--diff", str(book))
        done = subprocess.run(command, cwd=REPO, env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def until(script: str, seconds: int = 40) -> None:
    """Wait for a script to succeed on the node."""
    shell(NODE, f"for n in $(seq {seconds * 4}); do if {script}; then exit 0; fi; sleep 0.25; done; exit 1")


def test_a_login_that_fails_is_an_error_with_its_reason_and_leaves_nothing__ansible_exit_8() -> None:
    assert changed(play(NODE, initiator(name=NAME), initiator(name=NAME))) == [True, False]
    before = state()
    soon = {"login": 2, "login_retries": 1}
    started = time.monotonic()
    results = play(
        NODE,
        initiator(wish(chap={"user": "tested", "password": "not-the-secret-at-all"})),
        initiator(wish(target=CLOSED)),
        initiator(wish(chap={**CHAP, "mutual_password": "not-the-reply-of-it"})),
        initiator(wish(target="iqn.2026-01.com.example:no-such-target", timeouts=soon)),
        initiator(wish(f"{FIRST}:3261")),
        initiator(wish("10.90.1.99")),
    )
    print([(result["error"]["code"], result["msg"]) for result in results], time.monotonic() - started)
    codes = [refused(result) for result in results]
    assert codes == ["target-denied", "target-denied", "target-login", codes[3], "portal-unreachable", "portal-unreachable"]
    assert "wrong" in results[0]["msg"] and "ACL" in results[0]["msg"], "which of the two it is cannot be told"
    assert state() == before and time.monotonic() - started < 45


def test_the_role_makes_sessions_as_predicted_and_shows_no_secret() -> None:
    before, since = state(), time.time()
    planned = play(NODE, initiator(*BOTH, check=True))
    assert changed(planned) == [True] and state() == before, "check mode changes nothing"
    told = role(name=NAME, sessions=BOTH, multipath={"enabled": True, "blacklist": [{"vendor": "ACME", "product": "csi-.*"}]})
    assert sessions() == {FIRST: "LOGGED_IN", SECOND: "LOGGED_IN"}
    quiet = time.time()
    made = play(NODE, initiator(*BOTH, check=True), initiator(*BOTH))
    assert changed(made) == [False, False] and not commands(quiet), "a run that changes nothing runs nothing"
    for portal in (FIRST, SECOND):
        mode, _blank, text = record(portal).partition(" ")
        assert mode == "600" and SECRET in text and REPLY in text and "node.startup = automatic" in text
    luns = [lun for session in made[1]["sessions"] for lun in session["luns"]]
    assert [(lun["id"], lun["size_bytes"], lun["state"]) for lun in luns] == [(LUNS[0], 64 * MIB, "running")] * 2
    until(f"multipathd show maps raw format %w | grep -q {LUNS[0][-32:]}")
    assert len({lun["kernel_name"] for lun in luns} & set(shell(NODE, f"lsblk -nsro NAME {LUNS[0]}").split())) == 2, "one map upon two paths"
    assert "ACME" in shell(NODE, "multipathd show config local")
    everything = told + json.dumps([planned, made]) + lab("exec-log", "--since", since, NODE) + shell(NODE, "journalctl --no-pager -b")
    assert SECRET not in everything and REPLY not in everything and TARGET in told


def test_discovery_with_a_secret_of_its_own_tells_all_portals_and_changes_no_record__open_iscsi_58() -> None:
    before = state()
    ask = {"portal": FIRST, "chap": DISCOVERY}
    everywhere = wish(None, mode="multipath")
    results = play(
        NODE,
        initiator(everywhere, discovery=[ask]),
        initiator(discovery=[{"portal": FIRST, "chap": {**DISCOVERY, "password": "not-what-it-is-told"}}]),
        initiator(discovery=[{"portal": FIRST}]),
        initiator(discovery=[{"portal": "10.90.1.99"}]),
    )
    assert changed(results[:1]) == [False]
    assert [(each["target"], each["portal"]) for each in results[0]["discovered"] if each["target"] == TARGET] == [
        (TARGET, f"{FIRST}:3260"),
        (TARGET, f"{SECOND}:3260"),
    ]
    assert [refused(result) for result in results[1:]] == ["discovery-denied", "discovery-denied", "discovery-unreachable"]
    assert state() == before


def test_changed_in_place() -> None:
    modified = [wish(FIRST, mode="multipath", startup="manual", timeouts={"replacement": 20}, header_digest=True), BOTH[1]]
    before = state()
    planned = play(NODE, initiator(*modified, check=True))
    assert changed(planned) == [True] and state() == before
    made = play(NODE, initiator(*modified), initiator(*modified, check=True), initiator(*modified))
    assert changed(made) == [True, False, False] and made[0]["diff"] == planned[0]["diff"] and "digests" in made[2]["warnings"][0]
    assert "node.startup = manual" in record(FIRST) and "node.startup = automatic" in record(SECOND)
    assert changed(play(NODE, initiator(*BOTH), initiator(*BOTH))) == [True, False]


def test_data_outlives_logout_and_login_and_the_last_path_of_a_mounted_lun_stays__trident_961() -> None:
    shell(NODE, f"set -e; mkfs.ext4 -q {LUNS[0]}; mkdir -p {DATA}; mount {LUNS[0]} {DATA}; head -c 8M /dev/urandom > {DATA}/data; sync")
    content = shell(NODE, f"sha256sum {DATA}/data")
    before = state()
    results = play(NODE, initiator(absent()), initiator(absent(), check=True), initiator(name=OTHER_NAME))
    assert [refused(result) for result in results] == ["last-path", "last-path", "name-in-use"]
    assert LUNS[0] in results[0]["msg"] and f"mount {DATA}" in results[0]["msg"] and state() == before
    one = play(
        NODE, initiator(absent(SECOND), check=True), initiator(absent(SECOND)), initiator(absent(SECOND), check=True), initiator(absent(SECOND))
    )
    assert changed(one) == [True, True, False, False] and sessions() == {FIRST: "LOGGED_IN"}
    last = play(NODE, initiator(absent(FIRST)), initiator(absent(FIRST), allow_disconnect={LUNS[0]: "mount /elsewhere"}))
    assert [refused(result) for result in last] == ["last-path", "consent-differs"]
    assert shell(NODE, f"echo 3 > /proc/sys/vm/drop_caches; sha256sum {DATA}/data; umount {DATA}") == content
    gone = play(NODE, initiator(absent()), initiator(absent()), initiator(*BOTH))
    assert changed(gone) == [True, False, True] and sessions() == {FIRST: "LOGGED_IN", SECOND: "LOGGED_IN"}
    assert shell(NODE, f"mount {LUNS[0]} {DATA}; sha256sum {DATA}/data; umount {DATA}") == content


def test_consent_that_names_the_lun_and_its_use_lets_it_go() -> None:
    shell(NODE, f"echo 0 8 linear {LUNS[0]} 0 | dmsetup create initiator-tests-holder; multipathd disablequeueing maps")
    results = play(NODE, initiator(absent()), initiator(absent(), allow_disconnect={LUNS[0]: "device initiator-tests-holder"}))
    shell(NODE, "dmsetup remove --force initiator-tests-holder; multipath -F; true")
    assert refused(results[0]) == "last-path" and changed(results[1:]) == [True] and sessions() == {}
    assert "device initiator-tests-holder" in results[1]["actions"][-1]["loses"]
    assert changed(play(NODE, initiator(*BOTH))) == [True]


def test_a_rescan_finds_what_grew_and_what_came_and_nothing_else__community_general_3763() -> None:
    shell(PEER, GROW)
    planned = play(NODE, initiator(*BOTH, rescan=True, check=True), initiator(*BOTH))
    assert changed(planned) == [True, False] and shell(NODE, f"blockdev --getsize64 {LUNS[0]}").strip() == str(64 * MIB), "check mode rescans nothing"
    made = play(NODE, initiator(*BOTH, rescan=True), initiator(*BOTH, rescan=True, check=True), initiator(*BOTH, rescan=True))
    assert changed(made) == [True, False, False]
    for session in made[0]["sessions"]:
        assert [(lun["id"], lun["size_bytes"]) for lun in session["luns"]] == [(LUNS[0], 96 * MIB), (LUNS[1], 64 * MIB)]
    until(f"[ $(blockdev --getsize64 {LUNS[0]}) = {96 * MIB} ]")


def test_bad_inputs_touch_nothing() -> None:
    looked = ("last-path", "name-in-use", "target-not-offered", "discovery-unreachable")
    rows = sorted((bad for bad in TABLE if bad.code), key=lambda bad: bad.code not in looked)[:16]
    names = {BAD_TARGET: TARGET, BAD_PORTAL: FIRST, BAD_NAME: OTHER_NAME}
    shell(PEER, "echo 0 > /sys/kernel/config/target/iscsi/discovery_auth/enforce_discovery_auth")
    assert changed(play(NODE, initiator(absent(SECOND)))) == [True]
    shell(NODE, f"mount {LUNS[0]} {DATA}")
    before, since = state(), time.time()
    results = play(NODE, *({"cairn.storage.iscsi_initiator": with_disks(dict(bad.params), names)} for bad in rows))
    for bad, result in zip(rows, results):
        error = result.get("error") or {}
        assert (error.get("code"), error.get("parameter")) == (bad.code, bad.parameter) and error["fix"], (bad, result)
    assert state() == before and not commands(since)
    shell(NODE, f"umount {DATA}")
    assert changed(play(NODE, initiator(*BOTH))) == [True]


def test_a_node_logged_in_to_its_own_target_reboots_and_all_comes_back_even_if_a_target_comes_later__csi_driver_iscsi_20() -> None:
    own = wish(ADDRESS, HERE, chap=None)
    shell(NODE, OWN)
    assert changed(play(NODE, initiator(own))) == [True]
    shell(
        NODE,
        f"""set -e; mkfs.ext4 -q {OWN_LUN}; mkdir -p {DATA}.own
        echo '{LUNS[0]} {DATA} ext4 _netdev,nofail 0 0' >> /etc/fstab; echo '{OWN_LUN} {DATA}.own ext4 _netdev,nofail 0 0' >> /etc/fstab
        systemctl daemon-reload; mount {DATA}; mount {DATA}.own; echo written > {DATA}.own/file""",
    )
    content = shell(NODE, f"sha256sum {DATA}/data")
    lab("reboot", NODE)
    until(f"mountpoint -q {DATA}")
    assert shell(NODE, f"sha256sum {DATA}/data") == content
    shell(NODE, OWN)
    until(f"grep -q LOGGED_IN $(grep -l {HERE} /sys/class/iscsi_session/*/targetname | sed s/targetname/state/)", 60)
    assert changed(play(NODE, initiator(*BOTH, own))) == [False], "nobody ran anything"
    shell(NODE, f"umount -q {DATA}.own; mount {DATA}.own; grep -q written {DATA}.own/file; umount {DATA}.own")
