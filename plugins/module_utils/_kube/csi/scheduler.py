# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A scheduler that asks an extender: its configuration, and its static pod that reads it. Both are edited as what they are, not as text. Pure."""

from __future__ import annotations

import copy
from typing import Any, Dict, List, Mapping, Optional

from ..._core import foreign
from ..._core.errors import InvalidRequest, NotFound

API = "kubescheduler.config.k8s.io/v1"
_KIND = "KubeSchedulerConfiguration"
_VOLUME = "cairn-scheduler-config"


def told(pod: Any, config: Any) -> None:
    """Refuse what a machine of the control plane told, if it is not of the form that the rest relies on."""
    def check(value: Any, kind: type, where: str) -> Any:
        if value is not None and not isinstance(value, kind):
            raise foreign.wrong(where, value, "a map" if kind is dict else "a list" if kind is list else "text")
        return value or kind()

    spec = check(foreign.mapping(pod, "pod").get("spec"), dict, "pod.spec")
    for container in check(spec.get("containers"), list, "pod.spec.containers"):
        name = "pod.spec.containers"
        foreign.Facts({"command": check(foreign.mapping(container, name).get("command"), list, f"{name}.command")}, name).texts("command")
        for mount in check(container.get("volumeMounts"), list, "pod.spec.containers.volumeMounts"):
            foreign.Facts(mount, "pod.spec.containers.volumeMounts").text("mountPath")
    check(spec.get("volumes"), list, "pod.spec.volumes")
    for extender in check(check(config, dict, "config").get("extenders"), list, "config.extenders"):
        foreign.mapping(extender, "config.extenders")


def configuration(present: Optional[Mapping[str, Any]], extender: Mapping[str, Any], kubeconfig: str, wanted: bool = True) -> Dict[str, Any]:
    """The scheduler's configuration with an extender, or without it; everything else stays. An extender is told by its ``urlPrefix``."""
    if present and (present.get("apiVersion"), present.get("kind")) != (API, _KIND):
        raise InvalidRequest("not a scheduler's configuration that is known here.", code="scheduler-config", parameter="csi_driver_scheduler_config",
                             found=f"{present.get('apiVersion')} {present.get('kind')}", fix=f"bring it to {API} first.")
    made: Dict[str, Any] = copy.deepcopy(dict(present)) if present else {
        # With a configuration the scheduler takes no notice of its flag --kubeconfig.
        "apiVersion": API, "kind": _KIND, "clientConnection": {"kubeconfig": kubeconfig}, "leaderElection": {"leaderElect": True}}
    extenders = made.get("extenders") or []
    places = [index for index, each in enumerate(extenders) if each.get("urlPrefix") == extender["urlPrefix"]]
    others = [each for each in extenders if each.get("urlPrefix") != extender["urlPrefix"]]
    if wanted:
        # Extenders are asked in this order.
        others.insert(places[0] if places else len(others), copy.deepcopy(dict(extender)))
    made.pop("extenders", None)
    return {**made, **({"extenders": others} if others else {})}


def config_path(pod: Mapping[str, Any]) -> str:
    """The configuration that a scheduler's pod reads; empty for none."""
    return next((word.partition("=")[2] for word in _container(pod).get("command") or () if word.startswith("--config=")), "")


def kubeconfig(pod: Mapping[str, Any]) -> str:
    """The kubeconfig that its flags name."""
    return next((word.partition("=")[2] for word in _container(pod).get("command") or () if word.startswith("--kubeconfig=")), "")


def pod(present: Mapping[str, Any], path: str) -> Dict[str, Any]:
    """The scheduler's pod, reading the configuration at ``path`` and able to find Services by name; as it is when it does so already."""
    made: Dict[str, Any] = copy.deepcopy(dict(present))
    container, spec = _container(made), made["spec"]
    if config_path(made) != path:
        container["command"] = [*(word for word in container["command"] if not word.startswith("--config=")), f"--config={path}"]
    if not any(path == each["mountPath"] or path.startswith(each["mountPath"].rstrip("/") + "/") for each in container.get("volumeMounts") or ()):
        container["volumeMounts"] = [*(container.get("volumeMounts") or ()), {"name": _VOLUME, "mountPath": path, "readOnly": True}]
        spec["volumes"] = [*(spec.get("volumes") or ()), {"name": _VOLUME, "hostPath": {"path": path, "type": "File"}}]
    if spec.get("hostNetwork"):
        spec["dnsPolicy"] = "ClusterFirstWithHostNet"
    return made


def _container(given: Mapping[str, Any]) -> Dict[str, Any]:
    containers: List[Dict[str, Any]] = (given.get("spec") or {}).get("containers") or []
    found = next((each for each in containers if each.get("name") == "kube-scheduler"), None)
    if found is None or not found.get("command"):
        raise NotFound("this is not the static pod of a scheduler.", code="scheduler-pod", parameter="csi_driver_scheduler_manifest",
                       found=", ".join(str(each.get("name")) for each in containers) or "no containers",
                       fix="name the manifest of kube-scheduler; where it is no static pod, add the extender to its configuration by hand.")
    return found
