"""Local volumes behind symbolic links, and their mount options as the kernel has them."""

from __future__ import annotations

from typing import Any, Iterator

import pytest
from host_play import ERASE, FORGET, changed, disk_ids, own_node, play, plugged, script, shell, volumes

NODE = own_node()
DISKS = (13, 14)
IDS = disk_ids(NODE, DISKS)
#: The folder as it is written, and as the kernel names it.
WRITTEN, REAL = "/var/lib/lt-link/local-volumes", "/srv/lt-big/cairn/local-volumes"
RECORD = "/var/lib/cairn-storage/records/local-volumes.json"

XFS = {"name": "lt-xfs", "devices": [IDS[0]]}
RAW = {"name": "lt-raw", "volume_mode": "Block", "devices": [IDS[1]]}
EXT4 = {"name": "lt-ext4", "fs_type": "ext4", "devices": [IDS[1]]}

CLEAN = f"""{ERASE}
umount -l /mnt/lt-pod 2>/dev/null
for entry in {REAL}/lt-*/*; do
  while mountpoint -q "$entry"; do umount -l "$entry"; done
  if [ -d "$entry" ]; then chattr -i "$entry"; fi
done
rm -rf /srv/lt-big /var/lib/lt-link /var/lib/lt-open /mnt/lt-pod
{FORGET}
sed -i '/x-cairn.class=lt-/d' /etc/fstab
for id in {' '.join(IDS)}; do [ ! -e "$id" ] || erase "$id"; done
systemctl daemon-reload
true
"""


@pytest.fixture(scope="module", autouse=True)
def disks() -> Iterator[None]:
    """The disks, and the link as on a machine whose big disk is at /srv."""
    with plugged(NODE, DISKS, CLEAN):
        shell(NODE, "mkdir -p /srv/lt-big/cairn /mnt/lt-pod; ln -s ../../srv/lt-big/cairn /var/lib/lt-link")
        yield


def given(*classes: dict, **options: Any) -> dict:
    return volumes(*classes, base_dir=WRITTEN, **options)


#: What the kernel shows of the one volume of a class: flags of the mount and of the file system.
def shown(storage_class: str) -> dict:
    return script(f"findmnt -rno VFS-OPTIONS,FS-OPTIONS {REAL}/{storage_class}/*")


def options(result: dict) -> set[str]:
    return set(result["stdout"].replace(" ", ",").split(","))


def test_a_base_dir_behind_a_symbolic_link__scylla_operator_2029() -> None:
    absent = [{"name": item["name"], "state": "absent"} for item in (XFS, RAW)]
    old = f"sed -i 's#{REAL}#{WRITTEN}#' /etc/fstab; sed -i 's#\"{REAL}\"#\"{WRITTEN}\"#' {RECORD}; systemctl daemon-reload"
    number = script(f"findmnt -rno ID {REAL}/lt-xfs/*")
    lines = script("grep lt- /etc/fstab || true")
    first, again, line, _old, before, taken, settled, after, new = play(
        NODE, given(XFS, RAW), given(XFS, RAW), lines, script(old), number, given(XFS, RAW), given(XFS, RAW), number, lines
    )
    assert changed([first, again]) == [True, False]
    assert f" {REAL}/lt-xfs/" in line["stdout"] and WRITTEN not in line["stdout"], "at boot the link may not be there yet"
    path = first["entries"][0]["path"]
    assert path.startswith(f"{WRITTEN}/lt-xfs/"), "the cluster knows it by what was written"
    # As the version before left it: the line and the record by the written path.
    assert changed([taken, settled]) == [True, False] and {action["kind"] for action in taken["actions"]} == {"file"}
    assert before["stdout"] == after["stdout"], "it stayed mounted"
    assert new["stdout"] == line["stdout"]
    published = [{"class": "other", "entry": "x", "volume": "pv", "path": path}]
    known, gone, nothing, left = play(
        NODE,
        given(*absent, published=published, check=True),
        given(*absent, published=[]),
        given(*absent, published=[], check=True),
        script(f"grep lt- /etc/fstab /proc/mounts; ls {REAL}/lt-*"),
    )
    assert known["error"]["code"] == "class-published" and changed([gone, nothing]) == [True, False]
    assert left["stdout"].split() == [f"{REAL}/lt-raw:", f"{REAL}/lt-xfs:"]


