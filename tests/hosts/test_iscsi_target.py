"""iSCSI targets on a real machine: what configfs and the saved file say in each step of their life, after a reboot, and while an initiator is logged in."""

from __future__ import annotations

import json
import re
import time
from typing import Any, Iterator

import pytest
from host_play import ERASE, FORGET, changed, disk_ids, lab, own_node, play, plugged, shell, volumes
from iscsi_bad_inputs import DISKS, FOLDER, GOOD, NAME, OTHER, TABLE
from test_bad_inputs import wrong

from bad_inputs import with_disks

NODE = own_node()
NUMBERS = range(5, 5 + len(DISKS))
IDS = dict(zip(DISKS, disk_ids(NODE, NUMBERS)))
GROUP = "iscsitest"
TARGET = "iqn.2026-01.com.example:tests"
FIRST, SECOND = "iqn.2026-01.com.example:first", "iqn.2026-01.com.example:second"
SECRET, REPLY, ASKED = "secret-of-the-first", "secret-of-the-target", "secret-of-discovery"
SAVED = "/etc/rtslib-fb-target/saveconfig.json"
TPG = f"/sys/kernel/config/target/iscsi/{TARGET}/tpgt_1"

#: All that is in configfs but for the lab's own disks, and the saved file.
STATE = f"""
cd /sys/kernel/config/target
find iscsi core/[fr]* core/iblock_? core/iblock_?? -type l -printf '%p %l\\n' -o -type d -print -o -type f -path '*auth*' -print 2>/dev/null | sort
grep -s '' $(find iscsi -name enable -o -name write_protect -o -name password -o -name userid -o -path '*tpgt_*/attrib/*')
sha256sum {SAVED} 2>/dev/null
find {FOLDER} -ls
true
"""
#: Takes away what this file makes, and nothing else.
CLEAN = f"""{ERASE}
iscsiadm -m node -T {TARGET} -u >/dev/null 2>&1; iscsiadm -m node -T {TARGET} -o delete >/dev/null 2>&1
cd /sys/kernel/config/target 2>/dev/null && for target in {TARGET} {NAME} {OTHER}; do
  for tpg in iscsi/$target/tpgt_*; do
    [ -d $tpg ] || continue
    echo 0 > $tpg/enable
    find $tpg/acls -mindepth 2 -type l -delete; rmdir $tpg/acls/*/lun_* $tpg/acls/* 2>/dev/null
    find $tpg/lun -mindepth 2 -maxdepth 2 -type l -delete; rmdir $tpg/lun/* $tpg/np/* 2>/dev/null
    rmdir $tpg
  done
  rmdir iscsi/$target
done 2>/dev/null
for store in core/fileio_*/* core/rd_mcp_*/* core/iblock_?/* core/iblock_??/*; do [ -d $store ] && rmdir $store/alua/[!d]* $store ${{store%/*}} 2>/dev/null; done
systemctl disable -q cairn-iscsi-target.service 2>/dev/null; systemctl unmask -q rtslib-fb-targetctl.service
rm -rf /etc/systemd/system/cairn-iscsi-target.service /usr/local/lib/cairn-storage
umount -q /mnt/bad; rm -rf {FOLDER} {SAVED} /mnt/bad /var/lib/cairn-storage/local-volumes/badclass
{FORGET}
vgremove -qff --yes {GROUP} badcarrying badmember >/dev/null 2>&1
for disk in {' '.join(IDS.values())}; do [ ! -e $disk ] || erase $disk; done
rm -f /etc/lvm/backup/{GROUP}
udevadm settle
true
"""


@pytest.fixture(scope="module", autouse=True)
def machine() -> Iterator[None]:
    """Disks, and a volume group on the first with two volumes to export."""
    with plugged(NODE, NUMBERS, CLEAN):
        shell(
            NODE,
            f"mkdir -p {FOLDER} && vgcreate -q {GROUP} {IDS['FREE']} && lvcreate -qy -L 64m -n one {GROUP} && lvcreate -qy -L 32m -n two {GROUP}",
        )
        yield


def address() -> str:
    return shell(NODE, "ip -4 -o addr show scope global | grep -o '10[.]90[.]1[.][0-9]*' | head -1").strip()


