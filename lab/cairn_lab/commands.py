"""One function per command of the lab: it gets the parsed arguments and prints."""

import json
import os
import shlex
import sys
import time

from . import cache, disks, environment, faults, instruments, kubernetes, nodes, progress, snapshot_crds
from . import inventory as ansible
from . import ssh as remote
from . import status as state
from . import up as stages
from .config import STATE, Lab
from .netns import NETWORKS
from .progress import say
from .run import LabError, in_netns
from .settings import size


def up(asked):
    wanted = {key: getattr(asked, key) for key in ("level", "nodes", "disks", "images")}
    for key in ("disk_size", "memory"):
        text = getattr(asked, key)
        wanted[key] = size(text, f"--{key.replace('_', '-')}") if text else None
    begin = time.monotonic()
    lab = stages.up(asked.name, wanted)
    say(f"lab {lab.name} is up (level {lab.level}) after {time.monotonic() - begin:.1f} s")
    if asked.timings:
        for row in progress.timings():
            print(f"{row['start_s']:8.1f} {row['seconds']:8.1f} s  {row['stage']}")


def down(asked):
    begin = time.monotonic()
    stages.down(asked.name, asked.purge)
    say(f"lab {asked.name} is down after {time.monotonic() - begin:.1f} s")


def status(asked):
    report = state.report(Lab.load(asked.name))
    print(json.dumps(report, indent=1) if asked.json else state.as_text(report))


def cache_prune(asked):
    labs = [Lab.load(path.parent.name) for path in STATE.glob("*/lab.json")]
    freed = cache.prune(asked.days, keep=[lab.base_image for lab in labs])
    print(f"{freed >> 20} MiB freed")


def ssh(asked):
    lab = Lab.load(asked.name)
    words = _words(asked)
    extra = [] if words else ["-t"]
    _become(remote.command(lab, lab.node(asked.node), words, extra))


def exec_(asked):
    lab = Lab.load(asked.name)
    words = _words(asked)
    if not words:
        raise LabError("exec: say what to run, as in `lab exec -- ansible-inventory --graph`")
    _become(in_netns(lab, words), environment.variables(lab))


def env(asked):
    for key, value in environment.variables(Lab.load(asked.name)).items():
        print(f"export {key}={shlex.quote(value)}")


def kubectl(asked):
    lab = Lab.load(asked.name)
    _become(in_netns(lab, ["kubectl", *_words(asked)]), environment.variables(lab))


def logs(asked):
    lab = Lab.load(asked.name)
    if asked.subject not in [node.name for node in lab.nodes]:
        print(kubernetes.log(lab, asked.subject).read_text(errors="replace"), end="")
        return
    node = lab.node(asked.subject)
    if nodes.is_ready(lab, node):
        _become(remote.command(lab, node, ["journalctl --no-pager --boot"]))
    print(nodes.log(node).read_text(errors="replace"), end="")


def images(asked):
    print(json.dumps(kubernetes.images(Lab.load(asked.name)), indent=1))


def snapshot_definitions(_asked):
    print(snapshot_crds.folder())


def inventory(asked):
    if asked.host:
        print("{}")
        return
    lab = Lab.load(asked.name)
    print(json.dumps(ansible.as_ansible(lab, kubernetes.images(lab)), indent=1))


def power_cut(asked):
    faults.power_cut(*_lab_and_node(asked))


def start(asked):
    faults.start(*_lab_and_node(asked))


def reboot(asked):
    faults.reboot(*_lab_and_node(asked))


def disk(asked):
    with stages.alone(asked.name):
        lab, node = _lab_and_node(asked)
        if asked.action == "add":
            number = disks.add(lab, node, asked.disk)
            print(f"{node.name} disk {number}: serial {disks.serial(node, number)}")
            return
        if asked.disk is None:
            raise LabError(f"disk {asked.action}: say which disk of {node.name}, by its number")
        getattr(disks, asked.action)(lab, node, asked.disk)


def net(asked):
    lab, node = _lab_and_node(asked)
    nets = [asked.net] if asked.net else list(NETWORKS)
    if asked.action == "delay":
        faults.delay(lab, node, nets, asked.ms)
    else:
        getattr(faults, asked.action)(lab, node, nets)


def component(asked):
    kubernetes.component(Lab.load(asked.name), asked.component, asked.action)


def exec_log(asked):
    entries = instruments.exec_log(*_lab_and_node(asked), asked.since)
    lines = map(json.dumps, entries) if asked.json else instruments.as_text(entries)
    for line in lines:
        print(line)


def hold(asked):
    lab, node = _lab_and_node(asked)
    if asked.at is None and not (asked.wait or asked.release):
        raise LabError("hold: say --at K, --wait or --release")
    if asked.at is not None:
        instruments.hold(lab, node, asked.at)
    if asked.wait:
        print(json.dumps(instruments.wait_held(lab, node, asked.timeout)))
    if asked.release:
        print(f"{instruments.release(lab, node)} storage commands since --at")


def api_log(asked):
    kubernetes.api_log(Lab.load(asked.name), since=asked.since, as_json=asked.json)


def _lab_and_node(asked):
    lab = Lab.load(asked.name)
    return lab, lab.node(asked.node)


def _words(asked):
    return asked.words[1:] if asked.words[:1] == ["--"] else asked.words


def _become(argv, variables=None):
    sys.stdout.flush()
    os.execvpe(argv[0], argv, {**os.environ, **(variables or {})})
