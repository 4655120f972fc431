"""Reaching a node over ssh, with the lab's own key and pinned host key."""

import shlex

from .run import LabError, in_netns, run


def options(lab):
    """Arguments for ssh(1) that every connection to the lab's nodes needs.

    All nodes of a lab show the same host key, known under the lab's name.
    """
    return [
        "-i", str(lab.root / "ssh/id_ed25519"),
        "-o", "IdentitiesOnly=yes",
        "-o", f"UserKnownHostsFile={lab.root}/ssh/known_hosts",
        "-o", f"HostKeyAlias={lab.netns}",
        "-o", "StrictHostKeyChecking=yes",
        "-o", "LogLevel=ERROR",
        # A node that lost its power says nothing; without this a login would wait for ever.
        "-o", "ServerAliveInterval=5",
        "-o", "ServerAliveCountMax=6",
    ]


def command(lab, node, words=(), extra=()):
    """The full host-side command line of an ssh connection to ``node``.

    All share one, for a node takes a second to make another; it ends a minute after the last.
    """
    shared = ["-o", "ControlMaster=auto", *_shared(lab, node), "-o", "ControlPersist=60"]
    target = ["ssh", *options(lab), *shared, *extra, f"root@{node.ip1}", *words]
    return in_netns(lab, target)


def ssh(lab, node, script, *, input=None, check=True):
    """Run a script (text for sh) or an argv list on the node; returns its standard output.

    Raises LabError when it fails or the node cannot be reached within ten seconds.
    """
    if not isinstance(script, str):
        script = shlex.join(map(str, script))
    extra = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]
    try:
        return run(command(lab, node, [script], extra), input=input, check=check)
    except LabError as error:
        raise LabError(f"{node.name}: {error}") from error


def hang_up(lab, node):
    """End the shared connection of a node that has gone or cannot be reached: nobody answers there any more."""
    run(["ssh", "-q", *_shared(lab, node), "-O", "exit", node.ip1], check=False)


def _shared(lab, node):
    # A short path, wherever the lab's state is: a Unix socket's is limited to 108 characters.
    return ["-o", f"ControlPath=/run/{lab.netns}-{node.name}.ssh"]
