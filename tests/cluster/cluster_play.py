"""Running tasks through Ansible, and asking the API server without the code under test."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import yaml
from played import results


def play(*tasks: dict, check: bool = False) -> list[dict]:
    """The results of ``tasks``, one playbook run; failures do not stop it."""
    here = ("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}")
    return results("localhost", tasks, *here, *(("--check", "--diff") if check else ()))


def objects(manifests: list[dict], check: bool = False, **options: Any) -> dict:
    """A task that makes ``manifests`` true."""
    return {"cairn.storage.kube_objects": {"objects": manifests, **options}, "check_mode": check, "diff": True}


def typed(module: str, option: str, items: list[dict], check: bool = False, **options: Any) -> dict:
    """A task of a module for one kind."""
    return {f"cairn.storage.{module}": {option: items, **options}, "check_mode": check, "diff": True}


def twelve(task: dict, manifests: list[dict], actions: int) -> tuple[dict, dict, dict]:
    """Check, apply, check again, apply again; the API is asked for ``manifests`` in between. Returns what there is then, and the last two results."""
    before, checked, unchanged, applied, after, again, last, end = play(
        look(manifests), {**task, "check_mode": True}, look(manifests), task, look(manifests), {**task, "check_mode": True}, task, look(manifests))
    assert not any(result.get("failed") for result in (checked, applied, again, last)), (checked, applied, again, last)
    assert checked["changed"] and applied["changed"]
    assert seen(before) == seen(unchanged), "check mode has changed something"
    assert [action["steps"] for action in applied["actions"]] == [action["steps"] for action in checked["actions"]], "check mode has told something else"
    assert len(applied["actions"]) == actions
    assert all(seen(before).get(key) != seen(after).get(key) for key in seen(before) | seen(after)), "each object was to change"
    for result in (again, last):
        assert not result["changed"] and result["actions"] == [] and result["diff"] == {"before": {}, "after": {}}, result
    assert seen(after) == seen(end)
    return seen(after), again, last


def info(**options: Any) -> dict:
    """A task that asks for relations."""
    return {"cairn.storage.storage_info": options}


def kubectl(*arguments: str, stdin: str | None = None) -> str:
    """What kubectl prints."""
    done = subprocess.run(("kubectl", *arguments), input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def get(manifest: dict) -> dict | None:
    """The live object, ``None`` when there is none."""
    group, _slash, version = manifest["apiVersion"].rpartition("/")
    kind = f"{manifest['kind']}.{version}.{group}" if group else manifest["kind"]
    space = ("-n", manifest["metadata"]["namespace"]) if "namespace" in manifest["metadata"] else ()
    done = subprocess.run(("kubectl", "get", kind, manifest["metadata"]["name"], *space, "-o", "json"), capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def look(manifests: list[dict]) -> dict:
    """A task that asks the API server for ``manifests``, see ``seen``."""
    # A kind that is not defined yet makes kubectl fail, after it has told all the others.
    return {"ansible.builtin.command": {"argv": ["kubectl", "get", "--ignore-not-found", "-o", "json", "-f", "-"],
                                        "stdin": yaml.safe_dump_all(manifests, sort_keys=False)}, "check_mode": False, "failed_when": False}


def seen(result: dict) -> dict:
    """The live objects that ``look`` has found, ``{(kind, name): object}``, without what controllers write all the time."""
    found = json.loads(result["stdout"] or '{"items": []}')
    return {(live["kind"], live["metadata"]["name"]): {key: value for key, value in live.items() if key != "status"} for live in found.get("items", [found])}


def set_status(kind: str, namespace: str, name: str, status: dict) -> None:
    """Write a status as a kubelet or controller would."""
    kubectl("patch", kind, name, "-n", namespace, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))


def requests_since(moment: float) -> int:
    """How many requests the collection has sent since ``moment`` (Unix seconds), by the API server's audit log."""
    done = subprocess.run(("lab", "api-log", "--json", "--since", str(moment)), capture_output=True, text=True, check=True)
    return sum(row["count"] for row in json.loads(done.stdout) if row["user_agent"] == "cairn.storage")
