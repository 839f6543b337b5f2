"""The contract of ``POST /behavior`` as cases for both doors, and in what the API Gateway's door differs, with reasons.

The one place of the differences; ``docs/EVENT-DOORS.md`` tells them, and a test holds it to this.
"""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from edu import clock
from tests.integration.behavior.support import make_event

TAKEN = 202


@dataclass(frozen=True)
class Difference:
    """In what the gateway's door is another, and why it cannot be, or need not be, the same."""

    name: str
    door: str
    gateway: str
    reason: str


STATUS = Difference(
    "one status for what the model refuses",
    "422 for a broken rule, with the fields; 400 for what is no JSON",
    "400 for either, without the fields",
    "The gateway's validator says only whether the body fits the model. A device gives up on either.",
)
WORDS = Difference(
    "no words",
    "A refusal has a code, words in the device's language and the request's X-Correlation-Id",
    'A refusal says `{"accepted": false}`, or what API Gateway says in English; its id is in x-amzn-requestid',
    "No template of the gateway knows the languages' texts. A device decides by the status, which is the same.",
)
LIST = Difference(
    "one event a request",
    "One event or a list of up to 100",
    "One event: a list is a 400",
    "A request becomes one message whose length the model bounds, and what the worker sets aside of it is that one "
    "event. A device that gathers sends to the other door.",
)
WORKER = Difference(
    "checked by the worker",
    "422",
    "202, and the worker sets the event aside with its reason, where an administrator sees it "
    "(`/api/v1/rejected-events`)",
    "A JSON schema of draft 4 has no clock, and counts no decimals in a way that every validator does exactly.",
)
PARSER = Difference(
    "JSON as its own parser reads it",
    "400 or 422 for what two readers could take differently: a name twice, another charset, a number of over 100 "
    "characters, half a surrogate pair",
    "202 with what the gateway's parser makes of it, which is what the worker then checks and stores; 413 for what "
    "only its validator can read, as a byte order mark",
    "The gateway parses before any template of ours; what is stored is one reading, checked by every rule.",
)
MODEL_FIRST = Difference(
    "the model comes first",
    "413 for a body of more than 262,144 bytes, whatever it holds; 415 for a Content-Encoding",
    "413 past 262,144 characters and 415, but 400 if the body is no event of the model either",
    "The validator runs before the template that measures and looks at the headers.",
)
MEDIA_TYPE = Difference(
    "a media type may be missing",
    "415",
    "202: API Gateway takes a body without Content-Type for application/json",
    "It is so built; the body is validated all the same.",
)
LINE_ENDS = Difference(
    "a note's length as it is sent",
    "280 characters, counted when each end of line is one",
    "280 characters as sent: a note that is longer by its \\r\\n alone is a 400",
    "A JSON schema counts what there is.",
)
LIMITS = Difference(
    "no count of each device",
    "429 past a device's or a school's events of a minute, and past what refused bodies may come to",
    "429 past the stage's 5,000 requests a second of all schools together",
    "A usage plan counts by API key, and devices have tokens, not keys. WAF's rate rules count addresses, and a school "
    "has one.",
)
METHOD = Difference(
    "another method is 403",
    "405 with Allow, for POST is what there is",
    "403, API Gateway's answer to a method or an address that it does not know",
    "It could be given another status, but one for wrong methods and wrong addresses together.",
)
DIFFERENCES = (STATUS, WORDS, LIST, WORKER, PARSER, MODEL_FIRST, MEDIA_TYPE, LINE_ENDS, LIMITS, METHOD)


@dataclass(frozen=True)
class Case:
    """A request of a student, and what either door says. ``gateway`` only where it differs, and then by what.

    ``set_aside``: the worker's reason, for what the gateway takes and the other door does not. ``body`` is made anew
    for each door, for an id is used once.
    """

    name: str
    body: Callable[[], bytes]
    door: int
    gateway: int = 0
    by: Difference | None = None
    set_aside: str = ""
    headers: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def at_the_gateway(self) -> int:
        """The gateway's status."""
        return self.gateway or self.door


def _event(**changes: object) -> Callable[[], bytes]:
    """A good event but for the changes; one that is a function is asked when the body is made."""

    def body() -> bytes:
        return json.dumps(make_event(**{name: _now_of(value) for name, value in changes.items()})).encode()

    return body


def _now_of(value: object) -> object:
    return value() if callable(value) else value


def _with(text: str, **changes: object) -> Callable[[], bytes]:
    """The same with a text put in as it is, which ``json.dumps`` would not write."""
    return lambda: _event(**changes)()[:-1] + f", {text}}}".encode()


def _in(delta: timedelta) -> Callable[[], bytes]:
    def instant() -> str:
        return (clock.now() + delta).isoformat()

    return _event(occurred_at=instant)


def _taken(name: str, body: Callable[[], bytes], **headers: str | None) -> Case:
    return Case(name, body, TAKEN, headers=headers)


def _broken(name: str, body: Callable[[], bytes]) -> Case:
    return Case(name, body, 422, 400, STATUS)


def _late(name: str, body: Callable[[], bytes], reason: str) -> Case:
    return Case(name, body, 422, TAKEN, WORKER, reason)


