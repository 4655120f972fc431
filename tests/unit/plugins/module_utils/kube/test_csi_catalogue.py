"""Every driver of the catalogue as objects: names, images, flags, ports, folders, and who may do what."""

from __future__ import annotations

import collections
import re

import pytest
from csi_catalogue import DRIVERS, MINORS, VERSIONS, containers, descriptor, pod, render, workloads

SIDECARS = {"livenessprobe", "node-driver-registrar", "provisioner", "attacher", "resizer", "snapshotter"}
#: What each sidecar asks the API server for, as its README and deploy/kubernetes/rbac.yaml list it: "group/resource verb ...".
NEEDS = {
    "provisioner": ["/persistentvolumes get list watch create patch delete", "/persistentvolumeclaims get list watch update",
                    "/nodes get list watch", "/events list watch create update patch", "storage.k8s.io/storageclasses get list watch",
                    "storage.k8s.io/csinodes get list watch",
                    "storage.k8s.io/volumeattachments get list watch", "snapshot.storage.k8s.io/volumesnapshots get list watch update",
                    "snapshot.storage.k8s.io/volumesnapshotcontents get list", "storage.k8s.io/volumeattributesclasses get"],
    "attacher": ["/persistentvolumes get list watch patch", "storage.k8s.io/csinodes get list watch",
                 "storage.k8s.io/volumeattachments get list watch patch", "storage.k8s.io/volumeattachments/status patch"],
    "resizer": ["/persistentvolumes get list watch patch", "/persistentvolumeclaims get list watch", "/persistentvolumeclaims/status patch",
                "/events list watch create update patch", "storage.k8s.io/volumeattributesclasses get list watch"],
    "snapshotter": ["/events list watch create update patch", "snapshot.storage.k8s.io/volumesnapshotclasses get list watch",
                    "snapshot.storage.k8s.io/volumesnapshotcontents get list watch update patch",
                    "snapshot.storage.k8s.io/volumesnapshotcontents/status update patch"],
}


def allowed(planned: dict, account: str, kind: str) -> set[tuple[str, str, str]]:
    """(group, resource, verb) that an account has by roles of a kind."""
    roles = {each["metadata"]["name"]: each for each in planned["objects"] if each["kind"] == kind}
    bound = [each["roleRef"]["name"] for each in planned["objects"] if each["kind"] == f"{kind}Binding"
             and account in {subject["name"] for subject in each["subjects"]}]
    return {(group, resource, verb) for name in bound for rule in roles[name]["rules"] for group in rule["apiGroups"]
            for resource in rule["resources"] for verb in rule["verbs"]}


def needed(lines: list[str]) -> set[tuple[str, str, str]]:
    found = set()
    for line in lines:
        path, *verbs = line.split()
        group, _slash, resource = path.partition("/")
        found |= {(group, resource, verb) for verb in verbs}
    return found


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("name", DRIVERS)
def test_images_are_those_of_the_one_version_table(name: str, minor: str) -> None:
    table = VERSIONS["csi_sidecars"][minor]
    found = set()
    for workload in workloads(render(name, minor)).values():
        for each in containers(workload).values():
            wanted = table[each["name"].replace("-", "_")] if each["name"] in SIDECARS else "registry.example.com/driver:1"
            assert each["image"] == wanted
            found.add(each["name"])
    assert {"livenessprobe", "node-driver-registrar", "provisioner"} <= found
    assert descriptor(name)["image"] in VERSIONS["images"]


@pytest.mark.parametrize("name", DRIVERS)
def test_nothing_has_the_name_of_another(name: str) -> None:
    planned = render(name)
    refs = collections.Counter((each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) for each in planned["objects"])
    assert set(refs.values()) == {1}
    for workload in workloads(planned).values():
        spec = pod(workload)
        ports = [port for each in spec["containers"] for port in each.get("ports", ())]
        assert len({port["containerPort"] for port in ports}) == len({port["name"] for port in ports}) == len(ports)
        assert all(len(port["name"]) <= 15 for port in ports), "the API server allows no more"
        volumes = [each["name"] for each in spec["volumes"]]
        assert len(set(volumes)) == len(volumes) and all(len(each) <= 63 for each in volumes)
        for each in spec["containers"]:
            assert {mount["name"] for mount in each["volumeMounts"]} <= set(volumes)
            assert len({mount["mountPath"] for mount in each["volumeMounts"]}) == len(each["volumeMounts"])


def test_drivers_in_the_network_of_the_nodes_do_not_want_the_same_ports() -> None:
    taken: collections.Counter = collections.Counter()
    for name in DRIVERS:
        for workload in workloads(render(name)).values():
            if pod(workload).get("hostNetwork"):
                taken.update(port["containerPort"] for each in pod(workload)["containers"] for port in each.get("ports", ()))
    assert taken and set(taken.values()) == {1}


