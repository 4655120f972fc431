"""Bad inputs of the modules for iSCSI targets, each with the code of its refusal and the parameter that it names.

The machine that they are for has six disks: FREE is blank; MOUNTED is mounted; CARRYING has an active logical volume on it, MEMBER is a physical volume
that nothing uses; GIVEN is given out raw as a local volume; EXPORTED is behind LUN 0 of target OTHER. Target NAME is there with backstore ``file`` of
4 MiB at FILE and ACL of INITIATOR; FOLDER is a folder.
"""

from __future__ import annotations

from typing import Any

from bad_inputs import NOWHERE, TYPE, Bad

FREE, MOUNTED, CARRYING, MEMBER, GIVEN, EXPORTED = DISKS = ("FREE", "MOUNTED", "CARRYING", "MEMBER", "GIVEN", "EXPORTED")
NAME, OTHER = "iqn.2026-01.com.example:bad", "iqn.2026-01.com.example:badother"
INITIATOR = "iqn.2026-01.com.example:badnode"
FOLDER = "/srv/bad-iscsi"
FILE = f"{FOLDER}/file.img"
ADDRESS = "127.0.0.1"

CHAP = {"user": "node", "password": "correct-horse-1"}
STORE = {"name": "file", "type": "fileio", "path": FILE, "size": "4MiB"}
GROUP = {"portals": [{"address": ADDRESS, "port": 3269}], "luns": [{"lun": 0, "backstore": "file"}], "acls": [{"initiator": INITIATOR}]}
#: What is there.
GOOD = {"name": NAME, "backstores": [STORE], "tpgs": [GROUP]}


def target(code: str, parameter: str, **params: Any) -> Bad:
    return Bad("iscsi_target", code, parameter, {**GOOD, **params})


def store(code: str, option: str, **values: Any) -> Bad:
    """Something wrong with the backstore."""
    return target(code, f"backstores[0]{option and '.'}{option}" if code else option, backstores=[{**STORE, **values}])


def block(code: str, option: str, device: str, **values: Any) -> Bad:
    """Something wrong with a block backstore."""
    return target(code, f"backstores[0].{option}", backstores=[{"name": "file", "device": device, **values}])


def group(code: str, option: str, **values: Any) -> Bad:
    """Something wrong with the portal group."""
    return target(code, f"tpgs[0].{option}" if code else option, tpgs=[{**GROUP, **values}])


def portal(code: str, option: str, *portals: dict) -> Bad:
    return group(code, f"portals[{len(portals) - 1}]{option and '.'}{option}" if code else option, portals=list(portals))


def lun(code: str, option: str, *luns: dict) -> Bad:
    return group(code, f"luns[{len(luns) - 1}].{option}", luns=list(luns))


def acl(code: str, option: str, *acls: dict) -> Bad:
    return group(code, f"acls[{len(acls) - 1}].{option}", acls=[{"initiator": INITIATOR, **each} for each in acls])


def chap(code: str, option: str, **values: Any) -> Bad:
    return acl(code, f"chap.{option}", {"chap": {**CHAP, **values}})


def alua(code: str, option: str, *groups: dict) -> Bad:
    return store(code, f"alua_groups[{len(groups) - 1}].{option}", alua_groups=[{"name": "a", "id": 1, **each} for each in groups])


def host(code: str, parameter: str, **values: Any) -> Bad:
    return Bad("iscsi_target_host", code, parameter, {"discovery_auth": {**CHAP, **values}})


TWO = [STORE, {"name": "ram", "type": "ramdisk", "size": "1MiB"}]
BOTH = {**GROUP, "luns": [{"lun": 0, "backstore": "file"}, {"lun": 1, "backstore": "ram"}]}
ALONE = {"tpgs": [{**GROUP, "luns": [{"lun": 0, "backstore": "new"}]}]}

