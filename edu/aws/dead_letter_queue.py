"""A queue's dead letters in SQS, which has no list of a queue's messages: they are received and hidden for a while."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from edu import clock
from edu.aws.clients import service_client
from edu.aws.receiving import REASON, dead_letters_url
from edu.errors import UnavailableError
from edu.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 1000  # looked at together
_HIDDEN_S = 120
_RECEIVED_FOR_S = _HIDDEN_S / 2  # the rest is for what is done with them; one that is shown again has another receipt
_TOGETHER = 10  # SQS's own bound
_WAIT_S = 1  # long polling asks all of SQS's servers
_log = get_logger(__name__)


class DeadLettersUnavailableError(UnavailableError):
    """SQS does not answer, or refuses; what was done until then is done, and the rest is as it was."""

    code = "dead_letters_unavailable"


@dataclass(frozen=True)
class QueuedMessage:
    """A message that is held: its text, and how often it was received, this time included."""

    message_id: str
    body: str
    sent_at: datetime
    received: int
    receipt: str
    reason: str = ""  # why a worker set it aside, if one did


class DeadLetters:
    """The dead letters at ``url``. Inside ``held`` SQS's errors are ``DeadLettersUnavailableError``."""

    def __init__(self, url: str) -> None:
        self._url = url

    @contextmanager
    def held(self) -> Iterator[list[QueuedMessage]]:
        """At most ``MOST`` of them, or as many as SQS tells in a minute, hidden from others inside the block.

        Those left in the list are shown again.
        """
        held: list[QueuedMessage] = []
        with _answering():
            self._sqs = service_client("sqs")
            self._dead_url = self._located()
            try:
                self._receive(held)
                yield held
            finally:
                for one in held:
                    self._sqs.change_message_visibility(
                        QueueUrl=self._dead_url, ReceiptHandle=one.receipt, VisibilityTimeout=0
                    )

    def remove(self, message: QueuedMessage) -> None:
        """Take one away for good. Inside ``held``."""
        self._sqs.delete_message(QueueUrl=self._dead_url, ReceiptHandle=message.receipt)

    def _located(self) -> str:
        return self._url

    def _receive(self, held: list[QueuedMessage]) -> None:
        seen: set[str] = set()
        until_s = clock.elapsed_s() + _RECEIVED_FOR_S
        while len(held) < MOST and clock.elapsed_s() < until_s:
            answer = self._sqs.receive_message(
                QueueUrl=self._dead_url,
                MaxNumberOfMessages=_TOGETHER,
                VisibilityTimeout=_HIDDEN_S,
                WaitTimeSeconds=_WAIT_S,
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
                MessageAttributeNames=[REASON],
            )
            found = [_read(message) for message in answer.get("Messages", [])]
            if not found:
                return
            held += [one for one in found if one.message_id not in seen]
            seen |= {one.message_id for one in found}


class DeadLetterQueue(DeadLetters):
    """The dead letters of the queue at ``url``, which can be put into it again."""

    def send_again(self, message: QueuedMessage) -> None:
        """Put a copy into the queue itself. Inside ``held``."""
        self._sqs.send_message(QueueUrl=self._url, MessageBody=message.body)

    def _located(self) -> str:
        return dead_letters_url(self._sqs, self._url)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        _log.warning("dead letters not reached", error=type(error).__name__)
        raise DeadLettersUnavailableError from error


def _read(message: Any) -> QueuedMessage:  # noqa: ANN401 - boto3's message
    attributes = message["Attributes"]
    return QueuedMessage(
        message_id=message["MessageId"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
        received=int(attributes["ApproximateReceiveCount"]),
        receipt=message["ReceiptHandle"],
        reason=message.get("MessageAttributes", {}).get(REASON, {}).get("StringValue", ""),
    )
