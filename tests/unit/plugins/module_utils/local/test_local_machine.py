"""The machine's own configuration: symbolic links, lines of fstab in other spellings, units written by hand, files that cannot be written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Optional

import pytest
from local_wishes import actions, planned, steps
from machines import BASE, GIB, disk, holding, host, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block import record
from ansible_collections.cairn.storage.plugins.module_utils._block.record import Made
from ansible_collections.cairn.storage.plugins.module_utils._core import files, trusted
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._core.plan import Plan
from ansible_collections.cairn.storage.plugins.module_utils._local import fstab, guard
from ansible_collections.cairn.storage.plugins.module_utils._local.model import Entry

UUID = "11111111-2222-3333-4444-555555555555"
REAL = "/srv/big/local-volumes"
PATH = f"{REAL}/fs/{UUID}"
WANTED = {"name": "fs", "devices": [wwn("a")]}
VOLUME = holding(disk("a", mounts=(PATH,)), "xfs", UUID, "cl-fs")
ENTRY = Entry("fs", UUID, PATH, False, "sda", GIB)


def linked(wanted: dict = WANTED, point: str = PATH, base: str = REAL, **options: Any) -> Plan:
    """The plan for a machine on which ``BASE`` leads to ``REAL``; fstab and record have the path as ``point`` and ``base``."""
    places = {BASE: REAL, f"{BASE}/fs/{UUID}": PATH}
    made = {UUID: Made("fs", base, "Filesystem", wwn("a"), VOLUME.links, "xfs")}
    text = fstab.line(UUID, point, "xfs", (), "fs", wwn("a")) + "\n"
    return planned(host(VOLUME), wanted, entries=(ENTRY,), text=text, made=made, observed={"places": places}, **options)


def test_behind_a_symbolic_link_the_kernels_path_counts_and_the_cluster_is_told_the_written_one() -> None:
    made = linked()
    assert actions(made) == [] and made.after.volumes[0].path == f"{BASE}/fs/{UUID}"


def test_a_line_with_the_link_in_it_is_replaced() -> None:
    made = linked(point=f"{BASE}/fs/{UUID}")
    assert actions(made) == ["update file /etc/fstab"]
    put, drop = made.actions[0].steps[0].put, made.actions[0].steps[0].drop
    assert list(put) == [PATH] and drop == (f"{BASE}/fs/{UUID}",)
    text = fstab.line(UUID, f"{BASE}/fs/{UUID}", "xfs", (), "fs", wwn("a")) + "\n"
    assert fstab.edit(text, put, drop) == f"{put[PATH]}\n"


@pytest.mark.parametrize("point", [PATH, f"{BASE}/fs/{UUID}"])
def test_a_class_behind_a_link_is_given_up_unless_the_cluster_knows_it_by_either_path(point: str) -> None:
    absent = {"name": "fs", "state": "absent"}
    made = linked(absent, point=point, published=[])
    assert steps(made)[0] == f"umount {PATH}" and made.actions[-1].steps[0].drop == (point,)
    for path in (PATH, f"{BASE}/fs/{UUID}"):
        with pytest.raises(CairnError) as refused:
            linked(absent, published=[{"class": "other", "entry": "x", "volume": "pv", "path": path}])
        assert refused.value.code == "class-published"


@pytest.mark.parametrize(
    "path, links, expected",
    [
        ("/srv/a/b", {}, "/srv/a/b"),
        ("/mnt/a/b", {"/mnt": "var/mnt"}, "/var/mnt/a/b"),
        ("/var/lib/c/v", {"/var/lib/c": "../../srv/big"}, "/srv/big/v"),
        ("/x/v", {"/x": "/y", "/y": "/srv"}, "/srv/v"),
        ("/x/v", {"/x": "/y", "/y": "/x"}, None),
        ("/x/v", {"/x": "/srv/none"}, None),
        ("/open/x/v", {"/open/x": "/srv"}, None),
        ("/open/plain/v", {}, "/open/plain/v"),
        ("/x/v", {"/x": "/open/there"}, None),
        ("/file/v", {}, None),
    ],
)
def test_links_are_followed_where_only_root_makes_them(monkeypatch: pytest.MonkeyPatch, path: str, links: dict, expected: Optional[str]) -> None:
    """On a file system as root's own; /open is a folder that anybody writes to."""
    folders = {"/", "/srv", "/srv/a", "/var", "/var/lib", "/var/mnt", "/srv/big", "/open", "/open/there"}

    def status(name: str) -> os.stat_result:
        if name in links:
            return os.stat_result((0o120777, 0, 0, 1, 0, 0, 0, 0, 0, 0))
        if name in folders or name == "/file":
            kind = 0o100000 if name == "/file" else 0o040000
            return os.stat_result((kind | (0o1777 if name == "/open" else 0o755), 0, 0, 1, 0, 0, 0, 0, 0, 0))
        raise FileNotFoundError(2, "No such file or directory")

    for name, replacement in (("lstat", status), ("stat", status), ("readlink", links.get), ("geteuid", lambda: 0)):
        monkeypatch.setattr(trusted.os, name, replacement)
    if expected:
        assert trusted.resolve(path, "base_dir") == expected
    else:
        with pytest.raises(CairnError) as refused:
            trusted.resolve(path, "base_dir")
        assert refused.value.code in ("link-foreign", "link-astray") and refused.value.parameter == "base_dir"


