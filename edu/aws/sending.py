"""Messages to one queue, sent quickly or not at all: for who has to answer somebody while SQS does not answer."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from edu.aws.clients import new_service_client
from edu.aws.json_calls import send_as_it_is
from edu.aws.signing import JSON_CALLS

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 1.0, 2.0
PROBE_CONNECT_TIMEOUT_S, PROBE_READ_TIMEOUT_S = 0.5, 1.0


class QueueCallError(Exception):
    """SQS did not answer as it should. A message may have been taken all the same. The text names the reason only."""


class QueueSender:
    """Sends to one queue. One attempt a call; the clients are made at the first, and any thread may call."""

    def __init__(self, url: str, *, connections: int) -> None:
        self._url, self._connections = url, connections
        self._clients: dict[str, SQSClient] = {}
        self._lock = threading.Lock()

    def send(self, text: str) -> None:
        """Return once SQS says that it holds this very text. Blocks, some three seconds at most.

        Raises:
            QueueCallError: it did not say so.
        """
        client = self._client("send", CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        try:
            answer: Any = client.send_message(QueueUrl=self._url, MessageBody=text)
        except (BotoCoreError, ClientError) as error:
            raise QueueCallError(reason_of(error)) from error
        require_taken(answer, text)

    def probe(self) -> None:
        """Ask whether the queue answers. Blocks, a second and a half at most.

        Raises:
            QueueCallError: it does not.
        """
        client = self._client("probe", PROBE_CONNECT_TIMEOUT_S, PROBE_READ_TIMEOUT_S)
        try:
            client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        except (BotoCoreError, ClientError) as error:
            raise QueueCallError(reason_of(error)) from error

    def _client(self, use: str, connect_s: float, read_s: float) -> SQSClient:
        with self._lock:  # botocore's sessions may not make clients side by side
            if use not in self._clients:
                client = new_service_client(
                    "sqs",
                    connect_timeout=connect_s,
                    read_timeout=read_s,
                    retries={"mode": "standard", "total_max_attempts": 1},
                    max_pool_connections=self._connections,
                    parameter_validation=False,
                    signature_version=JSON_CALLS,
                )
                send_as_it_is(client)
                self._clients[use] = client
            return self._clients[use]


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
