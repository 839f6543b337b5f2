"""A message as it lies in a queue: written, and read strictly, its envelope made anew before kombu and Celery see it.

kombu and Celery parse the envelope in the consumer's own loop and expect that they wrote it themselves: an odd member
raises there and ends the worker (celery/kombu#2421, celery/celery#7975), an undecodable body is deleted. So nothing of
a sender's envelope reaches them but the few values read here, each of its one kind (ADR 0019).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

LONGEST_MESSAGE_CHARS: Final = 1_048_576  # the most that SQS takes
MOST_LEVELS: Final = 64  # ours have six; the interpreter gives up at some hundreds
CORRELATION_HEADER: Final = "correlation_id_of_request"
_CORRELATION_ID = re.compile(r"[A-Za-z0-9_=+/.:-]{1,128}")  # it is written to the log as it is
_TASK = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,254}")
_ID = re.compile(r"[A-Za-z0-9_=+/.:-]{1,255}")  # a UUID, or a request's id of the API Gateway
_CELERYS_OWN = "celery."
_Arguments = tuple[list[Any], dict[str, Any]]
_PARTS_OF_BODY: Final = 3
_KOMBUS_TYPED: Final = frozenset({"__type__", "__value__"})
_NEVER_SENT = ("eta", "expires", "compression")  # ours wait in the table and are not compressed (ADR 0006)
_NO_FOLLOW_UPS = b'{"callbacks":null,"errbacks":null,"chain":null,"chord":null}'


class Fault(StrEnum):
    """What is wrong with a message, in words of ours: none of its own may reach the log."""

    TOO_LONG = "too long"
    NO_JSON = "no JSON"
    NO_OBJECT = "no object"
    PROPERTIES = "properties"
    HEADERS = "headers"
    TASK = "task"
    TASK_ID = "task id"
    DELAYED_OR_COMPRESSED = "delayed or compressed"
    CONTENT_TYPE = "content type"
    BODY = "body"
    BODY_TOO_DEEP = "body too deep"
    ARGUMENTS = "arguments"
    FOLLOW_UPS = "follow-ups"
    UNFORESEEN = "unforeseen"


class BrokenEnvelopeError(Exception):
    """A message that nobody of ours sent. It holds nothing of the message but what is wrong with it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def read_envelope(raw: object, *, queue: str) -> dict[str, Any]:
    """The envelope of a message's text (JSON, or that in base64), made anew as kombu writes one for ``queue``.

    Raises:
        BrokenEnvelopeError: it is no message of Celery's protocol 2 with a JSON body, or asks for what ours never do.
    """
    headers, (body, _arguments) = _read(raw)
    return _envelope(headers, body, queue)


@dataclass(frozen=True)
class Call:
    """What a message asks for: a task by name, with positional and keyword arguments."""

    task: str
    task_id: str
    correlation_id: str
    positional: list[Any] = field(repr=False)
    keywords: dict[str, Any] = field(repr=False)


def read_call(raw: object) -> Call:
    """The call that a message's text stands for, for who consumes a queue without Celery (ADR 0024).

    Raises:
        BrokenEnvelopeError: as ``read_envelope``.
    """
    headers, (_body_text, (positional, keywords)) = _read(raw)
    correlation_id = headers.get(CORRELATION_HEADER) or headers["id"]
    return Call(headers["task"], headers["id"], correlation_id, positional, keywords)


def _read(raw: object) -> tuple[dict[str, Any], tuple[str, _Arguments]]:
    if not isinstance(raw, str) or len(raw) > LONGEST_MESSAGE_CHARS:
        raise BrokenEnvelopeError(Fault.TOO_LONG)
    sent = _object(_outer(raw))
    return _headers(sent), _body(sent)


def write_envelope(*, task: str, keywords: bytes, queue: str, correlation_id: str) -> str:
    """The text of a message that calls ``task`` once: ASCII, so that SQS counts and takes every character.

    For who sends without Celery's producer (ADR 0020). ``keywords`` is the JSON text of an object, in UTF-8; nothing
    readable of it stands in the headers. The task's id is the correlation id, by which the logs tell of it.
    """
    body = base64.b64encode(b"".join((b"[[],", keywords, b",", _NO_FOLLOW_UPS, b"]"))).decode()
    headers = _headers_of(task, correlation_id) | {CORRELATION_HEADER: correlation_id}
    return json.dumps(_envelope(headers, body, queue), separators=(",", ":"))


