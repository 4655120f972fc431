"""Options of mkfs and mount: what passes as it is, and what is refused."""

from __future__ import annotations

import pytest

from ansible_collections.cairn.storage.plugins.module_utils._block.mkfs_options import parse_mkfs
from ansible_collections.cairn.storage.plugins.module_utils._block.mount_options import parse_mount
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import InvalidRequest

GOOD_MKFS = [
    ("ext4", "", ""),
    ("ext4", "-m0", "-m 0"),
    ("ext4", "-m 0.5", "-m 0.5"),
    ("ext4", "-qm0", "-q -m 0"),
    ("ext4", "-i 65536 -I 256 -N 1000 -b 4096 -g 32768 -G 16 -T largefile", "-i 65536 -I 256 -N 1000 -b 4096 -g 32768 -G 16 -T largefile"),
    ("ext4", "-i 64k", "-i 64k"),
    ("ext4", "-E stride=16,stripe-width=64,lazy_itable_init=0,nodiscard", "-E stride=16,stripe-width=64,lazy_itable_init=0,nodiscard"),
    ("ext4", "-E lazy_itable_init", "-E lazy_itable_init"),
    ("ext4", "-E root_owner=1000:1000", "-E root_owner=1000:1000"),
    ("ext4", "-O^resize_inode,has_journal,quota", "-O ^resize_inode,has_journal,quota"),
    ("ext4", "-J size=64", "-J size=64"),
    ("xfs", "-b size=4096 -i size=512,sparse=1 -n size=8k,ftype=1 -s size=4k", "-b size=4096 -i size=512,sparse=1 -n size=8k,ftype=1 -s size=4k"),
    ("xfs", "-d su=64k,sw=4,agcount=8 -l size=64m -m reflink=0,crc=1 -K", "-d su=64k,sw=4,agcount=8 -l size=64m -m reflink=0,crc=1 -K"),
    ("btrfs", "-d single --metadata dup --csum=xxhash -O no-holes -n16k", "-d single --metadata dup --csum xxhash -O no-holes -n 16k"),
]


@pytest.mark.parametrize(("kind", "given", "expected"), GOOD_MKFS)
def test_harmless_options_pass(kind: str, given: str, expected: str) -> None:
    assert parse_mkfs(kind, given.split(), "here") == tuple(expected.split())
    assert parse_mkfs(kind, expected.split(), "here") == tuple(expected.split()), "read again it is the same"


BAD_MKFS: dict[str, list[list[str]]] = {
    "ext4": [
        # Folders, files, devices, configurations.
        ["-d", "etc"], ["-detc"], ["-qd", "etc"], ["-d", "/etc"], ["-z", "undo"], ["-zundo"], ["-l", "blocks"], ["-c"], ["-cc"], ["-M", "/"],
        ["-J", "device=/dev/sdb"], ["-J", "device=LABEL=x"], ["-J", "size=64,device=x"], ["-J", "location=0"], ["-T", "mine"], ["-T", "../x"],
        ["-E", "offset=1048576"], ["-E", "test_fs"], ["-E", "root_selinux=x"], ["-E", "journal_dev"], ["-O", "journal_dev"], ["-E", "no_copy_xattrs"],
        ["etc"], ["-m", "0", "etc"], ["/dev/sdb"], ["-"], ["--"], ["--", "etc"], [""],
        # What is said by others, what forces, what leaves old blocks.
        ["-L", "root"], ["-Lroot"], ["-U", "random"], ["-FU", "random"], ["-qU", "clear"], ["-t", "ext2"], ["-F"], ["-FF"], ["-qF"], ["-n"], ["-S"],
        ["-E", "assume_storage_prezeroed=1"], ["-E", "assume_storage_prezeroed"], ["-e", "panic"], ["-T", "hugefiles"],
        ["-O", "^has_journal"], ["-O^has_journal"], ["-O", "quota,^has_journal"], ["-o", "hurd"], ["-r", "0"], ["-V"], ["-p", "x"],
        ["-E", "hash_seed=8f14e45f-ceea-467f-ab1f-5b1a5b8f2a10"], ["-E", "encoding=utf8"],
        # Values of another type.
        ["-m"], ["-m", ""], ["-m", "-1"], ["-m", "51"], ["-m", "0x1"], ["-m", "\u0663"], ["-m", "1\n"], ["-m", "nan"], ["-b", "4095"], ["-b", "-4096"],
        ["-b", "4096/etc"], ["-N", "1e9"], ["-N", "9" * 400], ["-i", "64x"], ["-E", ""], ["-E", "stride"], ["-E", "stride="], ["-E", "stride=a"],
        ["-E", "discard=1"], ["-E", "discard,"], ["-E", ",discard"], ["-E", "stride=16 resize=1"], ["-O", ""], ["-O", "^"], ["-O", "quota,"],
        ["-O", "Quota"], ["-O", "^^quota"], ["-E", "root_owner=0:0:0"], ["-E", "root_perms=4755x"], ["-I", "$(id)"], ["-g", "{{ 1 }}"], ["-b", "\udcff"],
        ["-E", ",".join(["discard"] * 60)],
    ],
    "xfs": [
        ["-p", "etc/passwd"], ["-c", "options=x"], ["-d", "file=1,name=x"], ["-d", "file"], ["-d", "name=x"], ["-d", "size=1g"], ["-d", "rtinherit=1"],
        ["-d", "unwritten=0"], ["-l", "logdev=x"], ["-l", "name=x"], ["-l", "file=1"], ["-l", "internal=0"], ["-l", "agnum=1"], ["-r", "rtdev=x"],
        ["-m", "uuid=8f14e45f-ceea-467f-ab1f-5b1a5b8f2a10"], ["-m", "crc=1,uuid=x"], ["-m", "metadir=1"], ["-L", "root"], ["-f"], ["-N"], ["-qf"], ["-V"],
        ["-s", "size="], ["-s", "size=4x"], ["-b", "4096"], ["-b", "log=12"], ["-i", "size=100"], ["-n", "version=1"], ["x"], ["-l", "size=1 logdev=x"],
    ],
    "btrfs": [
        ["-r", "etc"], ["--rootdir", "etc"], ["--rootdir=etc"], ["-L", "x"], ["--label=x"], ["-U", "x"], ["--uuid", "x"], ["-f"], ["--force"], ["-b", "1g"],
        ["--byte-count=1"], ["-A", "1"], ["--subvol", "x"], ["--shrink"], ["-d", "raid1"], ["--data=raid0"], ["--data"], ["--data="], ["--mixed=1"],
        ["--csum=/etc"], ["/dev/sdz"], ["-O", "list-all"], ["-R", "quota"], ["--", "x"],
    ],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "words"), [(kind, words) for kind, tables in BAD_MKFS.items() for words in tables])
