"""A queue whose messages are found by time and receipt does, step by step, what stock ministack's list does."""

from __future__ import annotations

import asyncio
import copy
import json
import random
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from deploy.emulator.extension import patching, queue_messages
from deploy.emulator.extension.queue_messages import Messages, messages_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STOCK, OURS = "stock", "ours"
FUNCTIONS = ("_expire_retained", "_dlq_sweep", "_collect_msgs", *queue_messages._ACTS_ON_RECEIPTS.values())
RETENTION_S, MOST_RECEIVES = 60, 3


class Clock:
    """ministack's, ours and the test's time; equal instants are common, as in a burst."""

    now_s = 1000.0

    def time(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(patching.service("sqs"), "time", clock)
    monkeypatch.setattr(queue_messages, "time", clock)
    return clock


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Queues of each kind: ``stock`` and ``ours``, with dead letters, and a FIFO queue."""
    sqs = patching.service("sqs")
    receipts = count()
    monkeypatch.setattr(sqs, "new_uuid", lambda: f"uuid-{next(receipts)}")
    for name in (STOCK, OURS):
        dead = sqs._act_create_queue({"QueueName": f"{name}-dead"}, "")["QueueUrl"]
        arn = sqs._queues[dead]["attributes"]["QueueArn"]
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MOST_RECEIVES})
        attributes = {"MessageRetentionPeriod": str(RETENTION_S), "VisibilityTimeout": "10", "RedrivePolicy": redrive}
        sqs._act_create_queue({"QueueName": name, "Attributes": attributes}, "")
    yield sqs
    sqs.reset()


class Pair:
    """The same steps on a stock queue and on one of ours."""

    def __init__(self, sqs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self._sqs = sqs
        self._stock = {name: getattr(sqs, name) for name in FUNCTIONS}
        for name in queue_messages._ACTS_ON_RECEIPTS:
            monkeypatch.setitem(sqs._HANDLERS, name, sqs._HANDLERS[name])
        for name in FUNCTIONS:
            monkeypatch.setattr(sqs, name, getattr(sqs, name))
        queue_messages.install()
        self._ours = {name: getattr(sqs, name) for name in FUNCTIONS}

    def do(self, step: Callable[[str], Any]) -> list[Any]:
        """What a step on either came to, told by the messages' bodies."""
        return [self._one(name, functions, step) for name, functions in ((STOCK, self._stock), (OURS, self._ours))]

    def _one(self, name: str, functions: dict[str, Any], step: Callable[[str], Any]) -> Any:
        for function, value in functions.items():
            setattr(self._sqs, function, value)
        try:
            return step(name)
        except self._sqs._Err as error:
            return error.code

    def bodies(self, name: str) -> list[str]:
        return [message["body"] for message in self._sqs._queues[self._sqs._queue_url(name)]["messages"]]

    def receive(self, name: str, most: int = 10, hidden_s: int | None = None) -> list[dict[str, Any]]:
        data: dict[str, Any] = {"MaxNumberOfMessages": most, "MessageSystemAttributeNames": ["All"]}
        data |= {} if hidden_s is None else {"VisibilityTimeout": hidden_s}
        return list(asyncio.run(self._sqs._act_receive_message(data, name)).get("Messages", []))

    def send(self, name: str, body: str, delay_s: int = 0) -> None:
        self._sqs._act_send_message({"MessageBody": body, "DelaySeconds": delay_s}, name)

    def delete(self, name: str, *receipts: str) -> list[str]:
        """The numbers of those that were deleted."""
        entries = [{"Id": str(number), "ReceiptHandle": receipt} for number, receipt in enumerate(receipts)]
        return [done["Id"] for done in self._sqs._act_delete_message_batch({"Entries": entries}, name)["Successful"]]

    def hide(self, name: str, receipt: str, hidden_s: int) -> Any:
        data = {"ReceiptHandle": receipt, "VisibilityTimeout": hidden_s}
        return self._sqs._act_change_visibility(data, name)


@pytest.fixture
def pair(sqs: Any, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Pair:
    del clock  # the queues are made in its time
    return Pair(sqs, monkeypatch)


def _told(messages: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    told = ("ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp")
    return [(message["Body"], *(message["Attributes"][name] for name in told)) for message in messages]


@pytest.mark.parametrize("seed", range(30))
def test_same_steps_have_the_same_ends(pair: Pair, clock: Clock, seed: int) -> None:
    """Sends with and without delay, receives, deletions and changes by good and old receipts, as time goes on."""
    chance = random.Random(seed)  # noqa: S311 - for the steps to be the same each time
    receipts: dict[str, list[str]] = {STOCK: [], OURS: []}

    def receive(most: int, hidden_s: int | None) -> Callable[[str], Any]:
        def step(name: str) -> Any:
            found = pair.receive(name, most, hidden_s)
            receipts[name] += [message["ReceiptHandle"] for message in found]
            return _told(found)

        return step

    def delete(places: list[int]) -> Callable[[str], Any]:
        return lambda name: pair.delete(name, *(_at(receipts[name], place) for place in places))

    def hide(place: int, hidden_s: int) -> Callable[[str], Any]:
        return lambda name: pair.hide(name, _at(receipts[name], place), hidden_s)

    def send(body: str, delay_s: int) -> Callable[[str], Any]:
        return lambda name: pair.send(name, body, delay_s)

    for number in range(250):
        clock.now_s += chance.choice((0, 0, 0.5, 1, 7))
        places = [chance.randrange(10**6) for _ in range(3)]
        step = chance.choice(
            (
                *[send(f"body {number}", chance.choice((0, 0, 5)))] * 2,
                *[receive(chance.randint(1, 10), chance.choice((None, 0, 3)))] * 2,
                delete(places),
                hide(places[0], chance.choice((0, 3, 30))),
            )
        )
        stock, ours = pair.do(step)
        assert stock == ours, number
        assert pair.bodies(STOCK) == pair.bodies(OURS)
        assert pair.bodies(f"{STOCK}-dead") == pair.bodies(f"{OURS}-dead")


def _at(receipts: list[str], place: int) -> str:
    return receipts[place % len(receipts)] if receipts else "none"


def test_delay_visibility_redrive_and_retention(pair: Pair, clock: Clock) -> None:
    pair.send(OURS, "late", 50)
    pair.send(OURS, "poison")
    for received in range(1, MOST_RECEIVES + 1):
        assert [told[:2] for told in _told(pair.receive(OURS))] == [("poison", str(received))]
        clock.now_s += 9
        assert pair.receive(OURS) == [], "hidden"
        clock.now_s += 1
    assert pair.receive(OURS) == [], "received often enough"
    assert (pair.bodies(OURS), pair.bodies(f"{OURS}-dead")) == (["late"], ["poison"])
    clock.now_s += 20
    assert [message["Body"] for message in pair.receive(OURS)] == ["late"]
    clock.now_s += RETENTION_S - 50
    assert (pair.receive(OURS), pair.bodies(OURS)) == ([], []), "kept for so long and no longer"


def test_message_is_taken_by_its_last_receipt_only(pair: Pair) -> None:
    pair.send(OURS, "one")
    [first] = pair.receive(OURS, hidden_s=0)
    [second] = pair.receive(OURS)
    assert pair.delete(OURS, first["ReceiptHandle"], second["ReceiptHandle"]) == ["1"]
    assert pair.bodies(OURS) == []


def test_saved_is_a_list_and_found_again(pair: Pair, sqs: Any, clock: Clock) -> None:
    for number in range(3):
        pair.send(OURS, str(number))
    [taken] = pair.receive(OURS, 1)
    saved = json.loads(json.dumps(copy.deepcopy(sqs._queues[sqs._queue_url(OURS)])))
    assert [message["body"] for message in saved["messages"]] == ["0", "1", "2"]
    sqs._queues[sqs._queue_url(OURS)] = saved
    assert [message["Body"] for message in pair.receive(OURS)] == ["1", "2"]
    clock.now_s += 10
    assert pair.delete(OURS, taken["ReceiptHandle"]) == ["0"], "hidden time over, its receipt is good still"
    assert pair.bodies(OURS) == ["1", "2"]


def test_what_others_put_in_and_take_out_directly_is_seen(pair: Pair, sqs: Any) -> None:
    """As SNS, S3 and EventBridge do, and Lambda's pollers."""
    pair.send(OURS, "sent")
    assert pair.receive(OURS)
    queue = sqs._queues[sqs._queue_url(OURS)]
    queue["messages"].append({"id": "x", "body": "from elsewhere"})
    assert queue["messages"][-1]["body"] == "from elsewhere"
    [found] = pair.receive(OURS)
    assert found["Body"] == "from elsewhere"
    queue["messages"].remove(queue["messages"][-1])
    with pytest.raises(ValueError, match="no such message"):
        queue["messages"].remove({"body": "sent"})
    assert (pair.bodies(OURS), len(queue["messages"])) == (["sent"], 1)
    sqs._act_purge_queue({}, OURS)
    assert (pair.receive(OURS), len(queue["messages"])) == ([], 0)


def test_fifo_queue_is_left_alone(pair: Pair, sqs: Any) -> None:
    sqs._act_create_queue({"QueueName": "f.fifo", "Attributes": {"FifoQueue": "true"}}, "")
    for number in range(2):
        sqs._act_send_message(
            {"MessageBody": str(number), "MessageGroupId": "g", "MessageDeduplicationId": str(number)}, "f.fifo"
        )
    queue = sqs._queues[sqs._queue_url("f.fifo")]
    assert messages_of(queue) is None
    [first] = pair.receive("f.fifo", 1)
    assert pair.receive("f.fifo") == []
    assert pair.delete("f.fifo", first["ReceiptHandle"]) == ["0"]
    assert [message["Body"] for message in pair.receive("f.fifo")] == ["1"]
    assert isinstance(queue["messages"], list)


@pytest.mark.parametrize("action", ["_act_delete_message_batch", "_act_change_visibility_batch"])
@pytest.mark.parametrize("entries", [[], None])
def test_call_without_entries_or_queue_is_refused_as_before(pair: Pair, sqs: Any, action: str, entries: Any) -> None:
    def call(name: str) -> Any:
        return getattr(sqs, action)({"Entries": entries}, name)

    assert pair.do(call) == ["EmptyBatchRequest"] * 2
    assert pair.do(lambda _name: call("nowhere")) == ["QueueDoesNotExist"] * 2


def test_work_for_ten_does_not_grow_with_the_queue(pair: Pair, sqs: Any) -> None:
    """Counted by the messages that stock's functions are given, which each look at all they are given."""
    looked_at: list[int] = []
    for number in range(500):
        pair.send(OURS, str(number))
    messages = messages_of(sqs._queues[sqs._queue_url(OURS)])
    assert isinstance(messages, Messages)
    only = messages.only
    messages.only = lambda places, queue: looked_at.append(len(places)) or only(places, queue)  # type: ignore[method-assign,func-returns-value]
    found = pair.receive(OURS)
    pair.delete(OURS, *(message["ReceiptHandle"] for message in found))
    assert (len(found), max(looked_at), len(looked_at)) == (10, 10, 3)
