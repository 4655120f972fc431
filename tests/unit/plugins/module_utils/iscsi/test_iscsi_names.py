"""Names and portals: what is one, what is not, and what the refusal calls it."""

from __future__ import annotations

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import InvalidRequest
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.names import Portal, check_name, parse_portal


@pytest.mark.parametrize(
    "name",
    (
        "iqn.2026-01.com.example",
        "iqn.2026-01.com.example:disks.a:b-1",
        "eui.0123456789abcdef",
        "naa.5001405123456789",
        "naa.50014051234567895001405123456789",
    ),
)
def test_a_name(name: str) -> None:
    assert check_name(name, "name") == name


@pytest.mark.parametrize(
    ("name", "code"),
    (
        ("disks", "iscsi-name"),
        (None, "iscsi-name"),
        ("iqn.2026-13.com.example", "iscsi-name-iqn"),
        ("iqn.26-01.com.example", "iscsi-name-iqn"),
        ("iqn.2026-01.com.example:a b", "iscsi-name-iqn"),
        ("iqn.2026-01.com..example", "iscsi-name-iqn"),
        ("iqn.2026-01.com.example:A", "iscsi-name-case"),
        ("iqn.2026-01.com.example:" + "a" * 200, "iscsi-name-length"),
        ("eui.0123", "iscsi-name-eui"),
        ("naa.zz01405123456789", "iscsi-name-naa"),
    ),
)
def test_not_a_name(name: object, code: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_name(name, "name")
    assert refused.value.code == code and refused.value.fix


@pytest.mark.parametrize(
    ("text", "portal", "shown"),
    (
        ("192.0.2.1", Portal("192.0.2.1", 3260), "192.0.2.1:3260"),
        ("192.0.2.1:3261", Portal("192.0.2.1", 3261), "192.0.2.1:3261"),
        ("2001:db8:0::1", Portal("2001:db8::1", 3260), "[2001:db8::1]:3260"),
        ("[2001:db8::1]:3261", Portal("2001:db8::1", 3261), "[2001:db8::1]:3261"),
        ("[::]", Portal("::", 3260), "[::]:3260"),
    ),
)
def test_a_portal(text: str, portal: Portal, shown: str) -> None:
    assert parse_portal(text, "portal") == portal and str(portal) == shown


@pytest.mark.parametrize(
    ("text", "code"),
    (
        ("storage.example.com", "portal-address"),
        ("192.0.2.1:http", "portal-syntax"),
        ("192.0.2.1:0", "portal-port"),
        ("192.0.2.1:70000", "portal-port"),
        ("300.0.2.1", "portal-address"),
        ("", "portal-address"),
    ),
)
def test_not_a_portal(text: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_portal(text, "portal")
    assert refused.value.code == code and refused.value.parameter == "portal"
