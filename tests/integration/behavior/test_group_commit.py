"""The door as a real process: requests at once share messages, an outage of SQS is told at once and soon over."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.integration.behavior.conftest import sign_in_student
from tests.integration.behavior.messages import events_of
from tests.integration.behavior.support import EVENTS_PATH, Student, make_event
from tests.support.processes import Process, running_door
from tests.support.sqs import StandInQueue, running_stand_in
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.behavior.support import BehaviorQueue
    from tests.support.cloud import Cloud

AT_ONCE = 200
_NOT_ANSWERED = 0


async def _post_all(url: str, requests: list[tuple[Student, dict[str, Any]]]) -> list[int]:
    limits = httpx.Limits(max_connections=len(requests))
    async with httpx.AsyncClient(limits=limits, timeout=30, trust_env=False) as client:

        async def post(student: Student, event: dict[str, Any]) -> int:
            try:
                answer = await client.post(url, json=event, headers={"Authorization": f"Bearer {student.token}"})
            except httpx.HTTPError:
                return _NOT_ANSWERED
            return answer.status_code

        return list(await asyncio.gather(*(post(*request) for request in requests)))


def test_requests_at_once_share_messages_and_every_event_is_in_the_queue_once(
    queue: BehaviorQueue, door_url: str, school_id: str
) -> None:
    students = [sign_in_student(school_id, f"est-{number}") for number in range(5)]
    requests = [(students[number % 5], make_event()) for number in range(AT_ONCE)]
    assert asyncio.run(_post_all(door_url, requests)) == [202] * AT_ONCE
    messages = queue.depth()
    assert messages < AT_ONCE / 2
    found = [event for _ in range(messages) for event in events_of(queue.take())]
    assert sorted(found) == sorted((one.school_id, one.student_id, str(event["event_id"])) for one, event in requests)
    assert queue.depth() == 0


@pytest.fixture
def stand_in() -> Iterator[StandInQueue]:
    with running_stand_in() as queue:
        yield queue


@contextmanager
def _door_before(cloud: Cloud, stand_in: StandInQueue) -> Iterator[tuple[Process, str]]:
    """A door whose SQS is the stand-in. The keys come from the pool (a setting of their own)."""
    environment = {"AWS_ENDPOINT_URL": stand_in.url, "LIBRETA_BEHAVIOR_QUEUE_URL": stand_in.queue_url}
    with running_door(cloud, LIBRETA_LOG_LEVEL="INFO", **environment) as (process, base_url):
        yield process, base_url + EVENTS_PATH


def test_outage_is_told_without_asking_again_and_over_soon_after_its_end(
    cloud: Cloud, student: Student, stand_in: StandInQueue
) -> None:
    """How soon is ``make drill-behavior``'s to measure; here: nobody is refused by waiting for SQS."""
    accepted: list[str] = []

    def post() -> int:
        event = make_event()
        status = student.post(url, event).status_code
        if status == 202:
            accepted.append(str(event["event_id"]))
        return status

    with _door_before(cloud, stand_in) as (process, url):
        assert post() == 202
        stand_in.hang()
        assert post() == 503
        assert stand_in.calls.count("SendMessage") == 2
        refused = [post() for _ in range(20)]
        wait_until(lambda: "GetQueueAttributes" in stand_in.calls, what="a question whether it answers")
        assert stand_in.calls.count("SendMessage") == 2  # twenty more were refused without one
        stand_in.answer()
        wait_until(lambda: post() == 202, what="the door to take events again")
        log = process.log
    assert refused == [503] * 20
    assert log.count('"event":"queue does not answer"') == 1
    assert log.count('"event":"queue answers again"') == 1
    in_queue = [event_id for text in stand_in.messages for _, _, event_id in events_of(text)]
    assert set(accepted) <= set(in_queue)
    assert student.student_id not in log


def test_stop_while_the_queue_hangs_ends_in_time_and_accepts_nothing(
    cloud: Cloud, student: Student, stand_in: StandInQueue
) -> None:
    events = [make_event() for _ in range(20)]
    with _door_before(cloud, stand_in) as (process, url), ThreadPoolExecutor(2) as pool:
        assert _post(student, url, make_event()) == 202
        stand_in.hang()
        told = pool.submit(asyncio.run, _post_all(url, [(student, event) for event in events]))
        wait_until(lambda: len(stand_in.calls) > 1, what="a message on its way")
        process.stop()
        assert not process.was_killed
        assert set(told.result(10)) <= {_NOT_ANSWERED, 503}


def test_stop_waits_for_what_was_taken_and_tells_its_callers(
    cloud: Cloud, student: Student, stand_in: StandInQueue
) -> None:
    events = [make_event() for _ in range(20)]
    with _door_before(cloud, stand_in) as (process, url), ThreadPoolExecutor(2) as pool:
        assert _post(student, url, make_event()) == 202  # its first message also makes the door's client
        stand_in.hang()  # for less than a send is waited for, so nothing here may take long
        told = pool.submit(asyncio.run, _post_all(url, [(student, event) for event in events]))
        wait_until(lambda: len(stand_in.calls) > 1, what="a message on its way")
        stopping = pool.submit(process.stop)
        time.sleep(0.3)  # there is nothing to see of a signal that was taken
        assert process.is_running()
        stand_in.answer()
        stopping.result(10)
        statuses = told.result(10)
    in_queue = {event_id for text in stand_in.messages for _, _, event_id in events_of(text)}
    accepted = {str(event["event_id"]) for event, status in zip(events, statuses, strict=True) if status == 202}
    assert accepted
    assert accepted <= in_queue


def _post(student: Student, url: str, event: object) -> int:
    """The answer's status, or that there was none: then the device keeps the event."""
    try:
        return student.post(url, event).status_code
    except httpx.HTTPError:
        return _NOT_ANSWERED
