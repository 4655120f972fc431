"""The provisioner under test: a plain host process with the configuration a pod would have."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

STANDIN = Path(__file__).resolve().parents[2] / "lab/standins/local-volume-provisioner"
PORT = 18080
# Upstream's binary reads /etc/provisioner/config and nothing else, so its /etc is ours with that
# folder added; nobody else on the machine sees it.
ENTER = """
mount -t overlay -o lowerdir="$1:/etc" overlay /etc
mount --bind "$2" /etc/provisioner/config
shift 2
exec "$@"
"""


class Process:
    """At most one provisioner at a time, with its log in the folder given."""

    def __init__(self, binary: Path, folder: Path, kubeconfig: Path) -> None:
        self.binary = binary
        self.log = folder / "log"
        self.kubeconfig = kubeconfig
        self._config = folder / "config"
        self._etc = folder / "etc"
        self._config.mkdir(parents=True)
        (self._etc / "provisioner/config").mkdir(parents=True)
        self._process: subprocess.Popen | None = None

    def configure(self, keys: dict) -> None:
        """Make the configuration consist of these keys, each file replaced in one go."""
        for name, value in keys.items():
            new = self._etc / "new"
            # JSON is YAML.
            new.write_text(value if isinstance(value, str) else json.dumps(value))
            new.replace(self._config / name)
        for file in self._config.iterdir():
            if file.name not in keys:
                file.unlink()

    def start(self, node: str, *flags: str) -> None:
        argv = ["unshare", "--mount", "--propagation", "slave", "sh", "-euc", ENTER, "sh"]
        argv += [str(self._etc), str(self._config), str(self.binary)]
        argv += ["--discovery-period=500ms", "--config-sync-period=500ms"]
        argv += [f"--listen-address=127.0.0.1:{PORT}", *flags]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "KUBECONFIG": str(self.kubeconfig)}
        environment |= {"MY_NODE_NAME": node, "MY_NAMESPACE": "default"}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log)

    def ended(self) -> int | None:
        """The exit status, or None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def fetch(self, path: str) -> tuple[int, str]:
        """HTTP status and text of a path; status 0 while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()
        except urllib.error.URLError:
            return 0, ""
