"""A disk below a volume group answers with errors, or is pulled out: that group is reported and left alone, the rest of the play goes on."""

from __future__ import annotations

from typing import Any, Iterator

import pytest
from host_play import ERASE, changed, disk_ids, lab, layout, own_node, play, plugged, shell

NODE = own_node()
DISKS = (13, 14)
BAD, GOOD = IDS = disk_ids(NODE, DISKS)
SERIAL = BAD[-25:-9]
CLEAN = f"""{ERASE}
for group in errors sound; do vgremove -qq --force --yes $group 2>/dev/null; rm -f /etc/lvm/backup/$group; done
for id in {' '.join(IDS)}; do [ ! -e "$id" ] || erase "$id"; done
true
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    with plugged(NODE, DISKS, CLEAN):
        yield


def both(count: int, devices: Any = (BAD,)) -> dict:
    """A volume group on each disk, with that many volumes."""
    volumes = [{"name": f"v{number}", "size": "40MiB"} for number in range(count)]
    groups = ({"name": name, "devices": disk, "logical_volumes": volumes} for name, disk in (("errors", devices), ("sound", [GOOD])))
    return layout(*groups, disk_rules=[{"name": "bad", "serial": SERIAL}])


def there() -> dict[str, int]:
    """Number of volumes by group, as LVM tells."""
    names = shell(NODE, "lvs --noheadings -o vg_name 2>/dev/null").split()
    return {name: names.count(name) for name in ("errors", "sound")}


def test_a_disk_with_errors_holds_back_its_own_group_alone() -> None:
    assert changed(play(NODE, both(1))) == [True]
    before = shell(NODE, "dd if=/dev/urandom of=/dev/errors/v0 bs=1M count=8 oflag=direct status=none; md5sum < /dev/errors/v0")
    lab("disk", "fail", NODE, DISKS[0])
    try:
        listed, ruled = play(NODE, both(2), both(2, {"rule": "bad"}))
        assert changed([listed, ruled]) == [True, False], "what the other group needs is done, by the first of the two"
        assert listed["degraded"][0]["volume_group"] == ruled["degraded"][0]["volume_group"] == "errors"
        assert listed["degraded"][0]["device"] == BAD
        assert there()["sound"] == 2
    finally:
        lab("disk", "heal", NODE, DISKS[0])
    shell(NODE, "udevadm trigger --settle --subsystem-match=block")
    healed, again = play(NODE, both(2), both(2))
    assert changed([healed, again]) == [True, False] and not healed["degraded"]
    assert there() == {"errors": 2, "sound": 2} and shell(NODE, "md5sum < /dev/errors/v0") == before


def test_a_pulled_disk_holds_back_its_own_group_alone() -> None:
    shell(NODE, "vgchange -qq -an errors")
    lab("disk", "remove", NODE, DISKS[0])
    try:
        listed, ruled = play(NODE, both(3), both(3, {"rule": "bad"}))
        assert changed([listed, ruled]) == [True, False] and there()["sound"] == 3
        assert [each["volume_group"] for result in (listed, ruled) for each in result["degraded"]] == ["errors", "errors"]
    finally:
        lab("disk", "add", NODE, DISKS[0])
    shell(NODE, "udevadm settle")
    back = play(NODE, both(3), both(3))
    assert changed(back) == [True, False] and there() == {"errors": 3, "sound": 3}
