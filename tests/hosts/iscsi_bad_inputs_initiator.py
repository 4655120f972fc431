"""Bad inputs of the module for iSCSI initiators, each with the code of its refusal and the parameter that it names.

The machine that they are for has one session, to TARGET at PORTAL, with a mounted LUN; nothing listens at NOWHERE.
"""

from __future__ import annotations

from typing import Any

from bad_inputs import TYPE, Bad

TARGET, PORTAL = "iqn.2026-01.com.example:badinputs", "TARGET-PORTAL"
NAME, NOWHERE = "iqn.2026-01.com.example:badnode", "127.0.0.1:9"
SECRET = "long-enough-secret"
CHAP = {"user": "a", "password": SECRET}


def session(code: str, parameter: str, **values: Any) -> Bad:
    """A wish for one session; ``parameter`` stands below it."""
    wish = {key: value for key, value in {"target": TARGET, "portal": "192.0.2.10", **values}.items() if value is not None}
    return Bad("iscsi_initiator", code, f"sessions[0]{parameter and '.'}{parameter}" if code else parameter, {"sessions": [wish]})


def chap(code: str, parameter: str, **values: Any) -> Bad:
    return session(code, f"chap.{parameter}", chap={**CHAP, **values})


def times(code: str, parameter: str, mode: str = "single", **values: Any) -> Bad:
    return session(code, f"timeouts.{parameter}", mode=mode, timeouts=values)


def other(code: str, parameter: str, **params: Any) -> Bad:
    return Bad("iscsi_initiator", code, parameter, params)


BOTH = {"target": TARGET, "portal": "192.0.2.10"}
TABLE = (
    session("iscsi-name", "target", target="disks"),
    session("iscsi-name", "target", target=""),
    session("iscsi-name-iqn", "target", target="iqn.2026-13.com.example:disks"),
    session("iscsi-name-eui", "target", target="eui.0123"),
    session("iscsi-name-naa", "target", target="naa.0123"),
    session("iscsi-name-case", "target", target="iqn.2026-01.com.example:Disks"),
    session("iscsi-name-length", "target", target="iqn.2026-01.com.example:" + "x" * 200),
    session("portal-address", "portal", portal="storage.example.com"),
    session("portal-address", "portal", portal="192.0.2.300"),
    session("portal-port", "portal", portal="192.0.2.10:0"),
    session("portal-port", "portal", portal="192.0.2.10:65536"),
    session("portal-syntax", "portal", portal="192.0.2.10:iscsi"),
    session("portal-syntax", "portal", portal="[2001:db8::10]:"),
    session("portal-any", "portal", portal="0.0.0.0"),
    session("portal-any", "portal", portal="[::]:3260"),
    session("portal-missing", "portal", portal=None),
    session("iface-name", "iface", iface="../default"),
    session("iface-name", "iface", iface=""),
    chap("chap-short", "password", password="elevenchars"),
    chap("chap-long", "password", password="x" * 256),
    chap("chap-long", "user", user="x" * 256),
    chap("chap-text", "password", password="has a blank in it"),
    chap("chap-text", "password", password="#looks-like-a-comment"),
    chap("chap-text", "user", user="a\nnode.startup = onboot"),
    chap("chap-half", "password", password=""),
    chap("chap-half", "user", user=""),
    chap("chap-user", "user", user="", password=""),
    chap("chap-half", "mutual_password", mutual_user="t"),
    chap("chap-half", "mutual_user", mutual_password=SECRET + "2"),
    chap("chap-same", "mutual_password", mutual_user="t", mutual_password=SECRET),
    chap("chap-short", "mutual_password", mutual_user="t", mutual_password="x7-few"),
    times("timeout-range", "replacement", replacement=-1),
    times("timeout-range", "login", login=0),
    times("timeout-range", "login_retries", login_retries=101),
    times("timeout-range", "ping_interval", ping_interval=301),
    times("timeout-ping", "ping_timeout", ping_timeout=0),
    times("timeout-login", "login_retries", login=30, login_retries=30),
    times("timeout-multipath", "replacement", mode="multipath", replacement=300),
    times("timeout-multipath", "ping_interval", mode="multipath", ping_interval=0, ping_timeout=0),
    other("session-twice", "sessions[1]", sessions=[BOTH, {**BOTH, "portal": "192.0.2.10:3260"}]),
    other("iface-portal", "sessions[0].portal", sessions=[{"target": TARGET, "iface": "eth1"}], discovery=[{"portal": "192.0.2.10"}]),
    other("iscsi-name", "name", name="node1"),
    other("iscsi-name-case", "name", name="iqn.2026-01.com.example:Node1"),
    other("name-in-use", "name", name=NAME),
    other("portal-address", "discovery[0].portal", discovery=[{"portal": "storage"}]),
    other("portal-any", "discovery[0].portal", discovery=[{"portal": "0.0.0.0"}]),
    other("discovery-twice", "discovery[1].portal", discovery=[{"portal": "192.0.2.10"}, {"portal": "192.0.2.10:3260"}]),
    other("chap-short", "discovery[0].chap.password", discovery=[{"portal": "192.0.2.10", "chap": {"user": "a", "password": "x7-few"}}]),
    other("discovery-unreachable", "discovery[0].portal", discovery=[{"portal": NOWHERE}]),
    other(
        "target-not-offered",
        "sessions[0].target",
        sessions=[{"target": "iqn.2026-01.com.example:none"}],
        discovery=[{"portal": PORTAL}],
    ),
    other("last-path", "allow_disconnect", sessions=[{"target": TARGET, "state": "absent"}]),
    other("last-path", "allow_disconnect", sessions=[{"target": TARGET, "portal": PORTAL, "state": "absent"}]),
    session(TYPE, "target", target=None),
    session(TYPE, "startup", startup="sometimes"),
    session(TYPE, "mode", mode="double"),
    session(TYPE, "state", state="gone"),
    session(TYPE, "login", timeouts={"login": "soon"}),
    session(TYPE, "password", chap={"user": "a"}),
    session(TYPE, "data_digest", data_digest="perhaps"),
)
