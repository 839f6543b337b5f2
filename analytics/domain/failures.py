"""What did not reach the lake, as those who gave it up tell it: positions and times, nothing of content.

A pipe sends a message to its dead letters for each batch that it gave up. Firehose puts an object under ``errors/`` for
the records that it could not write; only the object's key is read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final

import msgspec

from analytics.domain.datasets import FIRST_YEAR, LAST_YEAR, Dataset

_STREAM_KEPT_FOR: Final = timedelta(days=1)
_YEARS: Final = range(FIRST_YEAR + 1, LAST_YEAR)  # what lies before and behind is looked at, too
_PIPE_ARN: Final = r"\Aarn:[a-z-]+:pipes:[a-z0-9-]+:[0-9]{12}:pipe/[A-Za-z0-9._-]{1,64}\Z"
_KEY: Final = re.compile(r"errors/(events|grades)/([A-Za-z-]{1,64})/([0-9]{4})/([0-9]{2})/([0-9]{2})/[^/]+")


class UnreadableFailureError(ValueError):
    """It is none that a pipe or Firehose makes; the text says what is wrong, and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What the lake may lack: of these datasets, what the table wrote from ``since`` to ``until``, both included."""

    datasets: tuple[Dataset, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A batch that a pipe gave up; the instants are those at which its first and last record reached the stream."""

    pipe: str
    condition: str
    records: int
    first_at: datetime
    last_at: datetime

    @property
    def loss(self) -> Loss:
        """Of the dataset that the pipe's name ends in; of each, when it ends in none."""
        named = tuple(dataset for dataset in Dataset if self.pipe.endswith(f"-{dataset}"))
        return Loss(named or tuple(Dataset), self.first_at, self.last_at)


@dataclass(frozen=True, slots=True)
class ErrorObject:
    """Records that Firehose put aside; the oldest reached it on ``day`` (UTC)."""

    dataset: Dataset
    error_type: str
    day: date

    def loss(self, *, modified_at: datetime) -> Loss:
        """What the table wrote before the object was, and not so long before its day that the stream forgot it."""
        since = min(datetime.combine(self.day, time(), UTC), modified_at) - _STREAM_KEPT_FOR
        return Loss((self.dataset,), since, modified_at)


_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class _Context(msgspec.Struct, rename="camel"):
    condition: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z]{1,64}\Z")]
    partner_resource_arn: Annotated[str, msgspec.Meta(pattern=_PIPE_ARN)]


class _Batch(msgspec.Struct, rename="camel"):
    approximate_arrival_of_first_record: _Instant
    approximate_arrival_of_last_record: _Instant
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class _Message(msgspec.Struct):
    context: _Context
    batch: _Batch = msgspec.field(name="DDBStreamBatchInfo")


def read_dead_letter(body: str) -> DeadLetter:
    """What a pipe's message says. AWS documents no form of it; this is the one of messages that its users published.

    Raises:
        UnreadableFailureError: no pipe of a DynamoDB stream sent it.
    """
    try:
        message = msgspec.json.decode(body, type=_Message)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise UnreadableFailureError("no message of a pipe") from None
    batch = message.batch
    first, last = batch.approximate_arrival_of_first_record, batch.approximate_arrival_of_last_record
    if first > last or first.year not in _YEARS or last.year not in _YEARS:
        raise UnreadableFailureError("no time of a batch")
    pipe = message.context.partner_resource_arn.rpartition("/")[2]
    return DeadLetter(pipe, message.context.condition, batch.batch_size, first.astimezone(UTC), last.astimezone(UTC))


def read_error_key(key: str) -> ErrorObject:
    """What an error object's key says, by the delivery streams' ``ErrorOutputPrefix``.

    Raises:
        UnreadableFailureError: Firehose gave no object this key.
    """
    named = _KEY.fullmatch(key)
    try:
        if named and int(named[3]) in _YEARS:
            return ErrorObject(Dataset(named[1]), named[2], date(*map(int, named.group(3, 4, 5))))
    except ValueError:
        raise UnreadableFailureError("no day") from None
    raise UnreadableFailureError("no key of the delivery")