def task(check: bool = False, **params: Any) -> dict:
    return {"cairn.storage.iscsi_target": {"name": TARGET, **params}, "check_mode": check, "diff": True}


def host_task(check: bool = False, **params: Any) -> dict:
    return {"cairn.storage.iscsi_target_host": params, "check_mode": check, "diff": True}


def state_task() -> dict:
    return {"ansible.builtin.shell": STATE, "check_mode": False}


STORES = [
    {"name": "one", "device": f"/dev/{GROUP}/one"},
    {"name": "file", "type": "fileio", "path": f"{FOLDER}/disk.img", "size": "16MiB", "write_back": True},
]
CHAP = {"user": "first", "password": SECRET}


def wish(luns: int = 2, more: bool = False, **values: Any) -> dict:
    """The target with one or two LUNs; with ``more`` a third, another portal and initiator, and other settings."""
    stores = STORES[:luns] + ([{"name": "two", "device": f"/dev/{GROUP}/two", "attributes": {"emulate_caw": 0}}] if more else [])
    portals = [{"address": "127.0.0.1"}] + ([{"address": "127.0.0.2", "port": 3261}, {"address": "127.0.0.1", "port": 3261}] if more else [])
    first = {"initiator": FIRST, "chap": {**CHAP, **({"mutual_user": "target", "mutual_password": REPLY} if more else {})}}
    second = {
        "initiator": SECOND,
        "chap": {"user": "second", "password": "another-long-secret"},
        "luns": [{"lun": 0, "mapped_lun": 7, "read_only": True}],
        "depth": 32,
    }
    group = {
        "portals": portals,
        "luns": [{"lun": number, "backstore": store["name"]} for number, store in enumerate(stores)],
        "acls": [first, *([second] if more else [])],
        "attributes": {"login_timeout": 20 if more else 10},
        "parameters": {"MaxBurstLength": 524288 if more else 262144, "ImmediateData": not more},
        **values,
    }
    return {"backstores": stores, "tpgs": [group]}


def matrix(*wishes: dict) -> list[list[dict]]:
    """For each wish: checked, applied, checked again, applied again, with the machine's state before and after the check."""
    tasks = [
        each for params in wishes for each in (state_task(), task(True, **params), state_task(), task(**params), task(True, **params), task(**params))
    ]
    results = play(NODE, *tasks)
    return [results[number : number + 6] for number in range(0, len(results), 6)]


def test_twelve_steps_for_target_lun_acl_and_portal() -> None:
    assert changed(play(NODE, host_task(True), host_task(), host_task(True), host_task())) == [True, True, False, False]
    steps = matrix(wish(), wish(more=True), wish(1), {"state": "absent"})
    for before, checked, still, applied, again, nothing in steps:
        assert changed([checked, applied, again, nothing]) == [True, True, False, False]
        assert before["stdout"] == still["stdout"], "check mode changes nothing"
        assert checked["actions"] == applied["actions"] and checked["target"] == applied["target"] and not applied["drift"]
    made, more, less, gone = ({(action["verb"], action["kind"]) for action in each[3]["actions"]} for each in steps)
    assert {("create", kind) for kind in ("target", "TPG", "LUN", "ACL", "mapped LUN", "portal", "backstore")} <= made
    assert {("create", "LUN"), ("create", "ACL"), ("create", "portal"), ("change", "ACL"), ("change", "TPG")} <= more
    assert {("remove", "LUN"), ("remove", "ACL"), ("remove", "portal"), ("remove", "backstore"), ("change", "ACL")} <= less
    assert {("remove", "target"), ("remove", "TPG"), ("save", "target")} <= gone
    assert TARGET not in shell(NODE, f"cat {SAVED}; ls /sys/kernel/config/target/iscsi") and "disk.img" in shell(NODE, f"ls {FOLDER}")


def ask(*files: str) -> list[str]:
    return shell(NODE, f"cd {TPG}; for file in {' '.join(files)}; do cat $file | tr -d '\\n'; echo; done").splitlines()


