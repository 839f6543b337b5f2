"""A forked process makes clients and asks for credentials of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from edu.aws.clients import service_client
from edu.aws.credentials import sessions
from edu.aws.scoped_clients import scoped_client

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPROCESS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "process")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def holds_in_child(condition: Callable[[], bool]) -> bool:
    """Whether something is so in a process forked off now."""
    if (child := os.fork()) == 0:
        outcome = 1
        try:
            outcome = 0 if condition() else 1
        finally:
            os._exit(outcome)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_child_has_none_of_its_parents_clients() -> None:
    parents = service_client("sqs"), scoped_client("s3")
    assert (service_client("sqs"), scoped_client("s3")) == parents
    assert holds_in_child(lambda: service_client("sqs") is not parents[0] and scoped_client("s3") is not parents[1])


def test_child_has_none_of_its_parents_sessions_threads_or_held_locks() -> None:
    parents = sessions._renewer
    with sessions._guard:
        assert holds_in_child(lambda: not sessions._sessions and sessions._renewer is not parents)
        assert holds_in_child(lambda: sessions._guard.acquire(blocking=False))
    assert sessions._renewer is parents
