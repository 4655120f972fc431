"""A node, and whoever may write what the cluster holds, against the machine where Ansible runs: what they say is nowhere more than words."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import lying_node
import pytest
import yaml
from cluster_play import kubectl
from impersonated import as_node
from played import REPO, environment

EVIL = "evil"
MARK = "hostile-was-here"
TEXTS = {
    "option": f"-oProxyCommand=touch {MARK}",
    "template": f"{{{{ lookup('ansible.builtin.pipe', 'touch {MARK}') }}}}",
    "yaml": f"x\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {MARK}}}",
    "flow": f"x}}\n---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: {MARK}}}",
    "shell": f"'\"; touch {MARK}; $(touch {MARK}) `touch {MARK}` #",
    "escape": "\x1b]0;owned\x07\x1b[2J\x9b2J",
    "tag": f"!!python/object/apply:os.system ['touch {MARK}']",
    "path": f"../../../../tmp/{MARK}",
    "long": "long" * 3000,
}
#: It has no kubelet, so it is not ready, and playbooks that work in the cluster alone would go no further.
AWAY = ("-e", f"storage_nodes_away={EVIL}")
#: Playbook -> further arguments. csi_image.yml builds an image; what it takes from hosts is what csi.yml takes.
BOOKS: dict[str, tuple[str, ...]] = {
    "audit": (),
    "canary": ("-e", "canary_cluster=blocks", *AWAY),
    "csi": ("-e", '{"lvm_csi_volume_groups": ["fast"], "snapshot_controller_definitions": ["@CRDS@"]}'),
    "discover": (),
    "grow_claims": AWAY,
    "grow_local_volume": (),
    "iscsi_export": (),
    "iscsi_static_pv": (),
    "replace_pod_disk": ("-e", "replace_cluster=blocks", "-e", "replace_pod=blocks-0", *AWAY),
    "rollout": AWAY,
    "scale": AWAY,
    "site": (),
    "storage_map": (),
    "teardown": (),
}
NOT_TRIED = {"csi_image", "preflight", "left_out"}
WISHES = {
    "storage_disk_rules": [{"name": "bulk", "rotational": True}],
    "local_volumes_classes": [{"name": "local-block", "volume_mode": "Block", "devices": {"rule": "bulk"}}],
    "local_volumes_base_dir": "/mnt",
    "storage_cluster_clusters": [
        {"name": "blocks", "engine": "tgt", "replicas": 1, "disk": {"class": "local-block", "size": "1GiB"}, "initiators": ["10.0.0.0/8"]}
    ],
    "iscsi_name_prefix": "iqn.2026-01.com.example",
    "iscsi_exports": [{"name": "db", "host": EVIL, "device": lying_node.DISK, "initiators": [EVIL], "persistent_volume": {"size": "1GiB"}}],
    "iscsi_portals": ["192.0.2.66"],
}


@pytest.fixture(scope="module", autouse=True)
def node() -> Iterator[None]:
    manifest = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": EVIL, "labels": {"kubernetes.io/hostname": EVIL}}}
    forget()
    kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    yield
    forget()


def forget() -> None:
    kubectl("delete", "node", EVIL, "--ignore-not-found")
    kubectl("delete", "persistentvolume", "-l", f"{MARK}=yes", "--ignore-not-found", "--wait=false")
    kubectl("delete", "namespace", "foreign", "--ignore-not-found", "--wait=false")


def says(status: dict) -> None:
    """What a kubelet says of its node, with a kubelet's own rights."""
    code, told = as_node(EVIL, "PATCH", f"/api/v1/nodes/{EVIL}/status", {"status": status})
    assert code == 200, told


