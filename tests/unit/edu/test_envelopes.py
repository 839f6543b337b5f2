"""No message, whatever it holds, ends the consumer, is deleted unread, or keeps the next one from being taken."""

from __future__ import annotations

import base64
import gzip
import json
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from edu.celery import app
from edu.envelopes import (
    CORRELATION_HEADER,
    LONGEST_MESSAGE_CHARS,
    BrokenEnvelopeError,
    Fault,
    read_call,
    read_envelope,
    write_envelope,
)
from edu.logs import start_correlation
from edu.tasks import message_options
from tests.unit.edu.consuming import GOOD_BODY, Consuming, encoded, good_envelope

SECRET = "Ana Pérez"
DEEP = "[" * 100_000
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["utf-8", "base64"])
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def _changed_at(path: tuple[str, ...], value: object) -> dict[str, Any]:
    """A good envelope with another value at one place; ``...`` takes the member away."""
    envelope = good_envelope()
    place: Any = envelope
    for name in path[:-1]:
        place = place[name]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return envelope


PLACES = (
    *((name,) for name in good_envelope()),
    *(("headers", name) for name in ("task", "id")),
    *(("properties", name) for name in good_envelope()["properties"]),
    ("properties", "delivery_info", "routing_key"),
)
ADDED = (
    *(("headers", name) for name in ("eta", "expires", "timelimit", "shadow", "compression", "retries", "group")),
    *(("headers", name) for name in ("root_id", "argsrepr", "stamps", "stamped_headers", "ignore_result", "args")),
    *(("properties", name) for name in ("reply_to", "message_attributes", "delay_seconds")),
    ("redelivered",),
)
changed = st.builds(_changed_at, st.sampled_from([*PLACES, *ADDED]), anything) | st.builds(
    _changed_at, st.sampled_from(PLACES), st.just(...)
)
other_bodies = st.builds(lambda body: good_envelope(body=encoded(body)), anything) | st.builds(
    lambda positional, keywords, follow: good_envelope(body=encoded([positional, keywords, follow])),
    anything,
    anything,
    anything,
)
texts = (
    st.text()
    | st.binary().map(lambda content: base64.b64encode(content).decode())
    | (anything | changed | other_bodies).map(json.dumps)
    | (anything | changed | other_bodies).map(encoded)
)


@pytest.fixture(scope="module")
def consuming() -> Consuming:
    return Consuming()


@settings(deadline=None, max_examples=400)
@given(text=texts)
def test_no_message_ends_the_consumer_or_is_deleted(consuming: Consuming, text: str) -> None:
    try:
        read_envelope(text, queue="maintenance")
        expected = {0, 1}  # Celery itself sets a message aside whose task it does not know
    except BrokenEnvelopeError:
        expected = {0}
    held = consuming.held
    with structlog.testing.capture_logs() as logs:
        assert consuming.receive(text) in expected
        assert consuming.receive(json.dumps(good_envelope())) == 1
    assert consuming.held - held <= 2
    assert not [line for line in logs if line["event"] == "message left in its queue"]  # nothing was unforeseen
    for request in consuming.requests:
        request.message.reject()
    consuming.requests.clear()


