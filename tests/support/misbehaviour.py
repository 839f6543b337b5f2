"""Every misbehaviour of a government that we have seen or could think of, by name, as the simulator's switches.

``ANSWERS`` are faults (``deploy.government.faults``) of any operation, ``DECISIONS`` those of an answer with results,
``PAGES`` those of a page that has a grade at least; to each belongs ``on`` and, where nothing is said, ``effect``.
``LISTS`` and ``HABITS`` are conditions (``deploy.government.conditions``).
"""

from __future__ import annotations

from typing import Any

Switches = dict[str, Any]

_STATUSES = (
    *(200, 201, 202, 203, 204, 206, 207, 226, 300, 301, 302, 303, 304, 307, 308),
    *(400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 418, 421, 422, 425, 428, 429, 431, 451, 499),
    *(500, 501, 502, 503, 504, 507, 508, 511, 520, 521, 522, 523, 524, 525, 526, 529, 530, 598, 599, 600, 999),
)
_PROXY_PAGE = "<html><head><title>Bad Request</title></head><body><center>proxy</center></body></html>"
_HTML = {"raw": _PROXY_PAGE, "headers": {"Content-Type": "text/html"}}


def _status(status: int, **fields: Any) -> Switches:
    return {"action": "status", "status": status, **fields}


def _answer(**fields: Any) -> Switches:
    return {"action": "answer", **fields}


def _set(value: object, *at: str | int) -> Switches:
    return _answer(edits=[{"at": list(at), "set": value}])


def _without(*at: str | int) -> Switches:
    return _answer(edits=[{"at": list(at), "remove": True}])


ANSWERS: dict[str, Switches] = {
    **{f"status {status} in form": _status(status) for status in _STATUSES},
    **{f"status {status} without form": _status(status, body={}) for status in _STATUSES},
    **{f"a proxy's {status}": _status(status, **_HTML) for status in (200, 400, 403, 404, 413, 429, 502, 503)},
    "redirect to another host": _status(307, headers={"Location": "http://127.0.0.1:9/batches"}),
    "redirect to clear text": _status(308, headers={"Location": "http://localhost/batches"}),
    **{
        f"in progress at {place!r}": _status(202, headers={"Location": place})
        for place in ("http://127.0.0.1:9/x", "//127.0.0.1:9/x", "", "\x00", "/" + "x" * 5000, "/../x", None)
    },
    **{
        f"wait for {asked[:40]!r}": _status(status, headers={"Retry-After": asked})
        for status in (429, 503)
        for asked in (
            *("0", "1000000000", "9" * 400, "-5", "1.5", "1e9", "soon", "", "\xb2", "Fri, 31 Dec 9999 23:59:59 GMT"),
            *("Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00", "Fri, 99 Dec 2026 99:99:99 GMT"),
        )
    },
    "a clock a day ahead": _status(503, retry_after_s=10, date_skew_s=86_400),
    "a clock a day behind": _status(503, retry_after_s=10, date_skew_s=-86_400),
    "no clock": _status(503, retry_after_s=10, headers={"Date": None}),
    "an unreadable clock": _status(503, retry_after_s=10, headers={"Date": "yesterday"}),
    **{
        f"body of {name}": _answer(raw=raw)
        for name, raw in {
            "nothing": "",
            "null": "null",
            "a list": "[]",
            "a text": '"ok"',
            "a number": "1e400",
            "half an object": '{"batch_id": "',
            "deep lists": "[" * 100_000,
            "deep objects": '{"a":' * 50_000,
            "zeros": "\x00" * 100,
            "Latin-1": '{"error": "caf\xe9"}',
            "UTF-16": "\xff\xfe{\x00}\x00",
        }.items()
    },
    "a byte order mark": _answer(replace={"{": "\xef\xbb\xbf{"}),
    "something after the body": _answer(replace={"}": "}}"}),
    "of another type": _answer(headers={"Content-Type": "text/plain"}),
    "of no type": _answer(headers={"Content-Type": None}),
    "of another character set": _answer(headers={"Content-Type": "application/json; charset=utf-16"}),
    "a huge body": _answer(pad_bytes=100_000_000),
    "a body just too large": _answer(pad_bytes=1_000_001),
    "a compressed body": _answer(coding="gzip"),
    "a deflated body": _answer(coding="deflate"),
    "a huge body, compressed": _answer(coding="gzip", pad_bytes=100_000_000),
    "compressed in name only": _answer(headers={"Content-Encoding": "gzip"}),
    "an unheard-of coding": _answer(headers={"Content-Encoding": "pigeon"}),
    "in chunks": _answer(wire="chunked"),
    "a byte a second": _answer(wire="drip", every_s=1),
    "a head of a byte a second": _answer(wire="drip_head", every_s=1),
    "a body without end": _answer(wire="endless", every_s=0.01),
    "a body without end, at once": _answer(wire="endless", every_s=0),
    "a body cut short": _answer(wire="short"),
    "half a body": _answer(wire="stall"),
    "a late answer": _answer(delay_s=60),
    "the answer twice": _answer(surplus=1),
    "an early hint": _answer(preface="HTTP/1.1 103 Early Hints\r\n\r\n"),
    "many early hints": _answer(preface="HTTP/1.1 100 Continue\r\n\r\n" * 10_000),
    "no HTTP": _answer(answer="SSH-2.0-OpenSSH_9.6\r\n"),
    "an endless header": _answer(headers={"X-Padding": "x" * 1_000_000}),
    "two lengths": _answer(headers={"Content-Length": "5", "content-length": "50"}),
    "a wrong length": _answer(headers={"Content-Length": "5"}),
    "a negative length": _answer(headers={"Content-Length": "-5"}),
    "the answer to what was asked before": {"action": "stale"},
    "another's school": _set("escuela-z", "school_id"),
    "another's term": _set("1999-q1", "term_id"),
    "no school": _without("school_id"),
    "the school as a number": _set(7, "school_id"),
    "the school twice": _answer(replace={'"school_id"': '"school_id": "escuela-z", "school_id"'}),
    "no answer": {"action": "drop"},
    "a connection broken off": {"action": "reset"},
    "an answer that does not come": {"action": "hang"},
    "connections refused": {"action": "refuse", "hold_s": 2},
    "an effect after the question": _status(504, late_s=2),
}

