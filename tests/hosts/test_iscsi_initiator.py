"""iSCSI sessions of a real machine to a target on another one, made by hand in configfs: what the kernel says of them, in each step of their life."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml
from host_play import REPO, changed, environment, lab, nodes, own_node, peer, play, shell
from iscsi_bad_inputs_initiator import TABLE
from iscsi_bad_inputs_initiator import TARGET as BAD_TARGET

NODE, PEER = own_node(), nodes()[0]
TARGET, CLOSED = "iqn.2026-01.com.example:initiator-tests", "iqn.2026-01.com.example:closed"
NAME, OTHER_NAME = "iqn.2026-01.com.example:tested-initiator", "iqn.2026-01.com.example:renamed"
FIRST, SECOND = "10.90.1.11", "10.90.2.11"
SECRET, REPLY, ASKED = "a-secret-of-the-initiator", "a-secret-of-the-target", "a-secret-for-discovery"
CHAP = {"user": "tested", "password": SECRET, "mutual_user": "peer", "mutual_password": REPLY}
DISCOVERY = {"user": "asker", "password": ASKED}
LUNS = ["/dev/disk/by-id/wwn-0x60014055ca1ab1e00000000000000a0", "/dev/disk/by-id/wwn-0x60014055ca1ab1e00000000000000a1"]
DATA = "/mnt/initiator-tests"
MIB = 1024**2

#: The other side: two disks, a target with CHAP that lets the node in, and one that does not.
EXPORT = f"""
set -e
modprobe -a loop iscsi_target_mod target_core_iblock
cd /sys/kernel/config/target
mkdir -p iscsi core/iblock_77
for n in 0 1; do
  truncate -s 64M /var/tmp/initiator-tests.$n
  losetup /dev/loop7$n 2>/dev/null || losetup /dev/loop7$n /var/tmp/initiator-tests.$n
  mkdir -p core/iblock_77/it$n
  echo udev_path=/dev/loop7$n > core/iblock_77/it$n/control
  echo 1 > core/iblock_77/it$n/enable
  echo 5ca1ab1e-0000-0000-0000-0000000000a$n > core/iblock_77/it$n/wwn/vpd_unit_serial
done
for target in {TARGET} {CLOSED}; do
  mkdir -p iscsi/$target/tpgt_1
  cd iscsi/$target/tpgt_1
  for portal in {FIRST} {SECOND}; do mkdir np/$portal:3260; done
  echo 1 > attrib/authentication
  mkdir lun/lun_0; ln -s ../../../../../../target/core/iblock_77/it0 lun/lun_0/it0
  echo 1 > enable
  cd ../../..
done
cd iscsi/{TARGET}/tpgt_1
for name in {NAME} {OTHER_NAME}; do
  mkdir acls/$name acls/$name/lun_0
  ln -s ../../../../../../../target/iscsi/{TARGET}/tpgt_1/lun/lun_0 acls/$name/lun_0/it0
  echo -n tested > acls/$name/auth/userid; echo -n {SECRET} > acls/$name/auth/password
  echo -n peer > acls/$name/auth/userid_mutual; echo -n {REPLY} > acls/$name/auth/password_mutual
