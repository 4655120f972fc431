"""containerd's store with images in it, made on this machine.

Importing is slow on a node and would be done once per node; here it takes a second or two,
and the base image carries the result.
"""

from .cache import product
from .run import run

# Runs in a mount namespace of its own. The tree's own containerd writes what the nodes'
# containerd reads; /mnt and /tmp, because the tree itself is shared and stays as it is.
_IMPORT = r"""
set -eu
tree=$1 store=$2
shift 2
mount -t proc proc "$tree/proc"
mount -t tmpfs tmpfs "$tree/run"
mount -t tmpfs tmpfs "$tree/tmp"
mount --bind "$store" "$tree/mnt"
printf '%s\n' 'version = 2' 'root = "/mnt"' \
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]' >"$tree/tmp/config.toml"
chroot "$tree" containerd --config /tmp/config.toml --log-level warn &
daemon=$!
trap 'kill $daemon; wait $daemon' EXIT
for _ in $(seq 100); do
    chroot "$tree" ctr version >/dev/null 2>&1 && break
    sleep 0.1
done
touch "$tree/tmp/archive"
for archive; do
    mount --bind "$archive" "$tree/tmp/archive"
    chroot "$tree" ctr --namespace k8s.io images import /tmp/archive
    umount "$tree/tmp/archive"
done
"""


def store(tree, archives):
    """Path of a cached folder to be /var/lib/containerd of a node.

    tree: a Debian tree with containerd. archives: paths of image archives in the cache.
    """
    archives = sorted(archives)

    def make(target):
        target.mkdir()
        # In a process namespace too, so that the daemon ends whatever becomes of this command.
        alone = ["unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child"]
        run([*alone, "sh", "-c", _IMPORT, "sh", tree, target, *archives])

    return product("containerd", [tree.name, _IMPORT, *(path.name for path in archives)], make)
