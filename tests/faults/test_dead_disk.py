"""A disk dies: it is reported as degraded, and the rest of the site goes on; when it is back, nothing is left to do."""

from __future__ import annotations

from conftest import lab, play, run

NODE, DISK = "node3", "4"


def test_a_lost_disk_is_degraded_not_fatal(site: None) -> None:
    lab("disk", "remove", NODE, DISK)
    try:
        output = run("ansible-playbook", "-i", "inventories/lab", "playbooks/site.yml")
        assert "degraded" in output
        assert "failed=0" in output and "failed=1" not in output
    finally:
        lab("disk", "add", NODE, DISK)
    assert not any(play("site.yml").values())
