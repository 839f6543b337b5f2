"""Workers of a test's own: that end in the middle, come too late, lack their table, or have one thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.behavior.support import (
    has_events,
    items_of_school,
    make_event,
    running_warm_worker,
    send,
    stored_events,
)
from tests.support.processes import running_worker
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.integration.behavior.support import BehaviorQueue, Student
    from tests.support.cloud import Cloud


def test_message_delivered_twice_is_stored_once(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    sent = [make_event(), make_event()]
    send(student, *sent)
    message = queue.take()
    for _ in range(3):
        queue.send(message)
    with running_worker(cloud) as worker:
        queue.wait_until_drained()
        wait_until(lambda: worker.log.count('"event":"task done"') == 3, what="three runs")
    assert {event.event_id for event in stored_events(student)} == {event["event_id"] for event in sent}
    assert len(items_of_school(cloud, student.school_id)) == 2


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
    with running_warm_worker(cloud, queue, threads=1):
        queue.reset(visibility_s=1)
        send(student, theirs, school_id=other_school_id)
        send(student, make_event(), school_id=None)
        send(student, ours)
        queue.wait_for_dead_letters(1)
        queue.wait_until_drained()
    owners = {item["event_id"]["S"]: item["pk"]["S"] for item in items_of_school(cloud, student.school_id)}
    assert list(owners) == [ours["event_id"]]
    assert [i["event_id"]["S"] for i in items_of_school(cloud, other_school_id)] == [theirs["event_id"]]