@pytest.mark.parametrize("name", DRIVERS)
def test_each_sidecar_may_do_what_it_needs(name: str) -> None:
    planned = render(name)
    for workload in workloads(planned).values():
        account = pod(workload)["serviceAccountName"]
        assert account in {each["metadata"]["name"] for each in planned["objects"] if each["kind"] == "ServiceAccount"}
        cluster, own = allowed(planned, account, "ClusterRole"), allowed(planned, account, "Role")
        for sidecar in SIDECARS & set(containers(workload)):
            assert needed(NEEDS.get(sidecar, [])) <= cluster, f"{sidecar} beside {workload['metadata']['name']}"
            if "--leader-election" in containers(workload)[sidecar]["args"]:
                assert needed(["coordination.k8s.io/leases get list watch create update delete"]) <= own
            if "--enable-capacity" in containers(workload)[sidecar]["args"]:
                assert needed(["storage.k8s.io/csistoragecapacities get list watch create update patch delete", "/pods get"]) <= own
        assert not any("*" in each for each in cluster | own)
        if not cluster | own:
            assert pod(workload)["automountServiceAccountToken"] is False, "no rights, no token"


def test_a_pod_that_only_talks_to_kubelet_has_no_rights() -> None:
    planned = render("nfs.csi.k8s.io")
    assert not allowed(planned, "csi-nfs-node", "ClusterRole") and not allowed(planned, "csi-nfs-node", "Role")


def test_sidecars_of_the_lvm_driver() -> None:
    found = workloads(render("lvm.csi.cairn.storage", attach=True))
    node, central = containers(found["lvm-csi-node"]), containers(found["lvm-csi-controller"])
    assert set(node) == {"driver", "livenessprobe", "node-driver-registrar", "provisioner", "snapshotter"}
    assert set(central) == {"driver", "livenessprobe", "attacher", "resizer"}
    assert {"--node-deployment", "--strict-topology", "--immediate-topology=false", "--enable-capacity", "--capacity-ownerref-level=1",
            "--extra-create-metadata", "--timeout=120s"} <= set(node["provisioner"]["args"])
    assert {"--node-deployment", "--extra-create-metadata"} <= set(node["snapshotter"]["args"])
    assert not any("leader-election" in word for each in node.values() for word in each["args"]), "csi-snapshotter ends when it is told both"
    assert {"--leader-election", "--leader-election-namespace=$(NAMESPACE)", "--handle-volume-inuse-error=false"} <= set(central["resizer"]["args"])
    assert "--kubelet-registration-path=/var/lib/kubelet/plugins/lvm.csi.cairn.storage/csi.sock" in node["node-driver-registrar"]["args"]
    assert "--central" in central["driver"]["args"] and not {"--contained", "--kubernetes"} & set(central["driver"]["args"])


def test_the_lvm_driver_is_privileged_on_nodes_and_nowhere_else() -> None:
    found = workloads(render("lvm.csi.cairn.storage"))
    node, central = pod(found["lvm-csi-node"]), pod(found["lvm-csi-controller"])
    assert node["hostPID"] and not node.get("hostNetwork") and not central.get("hostPID")
    privileged = [each["name"] for spec in (node, central) for each in spec["containers"] if each["securityContext"].get("privileged")]
    assert privileged == ["driver"] and node["containers"][0]["securityContext"]["privileged"]
    folders = [each["hostPath"]["path"] for each in node["volumes"]]
    assert folders == ["/var/lib/kubelet/plugins/lvm.csi.cairn.storage", "/var/lib/kubelet/plugins_registry"]
    assert [each["name"] for each in central["volumes"]] == ["socket"] and central["volumes"][0]["emptyDir"] == {}


@pytest.mark.parametrize("name", DRIVERS)
def test_whom_kubelet_talks_to(name: str) -> None:
    planned = render(name, kubelet_dir="/data/kubelet/")
    plugins = [each for each in workloads(planned).values() if "node-driver-registrar" in containers(each)]
    assert len(plugins) == 1
    (plugin,) = plugins
    folders = {each["name"]: each.get("hostPath", {}).get("path") for each in pod(plugin)["volumes"]}
    assert folders["socket"] == f"/data/kubelet/plugins/{name}" and folders["registration"] == "/data/kubelet/plugins_registry"
    assert not any("/var/lib/kubelet" in str(each) or "KUBELET_DIR)" in str(each) for each in folders.values())
    assert {"name": "registration", "mountPath": "/registration"} in containers(plugin)["node-driver-registrar"]["volumeMounts"]
    if plugin["kind"] == "DaemonSet":
        assert plugin["spec"]["updateStrategy"] == {"type": "OnDelete"}
        assert planned["daemon_sets"] == [{"namespace": "cairn-x", "name": plugin["metadata"]["name"]}]
    for each in pod(plugin)["containers"]:
        assert each["name"] in ("agent",) or any(mount["mountPath"] == "/csi" for mount in each["volumeMounts"])


