"""Two machines between which iscsi_export.yml exports a logical volume; it is all taken away afterwards by other means than the code under test."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import yaml
from host_play import ERASE, disk_ids, play, plugged, shell
from played import REPO, environment

PREFIX = "iqn.2026-01.com.example"
SECRET = "a-secret-of-the-export"
SAVED = "/etc/rtslib-fb-target/saveconfig.json"

LOG_OUT = """
umount -q /mnt/exported
iscsiadm -m node -T {target} --logout >/dev/null 2>&1; iscsiadm -m node -T {target} -o delete >/dev/null 2>&1
systemctl disable --now cairn-iscsi-login.service 2>/dev/null
rm -rf /etc/multipath/conf.d/cairn-iscsi.conf /etc/systemd/system/cairn-iscsi-login.service /etc/systemd/system/iscsi.service.d
systemctl daemon-reload
true
"""
WITHDRAW = """
if cd {tpg} 2>/dev/null; then
  echo 0 > enable
  find acls lun -mindepth 2 -maxdepth 3 -type l -delete
  rmdir acls/*/lun_* acls/* lun/lun_* np/* 2>/dev/null
  cd /; rmdir {tpg} {tpg}/..
fi
for store in /sys/kernel/config/target/core/iblock_*/{name}; do [ -d $store ] && rmdir $store ${{store%/*}} 2>/dev/null; done
rm -f {saved}
vgremove -qff --yes {name} >/dev/null 2>&1; rm -f /etc/lvm/backup/{name}
[ ! -e {disk} ] || erase {disk}
udevadm settle
true
"""


@dataclass(frozen=True)
class Site:
    """``name`` is that of the export, its target and its volume group, which is made on disk ``number`` of the machine ``here``."""

    folder: Path
    name: str
    here: str
    there: str
    portals: tuple[str, ...]
    number: int

    @property
    def target(self) -> str:
        return f"{PREFIX}:{self.name}"

    @property
    def tpg(self) -> str:
        return f"/sys/kernel/config/target/iscsi/{self.target}/tpgt_1"

    @property
    def initiator(self) -> str:
        return f"{PREFIX}:{self.there}"

    @property
    def withdraw(self) -> str:
        return ERASE + WITHDRAW.format(tpg=self.tpg, name=self.name, disk=disk_ids(self.here, [self.number])[0], saved=SAVED)

    def run(self, *options: str, playbook: str = "iscsi_export", **values: Any) -> tuple[dict[str, int], str]:
        """Run the playbook with the export; the number of changed tasks by host, and all that Ansible said."""
        wanted = {"name": self.name, "host": self.here, "volume_group": self.name, "size": "64MiB", "initiators": [self.there]}
        wanted = {**wanted, "chap": {"user": "exported", "password": SECRET}, **values}
        group = {"name": self.name, "devices": disk_ids(self.here, [self.number])}
        hosts = {self.here: {"lvm_volume_groups": [group], "iscsi_portals": list(self.portals)}}
        (self.folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
        (self.folder / "exports.yml").write_text(yaml.safe_dump({"iscsi_name_prefix": PREFIX, "iscsi_exports": [wanted]}), encoding="utf-8")
        said = ansible("-i", str(self.folder / "hosts.yml"), "-e", f"@{self.folder / 'exports.yml'}", "--diff", *options, f"playbooks/{playbook}.yml")
        return {host: int(count) for host, count in re.findall(r"^(\S+) +: ok=.* changed=(\d+)", said, re.MULTILINE)}, said

    def sessions(self) -> list[dict]:
        """Sessions with the target, as iscsi_info tells."""
        return [each for each in info(self.there)["sessions"] if each["target"] == self.target]

    def disk(self) -> dict:
        """The disk that the target shows, as iscsi_info tells."""
        return next(each for each in info(self.there)["devices"] if each["paths"][0]["target"] == self.target)

    def exported(self) -> dict:
        """The target, as iscsi_info tells."""
        return next(each for each in info(self.here)["targets"] if each["name"] == self.target)


def ansible(*arguments: str) -> str:
    """All that a playbook says, which has to go well."""
    command = ("ansible-playbook", "-i", "inventories/lab", *arguments)
    done = subprocess.run(command, cwd=REPO, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def info(node: str) -> dict:
    (told,) = play(node, {"cairn.storage.iscsi_info": {}})
    assert not told.get("failed") and SECRET not in json.dumps(told), told
    return told


@contextlib.contextmanager
def site(folder: Path, name: str, here: str, there: str, portals: tuple[str, ...], number: int) -> Iterator[Site]:
    """The two machines, with nothing of the export on either of them before and after."""
    made = Site(folder, name, here, there, portals, number)
    log_out = LOG_OUT.format(target=made.target)
    with plugged(here, [number], made.withdraw):
        shell(there, log_out)
        yield made
        shell(there, log_out)
