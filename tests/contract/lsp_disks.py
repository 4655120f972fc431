"""Real mounts and real block devices, all under one folder that takes them along when it goes."""

from __future__ import annotations

import subprocess
from pathlib import Path


def run(*argv: str | Path) -> str:
    return subprocess.run([str(a) for a in argv], check=True, stdout=subprocess.PIPE, text=True).stdout


class Disks:
    """File systems are tmpfs of any stated size, block devices are loops over sparse files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._loops: list[str] = []
        run("mount", "-t", "tmpfs", "-o", "size=512m", "contract", root)
        # Mounts made later must reach the provisioner, which has a mount namespace of its own.
        run("mount", "--make-shared", root)

    def folder(self, *names: str) -> Path:
        """A folder below the root, made if it is absent."""
        path = self.root.joinpath(*names)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def mount(self, path: Path, size: int) -> Path:
        """Mount an empty file system of ``size`` bytes (whole pages) there."""
        path.mkdir(parents=True, exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", f"size={size}", "contract", path)
        return path

    def grow(self, path: Path, size: int) -> None:
        """Give a file system mounted before another size, as it is in use."""
        run("mount", "-o", f"remount,size={size}", path)

    def device(self, size: int) -> Path:
        """A block device of ``size`` bytes (whole sectors)."""
        file = self.folder("images") / f"{len(self._loops)}.img"
        with file.open("wb") as image:
            image.truncate(size)
        loop = run("losetup", "--find", "--show", file).strip()
        self._loops.append(loop)
        return Path(loop)

    def close(self) -> None:
        for loop in self._loops:
            subprocess.run(["losetup", "--detach", loop], check=False)
        run("umount", "--recursive", self.root)