_BAD_IDS: dict[str, object] = {
    "with #": "student#1",
    "empty": "",
    "of 5,000 characters": "s" * 5000,
    "in capitals": "STUDENT-000",
    "with a line break": "student-000\n",
    "of another script": "student-\u0660",
    "as a number": 5,
    "null": None,
}
_BAD_REASONS: dict[str, object] = {
    "with ESC and a line break": "\x1b[2J\nreconciled",
    "of 400,000 characters": "x" * 400_000,
    "empty": "",
    "as a number": 5,
    "null": None,
    "half a surrogate": "\ud800",
}

DECISIONS: dict[str, Switches] = {
    **{f"a student {name}": _set(value, "results", 0, "student_id") for name, value in _BAD_IDS.items()},
    **{
        f"a reason {name}": _answer(
            edits=[
                {"at": ["results", 0, "status"], "set": "rejected"},
                {"at": ["results", 0, "reason"], "set": value},
            ]
        )
        for name, value in _BAD_REASONS.items()
    },
    "a reason in Latin-1": _answer(edits=[{"at": ["results", 0, "reason"], "set": "N"}], replace={'"N"': '"\xf1"'}),
    "another batch": _set("0" * 64, "batch_id"),
    "no batch": _without("batch_id"),
    "a grade left out": _without("results", 0),
    "a grade decided twice": _answer(edits=[{"at": ["results", 0], "repeat": 1}]),
    "a grade decided both ways": _answer(
        edits=[{"at": ["results", 0], "repeat": 1}, {"at": ["results", -1], "set": {"status": "rejected"}}]
    ),
    "a grade nobody sent": _answer(
        edits=[
            {
                "at": ["results"],
                "add": {"evaluation_id": "e", "student_id": "nobody", "version": 1, "status": "accepted"},
            }
        ]
    ),
    "another version": _set(99, "results", 0, "version"),
    "a version as a text": _set("1", "results", 0, "version"),
    "a version with a fraction": _set(1.5, "results", 0, "version"),
    "a version without measure": _answer(
        edits=[{"at": ["results", 0, "version"], "set": "V"}], replace={'"V"': "1" + "0" * 5000}
    ),
    "an unheard-of status": _set("maybe", "results", 0, "status"),
    "no results": _set([], "results"),
    "results as an object": _set({}, "results"),
    "some rejected": _answer(reject=0.3),
    "some lost in silence": _answer(lose=0.3),
    "all lost in silence": _answer(lose=1.0),
}

