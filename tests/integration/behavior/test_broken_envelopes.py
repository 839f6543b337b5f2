"""Real workers and messages that nobody of ours sent: dead-lettered one by one, while the worker works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edu.queues import GOVSYNC, MAINTENANCE
from tests.integration.behavior.support import make_event, send, stored_events
from tests.support.processes import running_worker
from tests.support.waiting import wait_until
from tests.unit.edu.test_envelopes import NAMED

if TYPE_CHECKING:
    from edu.queues import QueueDeclaration
    from tests.integration.behavior.support import BehaviorQueue, Student
    from tests.support.cloud import Cloud
    from tests.support.processes import Process

LONGEST_SENT = 262_144
SENT = [text for text, _fault in NAMED.values() if 0 < len(text) <= LONGEST_SENT]
DEPTH = ["ApproximateNumberOfMessages"]


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


@pytest.mark.parametrize("declared", [GOVSYNC, MAINTENANCE], ids=lambda declared: declared.name)
def test_every_other_queue_is_guarded_too(cloud: Cloud, declared: QueueDeclaration) -> None:
    sqs = cloud.root("sqs")
    url, dead_url = cloud.outputs[declared.output], cloud.outputs[declared.dead_letters_output]
    for emptied in (url, dead_url):
        sqs.purge_queue(QueueUrl=emptied)
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    sqs.send_message(QueueUrl=url, MessageBody='{"properties":5}')

    def dead() -> bool:
        found = sqs.get_queue_attributes(QueueUrl=dead_url, AttributeNames=DEPTH)["Attributes"]
        return str(found[DEPTH[0]]) == "1"

    try:
        with running_worker(cloud, queues=declared.name) as process:
            wait_until(dead, what="the dead letter", timeout_s=30)
            assert process.is_running()
    finally:
        sqs.purge_queue(QueueUrl=dead_url)
        sqs.set_queue_attributes(QueueUrl=url, Attributes=before)