@pytest.mark.parametrize(("name", "path", "propagation"), [
    ("hostpath.csi.k8s.io", "/var/lib/kubelet/pods", "Bidirectional"), ("hostpath.csi.k8s.io", "/var/lib/kubelet/plugins", "Bidirectional"),
    ("hostpath.csi.k8s.io", "/csi-data-dir", None), ("hostpath.csi.k8s.io", "/dev", None),
    ("nfs.csi.k8s.io", "/var/lib/kubelet/pods", "Bidirectional"),
    ("local.csi.aliyun.com", "/var/lib/kubelet", "Bidirectional"), ("local.csi.aliyun.com", "/host_sys", None),
])
def test_what_drivers_mount_is_seen_by_the_node(name: str, path: str, propagation: str | None) -> None:
    driver = next(each for workload in workloads(render(name)).values() if "node-driver-registrar" in containers(workload)
                  for each in pod(workload)["containers"])
    (mount,) = [each for each in driver["volumeMounts"] if each["mountPath"] == path]
    assert mount.get("mountPropagation") == propagation and driver["securityContext"] == {"privileged": True}


def test_the_three_shapes() -> None:
    shapes = {name: sorted(each["kind"] for each in workloads(render(name)).values()) for name in DRIVERS}
    assert shapes == {"lvm.csi.cairn.storage": ["DaemonSet", "Deployment"], "hostpath.csi.k8s.io": ["StatefulSet"],
                      "nfs.csi.k8s.io": ["DaemonSet", "Deployment"], "local.csi.aliyun.com": ["DaemonSet", "Deployment", "Deployment"]}


