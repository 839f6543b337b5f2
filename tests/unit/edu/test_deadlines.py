"""A task past its time calls nobody any more, and its message comes again."""

from __future__ import annotations

from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery

from edu import clock
from edu.aws.clients import service_client
from edu.canary_tasks import try_isolation
from edu.deadlines import DeadlinePassedError, TooLateToSendError, check_deadline, sent_by, start_deadline
from edu.errors import LibretaError
from edu.queues import TASK_TIME_S
from edu.tasks import LoggedTask

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPROCESS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "process")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def past_it(call: Callable[[], Any]) -> Any:
    """Run something in a context whose deadline has passed."""

    def run() -> Any:
        start_deadline(-1)
        return call()

    return Context().run(run)


def test_call_to_aws_after_the_deadline_is_not_made() -> None:
    client = service_client("sqs")
    with pytest.raises(DeadlinePassedError):
        past_it(client.list_queues)


def test_next_message_is_not_sent_after_the_deadline() -> None:
    with pytest.raises(DeadlinePassedError):
        past_it(try_isolation.apply_async)


def test_task_starts_with_its_time_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("edu.deadlines.time.monotonic", lambda: now[0])

    def body() -> None:
        now[0] += TASK_TIME_S
        check_deadline()
        now[0] += 1
        check_deadline()

    task: Any = Celery("of-the-test", set_as_current=False).task(base=LoggedTask, name="edu.test_deadline")(body)
    with pytest.raises(DeadlinePassedError):
        task()
    assert now[0] == 1001.0 + TASK_TIME_S
    check_deadline()  # the task's deadline ended with it


def test_what_goes_on_after_an_error_of_ours_does_not_go_on_after_this() -> None:
    assert not issubclass(DeadlinePassedError, LibretaError)


def test_call_that_was_to_be_sent_by_now_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    latest = datetime(2026, 11, 29, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: latest + timedelta(microseconds=1))
    with sent_by(latest), pytest.raises(TooLateToSendError):
        service_client("sqs").list_queues()
    check_deadline()  # it was the block's


def test_call_may_be_sent_until_then_and_at_any_time_without(monkeypatch: pytest.MonkeyPatch) -> None:
    latest = datetime(2026, 11, 29, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: latest)
    with sent_by(latest):
        check_deadline()
    monkeypatch.setattr(clock, "now", lambda: latest + timedelta(days=1))
    with sent_by(None):
        check_deadline()
