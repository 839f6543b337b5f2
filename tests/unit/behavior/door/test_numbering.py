"""A door's process numbers its messages and leaves none out of its reports."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.test import override_settings

from behavior.door import publisher as module
from behavior.door.numbering import MOST_FAILED_OF_REPORT, Numbering
from behavior.door.publisher import Publisher
from behavior.errors import QueueUnavailableError
from edu.aws.sending import QueueCallError
from tests.unit.behavior.door.queues import ToldQueue, report_of, until
from tests.unit.behavior.door.test_publisher import _publish

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def often() -> Iterator[None]:
    with override_settings(EVENT_REPORT_S=0.05):
        yield


def _told(numbering: Numbering) -> dict[str, Any]:
    numbering.close_report()
    keywords = numbering.next_report()
    assert keywords
    report: dict[str, Any] = json.loads(keywords)["report"]
    return report


def test_report_says_each_number_once_and_each_schools_events() -> None:
    numbering = Numbering()
    numbers = [numbering.begin() for _ in range(5)]
    for number in numbers[:3]:
        numbering.accept(number, [("norte", 2), ("sur", 1), ("norte", 1)])
    numbering.fail(numbers[3])
    first = _told(numbering)
    assert (first["number"], first["accepted"], first["failed"]) == (1, [[1, 3]], [4])
    assert first["events"] == {"norte": 9, "sur": 3}
    numbering.told()
    numbering.close_report()
    assert numbering.next_report() is None
    numbering.accept(numbers[4], [("sur", 1)])
    second = _told(numbering)
    assert (second["number"], second["accepted"], second["failed"], second["events"]) == (2, [[5, 5]], [], {"sur": 1})


def test_message_says_up_to_which_all_before_it_have_ended_and_which_of_them_failed() -> None:
    numbering = Numbering()
    first, second, third = (numbering.begin() for _ in range(3))
    assert [number.settled for number in (first, second, third)] == [0, 0, 0]
    numbering.accept(second, [])
    assert numbering.begin().settled == 0
    numbering.fail(first)
    fifth = numbering.begin()
    assert (fifth.sequence, fifth.settled, fifth.failed) == (5, 2, (1,))


def test_report_that_may_have_been_taken_is_never_said_in_other_words() -> None:
    numbering = Numbering()
    numbering.accept(numbering.begin(), [("norte", 1)])
    first = _told(numbering)
    numbering.accept(numbering.begin(), [("norte", 1)])
    assert _told(numbering) == first
    numbering.told()
    assert _told(numbering)["accepted"] == [[2, 2]]


def test_failures_of_a_long_outage_are_cut_into_reports_that_a_worker_takes() -> None:
    numbering = Numbering()
    for _ in range(MOST_FAILED_OF_REPORT + 1):
        numbering.fail(numbering.begin())
    assert len(_told(numbering)["failed"]) == MOST_FAILED_OF_REPORT
    numbering.told()
    assert _told(numbering)["failed"] == [MOST_FAILED_OF_REPORT + 1]


def test_busy_door_makes_one_report_a_time() -> None:
    """What was accepted while a report was being sent used to be the next one, at once."""
    queue = ToldQueue()

    async def scenario() -> None:
        publisher = Publisher(queue)
        ends_at = time.monotonic() + 0.4

        async def caller() -> None:
            while time.monotonic() < ends_at:
                await _publish(publisher)

        await asyncio.gather(*(caller() for _ in range(8)))
        await publisher.close()

    asyncio.run(scenario())
    assert len(queue.messages) > 3 * len(queue.reports)
    assert len(queue.reports) <= 0.4 / 0.05 + 2


def test_door_reports_while_it_works_and_at_its_end() -> None:
    queue = ToldQueue()

    async def scenario() -> None:
        publisher = Publisher(queue)
        await asyncio.gather(*(_publish(publisher) for _ in range(3)))
        await until(lambda: queue.reports)
        await _publish(publisher)
        await publisher.close()

    asyncio.run(scenario())
    assert [report["accepted"] for report in queue.reports] == [[[1, 1]], [[2, 2]]]
    assert [report["events"] for report in queue.reports] == [{"norte": 3}, {"norte": 1}]


def test_messages_whose_callers_were_told_503_are_reported_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROBE_EVERY_S", 0.01)
    queue = ToldQueue()

    async def scenario() -> None:
        publisher = Publisher(queue)
        queue.error = QueueCallError("ReadTimeoutError")
        with pytest.raises(QueueUnavailableError):
            await _publish(publisher)
        queue.error = None
        await until(lambda: publisher._probing is None)
        await _publish(publisher)
        await publisher.close()

    asyncio.run(scenario())
    assert [number for report in queue.reports for number in report["failed"]] == [1]
    assert [accepted for report in queue.reports for accepted in report["accepted"]] == [[2, 2]]


def test_report_that_the_queue_did_not_take_is_sent_again() -> None:
    class Refusing(ToldQueue):
        refuses = 2

        async def send(self, text: str) -> None:
            if report_of(text) and self.refuses:
                self.refuses -= 1
                raise QueueCallError("ReadTimeoutError")
            await super().send(text)

    queue = Refusing()

    async def scenario() -> None:
        publisher = Publisher(queue)
        await _publish(publisher)
        await until(lambda: queue.reports)
        await publisher.close()

    asyncio.run(scenario())
    assert [(report["number"], report["accepted"]) for report in queue.reports] == [(1, [[1, 1]])]
