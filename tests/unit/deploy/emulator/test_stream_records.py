"""What is dropped of a stream that its pipes have read, and what is not."""

from __future__ import annotations

import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from deploy.emulator.extension import patching, stream_records
from deploy.emulator.extension.stream_records import KEPT

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT, REGION, TABLE = "000000000000", "us-east-1", "T"
SCOPE = (ACCOUNT, REGION, TABLE)
END = 3 * KEPT


@pytest.fixture
def stream() -> Iterator[Any]:
    """A table's stream with records 0 to ``END``; the dynamodb module."""
    dynamodb, pipes = patching.service("dynamodb"), patching.service("pipes")
    dynamodb._stream_records.set_scoped(*SCOPE, list(range(END)))
    yield dynamodb
    stream_records._marks.clear()
    for store in (dynamodb._stream_records, dynamodb._stream_trimmed, pipes._pipes, pipes._positions):
        store.clear()


def _pipe(name: str, position: int) -> None:
    pipes = patching.service("pipes")
    arn = f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/{name}"
    source = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}/stream/2026"
    pipes._pipes.set_scoped(ACCOUNT, REGION, name, {"Arn": arn, "Source": source})
    pipes._positions.set_scoped(ACCOUNT, REGION, arn, position)


def _first(dynamodb: Any) -> int:
    stream_records.drop_consumed()
    records = dynamodb._stream_records.get_scoped(*SCOPE)
    assert records == list(range(dynamodb._stream_trimmed.get_scoped(*SCOPE, 0), END)), "positions stay what they were"
    return int(records[0])


def test_records_behind_the_slowest_pipe_are_dropped(stream: Any) -> None:
    _pipe("quick", END)
    _pipe("slow", KEPT)
    assert _first(stream) == KEPT
    _pipe("slow", KEPT + 1)
    assert _first(stream) == KEPT + 1


def test_latest_records_are_kept_for_who_looks_later(stream: Any) -> None:
    _pipe("quick", END)
    assert _first(stream) == END - KEPT
    assert _first(stream) == END - KEPT


def test_stream_without_a_pipe_keeps_its_day(stream: Any) -> None:
    assert _first(stream) == 0


def test_stream_is_kept_while_a_function_reads_streams(stream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _pipe("quick", END)
    store = SimpleNamespace(has_any=lambda: True)
    monkeypatch.setitem(sys.modules, "ministack.services.lambda_svc", SimpleNamespace(_dynamodb_stream_positions=store))
    assert _first(stream) == 0


def test_iterator_holds_what_is_behind_it_until_it_expires(stream: Any) -> None:
    lifetime_s = patching.service("dynamodb_streams")._ITERATOR_TTL_SECONDS
    _pipe("quick", END)
    stream_records.note_iterator(SCOPE, 5, time.time() - lifetime_s - 61)
    stream_records.note_iterator(SCOPE, 20, time.time())
    stream_records.note_iterator(SCOPE, 30, time.time())
    assert _first(stream) == 20