def test_configfs_and_the_saved_file_say_what_was_wished() -> None:
    assert changed(play(NODE, task(**wish(more=True)))) == [True]
    luns = shell(
        NODE, f"cd {TPG}; for link in lun/lun_*/lun_* acls/*/lun_*/lun_*; do echo $link $(readlink $link | grep -o '[^/]*$'); done"
    ).splitlines()
    assert luns == [
        *("lun/lun_0/lun_0 one", "lun/lun_1/lun_1 file", "lun/lun_2/lun_2 two"),
        *(f"acls/{FIRST}/lun_{number}/lun_{number} lun_{number}" for number in range(3)),
        f"acls/{SECOND}/lun_7/lun_7 lun_0",
    ]
    asked = (
        "enable",
        f"acls/{FIRST}/lun_0/write_protect",
        f"acls/{SECOND}/lun_7/write_protect",
        f"acls/{SECOND}/cmdsn_depth",
        "attrib/authentication",
    )
    assert ask(*asked, "attrib/login_timeout", "attrib/generate_node_acls", "param/ImmediateData", "param/MaxBurstLength") == [
        *("1", "0", "1", "32", "1", "20", "0", "No", "524288")
    ]
    assert ask(f"acls/{FIRST}/auth/userid", f"acls/{FIRST}/auth/password", f"acls/{FIRST}/auth/password_mutual") == ["first", SECRET, REPLY]
    assert shell(NODE, f"ls {TPG}/np").split() == ["127.0.0.1:3260", "127.0.0.1:3261", "127.0.0.2:3261"]
    mode, owner = shell(NODE, f"stat -c '%a %U' {SAVED}").split()
    assert (mode, owner) == ("600", "root")
    saved = json.loads(shell(NODE, f"cat {SAVED}"))
    assert [each["name"] for each in saved["storage_objects"]] == ["one", "two", "file"] and len(
        saved["targets"]
    ) == 1, "the lab's disks are not in it"
    assert "Buffered-WCE" in shell(NODE, "cat /sys/kernel/config/target/core/fileio_*/file/info")


def test_targetcli_reads_it_and_what_it_saves_is_no_drift() -> None:
    """targetcli#5 and #39: both keep the same file."""
    assert FIRST in shell(NODE, f"targetcli /iscsi/{TARGET}/tpg1 ls")
    script = f"""
targetcli saveconfig /root/all.json >/dev/null
python3 - <<'END'
import json
every, ours = json.load(open('/root/all.json')), json.load(open('{SAVED}'))
ours['targets'] = [each for each in every['targets'] if each['wwn'] == '{TARGET}']
# It forgets this one, which is a drift indeed.
[acl] = [acl for acl in ours['targets'][0]['tpgs'][0]['node_acls'] if acl['node_wwn'] == '{SECOND}']
acl['tcq_depth'] = 32
ours['storage_objects'] = [each for each in every['storage_objects'] if each['name'] in ('one', 'two', 'file')]
json.dump(ours, open('{SAVED}', 'w'))
END
rm /root/all.json
"""
    shell(NODE, script)
    results = play(NODE, task(True, **wish(more=True)))
    assert changed(results) == [False] and not results[0]["drift"], results[0]["actions"] + results[0]["drift"]


def test_drift_is_told_in_check_mode_and_repaired() -> None:
    by_hand = f"""
cd {TPG}
rm acls/{SECOND}/lun_7/lun_7; rmdir acls/{SECOND}/lun_7 acls/{SECOND}
rm acls/{FIRST}/lun_1/lun_1; rmdir acls/{FIRST}/lun_1; rm lun/lun_1/lun_1; rmdir lun/lun_1
echo 15 > attrib/login_timeout
mkdir acls/iqn.2026-01.com.example:stranger
"""
    shell(NODE, by_hand)
    checked, applied, again = play(NODE, task(True, **wish(more=True)), task(**wish(more=True)), task(True, **wish(more=True)))
    assert changed([checked, applied, again]) == [True, True, False]
    objects = {each["object"].replace(f" {TARGET} 1", "") for each in checked["drift"]}
    assert objects == {"ACL iqn.2026-01.com.example:stranger", f"ACL {SECOND}", f"mapped LUN {SECOND} 7", f"mapped LUN {FIRST} 1", "LUN 1", "TPG"}
    assert checked["drift"] == applied["drift"] and not again["drift"]
    assert shell(NODE, f"ls {TPG}/acls").split() == [FIRST, SECOND] and ask("attrib/login_timeout") == ["20"]
    shell(NODE, f'sed -i \'s/"login_timeout": 20/"login_timeout": 5/\' {SAVED}; rm {TPG}/acls/{FIRST}/lun_2/lun_2')
    checked, applied, again = play(NODE, task(True, **wish(more=True)), task(**wish(more=True)), task(True, **wish(more=True)))
    assert changed([checked, applied, again]) == [True, True, False]
    assert {action["kind"] for action in applied["actions"]} >= {"mapped LUN", "target"}
    assert '"login_timeout": 20' in shell(NODE, f"cat {SAVED}")


