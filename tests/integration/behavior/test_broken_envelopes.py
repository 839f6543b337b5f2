"""Real workers and messages that nobody of ours sent: dead-lettered one by one, while the worker works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edu.queues import GOVSYNC, MAINTENANCE
from tests.integration.behavior.support import make_event, send, stored_events
from tests.support.processes import running_worker
from tests.support.queue_depth import depth_of
from tests.support.waiting import wait_until
from tests.unit.edu.test_envelopes import NAMED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.behavior.support import BehaviorQueue, Student
    from tests.support.cloud import Cloud
    from tests.support.processes import Process

LONGEST_SENT = 262_144
SENT = [text for text, _fault in NAMED.values() if 0 < len(text) <= LONGEST_SENT]
OTHERS = (GOVSYNC, MAINTENANCE)


def test_broken_messages_are_dead_lettered_and_the_worker_lives(
    worker: Process, queue: BehaviorQueue, student: Student
) -> None:
    queue.reset(visibility_s=1)
    assert len(SENT) > 20
    first, last = make_event(), make_event()
    send(student, first)
    for text in SENT:
        queue.send(text)
    send(student, last)
    queue.wait_for_dead_letters(len(SENT))
    queue.wait_until_drained()
    assert worker.is_running()
    assert {event.event_id for event in stored_events(student)} == {first["event_id"], last["event_id"]}
    assert worker.log.count('"event":"message set aside"') == len(SENT)


@pytest.fixture
def broken(cloud: Cloud) -> Iterator[list[str]]:
    """A broken message in each of Celery's queues but that of long jobs; the queues of dead letters, empty."""
    sqs = cloud.root("sqs")
    before, dead_urls = {}, [cloud.outputs[declared.dead_letters_output] for declared in OTHERS]
    for url in (cloud.outputs[declared.output] for declared in OTHERS):
        before[url] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    for url in (*before, *dead_urls):
        sqs.purge_queue(QueueUrl=url)
    for url in before:
        sqs.send_message(QueueUrl=url, MessageBody='{"properties":5}')
    yield dead_urls
    for url in dead_urls:
        sqs.purge_queue(QueueUrl=url)
    for url, attributes in before.items():
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def test_every_other_queue_is_guarded_too(cloud: Cloud, broken: list[str]) -> None:
    sqs = cloud.root("sqs")
    with running_worker(cloud, queues=",".join(declared.name for declared in OTHERS)) as process:
        for url in broken:
            wait_until(lambda url=url: depth_of(sqs, url) == 1, what="the dead letter", timeout_s=30)  # type: ignore[misc]
        assert process.is_running()
