"""Counting the calls to the table."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edu.aws.scoped_clients import scoped_client

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def counted_calls() -> Iterator[list[str]]:
    """The DynamoDB operations called inside the block."""
    calls: list[str] = []

    def note(model: Any, **_kwargs: Any) -> None:
        calls.append(model.name)

    events = scoped_client("dynamodb").meta.events
    events.register("before-call.dynamodb", note)
    try:
        yield calls
    finally:
        events.unregister("before-call.dynamodb", note)
