"""A standard queue's messages, found without looking at all of them.

Stock ministack keeps a list and reads it whole four times for each call that receives, and once for each message that
is deleted: ten messages of a queue of 20,000 cost it ten times what ten of 500 do. Here its own functions are given
only the messages that they would act on, and decide about those as they did; so delays, visibility, counts, retention
and redrive are stock's, and so is the order: as they came, of those that are visible. FIFO queues are left alone.
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import copy
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import count
from typing import Any

from deploy.emulator.extension import patching

Message = dict[str, Any]
Queue = dict[str, Any]
_ACTS_ON_RECEIPTS = {
    "DeleteMessage": "_act_delete_message",
    "DeleteMessageBatch": "_act_delete_message_batch",
    "ChangeMessageVisibility": "_act_change_visibility",
    "ChangeMessageVisibilityBatch": "_act_change_visibility_batch",
}


class Messages:
    """What stands in a queue in the place of ministack's list: each message has a number, its place in the order.

    A heap's entry that is true no longer is dropped when it comes up. Another thread may append.
    """

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self._places = count()
        self.clear()
        for message in messages:
            self.append(message)

    def clear(self) -> None:
        """Forget all."""
        self._filed: dict[int, Message] = {}
        self._by_receipt: dict[str | None, int] = {}  # nothing stands under None
        self._due: dict[int, float] = {}  # when each was last said to show
        self._waiting: list[tuple[float, int]] = []
        self._ready: list[int] = []
        self._is_ready: set[int] = set()
        self._again: set[int] = set()  # ready, and received before
        self._oldest: list[tuple[float, int]] = []

    def append(self, message: Message) -> None:
        """Put a message at the end."""
        patching.service("sqs")._ensure_msg_fields(message)
        place = next(self._places)
        self._file(place, message)
        since_s: float = message["enqueued_at"] if "enqueued_at" in message else message["sent_at"]
        heappush(self._oldest, (since_s, place))

    def remove(self, message: Message) -> None:
        """Take this very message out.

        Raises:
            ValueError: it is not there.
        """
        place = next((place for place, filed in self._filed.items() if filed is message), None)
        if place is None:
            raise ValueError("no such message")
        self._drop(place, message["receipt_handle"])

    def __iter__(self) -> Iterator[Message]:
        return iter(list(self._filed.values()))

    def __len__(self) -> int:
        return len(self._filed)

    def __getitem__(self, index: int) -> Message:
        return list(self._filed.values())[index]

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Message]:
        """A list, as ministack keeps them: what is saved does not depend on this class."""
        return copy.deepcopy(list(self), memo)

    def visible(self, most: int) -> list[int]:
        """The places of the first that can be received. Whoever asks gives each of them back by ``only``."""
        found: list[int] = []
        now = self._look()
        while self._ready and len(found) < most:
            place = heappop(self._ready)
            message = self._filed.get(place)
            self._unready(place)
            if message is not None and message["visible_at"] <= now:
                found.append(place)
        return found

    def shown_again(self) -> list[int]:
        """The places of those that are visible and were received before: what redrive looks at."""
        now = self._look()
        return sorted(place for place in self._again if self._filed[place]["visible_at"] <= now)

    def oldest(self) -> list[int]:
        """The place of the one that was put here first, if there is any."""
        while self._oldest and self._oldest[0][1] not in self._filed:
            heappop(self._oldest)
        return [self._oldest[0][1]] if self._oldest else []

    def received_as(self, receipts: Iterable[Any]) -> list[int]:
        """The places of those that were last received under these receipts."""
        known = {receipt for receipt in receipts if isinstance(receipt, str)} & self._by_receipt.keys()
        return sorted(self._by_receipt[receipt] for receipt in known)

    @contextmanager
    def only(self, places: list[int], queue: Queue) -> Iterator[None]:
        """Let ``queue`` have only these for a while; then file what was changed, and forget what was taken out."""
        before = {id(self._filed[place]): (place, self._filed[place]["receipt_handle"]) for place in places}
        queue["messages"] = [self._filed[place] for place in places]
        try:
            yield
        finally:
            after, queue["messages"] = queue["messages"], self
            for message in after:
                place, receipt = before.pop(id(message), (None, None))
                if place is None:
                    self.append(message)
                else:
                    self._by_receipt.pop(receipt, None)
                    self._file(place, message)
            for place, receipt in before.values():
                self._drop(place, receipt)

    def _file(self, place: int, message: Message) -> None:
        self._filed[place] = message
        if self._due.get(place) != message["visible_at"]:
            self._due[place] = message["visible_at"]
            heappush(self._waiting, (message["visible_at"], place))
        if message["receipt_handle"] is not None:
            self._by_receipt[message["receipt_handle"]] = place

    def _drop(self, place: int, receipt: str | None) -> None:
        del self._filed[place]
        self._unready(place)
        self._by_receipt.pop(receipt, None)

    def _unready(self, place: int) -> None:
        self._due.pop(place, None)
        self._is_ready.discard(place)
        self._again.discard(place)

    def _look(self) -> float:
        """Note what is visible by now, and say when that was."""
        now = time.time()
        while self._waiting and self._waiting[0][0] <= now:
            place = heappop(self._waiting)[1]
            if place in self._filed and place not in self._is_ready:
                self._is_ready.add(place)
                heappush(self._ready, place)
                if self._filed[place]["receive_count"]:
                    self._again.add(place)
        return now


def messages_of(queue: Queue) -> Messages | None:
    """A standard queue's, put in order if they are not yet; None for FIFO."""
    if queue["is_fifo"]:
        return None
    messages = queue["messages"]
    if not isinstance(messages, Messages):
        queue["messages"] = messages = Messages(messages)
    return messages


