"""Group commit: what goes together, who is told what, and how an outage begins and ends."""

from __future__ import annotations

import asyncio
import base64
import time
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from behavior.domain.events import MAX_EVENTS, MAX_NOTE_CHARS, MAX_VALUE, Event, as_message, parse_event
from behavior.door import publisher as module
from behavior.door.batches import BYTES_OF_MESSAGE, Buffer
from behavior.door.publisher import Publisher
from behavior.errors import QueueUnavailableError
from edu.aws.sending import QueueCallError
from edu.envelopes import LONGEST_MESSAGE_CHARS
from edu.http.errors import BusyError
from tests.unit.behavior.door.queues import ToldQueue, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

ARRIVED = datetime(2026, 11, 23, 15, 15, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 15, 15, tzinfo=UTC)
OUT = QueueCallError("ReadTimeoutError")


def _event(note: str | None = None) -> Event:
    return Event(event_id=str(uuid.uuid4()), kind="late", occurred_at=NOW, value=Decimal("2.5"), note=note)


@asynccontextmanager
async def _open(queue: ToldQueue, **options: Any) -> AsyncIterator[Publisher]:
    publisher = Publisher(queue, **options)
    try:
        yield publisher
    finally:
        queue.let_go()
        await publisher.close()


def _publish(publisher: Publisher, student_id: str = "est-1", events: int = 1) -> asyncio.Task[str]:
    made = [_event() for _ in range(events)]
    return asyncio.create_task(
        publisher.publish(school_id="norte", student_id=student_id, arrived_at=ARRIVED, events=made)
    )


async def _waiting_behind_one(publisher: Publisher, queue: ToldQueue, waiting: int) -> list[asyncio.Task[str]]:
    """Callers: the first's message is on its way and held, and so many wait behind it."""
    queue.hold()
    callers = [_publish(publisher)]
    await until(lambda: queue.begun == 1)  # the first goes at once
    return callers + [_publish(publisher) for _ in range(waiting)]


async def _refused_at_once(publisher: Publisher, error: type[Exception]) -> None:
    started = time.perf_counter()
    with pytest.raises(error):
        await _publish(publisher)
    assert time.perf_counter() - started < module.ANSWER_S / 2


def _run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 20))


async def _break(publisher: Publisher, queue: ToldQueue, error: Exception = OUT) -> None:
    queue.error = error
    with pytest.raises(QueueUnavailableError):
        await _publish(publisher)


def test_lone_request_is_sent_at_once_with_what_the_worker_needs() -> None:
    queue, event = ToldQueue(), _event("ayudó 🙌")

    async def scenario() -> None:
        async with _open(queue) as publisher:
            await publisher.publish(school_id="norte", student_id="est-1", arrived_at=ARRIVED, events=[event])

    _run(scenario)
    expected = {
        "school_id": "norte",
        "student_id": "est-1",
        "arrived_at_ms": int(ARRIVED.timestamp() * 1000),
        "events": [as_message(event)],
    }
    assert queue.messages == [[expected]]
    assert parse_event(queue.messages[0][0]["events"][0], now=NOW) == event


def test_what_arrives_together_goes_together_in_its_order() -> None:
    queue = ToldQueue()

    async def scenario() -> None:
        async with _open(queue) as publisher:
            await asyncio.gather(*(_publish(publisher, f"est-{number}") for number in range(250)))

    _run(scenario)
    assert sorted(queue.sizes) == [50, 100, 100]
    for parts in queue.messages:
        numbers = [int(part["student_id"].removeprefix("est-")) for part in parts]
        assert numbers == list(range(numbers[0], numbers[0] + len(parts)))


