"""The lab's Kubernetes, as the rest of the lab sees it."""

import json
from concurrent.futures import ThreadPoolExecutor

from . import control_plane, gobuild, kubelet, snapshot_crds
from . import images as image_archives
from .addresses import pod_route
from .apilog import api_log as api_log
from .config import REPO, versions
from .control_plane import COMPONENTS
from .run import LabError, in_netns, run

NODE_COMPONENTS = ("containerd", "kubelet", "kube-proxy")
_COREDNS = REPO / "lab/images/coredns.yaml"
_READY_SECONDS = 300


def prepare(lab):
    """Build what the cache lacks, and write all that the control plane and nodes start from.

    Nodes that boot after this become members of the cluster by themselves.
    """
    program = _program()
    for name in (*COMPONENTS, "kubectl"):
        kubelet.link(bin_dir(lab) / name, program)
    control_plane.prepare(lab)
    # Now: the lab's own network reaches no module proxy.
    snapshot_crds.folder()
    if lab.nodes:
        archives = preloaded(lab)
        # All nodes, since each has routes to all the others.
        for node in lab.nodes:
            kubelet.prepare(lab, node, program, archives)
            run(in_netns(lab, ["ip", "route", "replace", *pod_route(node)]))
        seen = {name: image_archives.in_node(path) for name, path in image_archives.archives(lab.image_groups).items()}
        control_plane.write(_images_file(lab), json.dumps(seen, indent=1))
    gobuild.drop_compiler_cache()


def preloaded(lab):
    """{image name: archive in the cache} of what every node has from the beginning."""
    return image_archives.archives(lab.image_groups, preloaded=True)


def start_control_plane(lab):
    """Start what is missing of the control plane, and wait until the API answers."""
    control_plane.start(lab)
    if lab.nodes:
        name = versions()["images"]["coredns"]
        manifest = _COREDNS.read_text().replace("IMAGE", name)
        _kubectl(lab, "apply", "--server-side", "--force-conflicts", "-f", "-", input=manifest)


def join(lab, nodes):
    """Make nodes that were running before ``prepare`` members of the cluster, too."""
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(kubelet.start, lab, node) for node in nodes]:
            done.result()


def wait_ready(lab, progress):
    """Wait until every node is Ready and the cluster's DNS is available."""
    if not lab.nodes:
        return
    timeout = f"--timeout={_READY_SECONDS}s"
    names = [f"node/{node.name}" for node in lab.nodes]
    progress.note("waiting for kubelets")
    for name in names:  # given several names, it does not wait for any that is missing
        _kubectl(lab, "wait", "--for=create", name, timeout)
    _kubectl(lab, "wait", "--for=condition=Ready", *names, timeout)
    progress.note("waiting for coredns")
    _kubectl(lab, "rollout", "status", "--namespace=kube-system", "deployment/coredns", timeout)
    progress.note(f"{len(names)} nodes Ready")


def stop(lab):
    """End the control plane; what runs in the nodes ends with them."""
    control_plane.halt(lab)


def status(lab):
    """{component or node: one word}: the API server's view of nodes only while it answers."""
    running = control_plane.status(lab)
    found = {name: "running" if up else "stopped" for name, up in running.items()}
    if running["kube-apiserver"]:
        for name, ready in _nodes(lab).items():
            found[f"node {name}"] = "Ready" if ready else "NotReady"
    return found


def component(lab, name, action):
    """Start or stop a component: one of COMPONENTS, or NAME@NODE for one of NODE_COMPONENTS."""
    word, _, where = name.partition("@")
    if where and word in NODE_COMPONENTS:
        kubelet.component(lab, lab.node(where), word, action)
    elif not where and word in COMPONENTS:
        control_plane.component(lab, word, action)
    else:
        names = [*COMPONENTS, *(f"{each}@NODE" for each in NODE_COMPONENTS)]
        raise LabError(f"component {name}: no such component; there are {', '.join(names)}")


def log(lab, name):
    """The log file of a control plane component."""
    if name not in COMPONENTS:
        raise LabError(f"{name}: neither a node of lab {lab.name} nor one of {', '.join(COMPONENTS)}")
    return control_plane.log(lab, name)


def kubeconfig(lab):
    return control_plane.folder(lab) / "admin.kubeconfig"


def bin_dir(lab):
    """A folder for PATH: kubectl, and the components by their names."""
    return control_plane.folder(lab) / "bin"


def images(lab):
    """{image name: its archive, as a node sees it}; empty until the lab has been up with nodes."""
    try:
        return json.loads(_images_file(lab).read_text())
    except FileNotFoundError:
        return {}


def _program():
    version = versions()["kubernetes"]["version"]
    stamp = f"-X k8s.io/component-base/version.gitVersion=v{version}"
    return gobuild.program(
        f"Kubernetes {version}", REPO / "lab/kubernetes", ldflags=stamp, expected=420
    )


def _images_file(lab):
    return control_plane.folder(lab) / "images.json"


def _nodes(lab):
    """{node name: whether it is Ready}."""
    items = json.loads(_kubectl(lab, "get", "nodes", "--output=json"))["items"]
    return {
        item["metadata"]["name"]: any(
            condition["type"] == "Ready" and condition["status"] == "True"
            for condition in item["status"].get("conditions", ())
        )
        for item in items
    }


def _kubectl(lab, *words, input=None):
    argv = [bin_dir(lab) / "kubectl", "--kubeconfig", kubeconfig(lab), *words]
    return run(in_netns(lab, argv), input=input)