def _envelope(headers: dict[str, Any], body: str, queue: str) -> dict[str, Any]:
    return {
        "body": body,
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": headers,
        "properties": {
            "correlation_id": headers["id"],
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
            "body_encoding": "base64",
        },
    }


def _headers_of(task: str, task_id: str) -> dict[str, Any]:
    own = {"lang": "py", "task": task, "id": task_id, "root_id": task_id, "parent_id": None, "retries": 0}
    return own | {"argsrepr": "", "kwargsrepr": ""}


def _outer(raw: str) -> str:
    text = raw.strip()
    if text.startswith("{"):
        return text
    return _decoded(text, Fault.NO_JSON)


def _decoded(text: str, fault: Fault) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        raise BrokenEnvelopeError(fault) from None


def _parsed(text: str, fault: Fault) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BrokenEnvelopeError(fault) from None


def _object(text: str) -> dict[str, Any]:
    sent = _parsed(text, Fault.NO_JSON)
    if not isinstance(sent, dict):
        raise BrokenEnvelopeError(Fault.NO_OBJECT)
    return sent


def _headers(sent: dict[str, Any]) -> dict[str, Any]:
    """Those that a task of ours reads; whatever else there is has no effect."""
    headers = sent.get("headers")
    if not isinstance(headers, dict):
        raise BrokenEnvelopeError(Fault.HEADERS)
    task, task_id = headers.get("task"), headers.get("id")
    if not isinstance(task, str) or not _TASK.fullmatch(task) or task.startswith(_CELERYS_OWN):
        raise BrokenEnvelopeError(Fault.TASK)
    if not isinstance(task_id, str) or not _ID.fullmatch(task_id):
        raise BrokenEnvelopeError(Fault.TASK_ID)
    if any(headers.get(name) is not None for name in _NEVER_SENT):
        raise BrokenEnvelopeError(Fault.DELAYED_OR_COMPRESSED)
    kept = _headers_of(task, task_id)
    correlation_id = headers.get(CORRELATION_HEADER)
    if isinstance(correlation_id, str) and _CORRELATION_ID.fullmatch(correlation_id):
        kept[CORRELATION_HEADER] = correlation_id
    return kept


def _body(sent: dict[str, Any]) -> tuple[str, _Arguments]:
    """The body as it came, once it is known to be one that Celery can take apart, and its arguments."""
    properties, body = sent.get("properties"), sent.get("body")
    if not isinstance(properties, dict) or properties.get("body_encoding") != "base64":
        raise BrokenEnvelopeError(Fault.PROPERTIES)
    if (sent.get("content-type"), sent.get("content-encoding")) != ("application/json", "utf-8"):
        raise BrokenEnvelopeError(Fault.CONTENT_TYPE)
    if not isinstance(body, str):
        raise BrokenEnvelopeError(Fault.BODY)
    text = _decoded(body, Fault.BODY)
    return body, _arguments_of(_parsed(text, Fault.BODY))


def _arguments_of(parts: object) -> _Arguments:
    """Positional arguments, keywords, and what is to follow, which is nothing."""
    if not isinstance(parts, list) or len(parts) != _PARTS_OF_BODY:
        raise BrokenEnvelopeError(Fault.BODY)
    positional, keywords, follow_ups = parts
    if not isinstance(positional, list) or not isinstance(keywords, dict):
        raise BrokenEnvelopeError(Fault.ARGUMENTS)
    if follow_ups is not None and (not isinstance(follow_ups, dict) or any(follow_ups.values())):
        raise BrokenEnvelopeError(Fault.FOLLOW_UPS)
    level: list[Any] = [positional, keywords]
    for _ in range(MOST_LEVELS):
        level = _inside(level)
        if not level:
            return positional, keywords
    raise BrokenEnvelopeError(Fault.BODY_TOO_DEEP)


def _inside(containers: list[Any]) -> list[Any]:
    """The lists and objects that these hold. One that kombu would make a date or the like of is none of ours."""
    members: list[Any] = []
    for container in containers:
        if isinstance(container, list):
            members += container
        elif container.keys() == _KOMBUS_TYPED:
            raise BrokenEnvelopeError(Fault.BODY)
        else:
            members += container.values()
    return [member for member in members if isinstance(member, (list, dict))]
