"""What was asked of the API server, from its audit log."""

import json
import time
from collections import Counter
from datetime import datetime

from . import control_plane
from .run import LabError


def api_log(lab, since=None, as_json=False):
    """Print how often each client asked for what, most frequent first.

    since: a time (Unix seconds, or ISO 8601); requests received before it do not count.
    """
    rows = count(_lines(lab), moment(since))
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print(f"{row['count']:7} {row['verb']:17} {row['resource']:45} {row['user_agent']}")


def count(lines, since=0.0):
    """Rows {"verb", "resource", "user_agent", "count"} of audit events, one event a line.

    resource is ``group/resource/subresource`` without the parts that are empty, or the path of
    a request for no resource; user_agent is its first word without the version.
    """
    seen = set()
    counts = Counter()
    for line in lines:
        if not line.endswith("}\n"):
            continue  # still being written
        event = json.loads(line)
        # A watch has two events: its beginning and its end.
        if event["auditID"] in seen or moment(event["requestReceivedTimestamp"]) < since:
            continue
        seen.add(event["auditID"])
        counts[event["verb"], _resource(event), _agent(event)] += 1
    keys = ("verb", "resource", "user_agent", "count")
    return [dict(zip(keys, (*key, number), strict=True)) for key, number in counts.most_common()]


def moment(text):
    """Unix seconds from a number or an ISO 8601 time; 0 for None."""
    if text is None:
        return 0.0
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()
    except ValueError:
        raise LabError(
            f"--since {text}: neither Unix seconds nor a time such as"
            f" {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}"
        ) from None


def _lines(lab):
    """All events: the rotated file, whose name carries its time, before the present one."""
    for path in sorted(control_plane.audit_log(lab).parent.glob("audit*.log")):
        with path.open() as file:
            yield from file


def _resource(event):
    reference = event.get("objectRef", {})
    parts = [reference.get(key) for key in ("apiGroup", "resource", "subresource")]
    return "/".join(part for part in parts if part) or event["requestURI"].partition("?")[0]


def _agent(event):
    return event.get("userAgent", "unknown").split("/")[0].split(" ")[0]
