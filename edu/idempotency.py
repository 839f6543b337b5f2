"""``Idempotency-Key``: the same write sent twice happens once and is answered twice, byte for byte.

The answer is stored in the transaction of the write itself, so there is no moment in which the write stands and its
answer does not. A write of several transactions claims its key first and stores the answer last; until then the same
request may start again, so each of its transactions must be one that can be repeated.

The record lives 24 hours, in the school's own partition and under the caller's id; DynamoDB's TTL removes it some time
later, and until then it no longer counts.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Generic, TypeVar

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from edu import clock
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.transactions import Condition, Transaction
from edu.errors import InvalidInputError, LibretaError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edu.dynamo.mapping import Attributes

T = TypeVar("T")
LIFETIME_S = 24 * 3600
ENTITY = "idempotency"
REPLAYED = "Idempotent-Replayed"
_SERVER_ERROR = 500


@dataclass(frozen=True)
class StoredResponse:
    """An HTTP answer as it was first given, in the ``language`` of its words; ``location`` is what it created.

    ``outcomes`` counts the rows of a write of many by what became of them.
    """

    status: int
    body: bytes
    etag: str = ""
    location: str = ""
    language: str = ""
    outcomes: str = ""

    def as_response(self) -> HttpResponse:
        """The answer on its way to the client."""
        response = HttpResponse(self.body, status=self.status, content_type="application/json")
        said = {
            "ETag": self.etag,
            "Location": self.location,
            "Content-Language": self.language,
            "Row-Outcomes": self.outcomes,
            "Retry-After": str(UnavailableError.retry_after_s) if self.status == HTTPStatus.ACCEPTED else "",
        }
        for name, value in said.items():
            if value:
                response.headers[name] = value
        return response


_UNFINISHED = StoredResponse(0, b"")


class IdempotentReplay(LibretaError):  # noqa: N818 - it is an answer that takes the exception's way out
    """This write was done before under the same key; ``answer`` is what was said then."""

    code = "replay"

    def __init__(self, answer: StoredResponse) -> None:
        super().__init__()
        self.answer = answer

    def as_response(self) -> HttpResponse:
        """The first answer, byte for byte; a header says that it was given before."""
        response = self.answer.as_response()
        response.headers[REPLAYED] = "true"
        return response


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
    def of_request(
        cls, *, subject: str, value: str, method: str, path: str, body: bytes, precondition: str = ""
    ) -> IdempotencyKey:
        """The key of one HTTP request; ``precondition`` is its If-Match or If-None-Match: part of what it asks."""
        parts = (method.encode(), path.encode(), precondition.encode(), body)
        digest = hashlib.sha256(b"\0".join(parts)).hexdigest()
        return cls(subject, hashlib.sha256(value.encode()).hexdigest(), digest)

    @property
    def key(self) -> Key:
        """Where its record stands."""
        return Key(school_partition("IDEMPOTENCY", self.subject), self.value)

    @property
    def fingerprint(self) -> str:
        """A name for the request, by which what it wrote before a crash can be told from others' writes."""
        return hashlib.sha256(f"{self.subject}\0{self.value}\0{self.request_digest}".encode()).hexdigest()[:32]

    def claim(self) -> None:
        """Take the key for a write of several transactions, before the first of them. ``finish`` stores the answer.

        Raises:
            IdempotentReplay: the same request was answered before.
            KeyReusedError: another request used the key.
        """
        self.finish(_UNFINISHED)

    def is_claimed(self) -> bool:
        """Whether this same request took the key and has not finished: what it wrote before stands. One read.

        Raises:
            IdempotentReplay, KeyReusedError: as ``claim``.
        """
        record = table.get_item(self.key)
        self._replay(record)
        return record is not None and record["expires_at"] > clock.epoch_s()

    def finish(self, answer: StoredResponse) -> None:
        """Store the answer of a write of several transactions, after the last. Same errors as ``claim``."""
        transaction = Transaction()
        self.remember(transaction, answer)
        transaction.commit()

    def remember(self, transaction: Transaction, answer: StoredResponse) -> None:
        """Add the record to the write's own transaction, whose ``commit`` then raises as ``claim`` does.

        Of several conditions that fail the one added first speaks, and the first answer comes before everything: so
        this is the transaction's first action.
        """
        now_s = clock.epoch_s()
        record = {
            **self.key.as_attributes(),
            "entity": ENTITY,
            "request_digest": self.request_digest,
            "status": answer.status,
            "body": answer.body,
            "etag": answer.etag,
            "location": answer.location,
            "language": answer.language,
            "outcomes": answer.outcomes,
            "expires_at": now_s + LIFETIME_S,
        }
        free = Condition(
            "attribute_not_exists(pk) OR expires_at <= :now_s OR (request_digest = :digest AND #status = :unfinished)",
            {":now_s": now_s, ":digest": self.request_digest, ":unfinished": _UNFINISHED.status},
            {"#status": "status"},
        )
        transaction.put(record, free, otherwise=lambda found: self._said_before(found or table.get_item(self.key)))

    @contextmanager
    def first_answer_wins(self) -> Iterator[None]:
        """Around the whole use case: what refuses a repeat (the term closed meanwhile) must not hide the first answer.

        Only a refusal costs the extra read. An error after which nobody knows more (a busy table) goes through.

        Raises:
            IdempotentReplay, KeyReusedError: as ``claim``.
        """
        try:
            yield
        except (IdempotentReplay, KeyReusedError):
            raise
        except LibretaError as error:
            if error.status < _SERVER_ERROR:
                self._replay(table.get_item(self.key))
            raise

    def _replay(self, record: Attributes | None) -> None:
        if said := self._said_before(record):
            raise said

    def _said_before(self, record: Attributes | None) -> IdempotentReplay | KeyReusedError | None:
        """What a key's record answers to this request; ``None`` when it does not count, or nothing was answered yet."""
        if record is None or record["expires_at"] <= clock.epoch_s():
            return None
        if record["request_digest"] != self.request_digest:
            return KeyReusedError()
        if record["status"] == _UNFINISHED.status:
            return None
        said = {name: record.get(name, "") for name in ("etag", "location", "language", "outcomes")}
        return IdempotentReplay(StoredResponse(record["status"], record["body"], **said))


class Reply(Generic[T]):
    """How a write is answered: the client's key, and the answer that ``render`` makes of the result.

    What is stored for a repeat is what the client gets: the answer of the write's last attempt, rendered once.
    """

    def __init__(self, key: IdempotencyKey, render: Callable[[T], StoredResponse]) -> None:
        self.key = key
        self._render = render
        self._answer: StoredResponse | None = None

    def remember(self, transaction: Transaction, result: T) -> None:
        """Store the answer with the write, as its transaction's first action (see the key's ``remember``)."""
        self.key.remember(transaction, self._answered(result))

    def finish(self, result: T) -> None:
        """Store the answer of a write of several transactions, after the last. Same errors as the key's ``claim``."""
        self.key.finish(self._answered(result))

    def as_response(self) -> HttpResponse:
        """The answer that went with the write, which has returned without an error, on its way to the client.

        Raises:
            RuntimeError: there went none with it: a bug, since repeating it would write twice.
        """
        if self._answer is None:
            raise RuntimeError("a write without a stored answer")
        return self._answer.as_response()

    def _answered(self, result: T) -> StoredResponse:
        self._answer = self._render(result)
        return self._answer