@pytest.mark.parametrize("name", DRIVERS)
def test_probes_ask_ports_that_somebody_serves(name: str) -> None:
    for workload in workloads(render(name)).values():
        served = {port["containerPort"] for each in pod(workload)["containers"] for port in each.get("ports", ())}
        for each in pod(workload)["containers"]:
            own = {port["name"] for port in each.get("ports", ())}
            asked = {each[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe") if probe in each}
            assert asked <= served | own, "kubelet knows names of a container's own ports only"
        if "livenessprobe" in containers(workload):
            beside = containers(workload)["livenessprobe"]["ports"][0]["containerPort"]
            here = {"host": "127.0.0.1"} if pod(workload).get("hostNetwork") else {}
            assert pod(workload)["containers"][0]["readinessProbe"]["httpGet"] == {"path": "/healthz", "port": beside, **here}


def test_no_attacher_where_nothing_is_attached() -> None:
    without, with_it = render("lvm.csi.cairn.storage"), render("lvm.csi.cairn.storage", attach=True)
    assert "attacher" not in containers(workloads(without)["lvm-csi-controller"]) and without["driver"]["attach_required"] is False
    assert "attacher" in containers(workloads(with_it)["lvm-csi-controller"]) and with_it["driver"]["attach_required"] is True
    assert ("storage.k8s.io", "volumeattachments/status", "patch") not in allowed(without, "lvm-csi-controller", "ClusterRole")


def test_no_node_belongs_to_two_pools() -> None:
    pools = [{"name": "a", "arguments": ["--volume-group=a"]}, {"name": "b", "arguments": ["--volume-group=b"]}]
    planned = render("lvm.csi.cairn.storage", pools=pools, arguments={"node": ["--volume-group=x"]})
    found = {name: each for name, each in workloads(planned).items() if each["kind"] == "DaemonSet"}
    terms = {name: pod(each)["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"][0]["matchExpressions"]
             for name, each in found.items()}
    key = planned["pool_label"]
    assert terms == {"lvm-csi-node": [{"key": key, "operator": "DoesNotExist"}], "lvm-csi-node-a": [{"key": key, "operator": "In", "values": ["a"]}],
                     "lvm-csi-node-b": [{"key": key, "operator": "In", "values": ["b"]}]}
    assert [name for name, each in found.items() if "--volume-group=x" in containers(each)["driver"]["args"]] == ["lvm-csi-node"]
    assert {each["name"] for each in planned["daemon_sets"]} == set(found)
    selectors = [tuple(sorted(each["spec"]["selector"]["matchLabels"].items())) for each in found.values()]
    assert len(set(selectors)) == 3, "no DaemonSet takes another's pods"


def test_classes_of_the_user_take_the_place_of_the_catalogues() -> None:
    planned = render("nfs.csi.k8s.io", storage_classes=[{"name": "mine", "parameters": {"server": "h"}, "default": True}], snapshot_classes=[],
                     attributes_classes=[{"name": "slow", "parameters": {"iops": "1"}}])
    classes = {each["kind"]: each for each in planned["objects"] if each["kind"].endswith("Class")}
    assert set(classes) == {"StorageClass", "VolumeAttributesClass"} and classes["VolumeAttributesClass"]["driverName"] == "nfs.csi.k8s.io"
    assert classes["StorageClass"]["provisioner"] == "nfs.csi.k8s.io"
    assert classes["StorageClass"]["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}
    assert planned["defined"] == []


def test_no_volumes_in_pods_manifests_unless_they_are_asked_for() -> None:
    asked = ({}, {"lifecycle_modes": []}, {"lifecycle_modes": ["Persistent", "Ephemeral"]})
    modes = [render("lvm.csi.cairn.storage", **each)["driver"]["volume_lifecycle_modes"] for each in asked]
    assert modes == [["Persistent"], ["Persistent"], ["Persistent", "Ephemeral"]]


PROMETHEUS = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]


def told(workload: dict) -> list[str]:
    """What the containers of a workload are told of addresses, their environment put in as kubelet does."""
    words = []
    for each in containers(workload).values():
        values = {one["name"]: one.get("value", "") for one in each["env"]}
        words += [re.sub(r"\$\((\w+)\)", lambda match: values.get(match[1], match[0]), word) for word in each["args"]]
    return [word for word in words if re.match(r"--(http-endpoint|health-port|metrics)\b", word)]


@pytest.mark.parametrize("name", DRIVERS)
def test_nobody_serves_figures_unless_somebody_may_scrape_them(name: str) -> None:
    planned = render(name)
    for workload in workloads(planned).values():
        host = pod(workload).get("hostNetwork", False)
        for word in told(workload):
            assert word.startswith("--http-endpoint=127.0.0.1:") or not host, "from the node's own network nobody but the node is answered"
        for sidecar in {"provisioner", "snapshotter"} & set(containers(workload)):
            led = "--leader-election" in containers(workload)[sidecar]["args"]
            assert bool(containers(workload)[sidecar].get("ports")) is led, "only who is asked for his health has a port"
    (policy,) = [each for each in planned["objects"] if each["kind"] == "NetworkPolicy"]
    assert policy["spec"]["policyTypes"] == ["Ingress"] and not any("from" in rule for rule in policy["spec"]["ingress"])
    for workload in workloads(planned).values():
        assert policy["spec"]["podSelector"]["matchLabels"].items() <= workload["spec"]["template"]["metadata"]["labels"].items()
        assert policy["metadata"]["namespace"] == workload["metadata"]["namespace"]


def test_the_lvm_driver_serves_figures_to_whom_they_are_for() -> None:
    planned = render("lvm.csi.cairn.storage")
    found = workloads(planned)
    assert told(found["lvm-csi-node"]) == ["--metrics=", "--health-port=9808", "--http-endpoint=:9809"]
    assert [each for each in planned["objects"] if each["kind"] == "NetworkPolicy"][0]["spec"]["ingress"] == []
    planned = render("lvm.csi.cairn.storage", metrics_from=PROMETHEUS)
    node = workloads(planned)["lvm-csi-node"]
    assert told(node) == ["--metrics=:9812", "--http-endpoint=:9808", "--http-endpoint=:9809", "--http-endpoint=:9810", "--http-endpoint=:9811"]
    (rule,) = [each for each in planned["objects"] if each["kind"] == "NetworkPolicy"][0]["spec"]["ingress"]
    assert rule["from"] == PROMETHEUS and {each["port"] for each in rule["ports"]} >= {9808, 9812}


def test_a_service_of_a_drivers_own_is_reached_and_figures_of_the_nodes_network_are_not() -> None:
    planned = render("local.csi.aliyun.com", metrics_from=PROMETHEUS)
    rules = [each for each in planned["objects"] if each["kind"] == "NetworkPolicy"][0]["spec"]["ingress"]
    assert rules[0] == {"ports": [{"port": 23000, "protocol": "TCP"}]}
    for workload in workloads(planned).values():
        if pod(workload).get("hostNetwork"):
            assert all("=127.0.0.1:" in word for word in told(workload))


def test_the_lvm_drivers_containers_cannot_be_written_to() -> None:
    for workload in workloads(render("lvm.csi.cairn.storage", attach=True)).values():
        assert all(each["securityContext"]["readOnlyRootFilesystem"] for each in containers(workload).values())