def own_name() -> str:
    return shell(NODE, "sed -n 's/^InitiatorName=//p' /etc/iscsi/initiatorname.iscsi").strip()


def open_wish(**values: Any) -> dict:
    """A target for this machine itself, without CHAP."""
    return wish(1, **{"acls": [{"initiator": own_name()}], "portals": [{"address": address()}], **values})


def test_a_logical_volume_grows_under_a_session_and_the_session_is_not_cut_without_consent__sds_and_external_resizer() -> None:
    where, wanted = address(), open_wish()
    name = wanted["tpgs"][0]["acls"][0]["initiator"]
    assert changed(play(NODE, task(**wanted))) == [True]
    log_in = f"""
systemctl start iscsid
iscsiadm -m node -T {TARGET} -p {where} -o new >/dev/null
for timeout in node.session.timeo.replacement_timeout node.conn[0].timeo.logout_timeout; do iscsiadm -m node -T {TARGET} -o update -n $timeout -v 2; done
iscsiadm -m node -T {TARGET} -p {where} -l >/dev/null
udevadm settle
"""
    shell(NODE, log_in)
    disk = f"/dev/disk/by-path/ip-{where}:3260-iscsi-{TARGET}-lun-0"
    try:
        size = f"blockdev --getsize64 {disk}; ls /sys/class/iscsi_session"
        assert shell(NODE, size).split()[0] == str(64 * 1024**2)
        session = shell(NODE, size).split()[1]
        shell(NODE, f"lvextend -qL 96m {GROUP}/one; iscsiadm -m session -R >/dev/null; udevadm settle")
        assert shell(NODE, size).split() == [str(96 * 1024**2), session]
        before = shell(NODE, STATE)
        no_lun = {**wanted["tpgs"][0]["acls"][0], "luns": []}
        refused = play(
            NODE,
            task(state="absent"),
            task(True, state="absent"),
            task(**open_wish(acls=[no_lun])),
            task(**open_wish(enabled=False)),
            task(state="absent", allow_disconnect={name: "192.0.2.1"}),
        )
        assert [result["error"]["code"] for result in refused] == ["session-live"] * 4 + ["session-differs"]
        assert all(name in result["msg"] and where in result["error"]["fix"] for result in refused)
        assert shell(NODE, STATE) == before, "nothing is touched"
        assert changed(play(NODE, task(**wanted))) == [False], "nor is anything to do about a volume that grew"
        consent = {"allow_disconnect": {name: where}}
        assert changed(play(NODE, task(**open_wish(acls=[no_lun]), **consent), task(state="absent", **consent))) == [True, True]
    finally:
        shell(NODE, f"iscsiadm -m node -T {TARGET} -u >/dev/null 2>&1; iscsiadm -m node -T {TARGET} -o delete >/dev/null 2>&1; true")


def test_an_initiator_proves_itself_and_so_does_the_target() -> None:
    where, name, chap = address(), own_name(), {**CHAP, "mutual_user": "target", "mutual_password": REPLY}
    target = open_wish(acls=[{"initiator": name, "chap": chap}])
    session = {"target": TARGET, "portal": where, "chap": chap, "startup": "manual"}
    results = play(
        NODE,
        task(**target),
        {"cairn.storage.iscsi_initiator": {"sessions": [session]}},
        task(True, **target),
        task(state="absent"),
        {"cairn.storage.iscsi_initiator": {"sessions": [{**session, "state": "absent"}]}},
        task(state="absent"),
    )
    assert results[3].pop("error")["code"] == "session-live"
    assert [result.get("changed", False) for result in results] == [True, True, False, False, True, True]


