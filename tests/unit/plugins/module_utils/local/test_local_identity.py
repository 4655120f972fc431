"""Whose disk it is: tables of (record, what the device says, what is there) -> what is done. Guests write labels and UUIDs as they like."""

from __future__ import annotations

import dataclasses
from typing import Any, Optional

import pytest
from local_wishes import actions, planned, steps, wish
from machines import BASE, GIB, disk, holding, host, rule, upon, wwn

from ansible_collections.cairn.storage.plugins.module_utils._block.model import Device, Host, Signature
from ansible_collections.cairn.storage.plugins.module_utils._block.record import GIVEN_UP, MAKING, Made, Record
from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._local import fstab, guard
from ansible_collections.cairn.storage.plugins.module_utils._local.desired import parse
from ansible_collections.cairn.storage.plugins.module_utils._local.model import Entry, Observed
from ansible_collections.cairn.storage.plugins.module_utils._local.plan import plan

UUID = "11111111-2222-3333-4444-555555555555"
OTHER = "22222222-2222-3333-4444-555555555555"
FAST = {"name": "fast", "devices": {"rule": "fast"}}
BULK = {"name": "bulk", "volume_mode": "Block", "devices": {"rule": "bulk"}}
#: Rules that both describe every disk: the attack needs a class with a file system that would take the raw disk, were it its own.
RULES = [rule("fast", at_most=1, only_unused=True), rule("bulk", only_unused=True)]


def made(storage_class: str, letter: str, mode: str = "Filesystem", **values: Any) -> Made:
    return Made(storage_class, values.pop("base_dir", BASE), mode, wwn(letter), disk(letter).links, "" if mode == "Block" else "xfs", **values)


def place(storage_class: str, name: str = UUID) -> str:
    return f"{BASE}/{storage_class}/{name}"


def mounted(letter: str, uuid: str = UUID, storage_class: str = "fast", label: str = "cl-fast") -> Device:
    return holding(disk(letter, mounts=(place(storage_class, uuid),)), "xfs", uuid, label)


def entry(letter: str, uuid: str = UUID, storage_class: str = "fast") -> Entry:
    return Entry(storage_class, uuid, place(storage_class, uuid), False, f"sd{letter}" if letter else "", GIB if letter else 0)


def raw(letter: str, *signatures: Signature) -> Device:
    return disk(letter, entry=f"bulk/{wwn(letter).rpartition('/')[2]}", signatures=signatures)


def link(letter: str) -> Entry:
    name = wwn(letter).rpartition("/")[2]
    return Entry("bulk", name, place("bulk", name), True, f"sd{letter}", target=wwn(letter))


def row(letter: str, uuid: str = UUID) -> str:
    return fstab.line(uuid, place("fast", uuid), "xfs", (), "fast", wwn(letter))


FORGED = Signature("xfs", OTHER, "cl-fast")
KNOWN = {UUID: made("fast", "a"), wwn("d").rpartition("/")[2]: made("bulk", "d", "Block")}


def test_a_raw_disk_is_not_adopted_because_of_the_label_that_a_pod_wrote() -> None:
    """What was proven: rules of both classes describe the disk, and the class with the file system has room by its own label."""
    machine = host(mounted("a"), raw("d", FORGED))
    for rules in (RULES, [rule("fast", only_unused=True), rule("bulk")], [rule("fast"), rule("bulk")]):
        plan_made = planned(machine, FAST, BULK, entries=(entry("a"), link("d")), text=row("a"), made=KNOWN, disk_rules=rules)
        assert actions(plan_made) == []
        assert [(each.storage_class, each.device) for each in plan_made.after.volumes] == [("fast", wwn("a")), ("bulk", wwn("d"))]


@pytest.mark.parametrize("signature", [FORGED, Signature("xfs", UUID, "cl-fast")], ids=["label", "the neighbour's UUID"])
def test_nor_is_it_while_the_disk_of_the_class_is_gone_or_nothing_is_on_record_yet(signature: Signature) -> None:
    for record, entries in ((KNOWN, (entry(""), link("d"))), ({}, (entry(""), link("d"))), ({}, (link("d"),))):
        try:
            plan_made = planned(
                host(raw("d", signature)), {**FAST, "adopt_new": True}, BULK, entries=entries, text=row("a"), made=record, disk_rules=RULES
            )
        except CairnError as refused:
            assert refused.code in ("rule-no-disk", "device-taken")
            continue
        assert not any(action.verb in ("mount", "format", "publish") for action in plan_made.actions)