done
"""
#: Takes all of that away again, in whatever state it is.
WITHDRAW = f"""
cd /sys/kernel/config/target 2>/dev/null || exit 0
for target in {TARGET} {CLOSED}; do
  tpg=iscsi/$target/tpgt_1
  [ -d $tpg ] || continue
  echo 0 > $tpg/enable
  for acl in $tpg/acls/*; do [ -d $acl ] || continue; for lun in $acl/lun_*; do [ -d $lun ] || continue; find $lun -maxdepth 1 -type l -delete; rmdir $lun; done; rmdir $acl; done
  for lun in $tpg/lun/lun_*; do [ -d $lun ] || continue; find $lun -maxdepth 1 -type l -delete; rmdir $lun; done
  for portal in $tpg/np/*; do [ -d $portal ] && rmdir $portal; done
  rmdir $tpg iscsi/$target
done
echo 0 > iscsi/discovery_auth/enforce_discovery_auth 2>/dev/null
for n in 0 1; do rmdir core/iblock_77/it$n 2>/dev/null; losetup -d /dev/loop7$n 2>/dev/null; rm -f /var/tmp/initiator-tests.$n; done
rmdir core/iblock_77 2>/dev/null
true
"""
#: Nothing of ours on the node.
CLEAN = f"""
umount -q {DATA} 2>/dev/null
sed -i '\\,{DATA},d' /etc/fstab
for target in {TARGET} {CLOSED} {BAD_TARGET}; do iscsiadm -m node -T $target --logout; iscsiadm -m node -T $target -o delete; done >/dev/null 2>&1
systemctl disable --now cairn-iscsi-login.service 2>/dev/null
rm -rf {DATA} /etc/multipath/conf.d/cairn-iscsi.conf /etc/systemd/system/cairn-iscsi-login.service /etc/systemd/system/iscsi.service.d
multipath -F 2>/dev/null
systemctl daemon-reload
true
"""
#: All that a check run must leave as it was, and a refusal.
STATE = """
for session in /sys/class/iscsi_session/session*; do
  [ -d $session ] && for each in targetname state recovery_tmo ifacename; do echo $each $(cat $session/$each); done
done
find /etc/iscsi /var/lib/iscsi -type f -printf '%p %m %T@\\n' -exec sha256sum {} +
ls -l /dev/disk/by-id; cat /proc/mounts /etc/fstab
find /etc/systemd/system /etc/multipath* -printf '%p %T@\\n' 2>/dev/null
"""


def state() -> str:
    return re.sub(r"^total.*|^[l-].* root root .* (?=wwn)", "", shell(NODE, STATE), flags=re.MULTILINE)


def sessions() -> dict[str, str]:
    """The kernel's sessions: state by portal."""
    script = "for c in /sys/class/iscsi_connection/*; do s=$(basename $(realpath $c/device/..)); echo $(cat $c/persistent_address) $(cat /sys/class/iscsi_session/$s/state); done"
    return dict(line.split() for line in shell(NODE, f"[ -d /sys/class/iscsi_connection ] || exit 0; {script} 2>/dev/null").splitlines() if len(line.split()) == 2)


def record(portal: str) -> str:
    return shell(NODE, f"cat $(find /var/lib/iscsi/nodes/{TARGET} -type f -path '*{portal}*')")


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
        shell(NODE, CLEAN)
        shell(PEER, WITHDRAW + EXPORT)
        yield
        shell(NODE, CLEAN)
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
        book.write_text(yaml.safe_dump([{"hosts": NODE, "gather_facts": False, "roles": [{"role": "cairn.storage.iscsi_initiator", **names}]}]), encoding="utf-8")
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
    results = play(
        NODE,
        initiator(wish(chap={"user": "tested", "password": "not-the-secret-at-all"})),
        initiator(wish(chap={**CHAP, "mutual_password": "not-the-reply-of-it"})),
        initiator(wish(chap=None)),
        initiator(wish(target=CLOSED)),
        initiator(wish(target="iqn.2026-01.com.example:no-such-target")),
        initiator(wish(f"{FIRST}:3261")),
    )
    print([(result.get("error"), result["msg"]) for result in results])
    started = time.monotonic()
    unreachable = play(NODE, initiator(wish("10.90.1.99")))
    assert refused(unreachable[0]) == "portal-unreachable" and time.monotonic() - started < 35
    codes = [refused(result) for result in results]
    assert codes[:2] == ["target-denied", "target-denied"] and codes[-1] == "portal-unreachable" and set(codes[2:5]) <= {"target-denied", "target-login"}
    assert state() == before


def test_created_as_predicted() -> None:
    before = state()
    results = play(NODE, initiator(*BOTH, name=NAME, check=True))
    assert changed(results) == [True] and state() == before, "check mode changes nothing"
    made = play(NODE, initiator(*BOTH, name=NAME), initiator(*BOTH, name=NAME, check=True), initiator(*BOTH, name=NAME))
    assert changed(made) == [True, False, False]
    assert [action["name"] for action in made[0]["actions"]] == [action["name"] for action in results[0]["actions"]]
    assert sessions() == {FIRST: "LOGGED_IN", SECOND: "LOGGED_IN"}
    print(json.dumps(made[0]["sessions"], indent=1))
