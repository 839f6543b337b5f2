"""Messages that nobody of ours would send, put into the real queue as they are."""

from __future__ import annotations

import base64
import json
import pickle
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edu import clock
from tests.support.events import part_of

STORE, IMPORT = "behavior.store_events", "evaluations.advance_import"
DEAD_LETTERED, KEPT_AT_HOME, DROPPED = "dead-lettered", "kept in the school it names", "dropped"
_MANY = 1001
_EVENT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Target:
    """The school a forger belongs to, and the one it is after. ``secret`` must never reach the log."""

    own: str
    other: str
    other_student: str
    secret: str


@dataclass(frozen=True)
class Forgery:
    """One message: what it is, its text, and what has to become of it."""

    name: str
    body: str
    ends: str
    marker: str

    def is_among(self, items: str) -> bool:
        """Whether something of its events is among a school's items."""
        content = base64.b64decode(json.loads(self.body)["body"]).decode(errors="replace")
        return any(found in items for found in _EVENT_ID.findall(content))


class _Bomb:
    """What a pickle can do to whoever opens it."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path(self.path),)


def event(note: str = "", **more: object) -> dict[str, object]:
    """A good event, with what is asked for besides."""
    made: dict[str, object] = {
        "event_id": str(uuid.uuid4()),
        "kind": "participation",
        "occurred_at": clock.now().isoformat(),
    }
    return made | ({"note": note} if note else {}) | more


def envelope(task: str, args: object, kwargs: object, *, marker: str = "", **changes: Any) -> str:
    """A Celery message, protocol 2, as SQS holds it."""
    marker = marker or uuid.uuid4().hex
    content = changes.pop("content", None)
    embedded = changes.pop("embed", {"callbacks": None, "errbacks": None, "chain": None, "chord": None})
    content = content if content is not None else json.dumps([args, kwargs, embedded]).encode()
    named = changes.pop("headers", {})
    headers = {"lang": "py", "task": task, "id": marker, "root_id": marker, "parent_id": None, "retries": 0}
    message = {
        "body": base64.b64encode(content).decode(),
        "content-type": changes.pop("content_type", "application/json"),
        "content-encoding": changes.pop("content_encoding", "utf-8"),
        "headers": None if named is None else headers | named,
        "properties": {
            "correlation_id": marker,
            "delivery_mode": 2,
            "delivery_tag": marker,
            "delivery_info": {"exchange": "", "routing_key": "behavior"},
            "priority": 0,
            "body_encoding": "base64",
        },
    }
    return json.dumps(message | changes)


def forgeries(target: Target, bomb: Path) -> list[Forgery]:
    """All of them; each carries a marker, and an event of its own, by which it is found again."""
    made: list[Forgery] = []

    def good(**changes: Any) -> dict[str, object]:
        return {"parts": [part_of(target.own, "est-forjado", [event(target.secret)]) | changes]}

    def add(name: str, ends: str, task: str, args: object, kwargs: object, **changes: Any) -> None:
        marker = uuid.uuid4().hex
        made.append(Forgery(name, envelope(task, args, kwargs, marker=marker, **changes), ends, marker))

    for name, school in _bad_schools(target).items():
        add(f"school: {name}", DEAD_LETTERED, STORE, [], good(school_id=school))
    nameless = part_of("", "est-forjado", [event(target.secret)], school_id=None)
    add("no school", DEAD_LETTERED, STORE, [], {"parts": [nameless]})
    positional = [[part_of(target.other, target.other_student, [event(target.secret)])]]
    add("everything by position", DEAD_LETTERED, STORE, positional, {})
    add("own school by name, another by position", DEAD_LETTERED, STORE, [target.other], good())
    add("a member too many", DEAD_LETTERED, STORE, [], good(tenant=target.other))
    add("scope as a member", DEAD_LETTERED, STORE, [], good(scope={"kind": "platform"}))
    add("a keyword too many", DEAD_LETTERED, STORE, [], good() | {"tenant": target.other})
    add("scope as a keyword", DEAD_LETTERED, STORE, [], good() | {"scope": {"kind": "platform"}})
    add("a part that is a list", DEAD_LETTERED, STORE, [], {"parts": [[target.other, "est-forjado"]]})
    add("own school, the other's student", KEPT_AT_HOME, STORE, [], good(student_id=target.other_student))
    mixed = [event(school_id=school) for school in (target.own, target.other)] + [event(pk=f"SCHOOL#{target.other}")]
    add("events that name other schools", KEPT_AT_HOME, STORE, [], good(events=mixed))
    free_text = {"correlation_id_of_request": f"{target.secret}\n{target.other_student}"}
    add("a text for a correlation id", KEPT_AT_HOME, STORE, [], good(), headers=free_text)
    add("student id with a separator", DEAD_LETTERED, STORE, [], good(student_id=f"x#{target.other}"))
    add("student id as a path", DEAD_LETTERED, STORE, [], good(student_id=f"../{target.other}"))
    add("more events than a message may hold", DEAD_LETTERED, STORE, [], good(events=list(range(_MANY))))
    add("unknown task", DEAD_LETTERED, "behavior.nothing", [], good())
    add("task by a module's path", DEAD_LETTERED, "edu.schools.list_schools", [], {})
    add("another app's task with these arguments", DEAD_LETTERED, "govsync.start_sync", [], good())
    add("another app's task in a school that cannot be", DEAD_LETTERED, "govsync.start_sync", [], _order_of("*"))
    add("another app's task, no such term", DEAD_LETTERED, "govsync.start_sync", [], _order_of(target.own))
    add("an import's step in a school that cannot be", DEAD_LETTERED, IMPORT, [], _import_of("*"))
    add("an import's step, no such import", DEAD_LETTERED, IMPORT, [], _import_of(target.own))
    add("an import's step with what it would write", DEAD_LETTERED, IMPORT, [], _import_of(target.own) | good())
    add("Celery's own task", DEAD_LETTERED, "celery.chord_unlock", [], good())
    pickled = _pickle(bomb)
    add("pickle", DEAD_LETTERED, STORE, [], good(), content_type="application/x-python-serialize", content=pickled)
    add("pickle called JSON", DEAD_LETTERED, STORE, [], good(), content=pickled)
    add("YAML", DEAD_LETTERED, STORE, [], good(), content_type="application/x-yaml", content=b"- 1")
    add("unknown content type", DEAD_LETTERED, STORE, [], good(), content_type="text/plain")
    add("arguments that are no list", DEAD_LETTERED, STORE, {"a": 1}, good())
    add("keywords that are no object", DEAD_LETTERED, STORE, [], [1, 2])
    add("body that is no JSON", DEAD_LETTERED, STORE, [], good(), content=b"{")
    add("no message of Celery's at all", DEAD_LETTERED, STORE, [], good(), headers=None)
    add("an envelope that ends kombu", DEAD_LETTERED, STORE, [], good(), properties=5)
    follow_up = {"callbacks": [{"task": STORE, "kwargs": good(school_id=target.other)}]}
    add("a callback in the other school", DEAD_LETTERED, STORE, [], good(), embed=follow_up)
    add("Celery's own task that calls ours", DEAD_LETTERED, "celery.starmap", [{"task": STORE}, [[good()]]], {})
    return made


def _bad_schools(target: Target) -> dict[str, object]:
    return {
        "null": None,
        "empty": "",
        "wildcard": "*",
        "a prefix with a wildcard": f"{target.other[:4]}*",
        "with a separator": f"{target.own}#x",
        "a whole key": f"SCHOOL#{target.other}",
        "upper case": target.other.upper(),
        "with a space": f"{target.other} ",
        "with a line feed": f"{target.other}\n",
        "full-width letters": "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in target.other),
        "a list of two": [target.own, target.other],
        "an object": {"school_id": target.other},
        "a number": 7,
        "true": True,
        "too long": "a" * 32,
    }


def _order_of(school_id: str) -> dict[str, str]:
    return {"school_id": school_id, "term_id": "no-hay", "actor": "nadie"}


def _import_of(school_id: str) -> dict[str, object]:
    return {"school_id": school_id, "import_id": "no-hay"}


def _pickle(bomb: Path) -> bytes:
    return pickle.dumps([[], {"school_id": _Bomb(str(bomb))}, {}])