def lun(label: str = "cl-fast") -> Device:
    return holding(disk("e", transport="iscsi"), "xfs", OTHER, label)


def test_a_lun_that_came_for_a_pod_is_nobodys_whatever_its_label_says() -> None:
    machine = host(mounted("a"), lun())
    wide = [rule("fast", rotational=False)]
    assert actions(planned(machine, {**FAST, "adopt_new": True}, entries=(entry("a"),), text=row("a"), made=KNOWN, disk_rules=wide)) == []
    with pytest.raises(CairnError) as refused:
        planned(host(lun()), {"name": "fast", "devices": [wwn("e")]}, adopt={wwn("e"): OTHER})
    assert refused.value.code == "adopt-barred" and "iSCSI" in refused.value.found
    with pytest.raises(CairnError) as refused:
        planned(host(lun()), {"name": "fast", "devices": [wwn("e")]})
    assert refused.value.code == "device-signature", "it is wiped by consent alone, and adoption is not offered"


LABELLED = holding(disk("a"), "xfs", UUID, "cl-fast")


def test_a_machine_that_lost_its_record_takes_in_its_disks_by_name() -> None:
    for devices in ({"rule": "fast"}, [wwn("a")], {"rotational": False, "only_unused": True}):
        with pytest.raises(CairnError) as refused:
            planned(host(LABELLED), {"name": "fast", "devices": devices})
        assert refused.value.code == "adopt-needed" and f'adopt: {{"{wwn("a")}": "{UUID}"}}' in refused.value.fix
    with pytest.raises(CairnError) as refused:
        planned(host(LABELLED), FAST, adopt={wwn("a"): OTHER})
    assert refused.value.code == "consent-differs"
    taken = planned(host(LABELLED), FAST, adopt={wwn("a"): UUID}, made={})
    assert actions(taken) == [
        f"mount local volume fast on {wwn('a')}",
        "update file /etc/fstab",
        "update file /var/lib/cairn-storage/records/local-volumes.json",
    ]
    assert not taken.warnings
    used = planned(host(mounted("a")), FAST, entries=(entry("a"),), text=row("a"), made=KNOWN, adopt={wwn("a"): UUID})
    assert actions(used) == [] and "adopt: the consent" in used.warnings[0], "a line that is not needed is said to be"


@pytest.mark.parametrize(
    "device, entries, record, why",
    [
        (dataclasses.replace(LABELLED, entry="bulk/x"), (), {}, "given out as bulk/x"),
        (dataclasses.replace(LABELLED, mounts=("/srv",)), (), {}, "mounted at /srv"),
        (LABELLED, (), {"x": made("bulk", "a", "Block")}, "on record"),
        (LABELLED, (), {UUID: made("fast", "c")}, "copy"),
        (LABELLED, (), {UUID: made("fast", "a", base_dir="/srv/volumes")}, "on record"),
    ],
)
def test_nobody_adopts_what_somebody_else_has(device: Device, entries: tuple, record: dict, why: str) -> None:
    with pytest.raises(CairnError) as refused:
        planned(host(device), FAST, entries=entries, made=record, adopt={wwn("a"): UUID})
    assert refused.value.code == "adopt-barred" and why in refused.value.found


def test_a_disk_without_a_lasting_name_is_known_by_its_uuid() -> None:
    moved = dataclasses.replace(LABELLED, links=(), kernel_name="sdc", path="/dev/sdc")
    record = {UUID: dataclasses.replace(made("fast", "a"), device="/dev/sda", ids=("/dev/sda",))}
    line = f"UUID={UUID} {place('fast')} xfs nofail,x-cairn.class=fast 0 0"
    plan_made = planned(
        host(dataclasses.replace(disk("a"), links=()), moved), FAST, entries=(entry(""),), text=line, made=record, allow_kernel_names=True
    )
    assert actions(plan_made)[0] == "mount local volume fast on /dev/sdc" and not plan_made.after.degraded


def test_a_rule_counts_the_disks_on_record() -> None:
    rules = [rule("fast", at_most=1)]
    gone = planned(host(disk("c")), {**FAST, "adopt_new": True}, entries=(entry(""),), text=row("a"), made=KNOWN, disk_rules=rules)
    assert actions(gone) == [] and gone.after.degraded
    nothing_left = planned(host(disk("c")), {**FAST, "adopt_new": True}, made=KNOWN, disk_rules=rules)
    assert actions(nothing_left) == [] and "missing" in nothing_left.after.degraded[0]["reason"], "though its mount point and its line are gone"


