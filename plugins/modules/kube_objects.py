#!/usr/bin/python
# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_objects
short_description: A list of Kubernetes objects as one desired state
version_added: 1.0.0
author:
  - cairn.storage contributors (@cairn-storage)
description:
  - Makes a list of manifests true, or takes all of them away, in the order in which objects need each other.
  - What is there is read with one request per kind and namespace. An object that is already as wanted costs no request of its own.
    For one that may differ the API server is asked by a dry run, so that a wish it would refuse stops before anything has changed.
  - Only what differs is written, by server-side apply.
    A field that an earlier run has set and that is no longer wanted is removed; fields of other managers are left alone.
  - Waits for all objects together and ends early when waiting will not help.
notes:
  - The values of Secrets are not returned and not shown in a diff. Ansible logs the parameters of every module to the system's log;
    set C(no_log=true) on tasks that carry Secrets.
  - What the API server writes into an object (C(uid), C(resourceVersion) and the like) is ignored, as are fields that are null,
    and C(status) unless O(subresource=status).
  - A claim of a class that waits for its first pod counts as ready while it waits, and RV(readiness) says so.
extends_documentation_fragment:
  - cairn.storage.kube_connection
  - cairn.storage.kube_connection.engine
  - cairn.storage.kube_connection.writing
options:
  objects:
    description:
      - "The manifests: one as a dictionary, several in a list, or YAML text with any number of documents, as
        V({{ lookup('ansible.builtin.template', 'objects.yml.j2'\\) }}) or V({{ lookup('ansible.builtin.file', 'objects.yml'\\) }}) give it."
      - Lists (C(kind=List)) are unpacked. Documents that are empty or hold comments alone are passed over.
      - Either this or O(src) is needed.
    type: raw
    aliases: [definition, resource_definition, inline]
  src:
    description:
      - Path of a file with manifests as YAML, on the host that the task runs on.
      - A file where Ansible runs, one in a vault or a template is given to O(objects) by a lookup.
    type: path
  state:
    description:
      - V(present) makes the objects be as written.
      - V(absent) deletes them, in reverse order; only names are looked at. Workloads are gone only when their pods are.
    type: str
    choices: [present, absent]
    default: present
  wait_for:
    description: Objects that others make, to be waited for in the same wait, or alone with O(wait=false). With O(state=present) only.
    type: list
    elements: dict
    default: []
    suboptions:
      api_version:
        description: Their C(apiVersion).
        type: str
        default: v1
      kind:
        description: Their kind.
        type: str
        required: true
      namespace:
        description: Their namespace.
        type: str
      name:
        description: Their name.
        type: str
        required: true
      condition:
        description:
          - JMESPath expression over the object. It is waited for until this gives something that is not null, false or empty.
          - Takes the place of what is ready for the kind. To give one for an object of the list, name it here.
        type: str
  wait_condition:
    description:
      - A condition in the C(status) of each object of the list to be waited for, in the place of what is ready for its kind.
      - O(wait_for[].condition) says more, and can be given for one object.
    type: dict
    suboptions:
      type:
        description: Its C(type), like V(Available).
        type: str
        required: true
      status:
        description: Its C(status).
        type: str
        choices: ["True", "False", "Unknown"]
        default: "True"
      reason:
        description: Its C(reason), if that matters.
        type: str
  optional:
    description:
      - Kinds that not every cluster has. Where the API server has no such kind, their objects are left out, and nothing else is different.
      - For objects that only a distribution knows, such as the C(SecurityContextConstraints) of OpenShift.
    type: list
    elements: dict
    default: []
    suboptions:
      api_version:
        description: The C(apiVersion) of these objects.
        type: str
        required: true
      kind:
        description: Their kind.
        type: str
        required: true
  subresource:
    description:
      - Write only this part of the objects, which have to be there. For what no controller writes, such as the capacity of a static volume's claim
        after the volume was grown by hand.
    type: str
    choices: [status]
  prune:
    description:
      - Also delete what belongs to the same set, told by its labels, and is not in the list any more, with consent in O(allow_prune).
      - Looked for are the kinds and namespaces that are in the list, and those named here. Each object of the list has to carry the labels.
      - What a controller keeps for another object, and Secrets, are left alone.
    type: dict
    suboptions:
      labels:
        description: The labels of the set.
        type: dict
        required: true
      kinds:
        description: Further kinds to look for.
        type: list
        elements: dict
        default: []
        suboptions:
          api_version:
            description: Their C(apiVersion).
            type: str
            default: v1
          kind:
            description: The kind.
            type: str
            required: true
      namespaces:
        description: Further namespaces to look in.
        type: list
        elements: str
        default: []
  allow_prune:
    description: Consent to delete objects by O(prune), V(Kind namespace/name) or V(Kind name) as the key and the object's UID as the value.
    type: dict
    default: {}
  allow_data_loss:
    description:
      - Consent to lose the data of claims whose volumes have the reclaim policy C(Delete), when they, their namespace,
        or a StatefulSet that takes its claims along is deleted. Likewise of snapshots with the deletion policy C(Delete).
      - Each key is a claim or snapshot as C(namespace/name), the value the volume or content it is bound to.
        For a volume that goes without its claim, or whose claim has gone and whose policy is C(Retain) no more, the key is the volume and the
        value its C(volumeHandle), for one without that its UID.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: A namespace with everything in it
  cairn.storage.kube_objects:
    objects: "{{ lookup('ansible.builtin.template', 'cluster.yml.j2') }}"
    wait_timeout: 600