NAMED: dict[str, tuple[str, Fault]] = {
    "the issue's own": ('{"properties":5}', Fault.HEADERS),
    "nothing": ("", Fault.NO_JSON),
    "a list": (encoded([1]), Fault.NO_OBJECT),
    "deep outside": ('{"properties":' + DEEP, Fault.NO_JSON),
    "deep in the body": (json.dumps(good_envelope(body=base64.b64encode(DEEP.encode()).decode())), Fault.BODY),
    "deep arguments": (
        json.dumps(good_envelope(body=encoded([[], {"events": json.loads("[" * 70 + "]" * 70)}, None]))),
        Fault.BODY_TOO_DEEP,
    ),
    "long number": ('{"properties":' + "9" * 5000 + "}", Fault.NO_JSON),
    "too long": (" " * (LONGEST_MESSAGE_CHARS + 1), Fault.TOO_LONG),
    "properties a number": (json.dumps(good_envelope(properties=5)), Fault.PROPERTIES),
    "properties missing": (json.dumps({"body": "x"}), Fault.HEADERS),
    "headers null": (json.dumps(good_envelope(headers=None)), Fault.HEADERS),
    "headers a list": (json.dumps(good_envelope(headers=[["task", "x"]])), Fault.HEADERS),
    "task a list": (json.dumps(_changed_at(("headers", "task"), ["x"])), Fault.TASK),
    "task of Celery's": (json.dumps(_changed_at(("headers", "task"), "celery.starmap")), Fault.TASK),
    "id a number": (json.dumps(_changed_at(("headers", "id"), 7)), Fault.TASK_ID),
    "an hour later": (json.dumps(_changed_at(("headers", "eta"), "2030-01-01T00:00:00Z")), Fault.DELAYED_OR_COMPRESSED),
    "an odd hour": (
        json.dumps(_changed_at(("headers", "eta"), "0001-01-01T00:00:00+23:59")),
        Fault.DELAYED_OR_COMPRESSED,
    ),
    "compressed": (
        json.dumps(
            _changed_at(("headers", "compression"), "application/x-gzip")
            | {"body": base64.b64encode(gzip.compress(b"[[],{},{}]")).decode()}
        ),
        Fault.DELAYED_OR_COMPRESSED,
    ),
    "pickle": (json.dumps(good_envelope(**{"content-type": "application/x-python-serialize"})), Fault.CONTENT_TYPE),
    "unknown serializer": (json.dumps(good_envelope(**{"content-type": "text/x"})), Fault.CONTENT_TYPE),
    "wrong charset": (json.dumps(good_envelope(**{"content-encoding": "utf-16"})), Fault.CONTENT_TYPE),
    "charset an object": (json.dumps(good_envelope(**{"content-encoding": {}})), Fault.CONTENT_TYPE),
    "body's bytes no text": (json.dumps(good_envelope(body=base64.b64encode(b"\xff\xfe").decode())), Fault.BODY),
    "body no base64": (json.dumps(good_envelope(body="[[], {}, {}]")), Fault.BODY),
    "body null": (json.dumps(good_envelope(body=None)), Fault.BODY),
    "another body encoding": (json.dumps(_changed_at(("properties", "body_encoding"), "utf-8")), Fault.PROPERTIES),
    "first protocol": (json.dumps(good_envelope(body=encoded({"task": "x", "id": "y"}))), Fault.BODY),
    "kombu's date that is none": (
        json.dumps(good_envelope(body=encoded([[], {"x": {"__type__": "date", "__value__": 5}}, None]))),
        Fault.BODY,
    ),
    "keywords a list": (json.dumps(good_envelope(body=encoded([[], [1], None]))), Fault.ARGUMENTS),
    "arguments an object": (json.dumps(good_envelope(body=encoded([{}, {}, None]))), Fault.ARGUMENTS),
    "a callback": (
        json.dumps(good_envelope(body=encoded([*GOOD_BODY[:2], {"callbacks": [{"task": "x"}]}]))),
        Fault.FOLLOW_UPS,
    ),
}


@pytest.mark.parametrize("name", NAMED)
def test_broken_message_is_left_in_its_queue_with_the_reason_by_name(consuming: Consuming, name: str) -> None:
    text, fault = NAMED[name]
    held = consuming.held
    with structlog.testing.capture_logs() as logs:
        assert consuming.receive(text) == 0
    [line] = logs
    assert (line["event"], line["log_level"], line["queue"]) == ("messages refused", "error", "maintenance")
    assert (line["reasons"], line["BrokenEnvelopes"], line["Queue"]) == ([str(fault)], 1, "maintenance")
    assert consuming.held == held


def test_refusals_of_one_delivery_are_one_record_that_quotes_nothing(consuming: Consuming) -> None:
    broken = [json.dumps({"properties": 5, "note": SECRET}), SECRET, *["{}"] * 7]
    with structlog.testing.capture_logs() as logs:
        assert consuming.receive(*broken[:5], json.dumps(good_envelope()), *broken[5:]) == 1
    [line] = logs
    assert (line["BrokenEnvelopes"], len(line["ids"])) == (9, 9)
    assert SECRET not in json.dumps(line, ensure_ascii=False)


def test_good_message_arrives_as_it_was_sent(consuming: Consuming) -> None:
    for text in (json.dumps(good_envelope()), encoded(good_envelope())):
        assert consuming.receive(text) == 1
        request = consuming.requests[-1]
        assert (request.name, request.id, request.kwargs) == ("edu.try_isolation", "a-1", GOOD_BODY[1])
        assert request.delivery_info["routing_key"] == "maintenance"


