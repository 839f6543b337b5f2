"""Consumers of a test's own: that end in the middle, come too late, or whose table is away."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from tests.integration.behavior.support import (
    has_events,
    items_of_school,
    make_event,
    running_warm_worker,
    send,
    stored_events,
)
from tests.support.processes import running_consumer
from tests.support.proxy import proxied
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from email.message import Message

    from tests.integration.behavior.support import BehaviorQueue, Student
    from tests.support.cloud import Cloud
    from tests.support.processes import Process
    from tests.support.proxy import Answer

WRITES = ("BatchWriteItem", "TransactWriteItems", "PutItem")


def told(worker: Process, name: str) -> int:
    """The sum of a figure over the records of all batches."""
    lines = [json.loads(line) for line in worker.log.splitlines() if '"event":"events stored"' in line]
    return sum(line[name] for line in lines)


def test_message_delivered_again_is_stored_once(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    sent = [make_event(), make_event()]
    send(student, *sent)
    message = queue.take()
    for _ in range(3):
        queue.send(message)
    with running_consumer(cloud) as worker:
        queue.wait_until_drained()
        wait_until(lambda: told(worker, "events") + told(worker, "duplicates") == 6, what="three times two events")
        assert told(worker, "events") == 2
    assert {event.event_id for event in stored_events(student)} == {event["event_id"] for event in sent}
    assert len(items_of_school(cloud, student.school_id)) == 2


def test_worker_killed_in_the_middle_loses_nothing(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    """Each message takes 40 calls to write; the kill comes after the first few."""
    queue.reset(visibility_s=5)
    sent = [[make_event() for _ in range(1000)] for _ in range(2)]
    for events in sent:
        send(student, *events)
    expected = {event["event_id"] for events in sent for event in events}
    with running_consumer(cloud) as worker:
        wait_until(lambda: has_events(student), what="the first events")
        worker.kill()
    assert 0 < len(stored_events(student)) < len(expected)
    with running_consumer(cloud):
        queue.wait_until_drained()
    assert {event.event_id for event in stored_events(student)} == expected
    assert len(items_of_school(cloud, student.school_id)) == len(expected)
    assert queue.depth(queue.dead_letters_url) == 0


def test_kills_are_not_held_against_a_message(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    """With SQS's own redrive after three receives the message would be among the dead letters at the fourth."""
    queue.reset(visibility_s=1)
    sent = make_event()
    send(student, sent)
    stuck = threading.Event()

    def hang(headers: Message, _body: bytes) -> Answer | None:
        if headers.get("X-Amz-Target", "").endswith("TransactWriteItems"):
            stuck.set()
            threading.Event().wait(30)
        return None

    with proxied(cloud.emulator.endpoint_url, before=hang) as endpoint_url:
        for _ in range(4):
            stuck.clear()
            with running_consumer(cloud, AWS_ENDPOINT_URL=endpoint_url) as worker:
                wait_until(stuck.is_set, what="the write to begin")
                worker.kill()
    with running_consumer(cloud):
        queue.wait_until_drained()
    assert [event.event_id for event in stored_events(student)] == [sent["event_id"]]
    assert queue.depth(queue.dead_letters_url) == 0


def test_worker_that_is_told_to_stop_ends_its_batch(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    queue.reset(visibility_s=60)
    sent = [make_event() for _ in range(1000)]
    send(student, *sent)
    with running_consumer(cloud) as worker:
        wait_until(lambda: has_events(student), what="the first events")
        worker.stop()
        assert '"event":"stopped"' in worker.log
    assert len(stored_events(student)) == len(sent)
    assert queue.depth() == 0


def test_table_that_takes_no_writes_costs_no_message_a_try(
    cloud: Cloud, queue: BehaviorQueue, student: Student
) -> None:
    """Nothing is received while it is so, and everything stored afterwards."""
    queue.reset(visibility_s=1)
    sent = [make_event() for _ in range(40)]
    receives: list[str] = []
    is_away = threading.Event()
    is_away.set()

    def throttle(headers: Message, _body: bytes) -> Answer | None:
        target = headers.get("X-Amz-Target", "")
        if target == "AmazonSQS.ReceiveMessage" and is_away.is_set():
            receives.append(target)
        if target.rpartition(".")[2] in WRITES and is_away.is_set():
            return 400, [], b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}'
        return None

    with (
        proxied(cloud.emulator.endpoint_url, before=throttle) as endpoint_url,
        running_consumer(cloud, AWS_ENDPOINT_URL=endpoint_url) as worker,
    ):
        for event in sent:
            send(student, event)
        wait_until(lambda: worker.log.count("table does not answer") >= 4, what="the consumer to pause", timeout_s=60)
        assert stored_events(student) == []
        received = len(receives)
        is_away.clear()
        queue.wait_until_drained()
    assert {event.event_id for event in stored_events(student)} == {event["event_id"] for event in sent}
    assert queue.depth(queue.dead_letters_url) == 0
    assert received < 40


def test_worker_without_the_table_acknowledges_nothing(cloud: Cloud, queue: BehaviorQueue, student: Student) -> None:
    sent = make_event()
    send(student, sent)
    with running_consumer(cloud, LIBRETA_TABLE_NAME="libreta-otra") as worker:
        wait_until(lambda: '"waiting":1' in worker.log, what="a message that waits")
    with running_consumer(cloud):
        queue.wait_until_drained()
    assert [event.event_id for event in stored_events(student)] == [sent["event_id"]]


def test_events_that_arrive_one_a_message_are_stored_together(
    cloud: Cloud, queue: BehaviorQueue, student: Student
) -> None:
    queue.reset(visibility_s=30)
    sent = [make_event() for _ in range(60)]
    for event in sent:
        send(student, event)
    with running_consumer(cloud, LIBRETA_EVENT_BATCH_S="2") as worker:
        queue.wait_until_drained()
        wait_until(lambda: told(worker, "events") == len(sent), what="all events")
        assert worker.log.count('"event":"events stored"') <= 4


def test_school_of_one_batch_is_left_before_the_next(
    cloud: Cloud, queue: BehaviorQueue, student: Student, other_school_id: str
) -> None:
    theirs, ours = make_event(), make_event()
    with running_warm_worker(cloud, queue):
        queue.reset(visibility_s=1)
        send(student, theirs, school_id=other_school_id)
        send(student, make_event(), school_id=None)
        send(student, ours)
        queue.wait_for_dead_letters(1)
        queue.wait_until_drained()
    owners = {item["event_id"]["S"]: item["pk"]["S"] for item in items_of_school(cloud, student.school_id)}
    assert list(owners) == [ours["event_id"]]
    assert [i["event_id"]["S"] for i in items_of_school(cloud, other_school_id)] == [theirs["event_id"]]