- name: Take over a class that Helm has made
  cairn.storage.kube_objects:
    objects:
      - apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: local-block}
        provisioner: kubernetes.io/no-provisioner
        volumeBindingMode: WaitForFirstConsumer
    on_conflict: take

- name: Wait until a Service has an address
  cairn.storage.kube_objects:
    objects: "{{ gateway }}"
    wait_for:
      - {kind: Service, namespace: storage, name: gateway, condition: "status.loadBalancer.ingress[0].ip"}

- name: Delete what is not in the file any more
  cairn.storage.kube_objects:
    objects: "{{ lookup('ansible.builtin.file', 'gateway.yml') }}"
    prune:
      labels: {app.kubernetes.io/part-of: gateway}
    allow_prune:
      ConfigMap storage/old-settings: 5a0f5bd4-5c5a-4c0b-9d4e-6c0f2b0a4c11

- name: Say that a claim has the size to which its static volume was grown
  cairn.storage.kube_objects:
    objects:
      - apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: disk-blocks-0, namespace: storage}
        status: {capacity: {storage: 20Gi}}
    subresource: status
    on_conflict: take

- name: Delete a claim and what is on its disk
  cairn.storage.kube_objects:
    objects:
      - apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: disk-blocks-0, namespace: storage}
    state: absent
    allow_data_loss: {storage/disk-blocks-0: local-pv-1f2e3d4c}
"""

RETURN = r"""
objects:
  description: The objects in the order given, then those of O(wait_for), as they are, or in check mode as they would be. Values of Secrets are hidden.
  returned: success, and when waiting failed
  type: list
  elements: dict
readiness:
  description:
    - One entry for each object that was waited for, with C(kind), C(namespace), C(name), C(state) and C(reason).
    - C(state) is V(ready), V(waiting), V(stuck) or V(failed).
  returned: success, and when waiting failed
  type: list
  elements: dict
  sample: [{kind: PersistentVolumeClaim, namespace: storage, name: disk-blocks-0, state: ready, reason: ""}]
actions:
  description: What was done, or in check mode would be, in order, each with C(verb), C(kind), C(name), C(steps) and C(loses).
  returned: always
  type: list
  elements: dict
  sample: [{verb: create, kind: Namespace, name: storage, loses: "", steps: [PATCH /api/v1/namespaces/storage]}]
after:
  description: In check mode the objects that this task would leave behind, for O(pending) of the next one. Otherwise empty, for they are there.
  returned: success
  type: list
  elements: dict
requests:
  description: Number of requests sent to the API server.
  returned: success
  type: int
  sample: 7
"""

from ansible_collections.cairn.storage.plugins.module_utils._kube import wish
from ansible_collections.cairn.storage.plugins.module_utils._kube_module import run
from ansible_collections.cairn.storage.plugins.module_utils._module import AnsibleModule


def main():
    awaited = {"api_version": {"type": "str", "default": "v1"}, "kind": {"type": "str", "required": True},
               "namespace": {"type": "str"}, "name": {"type": "str", "required": True}, "condition": {"type": "str"}}
    told = {"type": {"type": "str", "required": True}, "status": {"type": "str", "choices": ["True", "False", "Unknown"], "default": "True"},
            "reason": {"type": "str"}}
    kind = {"api_version": {"type": "str", "default": "v1"}, "kind": {"type": "str", "required": True}}
    optional = {"api_version": {"type": "str", "required": True}, "kind": {"type": "str", "required": True}}
    pruned = {"labels": {"type": "dict", "required": True}, "kinds": {"type": "list", "elements": "dict", "default": [], "options": kind},
              "namespaces": {"type": "list", "elements": "str", "default": []}}
    run(AnsibleModule(
        argument_spec={
            **wish.ARGUMENTS,
            "objects": {"type": "raw", "aliases": list(wish.ALIASES)},
            "src": {"type": "path"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "wait_for": {"type": "list", "elements": "dict", "default": [], "options": awaited},
            "wait_condition": {"type": "dict", "options": told},
            "optional": {"type": "list", "elements": "dict", "default": [], "options": optional},
            "subresource": {"type": "str", "choices": ["status"]},
            "prune": {"type": "dict", "options": pruned},
            "allow_prune": {"type": "dict", "default": {}},
            "allow_data_loss": {"type": "dict", "default": {}},
        },
        required_one_of=[("objects", "src")],
        mutually_exclusive=[("objects", "src")],
        supports_check_mode=True,
    ), wish.parse)


if __name__ == "__main__":
    main()