def test_requests_gather_while_every_slot_is_busy_and_go_in_their_order() -> None:
    queue = ToldQueue()

    async def scenario() -> None:
        async with _open(queue, slots=2) as publisher:
            queue.hold()
            callers = [_publish(publisher, "est-0")]
            await until(lambda: queue.begun == 1)
            callers += [_publish(publisher, "est-1")]
            await until(lambda: queue.begun == 2)
            callers += [_publish(publisher, f"est-{number}") for number in range(2, 12)]
            await asyncio.sleep(0.02)
            assert queue.begun == 2
            queue.let_go()
            await asyncio.gather(*callers)

    _run(scenario)
    assert sorted(queue.sizes) == [1, 1, 10]
    gathered = max(queue.messages, key=len)
    assert [part["student_id"] for part in gathered] == [f"est-{number}" for number in range(2, 12)]


def test_company_is_waited_for_only_while_a_message_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER_S", 0.1)
    queue = ToldQueue()

    async def scenario() -> None:
        async with _open(queue) as publisher:
            callers = await _waiting_behind_one(publisher, queue, 5)
            await asyncio.sleep(0.03)
            assert queue.begun == 1
            await until(lambda: queue.begun == 2)  # the first of these has waited enough
            callers += [_publish(publisher) for _ in range(MAX_EVENTS + 1)]
            await until(lambda: queue.begun == 3, 0.08)  # a full message waits for nobody
            queue.let_go()
            await asyncio.gather(*callers)

    _run(scenario)
    assert sorted(queue.sizes) == [1, 1, 5, 100]


def test_who_waits_goes_on_when_the_message_before_has_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER_S", 60.0)
    queue = ToldQueue()

    async def scenario() -> None:
        async with _open(queue) as publisher:
            callers = await _waiting_behind_one(publisher, queue, 5)
            await asyncio.sleep(0.01)
            queue.let_go()
            await asyncio.wait_for(asyncio.gather(*callers), 1)

    _run(scenario)
    assert queue.sizes == [1, 5]


def test_lists_are_never_split() -> None:
    queue = ToldQueue()

    async def scenario() -> None:
        async with _open(queue, slots=1) as publisher:
            await asyncio.gather(*(_publish(publisher, events=count) for count in (60, 60, 40, 100)))

    _run(scenario)
    assert [[len(part["events"]) for part in parts] for parts in queue.messages] == [[60], [60, 40], [100]]


def test_nobody_is_told_before_the_queue_has_it() -> None:
    queue = ToldQueue()

    async def scenario() -> None:
        async with _open(queue) as publisher:
            queue.hold()
            caller = _publish(publisher)
            await until(lambda: queue.begun)
            await asyncio.sleep(0.02)
            assert not caller.done()
            queue.let_go()
            await caller

    _run(scenario)


def test_largest_request_fits_into_a_message_even_in_base64_twice() -> None:
    texts: list[str] = []

    class Keeping(ToldQueue):
        async def send(self, text: str) -> None:
            texts.append(text)
            await super().send(text)

    async def scenario() -> None:
        async with _open(Keeping()) as publisher:
            largest = Event(
                event_id=str(uuid.uuid4()),
                kind="x" * 32,
                occurred_at=NOW,
                value=Decimal(f"-{MAX_VALUE - 1}.9999"),
                note="🏫" * MAX_NOTE_CHARS,
            )
            events = [largest] * MAX_EVENTS
            await publisher.publish(school_id="s" * 64, student_id="e" * 64, arrived_at=ARRIVED, events=events)

    _run(scenario)
    body_bytes = len(base64.b64decode(texts[0].split('"')[3]))
    assert body_bytes < BYTES_OF_MESSAGE
    assert len(base64.b64encode(texts[0].encode())) < LONGEST_MESSAGE_CHARS / 2
    assert BYTES_OF_MESSAGE * (4 / 3) ** 2 < LONGEST_MESSAGE_CHARS / 2


def test_full_line_is_busy_at_once_and_again_open_when_sent() -> None:
    queue = ToldQueue()

    async def scenario() -> None:
        async with _open(queue, slots=1, buffer=Buffer(most_events=3)) as publisher:
            queue.hold()
            callers = [_publish(publisher) for _ in range(3)]
            await until(lambda: queue.begun)
            await _refused_at_once(publisher, BusyError)
            queue.let_go()
            await asyncio.gather(*callers)
            await _publish(publisher)

    _run(scenario)