def test_queue_a_message_claims_for_itself_is_not_believed(consuming: Consuming) -> None:
    """Kombu deletes with the client of the queue that the message names; an unknown one ended the worker."""
    claimed = _changed_at(("properties", "delivery_info"), {"exchange": "x", "routing_key": "nowhere"})
    assert consuming.receive(json.dumps(claimed)) == 1
    assert consuming.requests[-1].delivery_info["routing_key"] == "maintenance"


def test_what_kombu_or_celery_should_still_raise_leaves_the_message_too(
    consuming: Consuming, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_message: object) -> None:
        raise KeyError(SECRET)

    held = consuming.held
    monkeypatch.setattr(consuming._consumer, "on_message", fail)
    with structlog.testing.capture_logs() as logs:
        assert consuming.receive(json.dumps(good_envelope())) == 0
    assert [line["event"] for line in logs] == ["message left in its queue", "messages refused"]
    assert SECRET not in str(logs)
    assert consuming.held == held


def test_lost_connection_is_celerys_to_mend(consuming: Consuming, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_message: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(consuming._consumer, "on_message", fail)
    with pytest.raises(ConnectionResetError):
        consuming.receive(json.dumps(good_envelope()))


@pytest.mark.parametrize("text", ["est-1\nsecreto", "Ana Muñoz", "", "x" * 129, 7, None])
def test_correlation_id_that_is_none_of_ours_reaches_no_log(text: object) -> None:
    sent = good_envelope()
    sent["headers"][CORRELATION_HEADER] = text
    assert read_call(json.dumps(sent)).correlation_id == "a-1"
    assert CORRELATION_HEADER not in read_envelope(json.dumps(sent), queue="maintenance")["headers"]


def test_call_is_what_the_envelope_holds() -> None:
    sent = good_envelope()
    sent["headers"][CORRELATION_HEADER] = "of-a-request"
    call = read_call(json.dumps(sent))
    assert (call.task, call.task_id, call.correlation_id) == ("edu.try_isolation", "a-1", "of-a-request")
    assert (call.positional, call.keywords) == (GOOD_BODY[0], GOOD_BODY[1])


def test_what_celery_writes_today_is_read_with_its_correlation_id(
    consuming: Consuming, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    depth = {"Attributes": {"ApproximateNumberOfMessages": "0"}}
    client = SimpleNamespace(
        send_message=lambda **message: sent.append(message["MessageBody"]), get_queue_attributes=lambda **_: depth
    )
    monkeypatch.setattr(consuming.channel, "sqs", lambda **_: client)
    start_correlation("of-a-request")
    producer = app.amqp.Producer(consuming.channel, auto_declare=False)
    app.send_task("edu.try_isolation", kwargs=dict(GOOD_BODY[1]), producer=producer, **message_options())
    monkeypatch.undo()
    assert consuming.receive(*sent) == len(sent) == 1
    request = consuming.requests[-1]
    assert (request.name, request.kwargs) == ("edu.try_isolation", GOOD_BODY[1])
    assert request.request_dict[CORRELATION_HEADER] == "of-a-request"


def test_what_we_write_is_read_as_it_was_written(consuming: Consuming) -> None:
    keywords = {"parts": [{"note": 'ñandú 🙌 " \\'}]}
    content = json.dumps(keywords, ensure_ascii=False).encode()
    text = write_envelope(task="edu.try_isolation", keywords=content, queue="maintenance", correlation_id="a" * 32)
    assert text.isascii()
    assert read_envelope(text, queue="maintenance") == json.loads(text)
    assert consuming.receive(text) == 1
    request = consuming.requests[-1]
    assert (request.name, request.id, request.args, request.kwargs) == (
        "edu.try_isolation",
        "a" * 32,
        [],
        keywords,
    )
    assert request.request_dict[CORRELATION_HEADER] == "a" * 32


def test_what_we_write_says_nothing_of_its_arguments_in_the_headers() -> None:
    content = json.dumps({"note": SECRET}, ensure_ascii=False).encode()
    text = write_envelope(task="edu.try_isolation", keywords=content, queue="maintenance", correlation_id="a-1")
    headers = json.loads(text)["headers"]
    assert headers["argsrepr"] == headers["kwargsrepr"] == ""
    assert SECRET not in text
