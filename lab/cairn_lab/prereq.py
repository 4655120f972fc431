"""What the machine has to offer; anything missing is said at once, with the fix."""

import os
import sys
from pathlib import Path

from .config import REPO
from .run import LabError, run

_MODULES = Path("/usr/lib/uml/modules")


def check():
    """LabError naming everything that is missing for a lab on this machine."""
    problems = []
    if sys.version_info < (3, 11):
        problems.append(f"Python {sys.version.split()[0]} is too old: 3.11 or newer is needed")
    if os.geteuid() != 0:
        problems.append("root is needed, for network namespaces and taps: use sudo")
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        problems.append("/dev/net/tun is missing: `modprobe tun`, or allow it in this container")
    wanted = listed(REPO / "lab/packages.txt")
    missing = [name for name in wanted if not _installed(name)]
    if missing:
        problems.append(f"packages are missing: apt-get install {' '.join(missing)}")
    if problems:
        raise LabError("this machine cannot run the lab yet:\n  " + "\n  ".join(problems))


def kernel_modules():
    """The modules folder of the user-mode-linux package; its name is the kernel's version."""
    folders = sorted(path.parent for path in _MODULES.glob("*/modules.dep"))
    if not folders:
        raise LabError(f"no kernel modules under {_MODULES}: apt-get install user-mode-linux")
    return folders[-1]


def mirror():
    """Where Debian packages come from: LAB_MIRROR, else what apt on this machine uses."""
    if os.environ.get("LAB_MIRROR"):
        return os.environ["LAB_MIRROR"]
    fields = "$(REPO_URI)|$(COMPONENT)|$(LABEL)"
    for line in run(["apt-get", "indextargets", "--format", fields]).splitlines():
        uri, component, label = line.split("|")
        if component == "main" and label == "Debian":
            return uri
    raise LabError("apt knows no Debian mirror: run apt-get update, or set LAB_MIRROR to a URL")


def listed(path):
    """The names in a list file, one a line, without comments."""
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def _installed(name):
    status = run(["dpkg-query", "-W", "-f", "${db:Status-Status}", name], check=False)
    return status == "installed"