TABLE = (
    target("iscsi-name", "name", name="disks"),
    target("iscsi-name-iqn", "name", name="iqn.2026-13.com.example:disks"),
    target("iscsi-name-iqn", "name", name="iqn.2026-01.com.example:a b"),
    target("iscsi-name-case", "name", name="iqn.2026-01.com.example:Disks"),
    target("iscsi-name-eui", "name", name="eui.0123"),
    target("iscsi-name-naa", "name", name="naa.0123"),
    target("iscsi-name-length", "name", name="iqn.2026-01.com.example:" + "x" * 200),
    target("absent-parts", "tpgs", state="absent"),
    target("tpgs-missing", "tpgs", tpgs=[]),
    target("iscsi-name", "allow_disconnect", allow_disconnect={"node1": "192.0.2.21"}),
    target("backstore-twice", "backstores[1].name", backstores=[STORE, STORE]),
    target("backstore-path-twice", "backstores[1].path", backstores=[STORE, {**STORE, "name": "again"}]),
    target("backstore-unused", "backstores[1]", backstores=TWO),
    target("serial-wwn", "backstores[1].serial", backstores=[{**TWO[0], "serial": "disk-1"}, {**TWO[1], "serial": "ud-1"}], tpgs=[BOTH]),
    target("tpg-twice", "tpgs[1].tag", tpgs=[GROUP, GROUP]),
    target("portal-twice", "tpgs[1].portals[0]", tpgs=[GROUP, {**GROUP, "tag": 2}]),
    target(
        "backstore-shared",
        "backstores[0].name",
        backstores=[{"name": "other", "device": EXPORTED}],
        tpgs=[{**GROUP, "luns": [{"lun": 0, "backstore": "other"}]}],
    ),
    target(TYPE, "state", state="gone"),
    store("backstore-name", "name", name="a/b"),
    store("backstore-name", "name", name=""),
    store("backstore-path-missing", "path", path=None),
    store("backstore-size-missing", "size", size=None),
    store("backstore-device-type", "device", device=FREE),
    store("backstore-read_only-type", "read_only", read_only=True),
    store("backstore-size-unit", "size", size="4000001B"),
    store("size-ambiguous", "size", size="4M"),
    store("size-negative", "size", size="-4MiB"),
    store("size-zero", "size", size="0B"),
    store("fileio-size-fixed", "size", size="8MiB"),
    store("file-path", "path", path="disk.img"),
    store("file-path", "path", path="/srv/../etc/disk.img"),
    store("file-place", "path", path="/dev/shm/disk.img"),
    store("path-characters", "path", path="/srv/a b.img"),
    store("file-folder", "path", path=f"{FOLDER}/nowhere/disk.img"),
    store("file-kind", "path", path=FOLDER),
    store("serial", "serial", serial="a b"),
    store("serial-no-wwn", "serial", serial="xyz"),
    store("attribute-own", "attributes.emulate_write_cache", attributes={"emulate_write_cache": 1}),
    store("attribute-name", "attributes", attributes={"../enable": 0}),
    store("attribute-value", "attributes.emulate_tpu", attributes={"emulate_tpu": [1]}),
    store(TYPE, "type", type="pscsi"),
    target("file-size-differs", "backstores[0].size", backstores=[{**STORE, "name": "new", "size": "8MiB"}], **ALONE),
    target("device-exported", "backstores[0].path", backstores=[STORE, {**STORE, "name": "new"}][1:], **ALONE),
    target("backstore-path-type", "backstores[0].path", backstores=[{"name": "new", "type": "ramdisk", "size": "1MiB", "path": FILE}], **ALONE),
    target("backstore-size-unit", "backstores[0].size", backstores=[{"name": "new", "type": "ramdisk", "size": "5000B"}], **ALONE),
    block("kernel-name", "device", "/dev/sda"),
    block("device-path", "device", "disk-serial-1"),
    block("path-characters", "device", "/dev/disk/by-id/a,b"),
    block("backstore-device-missing", "device", ""),
    block("backstore-size-type", "size", FREE, size="1GiB"),
    block("backstore-write_back-type", "write_back", FREE, write_back=True),
    block("device-absent", "device", NOWHERE),
    block("device-mounted", "device", MOUNTED),
    block("device-in-use", "device", CARRYING),
    block("device-lvm-member", "device", MEMBER),
    block("device-taken", "device", GIVEN),
    block("device-exported", "device", EXPORTED),
    group("tpg-tag", "tag", tag=0),
    group("portals-missing", "portals", portals=[]),
    group("chap-group", "chap", chap=CHAP),
    group("chap-mixed", "chap", demo_mode="read_only", acls=[{"initiator": INITIATOR, "chap": CHAP}]),
    group("attribute-own", "attributes.authentication", attributes={"authentication": 1}),
    group("attribute-own", "attributes.generate_node_acls", attributes={"generate_node_acls": 1}),
    group("attribute-own", "attributes.demo_mode_write_protect", attributes={"demo_mode_write_protect": 0}),
    group("attribute-own", "parameters.AuthMethod", parameters={"AuthMethod": "None"}),
    group("attribute-name", "parameters", parameters={"Max Burst": 1}),
    group(TYPE, "demo_mode", demo_mode="everything"),
    portal("portal-address", "address", {"address": "storage.example.com"}),
    portal("portal-address", "address", {"address": "2001:db8:::1"}),
    portal("portal-port", "port", {"address": ADDRESS, "port": 70000}),
    portal("portal-absent", "address", {"address": "192.0.2.99"}),
    portal("portal-twice", "", {"address": ADDRESS}, {"address": ADDRESS}),
    portal("portal-overlap", "", {"address": "0.0.0.0"}, {"address": ADDRESS}),
    portal(TYPE, "port", {"address": ADDRESS, "port": "iscsi"}),
    lun("lun-number", "lun", {"lun": 65536, "backstore": "file"}),
    lun("lun-number", "lun", {"lun": -1, "backstore": "file"}),
    lun("lun-twice", "lun", {"lun": 0, "backstore": "file"}, {"lun": 0, "backstore": "file"}),
    lun("lun-backstore", "backstore", {"lun": 0, "backstore": "none"}),
    lun("lun-backstore-twice", "backstore", {"lun": 0, "backstore": "file"}, {"lun": 1, "backstore": "file"}),
    lun("lun-alua", "alua_group", {"lun": 0, "backstore": "file", "alua_group": "none"}),
    acl("acl-twice", "initiator", {}, {}),
    acl("iscsi-name", "initiator", {"initiator": "*"}),
    acl("acl-depth", "depth", {"depth": 0}),
    acl("acl-lun", "luns[0].lun", {"luns": [{"lun": 5}]}),
    acl("acl-lun-twice", "luns[1].lun", {"luns": [{"lun": 0}, {"lun": 0, "mapped_lun": 1}]}),
    acl("acl-mapped", "luns[0].mapped_lun", {"luns": [{"lun": 0, "mapped_lun": 70000}]}),
    acl("chap-mixed", "chap", {"chap": CHAP}, {"initiator": "iqn.2026-01.com.example:badnode2"}),
    acl("attribute-own", "attributes.authentication", {"attributes": {"authentication": 0}}),
    chap("chap-short", "password", password="brief"),
    chap("chap-long", "password", password="x" * 256),
    chap("chap-text", "password", password="with blanks in it"),
    chap("chap-text", "password", password="NULL-and-void-1"),
    chap("chap-text", "user", user="NULL"),
    chap("chap-half", "mutual_password", mutual_user="target"),
    chap("chap-half", "mutual_user", mutual_password="battery-staple-2"),
    chap("chap-same", "mutual_password", mutual_user="target", mutual_password=CHAP["password"]),
    alua("alua-name", "name", {"name": "default_tg_pt_gp"}),
    alua("alua-twice", "name", {}, {"id": 2}),
    alua("alua-id", "id", {"id": 0}),
    alua("alua-id-twice", "id", {}, {"name": "b"}),
    host("chap-short", "discovery_auth.password", password="brief"),
    host("chap-half", "discovery_auth.mutual_user", mutual_password="battery-staple-2"),
)