def run(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess:
    """A command of Ansible's in a folder that is empty otherwise."""
    folder.mkdir(exist_ok=True)
    more = {"ANSIBLE_CONFIG": str(REPO / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "HOME": str(folder), **variables}
    return subprocess.run(
        command, cwd=folder, env={**environment(), **more}, capture_output=True, text=True, errors="surrogateescape", check=False, timeout=300
    )


def nothing_happened(folder: Path, done: subprocess.CompletedProcess) -> None:
    said = done.stdout + done.stderr
    left = [str(path) for path in folder.rglob("*") if MARK in path.name] + [str(path) for path in Path("/tmp").glob(f"*{MARK}*")]
    assert not left, f"{left}\n{said}"
    # 0: it ended well; 2: a host has failed; 4: a host cannot be reached.
    assert done.returncode in (0, 2, 4), said
    assert "Traceback" not in said and "MODULE FAILURE" not in said and "Unexpected Exception" not in said, said
    assert not kubectl("get", "namespace", MARK, "--ignore-not-found")


# Addresses.


@pytest.mark.parametrize("kind", ["InternalIP", "Hostname"])
def test_an_address_of_a_node_is_no_option_of_ssh(kind: str, tmp_path: Path) -> None:
    says({"addresses": [{"type": kind, "address": f"-oProxyCommand=touch {tmp_path}/{MARK}"}]})
    file = tmp_path / "y.kube_nodes.yml"
    types = ["InternalIP", "ExternalIP", "Hostname", "InternalDNS"]
    file.write_text(yaml.safe_dump({"plugin": "cairn.storage.kube_nodes", "address_types": types}), encoding="utf-8")
    done = run(tmp_path / "cwd", "ansible", "-i", str(file), "all", "-m", "ansible.builtin.raw", "-a", "true")
    nothing_happened(tmp_path, done)
    assert f"the node {EVIL} has an address that is none" in re.sub(r"\s+", " ", done.stderr), done.stderr


def test_no_variable_of_a_node_is_one_of_a_connection(tmp_path: Path) -> None:
    says({"addresses": [{"type": "InternalIP", "address": "-oProxyCommand=x"}], "nodeInfo": {"osImage": TEXTS["template"]}})
    file = tmp_path / "y.kube_nodes.yml"
    file.write_text("plugin: cairn.storage.kube_nodes", encoding="utf-8")
    told = json.loads(run(tmp_path, "ansible-inventory", "-i", str(file), "--list").stdout)
    # Ansible itself adds ansible_local, which is empty.
    assert {key for key in told["_meta"]["hostvars"][EVIL] if key.startswith("ansible_")} <= {"ansible_local"}


# What stands in the cluster.


def accepted(manifest: dict, *more: str) -> bool:
    """Whether the API server takes it."""
    done = subprocess.run(
        ("kubectl", *(more or ("apply", "--server-side", "-f", "-"))), input=json.dumps(manifest), capture_output=True, text=True, check=False
    )
    return done.returncode == 0


def volume(name: str, text: str, **spec: object) -> dict:
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [EVIL]}]}]}}
    return {
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": {MARK: "yes"}, "annotations": {"pv.kubernetes.io/provisioned-by": text}},
        "spec": {
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "local-block", "volumeMode": "Block",
            "persistentVolumeReclaimPolicy": "Retain", "local": {"path": "/mnt/local-block/x"}, "nodeAffinity": affinity, **spec,
        },
    }  # fmt: skip


