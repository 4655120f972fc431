"""The lab as an Ansible inventory."""

import shlex

from . import ssh


def as_ansible(lab, images):
    """What an inventory script prints for ``--list``.

    images: {image name: path of its archive as a node sees it}, given to every host as
    ``lab_images``.
    """
    variables = {"kube-api": _kube_api()}
    for node in lab.nodes:
        variables[node.name] = _storage_node(lab, node)
    return {
        "all": {"children": ["storage_nodes", "kube_api"], "vars": {"lab_images": images}},
        "storage_nodes": {"hosts": [node.name for node in lab.nodes]},
        "kube_api": {"hosts": ["kube-api"]},
        "_meta": {"hostvars": variables},
    }


def _storage_node(lab, node):
    return {
        "ansible_host": node.ip1,
        "ansible_user": "root",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_common_args": shlex.join(ssh.options(lab)),
    }


def _kube_api():
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
