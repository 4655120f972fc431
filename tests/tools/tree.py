"""Copies what git knows of the collection to the place that ansible-test and the importer insist on.

They want a folder .../ansible_collections/cairn/storage that is a git repository; a link to this one is resolved and refused.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

#: Not part of the collection, and not what those tools understand.
LEFT_OUT = ("lab/", "tests/", ".ci/", "inventories/lab/hosts")

def git(*argv: str, cwd: Path) -> str:
    return subprocess.run(("git", *argv), cwd=cwd, check=True, capture_output=True, text=True).stdout


def main(target: Path) -> None:
    """Make ``target`` hold exactly the files that git tracks here or would track."""
    repo = Path(__file__).resolve().parents[2]
    shutil.rmtree(target.parent, ignore_errors=True)  # with the archive that the importer left beside it
    for name in git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=repo).split("\0"):
        source = repo / name
        if not name or name.startswith(LEFT_OUT) or not (source.is_symlink() or source.is_file()):
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target / name, follow_symlinks=False)
    git("init", "-q", cwd=target)
    git("add", "-A", cwd=target)
    git("-c", "user.name=tree", "-c", "user.email=tree@localhost", "commit", "-qm", "tree", cwd=target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