@pytest.mark.parametrize(
    "found", [(), (Signature("unknown data"),), (Signature("xfs", OTHER),)], ids=["nothing", "unknown data", "another file system"]
)
@pytest.mark.parametrize("devices", [[wwn("a")], {"rule": "fast"}], ids=["listed", "by rule"])
def test_what_was_made_and_does_not_show_is_reported_and_never_formatted(found: tuple, devices: Any) -> None:
    machine = host(disk("a", signatures=found, kept=f"fast/{UUID}"), disk("c"))
    for entries in ((entry(""),), ()):
        plan_made = planned(machine, {"name": "fast", "devices": devices}, entries=entries, text=row("a"), made=KNOWN)
        assert actions(plan_made) == []
        (report,) = plan_made.after.degraded
        assert report["entry"] == UUID and "repair" in report["reason"] and report["device"] == wwn("a")
        assert [(each.name, each.degraded) for each in plan_made.after.volumes] == [(UUID, True)], "nothing beside the old entry"


def test_a_damaged_volume_is_made_anew_by_consent_and_only_once_the_cluster_has_none_of_it() -> None:
    machine = host(disk("a", signatures=(Signature("unknown data"),), kept=f"fast/{UUID}"))
    consent = {"wipe": {wwn("a"): f"fast/{UUID}"}}
    for published, code in ((None, "published-unknown"), ([{"class": "fast", "entry": UUID, "volume": "v"}], "class-published")):
        with pytest.raises(CairnError) as refused:
            planned(machine, FAST, entries=(entry(""),), text=row("a"), made=KNOWN, published=published, **consent)
        assert refused.value.code == code
    with pytest.raises(CairnError) as refused:
        planned(machine, FAST, entries=(entry(""),), text=row("a"), made=KNOWN, published=[], wipe={wwn("a"): "unknown data"})
    assert refused.value.code == "consent-differs"
    member = host(holding(disk("a"), "LVM2_member", "p"))
    with pytest.raises(CairnError) as refused:
        planned(member, FAST, entries=(entry(""),), text=row("a"), made=KNOWN, published=[], wipe={wwn("a"): "p"})
    assert refused.value.code == "device-in-use", "it has gone to LVM"
    anew = planned(machine, FAST, entries=(entry(""),), text=row("a"), made=KNOWN, published=[], **consent)
    assert [action.verb for action in anew.actions] == ["withdraw", "wipe", "format", "publish", "update"]
    assert all(action.loses for action in anew.actions[:2])


def test_without_a_record_a_listed_disk_that_shows_nothing_is_not_formatted_while_a_volume_is_missing() -> None:
    plan_made = planned(host(disk("a")), {"name": "fast", "devices": [wwn("a")]}, entries=(entry(""),), made={})
    assert actions(plan_made) == [] and "holds nothing" in plan_made.after.degraded[0]["reason"]


def test_an_interrupted_format_is_taken_up_also_where_it_wrote_before_its_superblock() -> None:
    half = disk("a", signatures=(Signature("unknown data"),))
    plan_made = planned(host(half), FAST, made={UUID: made("fast", "a", state=MAKING)})
    assert [action.verb for action in plan_made.actions] == ["wipe", "format", "publish", "update"] and not any(
        action.loses for action in plan_made.actions
    )
    with pytest.raises(CairnError):
        planned(host(holding(disk("a"), "xfs", OTHER)), FAST, made={UUID: made("fast", "a", state=MAKING)})


def test_a_note_of_the_version_before_is_put_on_record_and_never_says_more_than_it_did() -> None:
    """Taken up by the plan it is made by then: were it written down as unfinished once more, the next run would format it again."""
    record = Record({UUID: made("fast", "a", state=MAKING)})
    observed = Observed(host(disk("a")), record=record, notes=(UUID,), udev=False)
    taken_up = plan(observed, parse(wish(FAST)), lambda: OTHER)
    written = [
        (name, each.state)
        for action in taken_up.actions
        for step in action.steps
        for name, each in getattr(step, "put", {}).items()
        if name == UUID and hasattr(each, "state")
    ]
    assert written == [(UUID, "making"), (UUID, "made")] and str(taken_up.actions[-1].steps[-1]).startswith("remove the notes")
    left = plan(observed, parse(wish()), lambda: OTHER)
    for known in (
        dataclasses.replace(observed, fstab=row("a"), host=host(LABELLED)),
        dataclasses.replace(observed, host=host(mounted("a")), entries=(entry("a"),)),
    ):
        assert not any(action.verb in ("wipe", "format") for action in plan(known, parse(wish(FAST)), lambda: OTHER).actions), "it was mounted since"
    assert [(name, each.state) for name, each in left.actions[-1].steps[0].put.items()] == [(UUID, "making")], "of a class that is not asked for now"