def _expire(original: patching.AnyFunction) -> patching.AnyFunction:
    def expire_retained(q: Queue) -> None:
        messages = messages_of(q)
        if messages is None:
            original(q)
            return
        while places := messages.oldest():
            left = len(messages)
            with messages.only(places, q):
                original(q)
            if len(messages) == left:
                return

    return expire_retained


def _sweep(original: patching.AnyFunction) -> patching.AnyFunction:
    def dlq_sweep(q: Queue) -> None:
        messages = messages_of(q)
        if messages is None:
            original(q)
        elif places := messages.shown_again():
            with messages.only(places, q):
                original(q)

    return dlq_sweep


def _collect(original: patching.AnyFunction) -> patching.AnyFunction:
    def collect_msgs(q: Queue, max_n: int, vis_timeout: int) -> Any:
        messages = messages_of(q)
        if messages is None:
            return original(q, max_n, vis_timeout)
        with messages.only(messages.visible(max_n), q):
            return original(q, max_n, vis_timeout)

    return collect_msgs


def _act(original: patching.AnyFunction) -> patching.AnyFunction:
    """An action on messages by their receipts."""

    def act(data: dict[str, Any], qurl: str) -> Any:
        queue = patching.service("sqs")._get_q(data.get("QueueUrl", qurl))
        messages = messages_of(queue)
        if messages is None:
            return original(data, qurl)
        named = [data, *(data.get("Entries") or [])]
        receipts = [entry.get("ReceiptHandle") for entry in named if isinstance(entry, dict)]
        with messages.only(messages.received_as(receipts), queue):
            return original(data, qurl)

    return act


def install() -> None:
    """Let ministack's functions for messages see the few that they are about."""
    sqs = patching.service("sqs")
    patching.require(sqs, "_get_q", "url action")
    patching.require(sqs, "_ensure_msg_fields", "m")
    handlers = patching.require_attribute(sqs, "_HANDLERS", dict)
    patching.replace(sqs, "_expire_retained", "q", _expire)
    patching.replace(sqs, "_dlq_sweep", "q", _sweep)
    patching.replace(sqs, "_collect_msgs", "q max_n vis_timeout", _collect)
    for action, name in _ACTS_ON_RECEIPTS.items():
        patching.replace(sqs, name, "data qurl", _act)
        handlers[action] = getattr(sqs, name)