def plant() -> list[str]:
    """Hostile texts wherever the API server takes them; the names of those that it took."""
    took = []
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "foreign"}}))
    for number, (name, text) in enumerate(TEXTS.items()):
        affinity = {
            "required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [text]}]}]}
        }
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": text, "name": text, "uid": text}
        tries = {
            "path": volume(f"{MARK}-path-{number}", text, local={"path": f"/mnt/local-block/{text}"}),
            "tied": volume(f"{MARK}-tied-{number}", text, nodeAffinity=affinity),
            "claimed": volume(f"{MARK}-claim-{number}", text, claimRef=claim),
            "driven": {**volume(f"{MARK}-csi-{number}", text), "spec": {
                "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "csi": {"driver": "csi.example.com", "volumeHandle": text}}},
            "attached": {"apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment", "metadata": {"name": f"{MARK}-{number}"},
                         "spec": {"attacher": "csi.example.com", "nodeName": EVIL, "source": {"persistentVolumeName": text}}},
            "claim": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {
                "name": f"c-{number}", "namespace": "foreign", "annotations": {"volume.kubernetes.io/selected-node": text}},
                "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "local-block", "resources": {"requests": {"storage": "1Gi"}}}},
            "event": {"apiVersion": "v1", "kind": "Event", "metadata": {"name": f"e-{number}", "namespace": "foreign"}, "type": "Warning",
                      "reason": text, "message": text,
                      "involvedObject": {"kind": "PersistentVolumeClaim", "name": f"c-{number}", "namespace": "foreign"}},
        }  # fmt: skip
        took += [f"{kind} {name}" for kind, manifest in tries.items() if accepted(manifest)]
        status = {"nodeInfo": {"osImage": text, "kernelVersion": text},
                  "conditions": [{"type": "Ready", "status": "True", "message": text, "reason": text}],
                  "addresses": [{"type": "InternalIP", "address": text}], "capacity": {text: "1"}}  # fmt: skip
        for key, value in status.items():
            code, _told = as_node(EVIL, "PATCH", f"/api/v1/nodes/{EVIL}/status", {"status": {key: value}})
            took += [f"{key} {name}"] if code == 200 else []
        failed = json.dumps({"status": {"phase": "Failed", "message": text, "reason": text}})
        took += (
            [f"failed {name}"] if accepted({}, "patch", "pv", f"{MARK}-path-{number}", "--subresource=status", "--type=merge", "-p", failed) else []
        )
    return took


@pytest.fixture(scope="module")
def planted() -> list[str]:
    took = plant()
    assert len(took) > 40, f"the API server takes little of it: {took}"
    return took


def inventory(folder: Path, answers: dict) -> Path:
    """One lying storage node, and the machine that asks the API server."""
    python = lying_node.interpreter(folder / "node", answers)
    hosts = {
        "kube_api": {"hosts": {"control": {"ansible_python_interpreter": sys.executable}}},
        "storage_nodes": {"hosts": {EVIL: {"ansible_python_interpreter": str(python)}}},
    }
    file = folder / "hosts.yml"
    variables = {**WISHES, "ansible_connection": "local", "ansible_become": False, "storage_disks_file": str(folder / "disks.yml")}
    file.write_text(yaml.safe_dump({"all": {"children": hosts, "vars": variables}}), encoding="utf-8")
    return file


def play(folder: Path, book: str, answers: dict, *more: str, **variables: str) -> subprocess.CompletedProcess:
    crds = subprocess.run(("lab", "snapshot-crds"), capture_output=True, text=True, check=False).stdout.strip()
    arguments = [each.replace("@CRDS@", crds) for each in BOOKS[book]]
    file = inventory(folder, answers)
    if book != "discover":
        (folder / "disks.yml").write_text("storage_disks: {}\n", encoding="utf-8")
    command = ("ansible-playbook", "-i", str(file), str(REPO / "playbooks" / f"{book}.yml"), "--check", "--diff", *arguments, *more)
    return run(folder / "cwd", *command, **variables)


def test_every_playbook_is_tried() -> None:
    assert {file.stem for file in (REPO / "playbooks").glob("*.yml")} - NOT_TRIED == set(BOOKS)


@pytest.mark.parametrize("book", BOOKS)
def test_playbooks_with_hostile_objects_in_the_cluster(book: str, planted: list[str], tmp_path: Path) -> None:
    done = play(tmp_path, book, lying_node.told("plain"))
    nothing_happened(tmp_path, done)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.stdout + done.stderr), "something that moves a person's cursor"


def test_modules_with_hostile_objects_in_the_cluster(planted: list[str], tmp_path: Path) -> None:
    tasks = [
        {"cairn.storage.storage_info": {}, "register": "info"},
        {"cairn.storage.storage_audit": {"patience": 0}, "register": "audit"},
        {"ansible.builtin.copy": {"content": "{{ info.table }}", "dest": str(tmp_path / "table")}},
        {"ansible.builtin.copy": {"content": "{{ audit.report }}", "dest": str(tmp_path / "report")}},
        {"ansible.builtin.copy": {"content": "{{ audit.findings | map(attribute='fix') | to_json }}", "dest": str(tmp_path / "fixes")}},
    ]
    book = tmp_path / "book.yml"
    book.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    done = run(tmp_path, "ansible-playbook", "-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}", str(book))
    nothing_happened(tmp_path, done)
    assert done.returncode == 0, done.stdout
    table, report = ((tmp_path / name).read_text(encoding="utf-8") for name in ("table", "report"))
    assert all(line.isprintable() and len(line) < 3000 for line in [*table.split("\n"), *report.split("\n")])
    assert MARK in table and MARK in report
    for fix in json.loads((tmp_path / "fixes").read_text(encoding="utf-8")):
        for command in re.findall(r"(?:playbook \w+\.yml|kubectl) .*", fix):
            done = subprocess.run(("bash", "-n", "-c", command), capture_output=True, text=True, check=False)
            # What a person copies: all its words are the command's own, whatever stands in them.
            shown = subprocess.run(
                ("bash", "-c", f"set -f; printf '%s\\n' {command.rstrip('.')}"), cwd=tmp_path, capture_output=True, text=True, check=False
            )
            assert not (tmp_path / MARK).exists(), (command, shown.stderr, done.stderr)


# What a node answers.


def mixed(answers: object, texts: Iterator[str]) -> object:
    """The same with another hostile text in each place that has the word WORDS."""
    if isinstance(answers, dict):
        return {key: mixed(value, texts) for key, value in answers.items()}
    if isinstance(answers, list):
        return [mixed(value, texts) for value in answers]
    return next(texts) if answers == "WORDS" else answers


@pytest.mark.parametrize("book", ["audit", "discover", "site", "storage_map", "grow_local_volume", "teardown"])
def test_playbooks_with_hostile_words_of_a_node(book: str, tmp_path: Path) -> None:
    done = play(tmp_path, book, mixed(lying_node.told("WORDS"), itertools.cycle(TEXTS.values())))
    nothing_happened(tmp_path, done)


def names(text: str) -> dict:
    return {
        **lying_node.told("plain"),
        "block_device_info": {"devices": [lying_node.device(id=text, ids=[text])]},
        "local_volumes": {
            "changed": True,
            "entries": [{**lying_node.entry(), "class": text, "name": text, "device": text}],
            "degraded": [],
            "unadopted": [],
        },
        "lvm_info": {"volume_groups": [lying_node.group(name=text)], "lost": []},
    }


def types() -> dict:
    """Values of other types than modules return."""
    values = itertools.cycle(([1], {"a": 1}, 7, "x", None))
    return {module: {key: next(values) for key in told} for module, told in lying_node.told("plain").items()} | {"all": {"changed": True}}


@pytest.mark.parametrize("book", ["audit", "discover", "site", "storage_map", "grow_local_volume", "teardown", "iscsi_static_pv"])
@pytest.mark.parametrize("answers", [names(TEXTS["yaml"]), names(TEXTS["shell"]), types()], ids=["yaml", "shell", "types"])
def test_playbooks_with_hostile_names_and_types_of_a_node(book: str, answers: dict, tmp_path: Path) -> None:
    done = play(tmp_path, book, answers)
    nothing_happened(tmp_path, done)


def test_what_discover_writes_is_a_list_of_disks_and_no_more(tmp_path: Path) -> None:
    devices = [
        lying_node.device(id=f"{lying_node.DISK}{number}", ids=[f"{lying_node.DISK}{number}"], model=text, serial=text, use=text, found=text)
        for number, text in enumerate(TEXTS.values())
    ]
    book = tmp_path / "book.yml"
    file = inventory(tmp_path, {"block_device_info": {"devices": devices}})
    done = run(tmp_path / "cwd", "ansible-playbook", "-i", str(file), str(REPO / "playbooks" / "discover.yml"))
    assert done.returncode == 0, done.stdout + done.stderr
    text = (tmp_path / "disks.yml").read_text(encoding="utf-8")
    assert all(line.isprintable() for line in text.split("\n")) and "{{" not in text and "{%" not in text
    told = yaml.safe_load(text)["storage_disks"][EVIL]
    assert len(told) == len(devices) and all(
        set(disk) == {"id", "size_bytes", "size", "rotational", "model", "serial", "holds", "found", "use"} for disk in told
    )
    # Read as variables, as a person may do with it, nothing of it is a template.
    book.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "vars_files": [str(tmp_path / "disks.yml")], "tasks": [
        {"ansible.builtin.debug": {"msg": "{{ storage_disks }}"}}]}]), encoding="utf-8")  # fmt: skip
    done = run(tmp_path / "cwd", "ansible-playbook", "-i", "localhost,", "-c", "local", str(book))
    assert done.returncode == 0
    nothing_happened(tmp_path, done)


