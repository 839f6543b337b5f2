"""Messages from one queue, by whoever decides for itself what becomes of each: taken away, shown again, set aside."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from edu.aws.clients import new_service_client
from edu.aws.sending import QueueCallError, reason_of, require_taken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_sqs import SQSClient

FAULTS, REASON = "faults", "reason"  # attributes of a message that was tried before
TOGETHER: Final = 10  # SQS's own bound
_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S = 2.0, 5.0
_LONGEST_WAIT_S: Final = 20  # SQS's own bound
_LONGEST_MESSAGE_BYTES: Final = 1_048_576  # the same
_LONGEST_NOTE_BYTES: Final = 1024
_COUNT = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True)
class ReceivedMessage:
    """A message that is hidden from others for the queue's visibility time.

    ``faults``: how often it was tried in vain for its own fault, as its sender of the last time noted.
    """

    message_id: str
    text: str = field(repr=False)
    receipt: str = field(repr=False)
    faults: int = 0

    @property
    def has_room(self) -> bool:
        """Whether a note fits beside it: SQS counts attributes to a message's size."""
        return len(self.text.encode()) + _LONGEST_NOTE_BYTES <= _LONGEST_MESSAGE_BYTES


class QueueReceiver:
    """Receives from the queue at ``url``. Any thread may call.

    Each call to SQS blocks for seven seconds at most, beside the wait asked for. Every method raises QueueCallError
    when SQS does not do as it should.
    """

    def __init__(self, url: str, *, connections: int) -> None:
        self._url, self._connections = url, connections

    def receive(self, *, wait_s: int) -> list[ReceivedMessage]:
        """At most ``TOGETHER`` messages, waiting at most so many whole seconds for the first."""
        with _answering():
            answer = self._polling.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=TOGETHER,
                WaitTimeSeconds=min(wait_s, _LONGEST_WAIT_S),
                MessageAttributeNames=[FAULTS],
            )
        return [_read(message) for message in answer.get("Messages", [])]

    def remove(self, messages: Sequence[ReceivedMessage]) -> None:
        """Take messages away for good."""
        for start in range(0, len(messages), TOGETHER):
            entries = [
                {"Id": str(number), "ReceiptHandle": message.receipt}
                for number, message in enumerate(messages[start : start + TOGETHER])
            ]
            with _answering():
                answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise QueueCallError("some were not removed")

    def show_again(self, message: ReceivedMessage, *, after_s: int) -> None:
        """Let a message be received again, by anybody, so many seconds from now."""
        with _answering():
            self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=after_s
            )

    def send_back(self, message: ReceivedMessage, *, after_s: int) -> None:
        """Put a copy with one fault more in the message's place. Killed in between, both are there.

        Only for one that ``has_room``: SQS refuses the copy of another.
        """
        self._move(message, self._url, {FAULTS: _number(message.faults + 1)}, after_s)

    def set_aside(self, message: ReceivedMessage, *, reason: str) -> None:
        """Move a message to the queue's dead letters, with a reason in words of ours if it ``has_room`` for one."""
        said = {"DataType": "String", "StringValue": reason}
        attributes = {FAULTS: _number(message.faults + 1), REASON: said} if message.has_room else {}
        self._move(message, self._dead_letters_url, attributes, after_s=0)

    def _move(self, message: ReceivedMessage, url: str, attributes: dict[str, Any], after_s: int) -> None:
        with _answering():
            answer = self._sqs.send_message(
                QueueUrl=url, MessageBody=message.text, DelaySeconds=after_s, MessageAttributes=attributes
            )
        require_taken(answer, message.text)
        self.remove([message])

    @cached_property
    def _sqs(self) -> Any:  # noqa: ANN401 - its stubs want a type for each attribute
        return self._new_client(_READ_TIMEOUT_S)

    @cached_property
    def _polling(self) -> Any:  # noqa: ANN401 - the same
        return self._new_client(_LONGEST_WAIT_S + _READ_TIMEOUT_S)

    def _new_client(self, read_timeout_s: float) -> Any:  # noqa: ANN401 - the same
        return new_service_client(
            "sqs",
            connect_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=read_timeout_s,
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=self._connections,
        )

    @cached_property
    def _dead_letters_url(self) -> str:
        with _answering():
            return dead_letters_url(self._sqs, self._url)


def dead_letters_url(sqs: SQSClient, url: str) -> str:
    """The address of a queue's dead letters, as the queue itself names them; they are its neighbours."""
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    arn: str = json.loads(found["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"]
    return f"{url.rpartition('/')[0]}/{arn.rpartition(':')[2]}"


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise QueueCallError(reason_of(error)) from error


def _number(value: int) -> dict[str, str]:
    return {"DataType": "Number", "StringValue": str(value)}


def _read(message: Any) -> ReceivedMessage:  # noqa: ANN401 - boto3's message
    noted = message.get("MessageAttributes", {}).get(FAULTS, {}).get("StringValue", "")
    return ReceivedMessage(
        message_id=message["MessageId"],
        text=message["Body"],
        receipt=message["ReceiptHandle"],
        faults=int(noted) if _COUNT.fullmatch(noted) else 0,
    )