def test_what_is_mounted_in_the_place_of_a_volume_is_not_taken_for_it() -> None:
    """A boot by the lines of the version before can have mounted the raw disk of a pod that wrote its neighbour's UUID there."""
    stolen = dataclasses.replace(raw("d", Signature("xfs", UUID, "cl-fast")), mounts=(place("fast"),))
    for machine in (host(LABELLED, stolen), host(stolen)):
        with pytest.raises(CairnError) as refused:
            planned(machine, FAST, BULK, entries=(entry("d"), link("d")), text=row("a"), made=KNOWN, disk_rules=RULES)
        assert refused.value.code == "mount-foreign"
        with pytest.raises(CairnError) as refused:
            planned(machine, FAST, BULK, entries=(entry("d"), link("d")), text=row("a"), made={}, disk_rules=RULES)
        assert refused.value.code == "mount-foreign", "nor when nothing is on record yet"


BEFORE = f"UUID={UUID} {place('fast')} xfs nofail,x-systemd.before=kubelet.service,x-cairn.class=fast 0 0"


@pytest.mark.parametrize(
    "device, entries, text",
    [
        (mounted("a"), (entry("a"),), BEFORE),
        (LABELLED, (entry(""),), BEFORE),
        (LABELLED, (entry(""),), ""),
        (LABELLED, (), BEFORE),
    ],
    ids=["mounted", "not mounted", "line lost", "mount point lost"],
)
def test_what_the_version_before_made_is_put_on_record(device: Device, entries: tuple, text: str) -> None:
    plan_made = planned(host(device), FAST, entries=entries, text=text, made={})
    assert not any(action.verb in ("format", "wipe", "remount", "withdraw") for action in plan_made.actions)
    assert plan_made.actions[-1].after == {UUID: {"class": "fast", "device": wwn("a"), "state": "made"}}
    lines = [row for action in plan_made.actions for row in (action.after or {}).get("lines", ())]
    assert [line.split()[0] for line in lines] == [wwn("a")], "a line by UUID becomes one by the disk's name"
    settled = planned(host(mounted("a")), FAST, entries=(entry("a"),), text=row("a"), made={UUID: plan_made.actions[-1].steps[0].put[UUID]})
    assert actions(settled) == []


def test_of_a_class_that_was_given_up_disk_and_uuid_have_to_agree_and_nobody_may_have_it_since() -> None:
    record = {UUID: made("fast", "a", state=GIVEN_UP)}
    assert actions(planned(host(LABELLED), FAST, made=record))[0] == f"mount local volume fast on {wwn('a')}"
    elsewhere = {UUID: made("fast", "c", state=GIVEN_UP)}
    for device, known in ((LABELLED, elsewhere), (dataclasses.replace(LABELLED, entry="bulk/x"), record)):
        with pytest.raises(CairnError) as refused:
            planned(host(device), FAST, made=known)
        assert refused.value.code in ("device-signature", "device-taken")


def test_a_raw_volume_that_was_given_up_comes_back_whatever_label_its_pod_wrote_and_is_offered_to_nobody() -> None:
    disk_d, name = disk("d", signatures=(FORGED,)), wwn("d").rpartition("/")[2]
    record, kept = {name: made("bulk", "d", "Block", state=GIVEN_UP)}, {"sdd": f"bulk/{name}"}
    back = planned(host(disk_d), {**BULK, "devices": [wwn("d")]}, made=record, kept=kept)
    assert actions(back) == [f"publish local volume bulk on {wwn('d')}"]
    with pytest.raises(CairnError) as refused:
        planned(host(disk_d), {"name": "fast", "devices": [wwn("d")]}, made=record, kept=kept)
    assert refused.value.code == "device-signature", "not adopt-needed"
    with pytest.raises(CairnError) as refused:
        planned(host(disk_d), {"name": "fast", "devices": [wwn("d")]}, made=record, kept=kept, adopt={wwn("d"): OTHER})
    assert refused.value.code == "adopt-barred"


