# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""A storage StatefulSet: what is wanted, what is there, and the steps from one to the other, all as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Tuple, Union

from ..._core.plan import Action, Consent
from ..basics import Object
from ..manifest import Ref


#: The label by which the controller says which ControllerRevision a pod was made from.
REVISION = "controller-revision-hash"


@dataclass(frozen=True)
class Gate:
    """What the pods of a wave have to pass besides being ready."""

    #: Restarts that the containers of one pod may have had.
    restarts: int = 0
    #: Seconds that all pods of the wave have to stay healthy.
    hold: int = 0
    #: A command that has to end with 0 in each pod of the wave, and the container it runs in (empty: the first).
    command: Tuple[str, ...] = ()
    container: str = ""
    #: A page that each pod has to answer with a status below 400: ``{port, path, scheme}``.
    http: Optional[Mapping[str, Any]] = None
    #: A query whose every sample has to be other than 0: ``{url, query}``.
    promql: Optional[Mapping[str, str]] = None

    @property
    def asks(self) -> bool:
        """Whether anything has to be asked beyond what the pods' status says."""
        return bool(self.command or self.http or self.promql)


@dataclass(frozen=True)
class Desired:
    """What one call wants of one StatefulSet."""

    ref: Ref
    #: The whole object as the user wrote it.
    manifest: dict
    #: How many pods each wave brings up to date in all, as ``"1"`` or ``"50%"``; empty: the controller rolls without us.
    waves: Tuple[str, ...] = ()
    gate: Gate = Gate()
    #: What a failed wave leads to: the old template again, or nothing.
    abort_on_failure: bool = True
    #: Take back a rollout that is under way, and do nothing else.
    abort: bool = False
    #: What becomes of the claims of pods that are no longer wanted: ``keep``, ``delete``, or ``""`` when nobody has said.
    removed_claims: str = ""
    #: A pod that gets a new claim, and so a new volume.
    replace: str = ""
    check_capacity: bool = True
    #: Nodes whose pods are neither waited for nor touched.
    nodes_away: Tuple[str, ...] = ()
    #: Seconds without any progress after which waiting ends.
    timeout: float = 300
    #: Take fields that another manager has set to other values.
    take: bool = False
    consent: Consent = field(default_factory=lambda: Consent("allow_data_loss", {}))


@dataclass
class Run:
    """What one run remembers; everything else is in the cluster, so that an interrupted run is gone on with by the next."""

    #: The template to go back to.
    old_template: Optional[Object] = None
    #: What others have set on the set, as a part of it: it is lost when the set is made anew, unless it is given back.
    theirs: Object = field(default_factory=dict)
    #: A rollout was under way, or was begun by this run.
    started: bool = False
    #: Why the rollout is taken back.
    failure: str = ""
    #: Gate questions that were answered: key -> "" when passed, else what is wrong.
    verdicts: Dict[str, str] = field(default_factory=dict)
    #: Seconds for which each key of the latest wait lasts.
    waited: Dict[str, float] = field(default_factory=dict)
    #: UID of a pod -> seconds for which it is stuck.
    stuck: Dict[str, float] = field(default_factory=dict)
    #: Claim that was given up -> its UID: the consent was for that one, not for the next of its name.
    given_up: Dict[str, str] = field(default_factory=dict)
    warnings: Dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True)
class Observed:
    """One StatefulSet and what surrounds it."""

    live: Optional[Object]
    #: The object as the API server would hold it, all defaults filled in.
    target: Object
    pods: Tuple[Object, ...] = ()
    claims: Tuple[Object, ...] = ()
    revisions: Tuple[Object, ...] = ()
    volumes: Mapping[str, Object] = field(default_factory=dict)
    classes: Mapping[str, Object] = field(default_factory=dict)
    #: CSIStorageCapacity objects.
    capacities: Tuple[Object, ...] = ()
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class Do:
    """One action, and the state that it leads to at once."""

    action: Action
    after: Observed


@dataclass(frozen=True)
class Wait:
    """Nothing to do until the cluster has gone on. ``keys`` say what is waited for: a key that stays keeps its clock running."""

    keys: Tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Ask:
    """The gate has to be asked about these pods; the answer goes to ``run.verdicts[key]``."""

    key: str
    gate: Gate
    pods: Tuple[Object, ...]


@dataclass(frozen=True)
class Failed:
    """A wave has failed: take it back, or stop here."""

    reason: str


@dataclass(frozen=True)
class Done:
    """Nothing is left."""


Step = Union[Do, Wait, Ask, Failed, Done]
