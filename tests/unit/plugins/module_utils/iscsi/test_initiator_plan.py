"""Which sessions are made, changed, repaired and removed from which state, as tables of plain values."""

from __future__ import annotations

import dataclasses
import json
import pytest
from initiators import (
    CHAP, FIRST, LUN, NAME, OTHER, REPLY, SECOND, SECRET, TARGET, key, lun, planned, record, session, steps, verbs, wanted,
)

from ansible_collections.cairn.storage.plugins.module_utils._core.errors import CairnError
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.model import Observed, Offer
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.initiator.plan import renamed
from ansible_collections.cairn.storage.plugins.module_utils._iscsi.names import Portal

NOTHING = Observed(NAME, f"InitiatorName={NAME}\n")
#: One session as wanted, and two to the same LUN.
ONE = Observed(NAME, records=(record(),), sessions=(session(luns=[lun()]),))
TWO = Observed(NAME, records=(record(), record(SECOND)), sessions=(session(luns=[lun()]), session(SECOND, number=2, luns=[lun(name="sdc")])))


def mounted(*states: str, used: str = "mount /srv") -> Observed:
    """Sessions to one LUN that is in use, in these states."""
    portals = (FIRST, SECOND)[: len(states)]
    return Observed(
        NAME,
        records=tuple(record(portal) for portal in portals),
        sessions=tuple(session(portal, number=number, state=state, luns=[lun(used=used)]) for number, (portal, state) in enumerate(zip(portals, states))),
    )


@pytest.mark.parametrize(("observed", "wish", "expected"), [
    (NOTHING, wanted(), [f"log in {FIRST}"]),
    (ONE, wanted(), []),
    (Observed(NAME, records=ONE.records), wanted(), [f"log in {FIRST}"]),
    (Observed(NAME, sessions=ONE.sessions), wanted(), [f"record {FIRST}"]),
    (ONE, wanted(startup="manual"), [f"update {FIRST}"]),
    (ONE, wanted(chap=CHAP), [f"update {FIRST}"]),
    (ONE, wanted(mode="multipath"), [f"update {FIRST}", f"set {FIRST}"]),
    (ONE, wanted(timeouts={"login": 7}), [f"update {FIRST}"]),
    (ONE, wanted(iface="eth1"), [f"log in {FIRST} through eth1"]),
    (ONE, wanted(state="absent"), [f"log out {FIRST}"]),
    (Observed(NAME, records=ONE.records), wanted(state="absent"), [f"forget {FIRST}"]),
    (NOTHING, wanted(state="absent"), []),
    (TWO, wanted(None, state="absent"), [f"log out {FIRST}", f"log out {SECOND}"]),
    (TWO, wanted(None, OTHER, state="absent"), []),
])
def test_only_what_differs_is_done(observed: Observed, wish: dict, expected: list) -> None:
    assert verbs(planned(observed, wish)) == expected


def test_second_portal_is_a_session_of_its_own__community_general_2685() -> None:
    made = planned(ONE, wanted(), wanted(SECOND))
    assert verbs(made) == [f"log in {SECOND}"] and made.changed


def test_the_portal_is_named_in_every_command__ansible_29309() -> None:
    every = [step for made in (planned(NOTHING, wanted()), planned(TWO, wanted(SECOND, state="absent"))) for step in steps(made) if "iscsiadm" in step]
    assert every and all(f"--targetname {TARGET} --portal" in step and "--interface default" in step for step in every)
    assert not any(FIRST in step for step in steps(planned(TWO, wanted(SECOND, state="absent"))))


def test_several_targets_are_logged_out_in_one_call() -> None:
    observed = Observed(NAME, records=(record(), record(FIRST, OTHER)), sessions=(session(), session(FIRST, OTHER, 2)))
    assert len(planned(observed, wanted(state="absent"), wanted(FIRST, OTHER, state="absent")).actions) == 2


def test_the_record_of_a_target_is_deleted_when_it_is_logged_out() -> None:
    assert [step.rsplit(" ", 2)[1:] for step in steps(planned(ONE, wanted(state="absent")))] == [["default", "--logout"], ["--op", "delete"]]


def test_startup_is_that_of_each_portal__community_general_2683() -> None:
    assert verbs(planned(TWO, wanted(startup="manual"), wanted(SECOND))) == [f"update {FIRST}"]


def test_sessions_and_records_that_nobody_named_stay() -> None:
    assert not planned(TWO, wanted()).changed