# Facts in the place of variables.

STOLEN = "a secret of the machine where Ansible runs"


def injecting(folder: Path) -> dict:
    """A node that says as facts which file is to be copied to it, where discover.yml is to write, and what the cluster is to have."""
    (folder / "secret").write_text(STOLEN, encoding="utf-8")
    wanted = [{"src": str(folder / "secret"), "path": str(folder / MARK)}]
    evil = f"x\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {MARK}}}\n---\na: b"
    facts = {"image_bundle_archives": wanted, "storage_disks_file": str(folder / MARK), "local_volumes_classes": [{"name": evil}]}
    return {**lying_node.told("plain"), "all": {**lying_node.told("plain")["all"], "changed": True, "ansible_facts": facts}}


@pytest.mark.parametrize("book", ["site", "discover", "csi"])
def test_a_nodes_facts_take_the_place_of_no_variable(book: str, tmp_path: Path) -> None:
    done = play(tmp_path, book, injecting(tmp_path))
    nothing_happened(tmp_path, done)
    assert STOLEN not in done.stdout


@pytest.mark.parametrize("book", ["site", "discover"])
def test_where_facts_would_be_variables_playbooks_refuse(book: str, tmp_path: Path) -> None:
    file = inventory(tmp_path, injecting(tmp_path))
    command = ("ansible-playbook", "-i", str(file), str(REPO / "playbooks" / f"{book}.yml"))
    done = run(tmp_path / "cwd", *command, ANSIBLE_INJECT_FACT_VARS="true")
    assert done.returncode != 0 and "inject_facts_as_vars" in done.stdout + done.stderr, done.stdout
    nothing_happened(tmp_path, done)


def test_all_playbooks_refuse_it_first() -> None:
    for file in (REPO / "playbooks").glob("*.yml"):
        plays = yaml.safe_load(file.read_text(encoding="utf-8"))
        if file.stem not in ("preflight", "left_out"):
            assert plays[0].get("ansible.builtin.import_playbook") == "preflight.yml", file.name