_CODED = {"Content-Encoding": "gzip"}
CASES = (
    _taken("event", _event(value=2.5, note="«ayudó» a\tun compañero 🙌\r\ny a 'otro' \"más\" \\ 100 % $context #set")),
    _taken("without what is optional", _event()),
    _taken("null for what is optional", _with('"value": null, "note": null')),
    _taken("empty note", _event(note="")),
    _taken("id in capitals", _event(event_id=lambda: str(uuid.uuid4()).upper())),
    _taken("instant in small letters", _event(occurred_at=lambda: _now().replace("+00:00", "z").replace("T", "t"))),
    _taken("instant to the nanosecond", _event(occurred_at=lambda: _now().replace("+00:00", ".123456789+00:00"))),
    _taken("largest value", _event(value=999_999)),
    _taken("smallest value", _event(value=-999_999)),
    _taken("four decimals", _event(value=0.0001)),
    _taken("longest note", _event(note="🏫" * 280)),
    _taken("coding identity", _event(), **{"Content-Encoding": "identity"}),
    _taken("media type with charset", _event(), **{"Content-Type": "application/json; charset=utf-8"}),
    _broken("unknown field", _event(school_id="otra")),
    _broken("no event id", lambda: json.dumps({"kind": "participation", "occurred_at": _now()}).encode()),
    _broken("event id that is none", _event(event_id="1")),
    _broken("event id and a line feed", _event(event_id=lambda: f"{uuid.uuid4()}\n")),
    _broken("kind of two words", _event(kind="a b")),
    _broken("kind and a line feed", _event(kind="participation\n")),
    _broken("kind of no catalogue", _event(kind="nothing_such")),
    _broken("kind of the staff", _event(kind="negative_note")),
    _broken("kind too long", _event(kind="a" * 33)),
    _broken("clock of 1970", _event(occurred_at="1970-01-01T00:00:00Z")),
    _broken("clock of 2106", _event(occurred_at="2106-02-07T06:28:15Z")),
    _broken("29 February that is none", _event(occurred_at="2027-02-29T10:00:00Z")),
    _broken("31 April", _event(occurred_at="2027-04-31T10:00:00Z")),
    _broken("hour 24", _event(occurred_at=lambda: f"{_now()[:10]}T24:00:00Z")),
    _broken("instant without offset", _event(occurred_at=lambda: _now()[:19])),
    _broken("instant and a line feed", _event(occurred_at=lambda: f"{_now()}\n")),
    _broken("instant as a number", _event(occurred_at=1_790_000_000)),
    _broken("value as text", _event(value="3.5")),
    _broken("value true", _event(value=True)),
    _broken("value out of range", _event(value=1_000_000)),
    _broken("value of 1e400", _with('"value": 1e400')),
    _broken("note with NUL", _event(note="a\0b")),
    _broken("note with a bell", _event(note="a\x07b")),
    _broken("note too long", _event(note="x" * 281)),
    _broken("note as a number", _event(note=1)),
    _late("clock a month behind", _in(timedelta(days=-31)), "occurred_at: too_old"),
    _late("clock an hour ahead", _in(timedelta(hours=1)), "occurred_at: in_the_future"),
    _late("value too precise", _event(value=0.00001), "value: too_precise"),
    _late("leap second at noon", _event(occurred_at=lambda: f"{_now()[:10]}T12:00:60Z"), "occurred_at: instant"),
    Case("value NaN", _with('"value": NaN'), 400, TAKEN, WORKER, "value: out_of_range"),
    Case("not JSON", lambda: b'{"event_id":', 400),
    Case("nothing", lambda: b"", 400),
    Case("a number", lambda: b"1", 400),
    Case("empty list", lambda: b"[]", 400),
    Case("list of one", lambda: b"[" + _event()() + b"]", TAKEN, 400, LIST),
    Case("list of a hundred", lambda: b"[" + b",".join(_event()() for _ in range(100)) + b"]", TAKEN, 400, LIST),
    Case("list of too many", lambda: b"[" + b",".join(_event()() for _ in range(101)) + b"]", 400),
    Case("byte order mark", lambda: b"\xef\xbb\xbf" + _event()(), 400, 413, PARSER),
    Case("a name twice", _with('"kind": "participation"'), 400, TAKEN, PARSER),
    Case("note with half a surrogate pair", _with('"note": "a\\ud800"'), 422, TAKEN, PARSER),
    Case(
        "charset of Latin-1",
        _event(),
        400,
        TAKEN,
        PARSER,
        headers={"Content-Type": "application/json; charset=iso-8859-1"},
    ),
    Case("number of 120 characters", _with(f'"value": 1.{"0" * 118}'), 400, TAKEN, PARSER),
    Case("plain and said to be gzip", _event(), 415, headers=_CODED),
    Case("gzip", lambda: gzip.compress(_event()()), 415, 400, MODEL_FIRST, headers=_CODED),
    Case("other media type", _event(), 415, headers={"Content-Type": "text/plain"}),
    Case("no media type", _event(), 415, TAKEN, MEDIA_TYPE, headers={"Content-Type": None}),
    Case("event in 256 KiB of blanks", lambda: _event()() + b" " * 262_144, 413),
    Case("more than 256 KiB of nothing", lambda: b" " * 262_145, 413, 400, MODEL_FIRST),
    Case("note of 140 lines as Windows ends them", _event(note="a\r\n" * 140), TAKEN, 400, LINE_ENDS),
    Case("no token", _event(), 401, headers={"Authorization": None}),
    Case("token that is none", _event(), 401, headers={"Authorization": "Bearer x"}),
)


def _now() -> str:
    return clock.now().replace(microsecond=0).isoformat()