def test_discovery_makes_no_record_and_sets_no_startup_back__open_iscsi_58() -> None:
    observed = Observed(NAME, records=(record(startup="manual"),), sessions=ONE.sessions, offers=(Offer(TARGET, Portal("192.0.2.10")), Offer(OTHER, Portal("192.0.2.10"))))
    assert not planned(observed, wanted(startup="manual"), discovery=[{"portal": FIRST, "chap": None}]).changed


def test_a_session_without_a_portal_is_one_for_each_that_is_offered() -> None:
    offers = (Offer(TARGET, Portal("192.0.2.10")), Offer(TARGET, Portal("198.51.100.10")), Offer(OTHER, Portal("192.0.2.10")))
    observed = Observed(NAME, records=ONE.records, sessions=ONE.sessions, offers=offers)
    ask = [{"portal": FIRST, "chap": None}]
    assert verbs(planned(observed, wanted(None), discovery=ask)) == [f"log in {SECOND}"]
    assert verbs(planned(observed, wanted(None), wanted(SECOND, state="absent"), discovery=ask)) == [], "one that names its portal counts more"


def test_chap_secrets_are_in_no_step_no_diff_no_prediction_and_no_error() -> None:
    made = planned(NOTHING, wanted(chap=CHAP))
    changed = planned(Observed(NAME, records=(record(chap={**CHAP, "password": SECRET + "x"}),), sessions=ONE.sessions), wanted(chap=CHAP))
    shown = json.dumps([made.describe(), made.diff(), changed.describe(), changed.diff()]) + repr(made) + repr(changed) + str(made.warnings)
    assert SECRET not in shown and REPLY not in shown
    assert "initiator" in shown and "(another)" in json.dumps(changed.diff()), "that the secret is another is told"


def test_timeouts_are_set_by_mode__kubernetes_69097() -> None:
    single, multipath = (record(mode=mode).values["node.session.timeo.replacement_timeout"] for mode in ("single", "multipath"))
    assert int(single) >= 300 and int(multipath) <= 20
    assert record(mode="single", timeouts={"replacement": 60}).values["node.session.timeo.replacement_timeout"] == "60"


def test_multipathd_s_own_time_for_the_paths_of_a_map_is_left_to_it() -> None:
    joined = Observed(NAME, records=(record(mode="multipath"),), sessions=(session(luns=[lun(map="mpatha")]),))
    assert not planned(joined, wanted(mode="multipath")).changed


def test_a_login_that_cannot_work_ends_within_half_a_minute() -> None:
    values = record().values
    assert int(values["node.session.initial_login_retry_max"]) * int(values["node.conn[0].timeo.login_timeout"]) < 30


@pytest.mark.parametrize("wish", [[wanted(state="absent")], [wanted(None, state="absent")]])
def test_never_logs_out_the_last_path_of_a_lun_in_use__trident_961(wish: list) -> None:
    with pytest.raises(CairnError) as refused:
        planned(mounted("LOGGED_IN"), *wish)
    assert refused.value.code == "last-path" and LUN in str(refused.value) and "mount /srv" in str(refused.value)


def test_one_of_two_paths_of_a_lun_in_use_may_go_but_not_both() -> None:
    assert verbs(planned(mounted("LOGGED_IN", "LOGGED_IN"), wanted(state="absent"))) == [f"log out {FIRST}"]
    with pytest.raises(CairnError, match="last path"):
        planned(mounted("LOGGED_IN", "LOGGED_IN"), wanted(None, state="absent"))
    with pytest.raises(CairnError, match="last path"):
        planned(mounted("LOGGED_IN", "FAILED"), wanted(state="absent")), "the other path is dead"


@pytest.mark.parametrize(("consent", "code"), [
    ({LUN: "mount /srv"}, ""),
    ({LUN: "mount /other"}, "consent-differs"),
    ({"/dev/disk/by-id/another": "mount /srv"}, "last-path"),
])
def test_consent_names_the_lun_and_what_uses_it(consent: dict, code: str) -> None:
    if code:
        with pytest.raises(CairnError) as refused:
            planned(mounted("LOGGED_IN"), wanted(state="absent"), allow_disconnect=consent)
        assert refused.value.code == code and refused.value.parameter == "allow_disconnect"
    else:
        made = planned(mounted("LOGGED_IN"), wanted(state="absent"), allow_disconnect=consent)
        assert verbs(made) == [f"log out {FIRST}"] and "mount /srv" in made.actions[0].loses and not made.warnings


def test_what_is_lost_with_all_paths_is_told_with_each() -> None:
    made = planned(mounted("LOGGED_IN", "LOGGED_IN"), wanted(None, state="absent"), allow_disconnect={LUN: "mount /srv"})
    assert ["mount /srv" in action.loses for action in made.actions] == [True, True]
    one = planned(mounted("LOGGED_IN", "LOGGED_IN"), wanted(state="absent"))
    assert [action.loses for action in one.actions] == [""], "the other path is left"