def test_whatever_else_is_refused_by_name(kind: str, words: list[str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_mkfs(kind, words, "here.options")
    error = refused.value
    assert (error.code, error.parameter, error.grpc) == ("mkfs-option", "here.options", "INVALID_ARGUMENT") and error.found and error.fix
    assert "\n" not in str(error) and len(str(error)) < 1500


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("ext4", ["noatime", "nosuid", "nodev", "discard", "commit=30", "data=ordered", "errors=remount-ro", "barrier=1", "nofail", "_netdev"]),
        ("xfs", ["noatime", "nouuid", "inode64", "logbufs=8", "logbsize=256k", "allocsize=64m", "prjquota", "sunit=128", "largeio"]),
        ("btrfs", ["compress=zstd:3", "compress-force=lzo", "discard=async", "space_cache=v2", "ssd", "nodatacow"]),
        ("xfs", ["context=system_u:object_r:container_file_t:s0", "ro"]),
    ],
)
def test_harmless_mount_options_pass(kind: str, options: list[str]) -> None:
    assert parse_mount(kind, options, "here") == tuple(options)


BAD_MOUNT = [
    "bind", "rbind", "move", "remount", "shared", "make-rshared", "loop", "loop=/dev/loop0", "offset=0", "helper=x", "uhelper=x", "dev", "suid", "user", "users",
    "owner", "group", "auto", "noauto", "defaults", "x-systemd.automount", "x-systemd.requires=x.service", "x-mount.mkdir", "X-mount.subdir=/etc",
    "comment=x", "journal_path=/etc/x", "journal_dev=0x801", "usrjquota=aquota.user", "grpjquota=x", "jqfmt=vfsv1", "logdev=/dev/sdb", "rtdev=/dev/sdb",
    "device=/dev/sdb", "subvol=/etc", "subvolid=5", "sb=8193", "errors=panic", "fatal_errors=panic", "fscontext=x", "rootcontext=x", "defcontext=x",
    "context=a", "context=a:b:c:s0:c1,c2", "commit=-1", "commit=", "commit", "commit=1;id", "noatime=1", "ro=", "No", "noAtime", "verity.roothash=x",
    "test_dummy_encryption", "norecovery", "noload", "degraded", "rescue=all", "dirsync\n", "\u0661", "{{ 1 }}", "",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
@pytest.mark.parametrize("option", BAD_MOUNT)
def test_mount_options_that_lead_beyond_the_volume_are_refused(kind: str, option: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_mount(kind, ["noatime", option], "here")
    assert refused.value.code in ("mount-option", "mount-option-refused") and refused.value.parameter == "here"
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        *(("ext4", option) for option in ("data=writeback", "data_err=ignore", "journal_async_commit", "nobarrier", "barrier=0")),
        ("xfs", "nobarrier"),
        ("btrfs", "nobarrier"),
    ],
)
def test_what_shows_an_earlier_tenants_blocks_after_a_crash_is_refused(kind: str, option: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_mount(kind, ["noatime", option], "here")
    assert refused.value.code == "mount-option-refused" and "earlier tenant" in str(refused.value)


@pytest.mark.parametrize("option", ["data=ordered", "data=journal", "data_err=abort", "barrier", "barrier=1", "journal_checksum"])
def test_what_keeps_the_order_passes(option: str) -> None:
    assert parse_mount("ext4", [option], "here") == (option,)


def test_an_option_of_one_file_system_is_none_of_another() -> None:
    for kind, option in (("ext4", "nouuid"), ("xfs", "data=journal"), ("btrfs", "journal_checksum"), ("xfs", "compress=lzo")):
        with pytest.raises(InvalidRequest):
            parse_mount(kind, [option], "here")
