"""A real worker: poison, doubles, messages nobody can store."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from behavior import services
from edu.tenancy import enter_school
from tests.integration.behavior.support import make_event, send, stored_events
from tests.support.cloud import acting_as
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.integration.behavior.support import BehaviorQueue, Student
    from tests.support.processes import Process

pytestmark = pytest.mark.usefixtures("worker")

STORED = '"event":"events stored"'
UNSTORABLE: list[dict[str, Any]] = [
    {"school_id": None},
    {"school_id": ""},
    {"school_id": "*"},
    {"school_id": "colegio#a"},
    {"student_id": None},
    {"student_id": ""},
    {"student_id": "a#b"},
    {"events": None},
    {"events": []},
    {"events": {"event_id": "x"}},
    {"otro": 1},
]


def test_poison_event_is_rejected_alone(worker: Process, queue: BehaviorQueue, student: Student) -> None:
    good = [make_event() for _ in range(30)]
    poison = [make_event(kind="SECRETO"), {"nota": "\ud800"}, 7, None, [], make_event(value="NaN")]
    send(student, *good[:15], *poison, *good[15:])
    queue.wait_until_drained()
    wait_until(lambda: STORED in worker.log, what="the end of the batch")
    assert {event.event_id for event in stored_events(student)} == {event["event_id"] for event in good}
    with enter_school(student.school_id):
        rejected = services.list_rejected_events().items
    assert {one.student_id for one in rejected} == {student.student_id}
    assert sorted(one.reason for one in rejected if "object" in one.reason) == [": object"] * 3
    assert len(rejected) == len(poison)
    assert any(json.loads(one.content) == poison[0] for one in rejected)
    assert queue.depth(queue.dead_letters_url) == 0
    assert "SECRETO" not in worker.log


def test_event_named_twice_in_one_message_is_stored_once(queue: BehaviorQueue, student: Student) -> None:
    event = make_event()
    send(student, event, event, make_event())
    queue.wait_until_drained()
    assert len(stored_events(student)) == 2


def test_messages_nobody_can_store_are_dead_lettered_beside_good_ones(queue: BehaviorQueue, student: Student) -> None:
    queue.reset(visibility_s=1)
    sent = make_event()
    for changes in UNSTORABLE:
        send(student, make_event(), **changes)
    send(student, sent)
    queue.wait_for_dead_letters(len(UNSTORABLE))
    queue.wait_until_drained()
    assert [event.event_id for event in stored_events(student)] == [sent["event_id"]]
    said = io.StringIO()
    with acting_as("operator"):
        call_command("dead_letters", "list", queue="behavior", stdout=said)
    faults = {line.rpartition("fault=")[2] for line in said.getvalue().splitlines()}
    assert faults == {f"part-of-a-message:-{name}" for name in ("members", "school_id", "student_id", "events")}


def test_message_that_is_none_of_celerys_is_dead_lettered(queue: BehaviorQueue, student: Student) -> None:
    queue.reset(visibility_s=1)
    sent = make_event()
    unknown = {"body": base64.b64encode(b"[[],{},{}]").decode(), "headers": {"task": "behavior.nothing", "id": "x"}}
    unknown |= {"content-type": "application/json", "content-encoding": "utf-8"}
    unknown["properties"] = {"body_encoding": "base64", "delivery_tag": "x", "delivery_info": {"routing_key": "x"}}
    for body in ("no es JSON", "[]", json.dumps(unknown)):
        queue.send(body)
    send(student, sent)
    queue.wait_for_dead_letters(3)
    queue.wait_until_drained()
    assert [event.event_id for event in stored_events(student)] == [sent["event_id"]]
