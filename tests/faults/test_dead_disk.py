"""A disk dies: it is reported as degraded, and the rest of the site goes on; when it is back, nothing is left to do."""

from __future__ import annotations

import re

from conftest import kubectl, lab, play, run

NODE = "node3"


def spare_disk() -> str:
    """Number of a disk of ``NODE`` that is given out whole and that no claim has; the lab's WWNs end in node, disk and nine zeros."""
    for volume in kubectl("get", "pv")["items"]:
        disk = re.search(r"(\d{4})0{9}$", volume["spec"].get("local", {}).get("path", ""))
        terms = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
        if disk and NODE in str(terms) and volume["status"]["phase"] == "Available":
            return str(int(disk[1]))
    raise AssertionError(f"no spare disk on {NODE}")


def test_a_lost_disk_is_degraded_not_fatal(site: None) -> None:
    disk = spare_disk()
    lab("disk", "remove", NODE, disk)
    try:
        output = run("ansible-playbook", "-i", "inventories/lab", "playbooks/site.yml")
        assert "degraded" in output
        assert not re.search(r"(failed|changed)=[1-9]", output), output
    finally:
        lab("disk", "add", NODE, disk)
    assert not any(play("site.yml").values())
