"""Asking one question: its key, its deadline, its exchange, and what came of it."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govsync.client import transport
from govsync.client.connecting import Deadline, Host
from govsync.client.exchange import Answer, AskedOf, Exchange
from govsync.client.failures import ExchangeFailedError
from govsync.client.keys import Key
from govsync.client.meaning import Question, Row, meaning_of, meaning_of_failure
from govsync.client.transport import Request
from govsync.domain.answers import CredentialsRefused
from govsync.domain.batches import batch_id_of
from govsync.errors import BatchAlteredError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from govsync.client.questions import BatchQuestion


@dataclass(frozen=True)
class Caller:
    """The API at one host, called with one key. Thread-safe."""

    host: Host
    key: Key

    @property
    def origin(self) -> str:
        """The API's scheme, host and port."""
        return self.host.origin

    @property
    def base_path(self) -> str:
        """What each of the API's paths begins with, without a final slash."""
        return self.host.base_path

    def send(
        self, question: BatchQuestion, body: bytes, rows: Sequence[Row[BatchQuestion, Answer]]
    ) -> Exchange[Answer]:
        """Send the question's batch.

        Raises:
            BatchAlteredError: see ``Government.submit``.
        """
        if batch_id_of(body) != question.batch.batch_id:
            raise BatchAlteredError(f"batch {question.batch.number}")
        batch_id = question.batch.batch_id
        headers = {"Idempotency-Key": batch_id, "Content-Type": "application/json"}
        return self._call(question, Request("POST", question.target, headers, body), rows, (batch_id, "submit"))

    def ask(self, question: Question, rows: Sequence[Row[Question, Answer]], *, asked_of: AskedOf) -> Exchange[Answer]:
        """Ask, sending nothing but the question."""
        request = Request("GET", question.target, {})
        digest = hashlib.sha256(f"{request.method} {request.target}".encode()).hexdigest()
        return self._call(question, request, rows, (digest, asked_of))

    def _call(
        self,
        question: Question,
        request: Request,
        rows: Sequence[Row[Question, Answer]],
        named: tuple[str, AskedOf],
    ) -> Exchange[Answer]:
        started, deadline = time.perf_counter(), Deadline(transport.EXCHANGE_LIMIT_S)
        status, body_sha256 = None, None
        answer: Answer
        try:
            key = self.key.current()
            response = transport.exchange(self.host, request.with_key(key), deadline)
        except ExchangeFailedError as failure:
            status, answer = failure.status, meaning_of_failure(failure, question.operation)
        else:
            status, answer = response.status, meaning_of(response, question, rows)
            body_sha256 = hashlib.sha256(response.body).hexdigest()
            if isinstance(answer, CredentialsRefused):
                self.key.refuse(key)
        duration_ms = round((time.perf_counter() - started) * 1000)
        return Exchange(named[0], status, duration_ms, answer, body_sha256, named[1])