def as_made(state: str) -> str:
    """Without the numbers of backstores' folders, which mean nothing."""
    return "\n".join(sorted(re.sub(r"core/(\w+)_\d+", r"core/\1", state).splitlines()))


def test_all_comes_back_after_a_reboot_and_a_volume_that_is_late_when_it_comes__rtslib_153() -> None:
    play(NODE, host_task(discovery_auth={"user": "asker", "password": ASKED}), task(**wish(more=True)))
    disks = shell(NODE, "ls /sys/kernel/config/target/loopback/*/tpgt_1/lun")
    before = shell(NODE, STATE)
    shell(NODE, f"lvchange --setautoactivation n {GROUP}/two")
    lab("reboot", NODE)
    wait = f'for try in $(seq 300); do [ -e {TPG}/lun/lun_1/lun_1 ] && [ "$(cat {TPG}/enable)" = 1 ] && break; sleep 0.3; done; ls {TPG}/lun'
    assert shell(NODE, wait).split() == ["lun_0", "lun_1"], "the others are held back for a minute, and no longer"
    shell(NODE, f"vgchange -qay {GROUP}; for try in $(seq 150); do [ -e {TPG}/acls/{FIRST}/lun_2/lun_2 ] && break; sleep 0.3; done")
    assert as_made(shell(NODE, STATE)) == as_made(before)
    assert disks == shell(NODE, "ls /sys/kernel/config/target/loopback/*/tpgt_1/lun"), "nothing else was cleared"
    assert ask("../../discovery_auth/enforce_discovery_auth", "../../discovery_auth/password") == ["1", ASKED]
    results = play(NODE, task(True, **wish(more=True)), host_task(discovery_auth={"user": "asker", "password": ASKED}), host_task())
    assert changed(results) == [False, False, True] and not results[0]["drift"]
    assert shell(NODE, "systemctl is-enabled rtslib-fb-targetctl.service || true").strip() in ("masked", "")


def test_no_secret_is_seen_anywhere() -> None:
    since = time.time() - 600
    log = lab("exec-log", "--json", "--since", since, NODE) + shell(NODE, "journalctl -b --no-pager")
    results = play(NODE, task(**wish()), task(**wish(more=True)))
    for text in (log, json.dumps(results)):
        assert not [secret for secret in (SECRET, REPLY, ASKED) if secret in text]


#: Those that need a look at the machine.
LOOKED = ("device-", "backstore-shared", "fileio-", "file-folder", "file-kind", "file-size", "portal-absent", "kernel-name", "chap-short")


def test_bad_inputs_touch_nothing() -> None:
    prepare = f"""
vgcreate -q badcarrying {IDS['CARRYING']}; lvcreate -qy -L 8m -n lv badcarrying; vgcreate -q badmember {IDS['MEMBER']}
mkfs.ext4 -q {IDS['MOUNTED']}; mkdir -p /mnt/bad; mount {IDS['MOUNTED']} /mnt/bad
"""
    shell(NODE, prepare)
    other = {
        "backstores": [{"name": "other", "device": IDS["EXPORTED"]}],
        "tpgs": [{"portals": [{"address": "127.0.0.1", "port": 3268}], "luns": [{"lun": 0, "backstore": "other"}]}],
    }
    given = {"name": "badclass", "volume_mode": "Block", "devices": [IDS["GIVEN"]]}
    made = play(NODE, task(state="absent"), task(**GOOD), task(**{"name": OTHER, **other}), volumes(given))
    assert changed(made)[1:] == [True] * 3
    bad = [each for each in TABLE if each.code.startswith(LOOKED)][:16]
    before = shell(NODE, STATE)
    results = play(NODE, *({f"cairn.storage.{each.module}": with_disks(dict(each.params), IDS)} for each in bad))
    assert not list(filter(None, map(wrong, bad, results)))
    assert shell(NODE, STATE) == before and len(bad) == 16