@pytest.mark.parametrize("target", ["a", "b"])
def test_what_a_volume_of_somebody_else_leads_to_is_given_out(target: str) -> None:
    published = [{"class": "hand-made", "entry": "x", "volume": "by-hand", "path": wwn(target)}]
    classes = {"a": FAST, "b": {**BULK, "devices": {"rule": "bulk"}}}
    with pytest.raises(CairnError) as refused:
        planned(host(disk(target)), classes[target], foreign={f"sd{target}": "by-hand"}, published=published)
    assert refused.value.code == "device-taken" and "by-hand" in refused.value.found
    held = {"a": (host(mounted("a")), (entry("a"),)), "b": (host(raw("b")), (link("b"),))}[target]
    with pytest.raises(CairnError) as refused:
        planned(held[0], classes[target], entries=held[1], text=row("a"), foreign={f"sd{target}": "by-hand"}, published=published)
    assert refused.value.code == "device-shared" and "by-hand" in refused.value.found
    with pytest.raises(CairnError) as refused:
        below, above = upon(disk("a"), Device("sda1", "/dev/sda1", "part", GIB))
        planned(host(below, above), FAST, foreign={"sda1": "by-hand"}, published=published)
    assert refused.value.code in ("device-taken", "device-signature")


def test_a_rule_for_unused_disks_passes_over_what_a_volume_of_somebody_else_leads_to() -> None:
    rules = [rule("unused", rotational=True, only_unused=True)]
    bulk = {**BULK, "devices": {"rule": "unused"}}
    made = planned(host(disk("b"), disk("d")), bulk, foreign={"sdb": "by-hand"}, published=[], disk_rules=rules)
    assert actions(made) == [f"publish local volume bulk on {wwn('d')}"]
    with pytest.raises(CairnError) as refused:
        planned(host(disk("b")), bulk, foreign={"sdb": "by-hand"}, published=[], disk_rules=rules)
    assert refused.value.code == "rule-no-disk" and "persistent volume by-hand" in refused.value.found


def test_two_entries_of_one_disk_are_refused() -> None:
    second = dataclasses.replace(link("b"), name="scsi-36001b", path=place("bulk", "scsi-36001b"))
    with pytest.raises(CairnError) as refused:
        planned(host(raw("b")), BULK, entries=(link("b"), second))
    assert refused.value.code == "device-shared"


def guarded(machine: Host, *classes: dict, entries: tuple = (), rules: str = "", record: Optional[dict] = None, **options: Any) -> Any:
    known = Record(record or {})
    observed = Observed(dataclasses.replace(machine, record=known), entries=entries, record=known, rules=rules)
    return plan(observed, parse(wish(*classes, **options)), lambda: OTHER)


def test_the_rules_come_before_a_pod_can_write_and_go_with_the_volume() -> None:
    fresh = guarded(host(disk("b")), BULK)
    assert actions(fresh) == [f"update file {guard.PATH}", f"publish local volume bulk on {wwn('b')}"]
    assert steps(fresh)[:3] == [f"write {guard.PATH}", "udevadm control --reload", f"udevadm trigger --action=change --settle {wwn('b')}"]
    text = fresh.actions[0].steps[0].text
    record = {wwn("b").rpartition("/")[2]: made("bulk", "b", "Block")}
    assert actions(guarded(host(raw("b")), BULK, entries=(link("b"),), rules=text, record=record)) == []
    assert f"update file {guard.PATH}" in actions(guarded(host(raw("b")), BULK, entries=(link("b"),), rules="", record=record))
    given_up = guarded(host(disk("b")), rules=text, record=record)
    assert actions(given_up) == [f"update file {guard.PATH}"] and given_up.actions[0].steps[0].text == "", "LVM may have it now"
    assert actions(guarded(host(raw("b")), entries=(link("b"),), rules=text)) == [], "what is not on record yet is given out all the same"
    leaving = guarded(host(raw("b")), {"name": "bulk", "state": "absent"}, entries=(link("b"),), rules=text, record=record, published=[])
    assert actions(leaving) == [f"update file {guard.PATH}", "withdraw local volume bulk/wwn-0x60012"]
    assert actions(guarded(host(), rules=text, record=record)) == [], "a disk that is away comes back with what is on it"


def test_rules_name_the_disk_and_the_partitions_that_a_guest_makes() -> None:
    text = guard.rules([wwn("b"), "/dev/fast/lv-1", '/dev/disk/by-id/odd"name'])
    assert 'SYMLINK=="disk/by-id/wwn-0x60012|disk/by-id/wwn-0x60012-part*", GOTO="cairn_local_raw"' in text
    assert 'SYMLINK=="fast/lv-1|fast/lv-1-part*"' in text and "odd?name" in text
    assert guard.guarded(text) == ["/dev/disk/by-id/odd?name", wwn("b"), "/dev/fast/lv-1"]
    assert guard.rules([]) == "" and guard.guarded("") == []
