"""The command line: what can be said, and which function it means."""

import argparse
import signal
import sys

from . import commands
from .config import LEVELS
from .parallel import end_children
from .run import LabError
from .settings import lab_name


def main(argv=None):
    """Run one command; the exit status is its own, 1 after an error that is explained."""
    asked = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asked.name = lab_name(getattr(asked, "name", None))
        return asked.command(asked) or 0
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("lab: interrupted; the same command goes on where it stopped", file=sys.stderr)
    except BrokenPipeError:
        sys.stderr.close()
    end_children()
    return 1


def _parser():
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--name", default=argparse.SUPPRESS, help="which lab (default: LAB_NAME, else lab)"
    )
    parser = argparse.ArgumentParser(prog="lab", description=__doc__, parents=[common])
    parser.description = "Machines with disks and a real Kubernetes, inside this one."
    groups = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name, help, function, *arguments, **more):
        sub = groups.add_parser(name, help=help, description=help, **{"parents": [common], **more})
        for flags, options in arguments:
            sub.add_argument(*flags, **options)
        sub.set_defaults(command=function)

    _lab_commands(command)
    _use_commands(command)
    _fault_commands(command)
    _instrument_commands(command)
    return parser


def _arg(*flags, **options):
    return flags, options


_NODE = _arg("node", metavar="NODE")
_JSON = _arg("--json", action="store_true", help="print JSON")
_WORDS = _arg("words", nargs=argparse.REMAINDER, metavar="...")


def _lab_commands(command):
    command(
        "up", "bring the lab up, or what is missing of it", commands.up,
        _arg("--level", choices=LEVELS, help="machines, API server only, or both (default)"),
        _arg("--nodes", type=int, metavar="N", help="machines (default 3)"),
        _arg("--disks", type=int, metavar="N", help="data disks of each (default 4)"),
        _arg("--disk-size", metavar="SIZE", help="size of a data disk (default 2GiB)"),
        _arg("--memory", metavar="SIZE", help="memory of a machine (default 2GiB)"),
        _arg("--images", action="append", metavar="GROUP", help="more images: csi"),
        _arg("--timings", action="store_true", help="print how long each stage took"),
    )  # fmt: skip
    command(
        "down", "stop everything; disks keep their data", commands.down,
        _arg("--purge", action="store_true", help="forget disks and settings too"),
    )  # fmt: skip
    command("status", "what runs and what does not", commands.status, _JSON)
    command(
        "cache-prune", "drop build products that no lab uses", commands.cache_prune,
        _arg("--days", type=float, default=14, help="unused for so long (default 14)"),
    )  # fmt: skip


def _use_commands(command):
    command("ssh", "log in to a node, or run a command there", commands.ssh, _NODE, _WORDS)
    command("exec", "run a command next to the nodes: lab exec -- cmd", commands.exec_, _WORDS)
    command("env", "the variables that `exec` sets, for a shell", commands.env)
    # With another sign for options, all that begins with a dash is kubectl's.
    command("kubectl", "kubectl on the lab's cluster", commands.kubectl, _WORDS, prefix_chars="+", add_help=False, parents=())
    command(
        "logs", "the journal of a node, or the log of a Kubernetes component", commands.logs,
        _arg("subject", metavar="NODE|COMPONENT"),
    )  # fmt: skip
    command("images", "image archives, by image name, as nodes see them", commands.images)
    command(
        "snapshot-crds", "a folder with the CustomResourceDefinitions of snapshots",
        commands.snapshot_definitions,
    )  # fmt: skip
    command(
        "inventory", "the lab as an Ansible inventory", commands.inventory,
        _arg("--list", action="store_true", help=argparse.SUPPRESS),
        _arg("--host", help=argparse.SUPPRESS),
    )  # fmt: skip


def _fault_commands(command):
    command("power-cut", "cut a node's power", commands.power_cut, _NODE)
    command("start", "switch a node on", commands.start, _NODE)
    command("reboot", "shut a node down properly and start it", commands.reboot, _NODE)
    command(
        "disk", "add, pull, break or mend a data disk", commands.disk,
        _arg("action", choices=["add", "remove", "fail", "heal"]),
        _NODE,
        _arg("disk", metavar="DISK", type=int, nargs="?", help="its number (add: or a new one)"),
    )  # fmt: skip
    command(
        "net", "cut, mend or slow down a node's cables", commands.net,
        _arg("action", choices=["cut", "heal", "delay"]),
        _NODE,
        _arg("--net", type=int, choices=[1, 2], help="one network only (default: both)"),
        _arg("--ms", type=int, default=100, help="delay in milliseconds (default 100)"),
    )  # fmt: skip
    command(
        "component", "stop or start a Kubernetes component", commands.component,
        _arg("action", choices=["stop", "start"]),
        _arg("component", metavar="NAME"),
    )  # fmt: skip


def _instrument_commands(command):
    command(
        "exec-log", "every program that ran on a node", commands.exec_log, _NODE, _JSON,
        _arg("--since", type=float, default=0.0, help="only from this time on (Unix seconds)"),
    )  # fmt: skip
    command(
        "hold", "stop at the K-th storage command from now on", commands.hold, _NODE,
        _arg("--at", type=int, metavar="K", help="arm: the K-th command will wait"),
        _arg("--wait", action="store_true", help="wait until a command is held, print it"),
        _arg("--timeout", type=float, default=60, help="seconds to wait (default 60)"),
        _arg("--release", action="store_true", help="let it go on, and hold no more"),
    )  # fmt: skip
    command(
        "api-log", "requests to the API server, counted by verb and kind", commands.api_log,
        _JSON,
        _arg("--since", metavar="TIME", help="only from then on (Unix seconds or ISO 8601)"),
    )  # fmt: skip
