"""Messages that are held: for how long, of a queue that tells them slowly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edu import clock
from edu.aws import dead_letter_queue
from edu.aws.dead_letter_queue import DeadLetters

if TYPE_CHECKING:
    import pytest


class SlowQueue:
    """A queue of 300 messages that tells one a second, and one again that was hidden for long enough."""

    def __init__(self) -> None:
        self.passed_s = 0.0
        self.hidden_until = dict.fromkeys(map(str, range(300)), 0.0)

    def receive_message(self, **asked: Any) -> dict[str, Any]:
        self.passed_s += 1
        assert self.passed_s < 1000, "it is asked without end"
        shown = next(name for name, until in self.hidden_until.items() if until <= self.passed_s)
        self.hidden_until[shown] = self.passed_s + asked["VisibilityTimeout"]
        attributes = {"SentTimestamp": "0", "ApproximateReceiveCount": "1"}
        message = {"MessageId": shown, "Body": "", "ReceiptHandle": shown, "Attributes": attributes}
        return {"Messages": [message]}

    def change_message_visibility(self, **asked: Any) -> None:
        assert self.hidden_until[asked["ReceiptHandle"]] > self.passed_s, "SQS knows no such message in flight"
        self.hidden_until[asked["ReceiptHandle"]] = 0.0


def test_a_slow_queue_is_asked_only_as_long_as_its_first_message_stays_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = SlowQueue()
    monkeypatch.setattr(dead_letter_queue, "service_client", lambda _service: queue)
    monkeypatch.setattr(clock, "elapsed_s", lambda: queue.passed_s)
    with DeadLetters("https://queue").held() as held:
        assert 0 < len(held) < 120
        queue.passed_s += 30  # what is done with them
    assert set(queue.hidden_until.values()) == {0.0}
