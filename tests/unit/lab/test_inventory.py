"""The inventory that Ansible gets from a lab."""

from cairn_lab import disks
from cairn_lab.inventory import as_ansible
from cairn_lab.settings import wanted


def test_groups_and_hosts():
    found = as_ansible(wanted(None, "x", nodes=2), {"image:1": "/lab/cache/image.tar"})
    assert found["storage_nodes"]["hosts"] == ["node1", "node2"]
    assert found["kube_api"]["hosts"] == ["kube-api"]
    assert found["all"]["vars"]["lab_images"] == {"image:1": "/lab/cache/image.tar"}


def test_a_node_is_reached_with_the_lab_s_own_keys():
    variables = as_ansible(wanted(None, "x"), {})["_meta"]["hostvars"]
    assert variables["node3"]["ansible_host"] == "10.90.1.13"
    arguments = variables["node3"]["ansible_ssh_common_args"]
    assert "HostKeyAlias=cairn-x" in arguments and "StrictHostKeyChecking=yes" in arguments
    assert variables["kube-api"]["ansible_connection"] == "local"


def test_a_lab_without_nodes_has_the_same_groups():
    assert as_ansible(wanted(None, "x", level="api"), {})["storage_nodes"]["hosts"] == []


def test_serials_are_the_same_in_every_lab():
    one, other = wanted(None, "one").nodes[1], wanted(None, "other").nodes[1]
    assert disks.serial(one, 3) == disks.serial(other, 3) == "5ca1ab1e00020003"
