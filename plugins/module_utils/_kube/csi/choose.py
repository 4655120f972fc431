# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""What a user wants of a driver: his options checked against its descriptor, and both together as objects. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Dict, List, Mapping, Tuple

from . import render
from .descriptor import Descriptor, parse
from .pods import Options
from .reading import Reader, unique, wrong

_KEYS = ("namespace", "image", "minor", "kubelet_dir", "timeout", "attach", "lifecycle_modes", "arguments", "node_selector", "tolerations", "pools",
         "metrics_from", "node_policy", "storage_classes", "snapshot_classes", "attributes_classes")
_POOL = re.compile(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?")
#: API groups that every cluster has.
_BUILT_IN = (
    "v1", "admissionregistration.k8s.io", "apps", "apiextensions.k8s.io", "networking.k8s.io", "rbac.authorization.k8s.io", "storage.k8s.io",
)
_CLASSES = ("storage_classes", "snapshot_classes", "attributes_classes")


def plan(given: Mapping[str, Any], asked: Mapping[str, Any], images: Mapping[str, str]) -> Dict[str, Any]:
    """``objects`` and ``driver`` (an item of csi_driver) of a descriptor for what is ``asked``, and what else a role has to know.

    ``images`` are those of the sidecars. ``InvalidRequest`` names a key of the descriptor, or of the role's options.
    """
    value = Reader({key: each for key, each in asked.items() if each is not None}, "csi_driver", _KEYS)
    classes = {key: asked[key] for key in _CLASSES if asked.get(key) is not None}
    wanted = _attached(parse({**given, **classes}, "csi_driver_descriptor"), value.take("attach", bool, None))
    modes = value.take("lifecycle_modes", list, [])
    if modes:
        wanted = replace(wanted, driver={**wanted.driver, "volume_lifecycle_modes": modes})
    _fits(wanted, value.take("minor", str))
    options = _options(wanted, value, images)
    built = render.objects(wanted, options)
    # Kinds that are no part of Kubernetes may be gone before the driver is.
    defined = sorted({(each["apiVersion"], each["kind"]) for each in built if each["apiVersion"].partition("/")[0] not in _BUILT_IN})
    return {"objects": built, "defined": [{"api_version": api, "kind": kind} for api, kind in defined], "driver": render.driver(wanted),
            "daemon_sets": render.node_workloads(wanted, options), "pool_label": render.pool_label(wanted)}


def _options(wanted: Descriptor, value: Reader, images: Mapping[str, str]) -> Options:
    needed = {name for workload in wanted.workloads for name in workload.sidecars}
    missing = sorted(name for name in needed if not images.get(name))
    if missing:
        raise wrong("csi-sidecar-image", "there is no image for a sidecar.", "csi_driver_sidecar_images", ", ".join(missing), "give one for each.")
    timeout = value.take("timeout", int)
    if timeout < 1:
        raise wrong("csi-timeout", "a call takes some time.", "csi_driver_timeout", str(timeout), "give at least one second.")
    kubelet = value.take("kubelet_dir", str)
    if not kubelet.startswith("/"):
        raise wrong("csi-kubelet-dir", "a folder of the node is needed.", "csi_driver_kubelet_dir", kubelet, "write it from / on.")
    arguments = value.take("arguments", dict, {})
    stranger = next((name for name in arguments if name not in {each.name for each in wanted.workloads}), None)
    if stranger is not None:
        raise wrong("csi-arguments-of", "the driver has no such workload.", f"csi_driver_arguments.{stranger}", str(stranger),
                    f"use {', '.join(each.name for each in wanted.workloads)}.")
    return Options(
        namespace=value.take("namespace", str),
        image=value.take("image", str),
        images=images,
        kubelet_dir=kubelet.rstrip("/"),
        timeout=timeout,
        arguments={name: tuple(str(each) for each in told) for name, told in arguments.items()},
        node_selector={key: str(each) for key, each in value.take("node_selector", dict, {}).items()},
        tolerations=value.items("tolerations"),
        pools=_pools(value.items("pools")),
        metrics_from=value.items("metrics_from"),
        node_policy=value.take("node_policy", bool, True),
    )


def _pools(given: List[Any]) -> Tuple[Mapping[str, Any], ...]:
    pools = []
    for index, each in enumerate(given):
        value = Reader(each, f"csi_driver_pools[{index}]", ("name", "arguments"))
        name = value.text("name", _POOL, "lower-case letters, digits and -, at most 22.")
        pools.append({"name": name, "arguments": [str(one) for one in value.take("arguments", list)]})
    unique([each["name"] for each in pools], "csi_driver_pools", "csi-pool-twice")
    return tuple(pools)


def _attached(wanted: Descriptor, attach: Any) -> Descriptor:
    """With an attacher, or without: VolumeAttachments are made for drivers that ask for them, and somebody has to answer them."""
    needed = bool(wanted.driver.get("attach_required", True)) if attach is None else attach
    able = any("attacher" in workload.sidecars for workload in wanted.workloads)
    if needed and not able:
        raise wrong("csi-attach-none", "the driver has no attacher.", "csi_driver_attach", wanted.name, "leave it out, or set it to false.")
    workloads = tuple(
        each if needed else replace(each, sidecars={name: told for name, told in each.sidecars.items() if name != "attacher"})
        for each in wanted.workloads
    )
    return replace(wanted, workloads=workloads, driver={**wanted.driver, "attach_required": needed})


def _fits(wanted: Descriptor, minor: str) -> None:
    """The assertion on the cluster: what a driver and its sidecars were released for."""
    def number(text: str) -> Tuple[int, ...]:
        return tuple(int(part) for part in text.split("."))

    least, most = wanted.minors
    if not re.fullmatch(r"\d+\.\d+", minor) or not number(least) <= number(minor) <= number(most):
        raise wrong("csi-kubernetes", f"{wanted.name} is not known to work with this Kubernetes.", "csi_driver_kubernetes", minor,
                    f"use Kubernetes {least} to {most}, or a descriptor of your own.")
