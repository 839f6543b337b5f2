"""A message is in its new place before it leaves the old one."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from edu.aws.receiving import QueueReceiver, ReceivedMessage
from edu.aws.sending import QueueCallError

URL = "http://127.0.0.1:9/000000000000/libreta-test-behavior"
DEAD_URL = f"{URL}-dlq"
ARN = "arn:aws:sqs:us-east-1:000000000000:libreta-test-behavior-dlq"
MESSAGE = ReceivedMessage("m-1", "text", "receipt", faults=1)


class Sqs:
    """Notes what is asked of it; fails where it is told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.fails: dict[str, Exception] = {}
        self.failed: list[str] = []
        self.messages: list[dict[str, Any]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls.append((operation, arguments))
            if error := self.fails.get(operation):
                raise error
            return getattr(self, f"_{operation}")(arguments)

        return call

    def _send_message(self, arguments: dict[str, Any]) -> Any:
        return {"MD5OfMessageBody": hashlib.md5(arguments["MessageBody"].encode(), usedforsecurity=False).hexdigest()}

    def _delete_message_batch(self, _arguments: dict[str, Any]) -> Any:
        return {"Failed": self.failed}

    def _receive_message(self, _arguments: dict[str, Any]) -> Any:
        return {"Messages": self.messages}

    def _get_queue_attributes(self, _arguments: dict[str, Any]) -> Any:
        return {"Attributes": {"RedrivePolicy": json.dumps({"deadLetterTargetArn": ARN})}}

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _arguments in self.calls]


@pytest.fixture
def sqs() -> Sqs:
    return Sqs()


@pytest.fixture
def queue(sqs: Sqs) -> QueueReceiver:
    queue = QueueReceiver(URL, connections=1)
    vars(queue)["_sqs"] = vars(queue)["_polling"] = sqs
    return queue


def test_message_sent_back_has_one_fault_more_and_is_there_before_the_old_one_goes(
    queue: QueueReceiver, sqs: Sqs
) -> None:
    queue.send_back(MESSAGE, after_s=30)
    assert sqs.operations == ["send_message", "delete_message_batch"]
    sent = sqs.calls[0][1]
    assert (sent["QueueUrl"], sent["MessageBody"], sent["DelaySeconds"]) == (URL, "text", 30)
    assert sent["MessageAttributes"] == {"faults": {"DataType": "Number", "StringValue": "2"}}


def test_message_set_aside_lies_among_the_dead_letters_with_its_reason(queue: QueueReceiver, sqs: Sqs) -> None:
    queue.set_aside(MESSAGE, reason="no JSON")
    assert sqs.operations == ["get_queue_attributes", "send_message", "delete_message_batch"]
    sent = sqs.calls[1][1]
    assert (sent["QueueUrl"], sent["MessageAttributes"]["reason"]["StringValue"]) == (DEAD_URL, "no JSON")


@pytest.mark.parametrize(
    "error", [ReadTimeoutError(endpoint_url=URL), ClientError({"Error": {"Code": "Throttled"}}, "SendMessage")]
)
def test_message_that_was_not_taken_elsewhere_stays(queue: QueueReceiver, sqs: Sqs, error: Exception) -> None:
    sqs.fails["send_message"] = error
    with pytest.raises(QueueCallError):
        queue.send_back(MESSAGE, after_s=0)
    with pytest.raises(QueueCallError):
        queue.set_aside(MESSAGE, reason="x")
    assert "delete_message_batch" not in sqs.operations


def test_message_of_which_another_text_was_taken_stays(
    queue: QueueReceiver, sqs: Sqs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqs, "_send_message", lambda _arguments: {"MD5OfMessageBody": "0" * 32})
    with pytest.raises(QueueCallError):
        queue.send_back(MESSAGE, after_s=0)
    assert sqs.operations == ["send_message"]


def test_messages_are_removed_ten_a_call_and_one_that_is_not_is_told(queue: QueueReceiver, sqs: Sqs) -> None:
    queue.remove([MESSAGE] * 23)
    assert [len(arguments["Entries"]) for _operation, arguments in sqs.calls] == [10, 10, 3]
    sqs.failed = ["0"]
    with pytest.raises(QueueCallError):
        queue.remove([MESSAGE])


@pytest.mark.parametrize(("noted", "faults"), [("2", 2), ("x", 0), ("-1", 0), ("9" * 5000, 0), ("٣", 0), (None, 0)])
def test_faults_are_read_from_the_message(queue: QueueReceiver, sqs: Sqs, noted: str | None, faults: int) -> None:
    attributes = {"MessageAttributes": {"faults": {"StringValue": noted}}} if noted else {}
    sqs.messages = [{"MessageId": "m", "Body": "text", "ReceiptHandle": "r", **attributes}]
    [received] = queue.receive(wait_s=60)
    assert received == ReceivedMessage("m", "text", "r", faults)
    assert sqs.calls[0][1]["WaitTimeSeconds"] == 20


def test_message_without_room_for_a_note_is_set_aside_without_one(queue: QueueReceiver, sqs: Sqs) -> None:
    longest = ReceivedMessage("m-1", "x" * 1_048_576, "receipt")
    assert (longest.has_room, MESSAGE.has_room) == (False, True)
    queue.set_aside(longest, reason="no JSON")
    sent = next(arguments for operation, arguments in sqs.calls if operation == "send_message")
    assert (sent["QueueUrl"], sent["MessageAttributes"]) == (DEAD_URL, {})
