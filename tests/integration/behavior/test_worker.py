"""A real worker: redelivery, poison, messages nobody can store, kills."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from behavior import services
from edu.celery import app
from edu.tenancy import enter_school
from tests.integration.behavior.support import has_events, items_of_school, make_event, stored_events
from tests.support.processes import running_worker
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.integration.behavior.support import BehaviorQueue, Student
    from tests.support.cloud import Cloud


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


def send(student: Student, *events: object, **changes: Any) -> None:
    """Put one message of this student into the queue as the door does, unchecked."""
    kwargs = {"school_id": student.school_id, "student_id": student.student_id, "events": list(events)}
    kwargs |= changes
    app.send_task("behavior.store_events", kwargs={name: part for name, part in kwargs.items() if part is not None})


def test_message_delivered_twice_is_stored_once(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    sent = [make_event(), make_event()]
    send(student, *sent)
    message = queue.take()
    for _ in range(3):
        queue.send(message)
    with running_worker(cloud) as worker:
        queue.wait_until_drained()
        wait_until(lambda: worker.log.count('"event": "task done"') == 3, what="three runs")
    assert {event.event_id for event in stored_events(student)} == {event["event_id"] for event in sent}
    assert len(items_of_school(cloud, student.school_id)) == 2


def test_poison_event_is_rejected_alone(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    good = [make_event() for _ in range(30)]
    poison = [make_event(kind="SECRETO"), {"nota": "\ud800"}, 7, None, [], make_event(value="NaN")]
    send(student, *good[:15], *poison, *good[15:])
    with running_worker(cloud) as worker:
        queue.wait_until_drained()
    assert {event.event_id for event in stored_events(student)} == {event["event_id"] for event in good}
    with enter_school(student.school_id):
        rejected = services.list_rejected_events().items
    assert {one.student_id for one in rejected} == {student.student_id}
    assert sorted(one.reason for one in rejected if "object" in one.reason) == [": object"] * 3
    assert len(rejected) == len(poison)
    assert any(json.loads(one.content) == poison[0] for one in rejected)
    assert queue.depth(queue.dead_letters_url) == 0
    assert "SECRETO" not in worker.log


def test_event_named_twice_in_one_message_is_stored_once(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    event = make_event()
    send(student, event, event, make_event())
    with running_worker(cloud):
        queue.wait_until_drained()
    assert len(stored_events(student)) == 2


def test_messages_nobody_can_store_are_dead_lettered_beside_good_ones(
    cloud: Cloud, queue: BehaviorQueue, student: Student
) -> None:
    queue.reset(visibility_s=1)
    sent = make_event()
    for changes in UNSTORABLE:
        send(student, make_event(), **changes)
    send(student, sent)
    with running_worker(cloud):
        queue.wait_for_dead_letters(len(UNSTORABLE))
        queue.wait_until_drained()
    assert [event.event_id for event in stored_events(student)] == [sent["event_id"]]


def test_message_that_is_none_of_celerys_is_dead_lettered(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    queue.reset(visibility_s=1)
    sent = make_event()
    unknown = {"body": base64.b64encode(b"[[],{},{}]").decode(), "headers": {"task": "behavior.nothing", "id": "x"}}
    unknown |= {"content-type": "application/json", "content-encoding": "utf-8"}
    unknown["properties"] = {"body_encoding": "base64", "delivery_tag": "x", "delivery_info": {"routing_key": "x"}}
    for body in ("no es JSON", "[]", json.dumps(unknown)):
        queue.send(body)
    send(student, sent)
    with running_worker(cloud):
        queue.wait_for_dead_letters(3)
    assert [event.event_id for event in stored_events(student)] == [sent["event_id"]]


def test_worker_killed_in_the_middle_loses_nothing(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    """Each message takes 40 calls to write; the kill comes after the first few, with two messages under way."""
    queue.reset(visibility_s=5)
    sent = [[make_event() for _ in range(1000)] for _ in range(3)]
    for events in sent:
        send(student, *events)
    expected = {event["event_id"] for events in sent for event in events}
    with running_worker(cloud) as worker:
        wait_until(lambda: has_events(student), what="the first events")
        worker.kill()
    assert 0 < len(stored_events(student)) < 2000  # so at least one of the two was not done
    with running_worker(cloud):
        queue.wait_until_drained()
    assert {event.event_id for event in stored_events(student)} == expected
    assert len(items_of_school(cloud, student.school_id)) == len(expected)
    assert queue.depth(queue.dead_letters_url) == 0


def test_worker_without_the_table_acknowledges_nothing(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    sent = make_event()
    send(student, sent)
    with running_worker(cloud, LIBRETA_TABLE_NAME="libreta-otra") as worker:
        wait_until(lambda: "task failed" in worker.log, what="a failed run")
    with running_worker(cloud):
        queue.wait_until_drained()
    assert [event.event_id for event in stored_events(student)] == [sent["event_id"]]


def test_school_of_one_message_is_left_before_the_next(
    cloud: Cloud, queue: BehaviorQueue, student: Student, other_school_id: str
) -> None:
    theirs, ours = make_event(), make_event()
    queue.reset(visibility_s=1)
    with running_worker(cloud, threads=1):
        send(student, theirs, school_id=other_school_id)
        send(student, make_event(), school_id=None)
        send(student, ours)
        queue.wait_for_dead_letters(1)
        queue.wait_until_drained()
    owners = {item["event_id"]["S"]: item["pk"]["S"] for item in items_of_school(cloud, student.school_id)}
    assert list(owners) == [ours["event_id"]]
    assert [i["event_id"]["S"] for i in items_of_school(cloud, other_school_id)] == [theirs["event_id"]]
