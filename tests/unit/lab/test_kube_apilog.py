"""Counting the audit log."""

import json

import pytest
from cairn_lab.apilog import count, moment
from cairn_lab.run import LabError

AT = "2026-01-02T03:04:05.000000Z"


def event(number, verb="get", agent="kubectl/v1 (linux)", at=AT, **more):
    reference = {"resource": "pods", "apiVersion": "v1"}
    fields = {"auditID": str(number), "verb": verb, "userAgent": agent, "objectRef": reference}
    fields.update(requestReceivedTimestamp=at, requestURI="/api/v1/pods?limit=1", **more)
    return json.dumps(fields) + "\n"


def test_equal_requests_are_one_row_most_frequent_first():
    rows = count([event(1, "list"), event(2), event(3)])
    assert [(row["verb"], row["resource"], row["user_agent"], row["count"]) for row in rows] == [
        ("get", "pods", "kubectl", 2),
        ("list", "pods", "kubectl", 1),
    ]


def test_a_watch_that_began_and_ended_is_one_request():
    assert count([event(1, "watch"), event(1, "watch")])[0]["count"] == 1


def test_groups_and_subresources_and_paths():
    full = {"apiGroup": "apps", "resource": "statefulsets", "subresource": "status"}
    rows = count([event(1, objectRef=full), event(2, objectRef={})])
    assert [row["resource"] for row in rows] == ["apps/statefulsets/status", "/api/v1/pods"]


def test_since_counts_from_the_moment_the_request_was_received():
    lines = [event(1), event(2, at="2026-01-02T03:04:06.500000Z")]
    assert count(lines, moment("2026-01-02T03:04:06Z"))[0]["count"] == 1


def test_a_line_still_being_written_does_not_count():
    assert count([event(1), event(2)[:-10]])[0]["count"] == 1


@pytest.mark.parametrize("text, seconds", [(None, 0), ("12.5", 12.5), ("1970-01-01T00:01:00Z", 60)])
def test_moments(text, seconds):
    assert moment(text) == seconds


def test_a_moment_that_is_none_is_refused_with_an_example():
    with pytest.raises(LabError, match="--since yesterday: neither Unix seconds nor"):
        moment("yesterday")
