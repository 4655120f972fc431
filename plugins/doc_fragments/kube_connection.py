# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How modules reach the API server."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Path of a kubeconfig on the host that the task runs on, several with C(:) between them, or what is in a kubeconfig as a dictionary.
      - "Where it is: C(/etc/rancher/k3s/k3s.yaml) of k3s and C(/etc/kubernetes/admin.conf) of kubeadm lie on the control plane's machines and belong
        to root. Run the tasks there with C(become=true), or copy the file and say the server's address in O(host)."
      - E(K8S_AUTH_KUBECONFIG) is looked at as well.
      - Names, environment variables and their order are those of the collection kubernetes.core. With O(host) and credentials
        (O(api_key), or O(client_cert) and O(client_key)) no kubeconfig is read. Otherwise O(kubeconfig) and O(context) choose one. Without either,
        E(KUBECONFIG), the service account of the pod in which the task runs, and the file C(~/.kube/config) are tried, in this order.
      - Options take the place of what stands in the kubeconfig, each alone; credentials take the place of all credentials of the kubeconfig.
      - An option comes before its environment variable. Naming a O(kubeconfig) or O(context) in a task while the environment names a server and
        credentials is refused.
    type: raw
  context:
    description:
      - The context of the kubeconfig to use; without it, the kubeconfig's current one.
      - E(K8S_AUTH_CONTEXT) is looked at as well.
    type: str
  host:
    description:
      - Address of the API server, like V(https://api.example.com:6443).
      - E(K8S_AUTH_HOST) is looked at as well.
    type: str
  api_key:
    description:
      - Token to log in with.
      - E(K8S_AUTH_API_KEY) is looked at as well, which keeps it out of files.
    type: str
  ca_cert:
    description:
      - Path of a file with the certificates of the CA that has signed the API server's, in PEM.
      - E(K8S_AUTH_CA_CERT) and E(K8S_AUTH_SSL_CA_CERT) are looked at as well.
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description:
      - Path of a file with the certificate to log in with, in PEM. Needs O(client_key).
      - E(K8S_AUTH_CLIENT_CERT) and E(K8S_AUTH_CERT_FILE) are looked at as well.
    type: path
    aliases: [cert_file]
  client_key:
    description:
      - Path of a file with the key of O(client_cert), in PEM and not encrypted.
      - E(K8S_AUTH_CLIENT_KEY) and E(K8S_AUTH_KEY_FILE) are looked at as well.
    type: path
    aliases: [key_file]
  validate_certs:
    description:
      - Whether the API server's certificate has to be valid. V(false) gives the token to whoever answers under the address.
      - E(K8S_AUTH_VALIDATE_CERTS) and E(K8S_AUTH_VERIFY_SSL) are looked at as well. Where nobody says, the kubeconfig decides,
        and V(true) without one.
    type: bool
    aliases: [verify_ssl]
  proxy:
    description:
      - Address of a proxy through which to reach the API server, like V(http://proxy.example.com:3128).
      - E(K8S_AUTH_PROXY) is looked at as well.
    type: str
  no_proxy:
    description:
      - Hosts, domains and networks to reach without the proxy, with commas between them.
      - E(K8S_AUTH_NO_PROXY) is looked at as well.
    type: str
  impersonate_user:
    description:
      - The user to act as; who logs in needs the right to C(impersonate) it.
      - E(K8S_AUTH_IMPERSONATE_USER) is looked at as well.
    type: str
  impersonate_groups:
    description:
      - The groups to act as a member of. Needs O(impersonate_user).
      - E(K8S_AUTH_IMPERSONATE_GROUPS) is looked at as well, with commas between the groups.
    type: list
    elements: str
requirements:
  - Kubernetes 1.27 or later
  - kubernetes >= 24.2.0 (Python)
"""

    ENGINE = r"""
options:
  wait:
    description: Wait until the objects are ready, or gone.
    type: bool
    default: true
  wait_timeout:
    description: How long to wait at most for all of them together, in seconds.
    type: int
    default: 300
  field_manager:
    description: The name under which the API server records which fields are ours.
    type: str
    default: cairn.storage
  on_conflict:
    description:
      - What to do when another field manager has set a field to another value.
      - V(fail) names field and manager, V(take) sets the field and owns it from now on.
    type: str
    choices: [fail, take]
    default: fail
  pending:
    description:
      - Objects that earlier tasks would have made in the same check run, from their RV(ignore:after).
      - Namespaces and custom resource definitions among them count as being there, as do volumes, claims, classes and snapshots that others refer to.
    type: list
    elements: dict
    default: []
"""

    WRITING = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in check mode and return what would change without changing anything.
  diff_mode:
    support: full
    description: Returns what would change or has changed in diff mode.
  idempotent:
    support: full
    description: Running it again on an unchanged cluster changes nothing.
  action_group:
    support: full
    membership: [cairn.storage.kube]
    description: Use C(group/cairn.storage.kube) in C(module_defaults) to say once which cluster is meant.
  platform:
    support: full
    platforms: posix
    description: Operating systems it runs on.
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in check mode; it only reads.
  diff_mode:
    support: N/A
    description: Returns what would change or has changed in diff mode.
  idempotent:
    support: N/A
    description: Running it again on an unchanged cluster changes nothing.
  action_group:
    support: full
    membership: [cairn.storage.kube]
    description: Use C(group/cairn.storage.kube) in C(module_defaults) to say once which cluster is meant.
  platform:
    support: full
    platforms: posix
    description: Operating systems it runs on.
"""
