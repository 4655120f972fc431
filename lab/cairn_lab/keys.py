"""The lab's ssh keys: one to log in with, one that all its nodes show."""

import shutil

from .run import run


def make(lab):
    """Make the keys once; an interrupted attempt leaves none."""
    final = lab.root / "ssh"
    if final.exists():
        return
    new = lab.root / "ssh.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name in ("id_ed25519", "host_ed25519_key"):
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", lab.netns, "-f", new / name])
    shutil.copy(new / "id_ed25519.pub", new / "authorized_keys")
    host = (new / "host_ed25519_key.pub").read_text()
    (new / "known_hosts").write_text(f"{lab.netns} {host}")
    new.rename(final)
