"""The root file system that all nodes start from."""

import shutil
from pathlib import Path

from . import cache, image_store, images, prereq
from .config import REPO, versions
from .progress import step
from .run import run

IMAGE = REPO / "lab/image"
_SIZE = "16G"

# Programs and timers of the packages that would act on a node by themselves.
# rtslib-fb-targetctl would clear all of configfs, and the lab's disks with it.
_MASKED = (
    "rtslib-fb-targetctl.service",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "xfs_scrub_all.timer",
    "sshd-keygen.service",
    "getty@.service",
    "systemd-pstore.service",
    # Of no use here, and each costs a part of every boot.
    "systemd-logind.service",
    "systemd-binfmt.service",
    "proc-sys-fs-binfmt_misc.automount",
    "sys-fs-fuse-connections.mount",
    "dev-mqueue.mount",
    "run-lock.mount",
    "tmp.mount",
    "systemd-journal-flush.service",
    "systemd-random-seed.service",
    "systemd-remount-fs.service",
    "systemd-tmpfiles-setup-dev.service",
    "systemd-udev-load-credentials.service",
    "systemd-user-sessions.service",
)
# Installed for those who want them, started by nobody but a role.
_DISABLED = ("multipathd.service", "smartmontools.service", "containerd.service")
_ENABLED = tuple(f"cairn-lab-{name}.service" for name in ("host", "disks", "ready"))
_DROPPED = (
    # Every machine has to have its own; the copies in the packages' tree would be shared.
    "etc/ssh/ssh_host_*",
    "etc/iscsi/initiatorname.iscsi",
    "etc/hostname",
    # systemctl does without logind, but complains about one that is announced and masked.
    "usr/share/dbus-1/system-services/org.freedesktop.login1.service",
)


def base_image(archives):
    """Path of the cached ext4 image; builds what is missing of it.

    archives: {image name: archive in the cache} that nodes find in containerd.
    """
    kernel = prereq.kernel_modules()
    tree = packages()
    parts = [IMAGE / "rootfs", IMAGE / "preload", Path(__file__), kernel.name, _SIZE]
    parts += [tree.name, repr(sorted(archives.items()))]
    return cache.product("node-image", parts, lambda out: _assemble(tree, kernel, archives, out))


def packages():
    """Path of the cached tree of the nodes' Debian packages."""
    return debian_tree(prereq.listed(IMAGE / "packages.txt"), "Debian packages of the nodes", 120)


def debian_tree(names, title, expected):
    """Path of a cached folder: a minimal Debian with ``names`` installed, no documentation."""
    suite = versions()["node"]["debian"]
    drop = ("doc", "man", "info", "locale", "lintian", "bug")
    options = [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in drop]

    def make(out):
        with step(title, expected):
            run([
                "mmdebstrap", "--quiet", "--variant=apt", f"--include={','.join(names)}",
                "--aptopt=Acquire::Languages \"none\"", "--aptopt=APT::Install-Recommends \"false\"",
                *options, suite, out, prereq.mirror(),
            ])  # fmt: skip

    return cache.product("debian-tree", [suite, *names, *options], make)


def _assemble(tree, kernel, archives, out):
    with step("Base image of the nodes", 15):
        root = out.with_name(out.name + ".root")
        try:
            _populate(tree, kernel, root)
            if archives:
                _add_images(tree, archives, root)
            run(["mkfs.ext4", "-q", "-m", "0", "-L", "root", "-d", root, out, _SIZE])
        finally:
            shutil.rmtree(root, ignore_errors=True)


def _populate(tree, kernel, root):
    shutil.rmtree(root, ignore_errors=True)
    # Hard links: nothing below changes a file in place, it only adds, removes and replaces.
    run(["cp", "-a", "--link", tree, root])
    for pattern in _DROPPED:
        for path in root.glob(pattern):
            path.unlink()
    run(["cp", "-a", "--remove-destination", "--no-preserve=ownership", f"{IMAGE}/rootfs/.", root])
    for folder in ("lab/share", "lab/cache"):
        (root / folder).mkdir(parents=True)
    _compile_preload(root)
    shutil.copytree(kernel, root / "usr/lib/modules" / kernel.name)
    run(["chroot", root, "depmod", "-a", kernel.name])
    run(["chroot", root, "systemctl", "--quiet", "mask", *_MASKED])
    run(["chroot", root, "systemctl", "--quiet", "disable", *_DISABLED])
    run(["chroot", root, "systemctl", "--quiet", "enable", *_ENABLED])
    # Otherwise the first boot rebuilds what the packages have built already.
    run(["chroot", root, "touch", "/etc/.updated", "/var/.updated"])


def _add_images(tree, archives, root):
    store = image_store.store(tree, archives.values())
    run(["cp", "-a", "--link", store, root / "var/lib/containerd"])
    # What usr/lib/cairn-lab/kubernetes writes when it has loaded an image.
    known = root / "var/lib/cairn-lab/images"
    known.mkdir(parents=True)
    for name, archive in archives.items():
        (known / images.record(name)).write_text(f"{images.in_node(archive)}\n")


def _compile_preload(root):
    library = "usr/lib/cairn-lab/exec_log.so"
    source = IMAGE / "preload/exec_log.c"
    run(["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", root / library, source])
    (root / "etc/ld.so.preload").write_text(f"/{library}\n")
