"""Our lines in /etc/fstab; all others stay byte for byte."""

from __future__ import annotations

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import Conflict
from ansible_collections.cairn.storage.plugins.module_utils._local import fstab

OURS = fstab.line("u-1", "/base/c/u-1", "xfs", ("noatime",), "c")
OTHERS = "# a comment\nUUID=x\t/\text4  defaults 0 1\n\n/dev/sdz /data xfs defaults 0 0"


def test_a_line_is_safe_at_boot() -> None:
    assert OURS == "UUID=u-1 /base/c/u-1 xfs noatime,nofail,x-systemd.before=kubelet.service,x-systemd.device-timeout=90s,x-cairn.class=c 0 0"
    assert fstab.line("u", "/p", "ext4", (), "c").endswith(" 0 2"), "ext4 is checked at boot, XFS when it is mounted"


@pytest.mark.parametrize("text", ["", OTHERS, OTHERS + "\n"])
def test_put_and_drop_leave_the_rest_alone(text: str) -> None:
    whole = text if not text or text.endswith("\n") else text + "\n"
    put = fstab.edit(text, {"/base/c/u-1": OURS}, [])
    assert put == whole + OURS + "\n"
    assert fstab.edit(put, {"/base/c/u-1": OURS}, []) == put
    assert fstab.ours(put) == {"/base/c/u-1": OURS}
    assert fstab.edit(put, {}, ["/base/c/u-1", "/data"]) == whole, "only lines of ours are dropped"


def test_a_changed_line_stays_in_its_place() -> None:
    changed = OURS.replace("noatime", "discard")
    assert fstab.edit(f"{OURS}\n{OTHERS}", {"/base/c/u-1": changed}, []) == f"{changed}\n{OTHERS}"


def test_a_mount_point_is_not_shared() -> None:
    fstab.check_foreign(f"{OTHERS}\n{OURS}\n# /base/c/u-2 x\n", ["/base/c/u-1", "/base/c/u-2"])
    with pytest.raises(Conflict) as refused:
        fstab.check_foreign(OTHERS, ["/data"])
    assert refused.value.code == "fstab-foreign"