def test_caller_who_is_not_answered_in_time_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.05)
    queue = ToldQueue()

    async def scenario() -> None:
        async with _open(queue, slots=1) as publisher:
            queue.hold()
            callers = [_publish(publisher), _publish(publisher)]
            told = await asyncio.wait_for(asyncio.gather(*callers, return_exceptions=True), 1)
            assert [type(one) for one in told] == [QueueUnavailableError] * 2
            queue.let_go()
            monkeypatch.setattr(module, "ANSWER_S", 5.0)
            await _publish(publisher)

    _run(scenario)


def test_failed_message_fails_its_own_callers_and_those_in_line_alone() -> None:
    """One slot's message fails while another's is on its way, which SQS takes: its callers are told so."""

    class FailingFor(ToldQueue):
        async def send(self, text: str) -> None:
            poor = b"mala" in base64.b64decode(text.split('"')[3])
            if poor:
                self.begun += 1
                raise OUT
            await super().send(text)

    queue = FailingFor()

    async def scenario() -> None:
        async with _open(queue, slots=2) as publisher:
            queue.hold()
            good = _publish(publisher, "buena")
            await until(lambda: queue.begun == 1)
            bad = _publish(publisher, "mala")
            with pytest.raises(QueueUnavailableError):
                await bad
            queue.let_go()
            await good

    _run(scenario)
    assert [part["student_id"] for parts in queue.messages for part in parts] == ["buena"]


