#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_archive
short_description: Load container image archives into containerd
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Loads image archives that lie on the node into containerd, for nodes that reach no registry.
  - An archive is loaded only when containerd does not hold exactly its images already, compared by digest.
  - Loaded images are pinned, so that the kubelet's garbage collection keeps them.
requirements:
  - containerd 1.6 or later with its C(ctr) command
extends_documentation_fragment:
  - cairn.storage.host_attributes
options:
  archives:
    description: The archives, in the order to load them.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: The archive on the node, an uncompressed tar in OCI layout or as C(docker save) writes it.
        type: path
        required: true
      pending:
        description:
          - The archive is put there by an earlier task, which in check mode has not done so.
          - A missing file is then planned to be loaded instead of refused.
        type: bool
        default: false
  namespace:
    description: The containerd namespace. The kubelet uses C(k8s.io).
    type: str
    default: k8s.io
"""

EXAMPLES = r"""
- name: Load two images
  cairn.storage.image_archive:
    archives:
      - path: /srv/images/tgt.tar
      - path: /srv/images/local-volume-provisioner.tar
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order.
  returned: success
  type: list
  elements: dict
images:
  description: The digest of each image in the archives, by reference.
  returned: success
  type: dict
  sample: {"registry.example/tgt:1.0": "sha256:0f0e..."}
"""

import dataclasses
import json
import os

from ansible_collections.cairn.storage.plugins.module_utils._core.command import read
from ansible_collections.cairn.storage.plugins.module_utils._image.archive import read_archive
from ansible_collections.cairn.storage.plugins.module_utils._image.plan import Wanted, parse_images, plan_import
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule, run


def wanted(params):
    """The archives as asked for, their indexes read."""
    archives = []
    for number, item in enumerate(params["archives"]):
        to_come = item["pending"] and not os.path.exists(item["path"])
        archives.append(Wanted(item["path"], None if to_come else read_archive(item["path"], f"archives[{number}].path")))
    return tuple(archives)


def observe(archives, namespace):
    """The images that containerd has; configurations are looked up only where an archive tells no manifest digest."""
    present = parse_images(read("ctr", "--namespace", namespace, "images", "ls"))
    by_config = {name for want in archives if want.archive and want.archive.by_config for name in want.archive.images}
    for name in by_config & set(present):
        manifest = json.loads(read("ctr", "--namespace", namespace, "content", "get", present[name].digest))
        present[name] = dataclasses.replace(present[name], config=manifest.get("config", {}).get("digest", ""))
    return present


def main():
    module = AnsibleModule(
        argument_spec={
            "archives": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {"path": {"type": "path", "required": True}, "pending": {"type": "bool", "default": False}},
            },
            "namespace": {"type": "str", "default": "k8s.io"},
        },
        supports_check_mode=True,
    )
    namespace = module.params["namespace"]
    digests = {}

    def parse(params):
        archives = wanted(params)
        for want in archives:
            digests.update(want.archive.images if want.archive else {})
        return archives

    run(
        module,
        parse=parse,
        observe=lambda archives: observe(archives, namespace),
        plan=lambda present, archives: plan_import(present, archives, namespace),
        result=lambda plan: {"images": digests},
    )


if __name__ == "__main__":
    main()
