"""Messages to one queue, sent quickly or not at all: for who has to answer somebody while SQS does not answer."""

from __future__ import annotations

import hashlib
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from edu.aws.loop_calls import CallRefusedError, LoopCalls
from edu.aws.loop_connections import UnansweredError

CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 1.0, 2.0
PROBE_CONNECT_TIMEOUT_S, PROBE_READ_TIMEOUT_S = 0.5, 1.0


class QueueCallError(Exception):
    """SQS did not answer as it should. A message may have been taken all the same. The text names the reason only."""


class QueueSender:
    """Sends to one queue. One attempt a call, on the event loop; of its connections so many are kept."""

    def __init__(self, url: str, *, connections: int) -> None:
        self._url = url
        self._calls = LoopCalls("sqs", prefix="AmazonSQS", connections=connections)

    async def send(self, text: str) -> None:
        """Return once SQS says that it holds this very text; three seconds at most.

        Raises:
            QueueCallError: it did not say so.
        """
        arguments = {"QueueUrl": self._url, "MessageBody": text}
        require_taken(await self._call("SendMessage", arguments, CONNECT_TIMEOUT_S, READ_TIMEOUT_S), text)

    async def probe(self) -> None:
        """Ask whether the queue answers; a second and a half at most.

        Raises:
            QueueCallError: it does not.
        """
        arguments = {"QueueUrl": self._url, "AttributeNames": ["QueueArn"]}
        await self._call("GetQueueAttributes", arguments, PROBE_CONNECT_TIMEOUT_S, PROBE_READ_TIMEOUT_S)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._calls.close()

    async def _call(
        self, operation: str, arguments: dict[str, Any], connect_s: float, answer_s: float
    ) -> dict[str, Any]:
        try:
            return await self._calls.call(operation, arguments, connect_s=connect_s, answer_s=answer_s)
        except (UnansweredError, CallRefusedError) as error:
            raise QueueCallError(str(error)) from error
        except BotoCoreError as error:
            raise QueueCallError(reason_of(error)) from error


def require_taken(answer: Any, text: str) -> None:  # noqa: ANN401 - SQS's answer to SendMessage
    """Compare SQS's digest of what it holds with the text's.

    Raises:
        QueueCallError: it holds something else.
    """
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # SQS's own choice
    if answer.get("MD5OfMessageBody") != digest:
        raise QueueCallError("another text is said to have been taken")


def reason_of(error: BotoCoreError | ClientError) -> str:
    """AWS's code, or botocore's name for what happened: neither repeats what was sent."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "")) or type(error).__name__
    return type(error).__name__