@pytest.mark.parametrize("error", [OUT, ConnectionError("http://10.0.0.7/secret"), ZeroDivisionError()])
def test_after_a_failed_send_everybody_is_refused_at_once_until_the_queue_answers(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(module, "PROBE_EVERY_S", 0.05)
    queue = ToldQueue()

    async def scenario() -> None:
        async with _open(queue) as publisher:
            await _break(publisher, queue, error)
            begun = queue.begun
            for _ in range(100):
                await _refused_at_once(publisher, QueueUnavailableError)
            await until(lambda: queue.probes >= 3)
            assert queue.begun == begun
            queue.error = None
            await until(lambda: publisher._probing is None)
            await _publish(publisher)
            assert len(queue.messages) == 1

    _run(scenario)


def test_those_in_line_are_told_at_once_when_a_send_fails() -> None:
    queue = ToldQueue()

    async def scenario() -> None:
        async with _open(queue, slots=1) as publisher:
            callers = await _waiting_behind_one(publisher, queue, 20)
            await asyncio.sleep(0)
            queue.error = OUT
            queue.let_go()
            told = await asyncio.gather(*callers, return_exceptions=True)
            assert {type(one) for one in told} == {QueueUnavailableError}
            assert queue.begun == 1

    _run(scenario)


def test_send_that_began_before_an_outage_ends_begins_no_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROBE_EVERY_S", 0.01)
    queue, slow = ToldQueue(), ToldQueue()

    class Both(ToldQueue):
        async def send(self, text: str) -> None:
            await (slow if b"lenta" in base64.b64decode(text.split('"')[3]) else queue).send(text)

    async def scenario() -> None:
        slow.hold()
        async with _open(Both(), slots=2) as publisher:
            late = _publish(publisher, "lenta")
            await until(lambda: slow.begun)
            await _break(publisher, queue)
            queue.error = None
            await until(lambda: publisher._probing is None)
            slow.error = OUT
            slow.let_go()
            with pytest.raises(QueueUnavailableError):
                await late
            await _publish(publisher)

    with structlog.testing.capture_logs() as logs:
        _run(scenario)
    assert [line["event"] for line in logs].count("queue does not answer") == 1


def test_outage_is_one_record_without_what_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROBE_EVERY_S", 0.01)
    queue = ToldQueue()

    async def scenario() -> None:
        async with _open(queue, slots=1) as publisher:
            queue.hold()
            callers = [_publish(publisher, "est-secreto") for _ in range(5)]
            await until(lambda: queue.begun)
            queue.error = ConnectionError("http://10.0.0.7/secret")
            queue.let_go()
            await asyncio.gather(*callers, return_exceptions=True)
            queue.error = None
            await until(lambda: publisher._probing is None)

    with structlog.testing.capture_logs() as logs:
        _run(scenario)
    [began, ended] = logs
    assert (began["event"], began["log_level"], began["error"]) == ("queue does not answer", "error", "ConnectionError")
    assert (began["requests"], began["QueueUnavailable"], began["Queue"]) == (5, 1, "behavior")
    assert ended["event"] == "queue answers again"
    assert "secret" not in str(logs)


def test_probe_that_raises_what_nobody_foresaw_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROBE_EVERY_S", 0.01)

    class Odd(ToldQueue):
        async def probe(self) -> None:
            self.probes += 1
            if self.probes < 3:
                raise ZeroDivisionError

    queue = Odd()

    async def scenario() -> None:
        async with _open(queue) as publisher:
            await _break(publisher, queue)
            queue.error = None
            await until(lambda: publisher._probing is None)
            await _publish(publisher)

    _run(scenario)
    assert queue.probes == 3


def test_each_message_is_a_record_and_the_request_knows_its_message() -> None:
    queue, known = ToldQueue(), list[str]()

    async def publish(publisher: Publisher) -> None:
        events = [_event("Ana Muñoz"), _event()]
        known.append(await publisher.publish(school_id="norte", student_id="est-1", arrived_at=ARRIVED, events=events))

    async def scenario() -> None:
        async with _open(queue) as publisher:
            await asyncio.gather(*(asyncio.create_task(publish(publisher)) for _ in range(3)))

    with structlog.testing.capture_logs() as logs:
        _run(scenario)
    [line] = logs
    assert (line["event"], line["requests"], line["events"]) == ("events sent", 3, 6)
    assert 0 <= line["EventAcceptLatency"] < 5000, "milliseconds of the request that came first"
    assert known == [line["correlation_id"]] * 3
    assert "Muñoz" not in str(logs)
    assert "est-1" not in str(logs)


def test_close_sends_what_was_taken_and_takes_no_more() -> None:
    queue = ToldQueue()

    async def scenario() -> None:
        publisher = Publisher(queue, slots=1)
        queue.hold()
        callers = [_publish(publisher) for _ in range(150)]
        await until(lambda: queue.begun)
        closing = asyncio.create_task(publisher.close())
        await asyncio.sleep(0)
        await _refused_at_once(publisher, QueueUnavailableError)
        queue.let_go()
        await closing
        await asyncio.gather(*callers)

    _run(scenario)
    assert sum(queue.sizes) == 150


def test_close_ends_in_time_when_the_queue_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSE_S", 0.1)
    queue = ToldQueue()

    async def scenario() -> None:
        publisher = Publisher(queue, slots=1)
        queue.hold()
        callers = [_publish(publisher) for _ in range(150)]
        await until(lambda: queue.begun)
        await asyncio.wait_for(publisher.close(), 10)  # the queue is held for as long as it takes
        told = await asyncio.gather(*callers, return_exceptions=True)
        assert {type(one) for one in told} == {QueueUnavailableError}
        queue.let_go()

    _run(scenario)


def test_close_in_an_outage_ends_at_once() -> None:
    queue = ToldQueue()

    async def scenario() -> None:
        async with _open(queue) as publisher:
            await _break(publisher, queue)
            await asyncio.wait_for(publisher.close(), module.CLOSE_S / 2)

    _run(scenario)


def test_publisher_nobody_used_closes() -> None:
    asyncio.run(Publisher(ToldQueue()).close())