LINE = fstab.line(UUID, PATH, "xfs", (), "fs", wwn("a"))


@pytest.mark.parametrize("end", ["\r\n", "\x0b\n", "\u2028\n", "\x85\n", "\x1c\n"])
def test_what_only_python_takes_for_the_end_of_a_line_stays(end: str) -> None:
    text = f"UUID=x /srv/a{end}# comment \udcff{end}LABEL=b /b ext4 defaults 0 0{end}"
    put = fstab.edit(text, {PATH: LINE}, [])
    assert put == f"{text}{LINE}\n" and fstab.edit(put, {}, [PATH]) == text
    assert fstab.edit(f"{text}{LINE}", {}, [PATH]) == text, "no newline at the end"


def test_our_line_as_an_editor_of_another_system_left_it_is_written_anew() -> None:
    made = linked(point=PATH)
    assert not made.changed
    assert fstab.ours(f"{LINE}\r\n") == {PATH: f"{LINE}\r"}
    assert fstab.edit(f"a\r\n{LINE}\r\nb\r\n", {PATH: LINE}, []) == f"a\r\n{LINE}\nb\r\n"


@pytest.mark.parametrize("source", ["LABEL=cl-fs", f"UUID={UUID}", "PARTUUID=1-2", "PARTLABEL=x", "/dev/sda"])
@pytest.mark.parametrize("point", [PATH, f"{PATH}/", f"/srv//big/local-volumes/fs/{UUID}", f"{BASE}/fs/{UUID}"])
def test_another_line_for_the_place_of_a_volume_is_refused_however_it_is_written(source: str, point: str) -> None:
    with pytest.raises(CairnError) as refused:
        fstab.check_foreign(f"#\n{source}\t{point} xfs defaults 0 0\n", [PATH], {f"{BASE}/fs/{UUID}": PATH})
    assert refused.value.code == "fstab-foreign" and source in refused.value.found


def test_a_mount_unit_by_hand_for_the_place_of_a_volume_is_refused() -> None:
    name = r"srv-big-local\x2dvolumes-fs-" + UUID.replace("-", r"\x2d")
    found = fstab.units({"/etc/systemd/system": [f"{name}.mount", "srv-other.mount", f"{name}.service"], "/usr": [f"{name}.mount"]}, REAL)
    assert found == {PATH: f"/etc/systemd/system/{name}.mount"}
    with pytest.raises(CairnError) as refused:
        planned(host(VOLUME), WANTED, entries=(ENTRY,), text=LINE, observed={"places": {BASE: REAL}, "units": found})
    assert refused.value.code == "unit-foreign" and f"rm {found[PATH]}" in refused.value.fix


@pytest.mark.parametrize(
    "path, wanted",
    [("/etc/fstab", WANTED), (record.PATH, WANTED), (f"{BASE}/x", WANTED), (record.PATH, {**WANTED, "volume_mode": "Block"})],
)
def test_what_cannot_be_written_is_refused_before_anything_is_done(path: str, wanted: dict) -> None:
    closed = {path: "it is mounted read-only"}
    with pytest.raises(CairnError) as refused:
        planned(host(disk("a")), wanted, observed={"closed": closed})
    assert refused.value.code == "file-closed" and "read-only" in refused.value.found
    there = planned(host(holding(disk("a", mounts=(f"{BASE}/fs/{UUID}",)), "xfs", UUID, "cl-fs")), WANTED,
                    entries=(Entry("fs", UUID, f"{BASE}/fs/{UUID}", False, "sda", GIB),),
                    text=fstab.line(UUID, f"{BASE}/fs/{UUID}", "xfs", (), "fs", wwn("a")),
                    made={UUID: Made("fs", BASE, "Filesystem", wwn("a"), disk("a").links, "xfs")}, observed={"closed": closed})
    assert not there.changed, "nothing to write is nothing to refuse"
    assert guard.PATH not in closed


def test_files_that_can_be_replaced_are_not_closed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert [files.closed(str(tmp_path / name)) for name in ("file", "new", "folder/to/come")] == ["", "", ""]
    assert "mounted at" in files.closed(str(tmp_path / "file"), {str(tmp_path / "file")})
    assert "read-only" in files.closed("/sys/kernel/none", ()) or os.access("/sys/kernel", os.W_OK)