def test_links_that_others_could_lead_elsewhere_or_that_lead_nowhere() -> None:
    shell(NODE, "mkdir -m 777 /var/lib/lt-open; ln -s /srv/lt-big /var/lib/lt-open/link; ln -s /srv/lt-big/none /srv/lt-big/lost; ln -s loop /srv/lt-big/loop")
    bases = ("/var/lib/lt-open/link/v", "/srv/lt-big/lost/v", "/srv/lt-big/loop/v")
    told = play(NODE, *(volumes(XFS, base_dir=base) for base in bases), script("ls /srv/lt-big"))
    assert [result["error"]["code"] for result in told[:3]] == ["link-foreign", "link-astray", "link-astray"]
    assert "/var/lib/lt-open" in told[0]["error"]["found"] and "v" not in told[3]["stdout"].split()


def test_mount_options_are_those_in_force__ansible_30848_and_openebs_129() -> None:
    wipe = {IDS[1]: f"lt-raw/{IDS[1].rpartition('/')[2]}"}
    many, quota, plain = ({**XFS, "mount_options": each} for each in (["noatime", "nodev", "largeio"], ["prjquota"], ["noatime"]))
    less, commit = EXT4, {**EXT4, "mount_options": ["commit=30"]}
    first, was, second, now, again = play(
        NODE, given(many, less, wipe=wipe), shown("lt-xfs"), given(quota, less), shown("lt-xfs"), given(quota, less)
    )
    # a: taken away; b: nothing that a remount brings, and nobody uses the volume.
    assert changed([first, second, again]) == [True, True, False]
    assert {"noatime", "nodev", "largeio"} <= options(was)
    assert "prjquota" in options(now) and not {"noatime", "nodev", "largeio"} & options(now)
    # The same while a pod uses it: what a remount brings is brought, the rest is written and told, and done once the pod is gone.
    use, free = script(f"mount --bind {REAL}/lt-xfs/* /mnt/lt-pod"), script("umount /mnt/lt-pod")
    _use, third, used, ext4, told, line, _free, fourth, freed, last = play(
        NODE, use, given(plain, commit), shown("lt-xfs"), shown("lt-ext4"), given(plain, commit), script("grep lt-xfs /etc/fstab"), free,
        given(plain, commit), shown("lt-xfs"), given(plain, commit, check=True),
    )  # fmt: skip
    assert changed([third, told, fourth, last]) == [True, False, True, False]
    assert {"prjquota", "noatime"} <= options(used) and "commit=30" in options(ext4) and "prjquota" not in line["stdout"]
    for each in (third, told):
        assert "prjquota" in each["degraded"][0]["reason"] and "/mnt/lt-pod" in each["degraded"][0]["reason"]
    assert "noatime" in options(freed) and "prjquota" not in options(freed)


def test_options_that_the_kernel_refuses_change_nothing() -> None:
    look = script(f"cat /etc/fstab; findmnt -rno OPTIONS {REAL}/lt-ext4/*; findmnt -rno OPTIONS {REAL}/lt-xfs/*; ls -d /var/tmp/cairn-try-*; losetup --all")
    plain, commit = {**XFS, "mount_options": ["noatime"]}, {**EXT4, "mount_options": ["commit=30"]}
    # c: ext4 needs a feature for that. e: it passes the list of options, and not the kernel.
    before, feature, value, after = play(
        NODE, look, given(plain, {**EXT4, "mount_options": ["prjquota"]}), given({**XFS, "mount_options": ["noatime", "logbsize=5000"]}, commit), look
    )
    assert [result["error"]["code"] for result in (feature, value)] == ["mount-option-untaken"] * 2
    assert before["stdout"] == after["stdout"]