PAGES: dict[str, Switches] = {
    **{f"a student {name}": _set(value, "grades", 0, "student_id") for name, value in _BAD_IDS.items()},
    "another cursor": _set("99", "cursor"),
    "no cursor of its own": _without("cursor"),
    "a next cursor of 70,000 characters": _set("x" * 70_000, "next_cursor"),
    "a next cursor with a line break": _set("x\ny", "next_cursor"),
    "a next cursor as a number": _set(5, "next_cursor"),
    "a next cursor that is the question's": _set("0", "next_cursor"),
    "more grades than asked for": _answer(edits=[{"at": ["grades", 0], "repeat": 501}]),
    "a value of 400,000 characters": _set("5" * 400_000, "grades", 0, "value"),
    "a value as a number": _set(5.5, "grades", 0, "value"),
    "a value that is none": _answer(edits=[{"at": ["grades", 0, "value"], "set": "V"}], replace={'"V"': "NaN"}),
    "a version as a text": _set("1", "grades", 0, "version"),
    "an unheard-of state": _set("sick", "grades", 0, "state"),
    "a grade without a version": _without("grades", 0, "version"),
    "no grades": _without("grades"),
    "grades as null": _set(None, "grades"),
}


def lists(student_id: str) -> dict[str, Switches]:
    """What the list does otherwise about a student whose grade it holds."""
    extra = {"evaluation_id": "e", "student_id": "nobody", "version": 1, "course_id": "c", "state": "absent"}
    return {
        "not listed": {"hide": [student_id]},
        "listed twice": {"also": {student_id: {}}},
        "listed twice with another value": {"also": {student_id: {"value": "1.0"}}},
        "listed twice with another version": {"also": {student_id: {"version": 99}}},
        "another value": {"differ": {student_id: {"value": "1.0"}}},
        "another version": {"differ": {student_id: {"version": 99}}},
        "another course": {"differ": {student_id: {"course_id": "otro"}}},
        "a grade nobody sent": {"extra": [{**extra, "value": None}]},
        "overlapping pages": {"overlap": 1, "page_grades": 1},
        "a page larger than asked for": {"page_grades": 100_000},
        "pages of one grade": {"page_grades": 1},
        "an empty last cursor": {"cursors": "empty"},
        "no last cursor": {"cursors": "absent"},
        "cursors that go round": {"cursors": "cycle"},
        "a list without end": {"cursors": "endless"},
    }


HABITS: dict[str, Switches] = {
    "honours no key": {"honour_key": False},
    "decides never": {"decide": {}},
    "decides after three questions": {"decide": {"after_questions": 3}},
    "decides after a second": {"decide": {"after_s": 1}},
    "is slow": {"answer_time_s": 0.4},
    "is a day ahead": {"clock_offset_s": 86_400},
    "knows another key": {"keys": [{"key": "another"}]},
    "forbids every key": {"keys": [], "key_status": 403},
    "takes grades of one decimal only": {"schema": {"value": r"[1-7]\.[0-9]"}},
    "has a bad day": {
        "chances": [
            {"share": 0.30, "on": "submit", "action": "status", "status": 503},
            {"share": 0.10, "on": "submit", "action": "hang", "effect": True, "hold_s": 1},
            {"share": 0.05, "on": "submit", "action": "answer", "reject": 0.3},
            {"share": 0.02, "on": "submit", "action": "answer", "lose": 0.3},
            {"share": 0.05, "action": "status", "status": 429, "retry_after_s": 1},
        ],
        "seed": 1,
    },
    "is down": {"outages": [{"action": "status", "raw": _PROXY_PAGE, "headers": {"Content-Type": "text/html"}}]},
    "is in maintenance": {"outages": [{"action": "status", "retry_after_s": 1800}]},
    "refuses connections": {"outages": [{"action": "refuse"}]},
}
