"""``Idempotency-Key``: the same write sent twice happens once and is answered twice, byte for byte.

The answer is stored in the transaction of the write itself, so there is no moment in which the write stands and its
answer does not. The record lives 24 hours (TTL), in the school's own partition and under the caller's id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from edu import clock
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.transactions import NOT_THERE, Transaction
from edu.errors import InvalidInputError, LibretaError

if TYPE_CHECKING:
    from edu.dynamo.errors import ConditionFailedError

T = TypeVar("T")
LIFETIME_S = 24 * 3600
ENTITY = "idempotency"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it was first given."""

    status: int
    body: bytes
    etag: str = ""

    def as_response(self) -> HttpResponse:
        """The answer on its way to the client."""
        response = HttpResponse(self.body, status=self.status, content_type="application/json")
        if self.etag:
            response.headers["ETag"] = self.etag
        return response


class IdempotentReplay(LibretaError):  # noqa: N818 - it is an answer that takes the exception's way out
    """This write was done before under the same key; ``answer`` is what was said then."""

    code = "replay"

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class KeyReusedError(InvalidInputError):
    """The key was used before for another request."""

    code = "idempotency_key_reused"
    title = _("This Idempotency-Key was used before with other data")


@dataclass(frozen=True)
class IdempotencyKey:
    """A client's key with what it stands for: who uses it (``subject``) and a digest of the request."""

    subject: str
    value: str
    request_digest: str

    @classmethod
    def of_request(cls, *, subject: str, value: str, method: str, path: str, body: bytes) -> IdempotencyKey:
        """The key of one HTTP request."""
        digest = hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()
        return cls(subject, hashlib.sha256(value.encode()).hexdigest(), digest)

    @property
    def key(self) -> Key:
        """Where its record stands."""
        return Key(school_partition("IDEMPOTENCY", self.subject), self.value)

    def remember(self, transaction: Transaction, answer: Answer) -> int:
        """Add the record to the write's own transaction; returns the action's position."""
        record = {
            **self.key.as_attributes(),
            "entity": ENTITY,
            "request_digest": self.request_digest,
            "status": answer.status,
            "body": answer.body,
            "etag": answer.etag,
            "expires_at": clock.epoch_s() + LIFETIME_S,
        }
        return transaction.put(record, NOT_THERE)

    def replay_if_used(self, error: ConditionFailedError, position: int) -> None:
        """After a failed transaction: raise the first answer if this key was the reason.

        Raises:
            IdempotentReplay: the same request was answered before.
            KeyReusedError: another request used the key.
        """
        if position not in error.failed:
            return
        record = error.failed[position] or table.get_item(self.key)
        if record is None:
            return
        if record["request_digest"] != self.request_digest:
            raise KeyReusedError
        raise IdempotentReplay(Answer(record["status"], record["body"], record.get("etag", "")))


@dataclass(frozen=True)
class Reply(Generic[T]):
    """How a write is answered: the client's key, and the answer made from the result."""

    key: IdempotencyKey
    render: Callable[[T], Answer]

    def remember(self, transaction: Transaction, result: T) -> int:
        """Store the answer with the write; returns the action's position."""
        return self.key.remember(transaction, self.render(result))
