"""Whether a file system is made, from plain values: what was made once is never made again."""

from __future__ import annotations

import uuid
from typing import Any, Dict, Sequence

import pytest
from ansible_collections.cairn.storage.plugins.module_utils._block.model import Signature
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from cairn_csi import content, create, snapshot
from cairn_csi.capability import Capability
from cairn_csi.content import Origin
from cairn_csi.file_systems import Place, to_make
from cairn_csi.inventory import find
from cairn_csi.names import Id, fs_uuid
from cairn_csi.parameters import parse_class
from cairn_csi.tags import UNMADE, Facts, read_tags
from csi_state import MIB, lv, state

OWN, OTHER = fs_uuid("a"), "6b1d3fa4-2d43-4c8a-a6a5-3a50d36a2a11"
MIBS = 512
EXT4, XFS = (Signature("ext4", OWN),), (Signature("xfs", OWN),)
SOURCE = "node1/vg/snap-s"


def asked(facts: Dict[str, Any], holds: Sequence[Signature] = (), unfinished: bool = False, bytes_: Dict[int, bytes] | None = None) -> str:
    """``make``, ``keep`` or the code of the refusal, for a volume of 512 MiB on which ``bytes_`` stand at some offsets."""
    here = find(state(lv("volume", "a", MIBS // 4, facts=facts)), Id("node1", "vg", "csi-a"))
    assert here

    def read(place: Place) -> bytes:
        offset, size = place
        assert 0 <= offset and offset + size <= MIBS * MIB
        piece = bytearray(size)
        for at, text in (bytes_ or {}).items():
            if offset <= at < offset + size:
                piece[at - offset : at - offset + len(text)] = text
        return bytes(piece[:size])

    try:
        return "make" if to_make(here, holds, unfinished, read) else "keep"
    except CairnError as refused:
        return refused.code


def stands(text: str, *offsets: int) -> Dict[int, bytes]:
    """A UUID as a file system writes it."""
    return {offset: uuid.UUID(text).bytes for offset in offsets}


@pytest.mark.parametrize(
    ("facts", "holds", "expected"),
    [
        # Made by this version: its note says all.
        ({"made": UNMADE}, (), "make"),
        ({"made": UNMADE}, EXT4, "keep"),  # killed between mkfs and the note
        ({"made": UNMADE}, (Signature("ext4", OTHER),), "fs-foreign"),
        ({"made": OWN}, EXT4, "keep"),
        ({"made": OWN}, (), "fs-damaged"),
        ({"made": OWN}, (Signature("ext4", OTHER),), "fs-foreign"),
        ({"made": OWN}, XFS, "fs-differs"),
        ({"made": OWN}, (Signature("DOS partition table"),), "fs-differs"),
        ({"made": UNMADE}, (*EXT4, Signature("xfs", OTHER)), "fs-differs"),
        # Copies have the file system of what they are of.
        ({"made": OTHER, "source": SOURCE}, (Signature("ext4", OTHER),), "keep"),
        ({"made": OTHER, "source": SOURCE}, (), "fs-damaged"),
        ({"made": OTHER, "source": SOURCE}, EXT4, "fs-foreign"),
        ({"made": UNMADE, "source": SOURCE}, (), "make"),
        ({"made": UNMADE, "source": SOURCE}, (Signature("ext4", OTHER),), "keep"),
        # Of the version before: taken as it is.
        ({}, EXT4, "keep"),
        ({}, (Signature("ext4", OTHER),), "fs-foreign"),
        ({"source": SOURCE}, (Signature("ext4", OTHER),), "keep"),
        ({}, (), "make"),
        ({"source": SOURCE}, (), "make"),
    ],
)
def test_by_the_note_and_what_is_seen(facts: Dict[str, Any], holds: Sequence[Signature], expected: str) -> None:
    assert asked(facts, holds) == expected


@pytest.mark.parametrize(
    ("facts", "there", "expected"),
    [
        ({}, stands(OWN, 128 * MIB + 0x68), "fs-damaged"),  # ext4's copy in blocks of 4 KiB
        ({}, stands(OWN, 8193 * 1024 + 0x68), "fs-damaged"),  # in blocks of 1 KiB
        ({}, stands(OWN, 5 * 8192 * 1024 + 1024 + 0x68), "fs-damaged"),  # and a later one
        ({"access": "xfs"}, stands(OWN, 4096 + 0x28), "fs-damaged"),  # the root of a tree
        ({"access": "xfs"}, stands(OWN, 128 * MIB + 32), "fs-damaged"),  # xfs's second superblock
        ({}, stands(OTHER, 128 * MIB + 0x68, 8193 * 1024 + 0x68, 4096), "make"),  # of a tenant before
        ({"source": SOURCE}, {5000: b"x"}, "fs-damaged"),
        ({"source": SOURCE}, {128 * MIB: b"x"}, "make"),
    ],
)
def test_what_the_version_before_has_made_is_known_by_its_traces(facts: Dict[str, Any], there: Dict[int, bytes], expected: str) -> None:
    assert asked(facts, (), bytes_=there) == expected


@pytest.mark.parametrize(("made", "expected"), [(UNMADE, "make"), ("", "make"), (OWN, "fs-damaged")])
def test_what_mkfs_never_finished_holds_no_data(made: str, expected: str) -> None:
    assert asked({"made": made, "access": "xfs"}, (), True, stands(OWN, 32)) == expected


def test_a_refusal_says_what_repairs_it_and_formats_nothing() -> None:
    here = find(state(lv("volume", "a", facts={"made": OWN})), Id("node1", "vg", "csi-a"))
    assert here
    with pytest.raises(CairnError) as refused:
        to_make(here, (), False, lambda place: b"")
    assert refused.value.grpc == "FAILED_PRECONDITION"
    assert all(word in str(refused.value) for word in ("e2fsck -b 32768 /dev/vg/csi-a", OWN, "not made anew"))


def made_of(parameters: Dict[str, str], fs: str, origin: Origin | None, *volumes: Any) -> Facts:
    """The facts of a new volume."""
    use = Capability("mount", "SINGLE_NODE_WRITER", fs) if fs else Capability("block", "SINGLE_NODE_WRITER")
    wish = create.Wish("new", 64 * MIB, 0, parse_class(parameters), use, origin=origin)
    decision: content.Decision = create.decide(state(*volumes), "node1", ["*"], wish)
    argv = next(step.argv for action in decision.plan.actions for step in action.steps if "csi-new" in step.argv)
    facts = read_tags(argv[index + 1] for index, part in enumerate(argv) if part == "--addtag")
    assert facts
    return facts


@pytest.mark.parametrize("kind", ["linear", "thin"])
def test_a_copy_has_the_note_of_what_it_is_of(kind: str) -> None:
    thin = kind == "thin"
    origin, unmade = (lv("volume", name, thin=thin, facts={"made": made}) for name, made in (("a", OWN), ("b", UNMADE)))
    assert made_of({"type": kind}, "ext4", None).made == UNMADE and made_of({"type": kind}, "", None).made == ""
    for name, made in (("a", OWN), ("b", UNMADE)):
        assert made_of({"type": kind}, "ext4", Origin("volume", f"node1/vg/csi-{name}"), origin, unmade).made == made
    _plan, taken = snapshot.decide(state(origin), "node1", "s", "node1/vg/csi-a", 4 * MIB, 1)
    assert taken.facts.made == OWN
    assert made_of({"type": kind}, "ext4", Origin("snapshot", SOURCE), origin, taken.volume).made == OWN
