"""The catalogue of CSI drivers as plain values, for the tests that render it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.cairn.storage.plugins.module_utils._kube.csi.choose import plan

REPO = Path(__file__).resolve().parents[4]
FOLDER = REPO / "roles" / "csi_driver" / "files" / "catalogue"
DRIVERS = sorted(file.stem for file in FOLDER.glob("*.yml"))
VERSIONS = tomllib.loads((REPO / "meta" / "versions.toml").read_text(encoding="utf-8"))
MINORS = sorted(VERSIONS["csi_sidecars"])
ASKED = {"namespace": "cairn-x", "image": "registry.example.com/driver:1", "minor": "1.35", "kubelet_dir": "/var/lib/kubelet", "timeout": 120}
WORKLOADS = ("DaemonSet", "Deployment", "StatefulSet")


def descriptor(name: str) -> dict:
    """A descriptor as it stands in the catalogue."""
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))


def render(given: "str | dict", minor: str = "1.35", **asked: Any) -> dict:
    """What the filter csi_plan gives for a descriptor, or for one of the catalogue."""
    images = VERSIONS["csi_sidecars"][minor]
    return plan(descriptor(given) if isinstance(given, str) else given, {**ASKED, "minor": minor, **asked}, images)


def workloads(planned: dict) -> dict[str, dict]:
    """The workloads of a plan by their names."""
    return {each["metadata"]["name"]: each for each in planned["objects"] if each["kind"] in WORKLOADS}


def pod(workload: dict) -> dict:
    """The specification of a workload's pods."""
    return workload["spec"]["template"]["spec"]


def containers(workload: dict) -> dict[str, dict]:
    """A workload's containers by their names."""
    return {each["name"]: each for each in pod(workload)["containers"]}