def test_consent_that_nothing_needed_is_a_warning() -> None:
    assert "not needed" in planned(ONE, wanted(), allow_disconnect={LUN: "mount /srv"}).warnings[0]


def broken(observed: Observed, *portals: str) -> Observed:
    return Observed(observed.name, "", observed.records, observed.sessions, (), tuple(key(portal).portal for portal in portals))


@pytest.mark.parametrize(("observed", "expected", "degraded"), [
    (mounted("LOGGED_IN"), [], 0),
    (mounted("FAILED"), [], 1),
    (broken(mounted("FAILED"), FIRST), [], 1),
    (broken(mounted("FAILED", "FAILED"), FIRST, SECOND), [], 2),
    (mounted("FAILED", "LOGGED_IN"), [], 1),
    (broken(mounted("FAILED", "LOGGED_IN"), FIRST), [f"replace {FIRST}"], 0),
    (broken(mounted("FAILED", used=""), FIRST), [f"replace {FIRST}"], 0),
])
def test_only_dead_paths_are_replaced_and_never_the_last_of_a_lun_in_use__trident_1138(observed: Observed, expected: list, degraded: int) -> None:
    made = planned(observed, *(wanted(str(each.key.portal)) for each in observed.sessions))
    assert verbs(made) == expected and len(made.after.degraded) == degraded == len(made.warnings)


def test_a_rescan_is_planned_only_where_something_is_out_of_date__community_general_3763() -> None:
    paths = (session(luns=[lun(map="mpatha")], stale={0: "it grew", 1: "it is new"}), session(SECOND, number=2, luns=[lun(map="mpatha")], stale={0: "it grew"}))
    assert steps(planned(Observed(NAME, records=TWO.records, sessions=paths), wanted(), wanted(SECOND), rescan=True)) == [
        "iscsiadm --mode session --sid 1 --rescan",
        "iscsiadm --mode session --sid 2 --rescan",
        "multipathd resize map mpatha",
    ], "the map follows once all its paths have grown"
    behind = Observed(NAME, records=ONE.records, sessions=(session(luns=[dataclasses.replace(lun(map="mpatha"), map_size=1024)]),))
    assert steps(planned(behind, wanted(), rescan=True)) == ["multipathd resize map mpatha"], "what an earlier run did not get to"
    assert not planned(ONE, wanted(), rescan=True).changed


def test_a_new_name_is_refused_while_there_are_sessions() -> None:
    other = "iqn.2026-01.com.example:other-name"
    assert steps(planned(NOTHING, name=other)) == ["write /etc/iscsi/initiatorname.iscsi", "systemctl try-restart iscsid.service"]
    assert not planned(ONE, name=NAME).changed
    with pytest.raises(CairnError) as refused:
        planned(ONE, name=other)
    assert refused.value.code == "name-in-use" and NAME in refused.value.found


@pytest.mark.parametrize(("text", "expected"), [
    ("", "InitiatorName=new\n"),
    ("# theirs\nInitiatorName=old\n", "# theirs\nInitiatorName=new\n"),
    ("GenerateName=yes\n", "InitiatorName=new\n"),
    ("InitiatorName=a\nInitiatorAlias=x\nInitiatorName=b\n", "InitiatorAlias=x\nInitiatorName=new\n"),
])
def test_the_file_of_the_name_keeps_what_else_it_says(text: str, expected: str) -> None:
    assert renamed(text, "new") == expected


@pytest.mark.parametrize(("values", "told"), [({"chap": CHAP}, "credentials"), ({"data_digest": True}, "digests")])
def test_what_counts_from_the_next_login_on_is_told(values: dict, told: str) -> None:
    assert told in " ".join(planned(ONE, wanted(**values)).warnings)


def test_a_prediction_is_what_a_second_run_finds() -> None:
    made = planned(NOTHING, wanted(), wanted(SECOND))
    assert [(each.key, each.state, each.recovery) for each in made.after.sessions] == [(key(), "LOGGED_IN", 300), (key(SECOND), "LOGGED_IN", 300)]


@pytest.mark.parametrize("map, verbs_expected", [("", [("set", "recovery time")]), ("mpatha", [])])
def test_below_a_map_the_recovery_time_is_multipathds(map: str, verbs_expected: list) -> None:
    observed = Observed(NAME, records=(record(mode="multipath"),), sessions=(session(luns=[lun(map=map)]),))
    made = planned(observed, wanted(mode="multipath"))
    assert [(action.verb, action.kind) for action in made.actions] == verbs_expected
