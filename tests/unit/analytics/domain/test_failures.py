"""What a pipe's dead letter and an error object's key say; whatever else lies there ends in the one named error."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.domain.datasets import Dataset
from analytics.domain.failures import (
    DeadLetter,
    ErrorObject,
    Loss,
    UnreadableFailureError,
    read_dead_letter,
    read_error_key,
)

FIRST, LAST = datetime(2026, 11, 14, 0, 13, 19, tzinfo=UTC), datetime(2026, 11, 14, 0, 13, 21, tzinfo=UTC)


def message(**changes: Any) -> str:
    """As AWS writes it; a name with a dot changes an inner member."""
    said: dict[str, Any] = {
        "context": {
            "partnerResourceArn": "arn:aws:pipes:us-east-1:123456789012:pipe/libreta-prod-events",
            "condition": "RetryAttemptsExhausted",
        },
        "version": "1.0",
        "timestamp": "2026-11-14T00:43:00.123Z",
        "DDBStreamBatchInfo": {
            "shardId": "shardId-00000001573416846139-4e2d9c5b",
            "startSequenceNumber": "800000000003126276362",
            "endSequenceNumber": "800000000003126276364",
            "approximateArrivalOfFirstRecord": "2026-11-14T00:13:19Z",
            "approximateArrivalOfLastRecord": "2026-11-14T00:13:21Z",
            "batchSize": 3,
            "streamArn": "arn:aws:dynamodb:us-east-1:123456789012:table/libreta-prod/stream/2026-01-01T00:00:00.000",
        },
    }
    for name, value in changes.items():
        part = said["context"] if name in said["context"] else said["DDBStreamBatchInfo"]
        part[name] = value
    return json.dumps(said)


def pipe(name: str) -> str:
    return f"arn:aws-cn:pipes:cn-north-1:123456789012:pipe/{name}"


def test_message_says_pipe_condition_size_and_when() -> None:
    letter = read_dead_letter(message())
    assert letter == DeadLetter("libreta-prod-events", "RetryAttemptsExhausted", 3, FIRST, LAST)


@pytest.mark.parametrize(
    ("name", "datasets"),
    [
        ("libreta-prod-events", (Dataset.EVENTS,)),
        ("libreta-prod-grades", (Dataset.GRADES,)),
        ("another", tuple(Dataset)),
        ("grades-copy", tuple(Dataset)),
    ],
)
def test_message_is_about_the_dataset_of_its_pipe_and_of_an_unknown_pipe_about_each(
    name: str, datasets: tuple[Dataset, ...]
) -> None:
    assert read_dead_letter(message(partnerResourceArn=pipe(name))).loss == Loss(datasets, FIRST, LAST)


def test_instants_of_any_offset_are_the_same_instants() -> None:
    other = message(approximateArrivalOfFirstRecord="2026-11-13T19:13:19-05:00")
    assert read_dead_letter(other).first_at.isoformat() == "2026-11-14T00:13:19+00:00"


@pytest.mark.parametrize(
    "body",
    [
        *("", "null", "[]", "{}", "secreto de Ana", "[" * 100_000, '{"context": {}}', "\ud800"),
        message(partnerResourceArn=pipe("")),
        message(partnerResourceArn=pipe("a b")),
        message(partnerResourceArn=f"{pipe('a')}\n"),
        message(partnerResourceArn="arn:aws:sqs:us-east-1:123456789012:q"),
        message(condition="x\x1b[31m"),
        message(condition="Fine\n"),
        message(condition=None),
        message(batchSize=0),
        message(batchSize="3"),
        message(approximateArrivalOfFirstRecord="2026-11-14T00:13:22Z"),
        message(approximateArrivalOfFirstRecord="0001-01-01T00:00:00Z"),
        message(approximateArrivalOfLastRecord="9999-12-31T23:59:59Z"),
        message(approximateArrivalOfFirstRecord="2026-11-14T00:13:19"),
        message(approximateArrivalOfFirstRecord=1_794_615_199),
        message(approximateArrivalOfFirstRecord="ayer"),
    ],
)
def test_what_no_pipe_sent_is_named_and_not_repeated(body: str) -> None:
    with pytest.raises(UnreadableFailureError, match=r"^no (message of a pipe|time of a batch)$"):
        read_dead_letter(body)


@given(st.text(max_size=200))
def test_any_key_is_read_or_refused(key: str) -> None:
    with pytest.raises(UnreadableFailureError):
        read_error_key(f"errors/{key}")


def test_key_says_dataset_type_and_day() -> None:
    found = read_error_key(
        "errors/grades/format-conversion-failed/2026/11/14/libreta-prod-grades-1-2026-11-14-00-13-19-a"
    )
    assert found == ErrorObject(Dataset.GRADES, "format-conversion-failed", date(2026, 11, 14))


def test_object_is_about_what_the_stream_still_had_on_its_day_until_it_was_written() -> None:
    found, written = ErrorObject(Dataset.EVENTS, "x-failed", date(2026, 11, 14)), datetime(2026, 11, 15, 1, tzinfo=UTC)
    assert found.loss(modified_at=written) == Loss((Dataset.EVENTS,), datetime(2026, 11, 13, tzinfo=UTC), written)
    earlier = datetime(2026, 11, 1, tzinfo=UTC)  # its day is made up
    assert found.loss(modified_at=earlier) == Loss((Dataset.EVENTS,), datetime(2026, 10, 31, tzinfo=UTC), earlier)


@pytest.mark.parametrize(
    "key",
    [
        "errors/",
        "errors/scores/processing-failed/2026/11/14/f",
        "errors/events/processing-failed/2026/11/31/f",
        "errors/events/processing-failed/1999/11/14/f",
        "errors/events/processing-failed/9999/12/31/f",
        "errors/events/processing-failed/2026/11/14/",
        "errors/events/processing-failed/2026/11/14/a/b",
        "errors/events/processing failed/2026/11/14/f",
        "events/year=2026/month=11/school=a/f.parquet",
        "errors/events/processing-failed/2026/11/1٤/f",
    ],
)
def test_key_that_firehose_does_not_make_is_refused(key: str) -> None:
    with pytest.raises(UnreadableFailureError):
        read_error_key(key)
