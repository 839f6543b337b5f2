"""Tasks run through Celery's own tracer: they enter their message's school, leave it, and say nothing personal."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery
from celery.app.trace import build_tracer
from celery.worker.request import Request
from kombu.transport.memory import Channel
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars
from structlog.testing import capture_logs

from edu import tenancy
from edu.celery import app as product
from edu.logs import correlation_id, start_correlation
from edu.tasks import LoggedTask, MissingSchoolError, SchoolTask
from edu.tenancy import InvalidSchoolIdError, NoScopeError, current_school_id, enter_school

if TYPE_CHECKING:
    from collections.abc import Iterator

PERSON = "Ana Muñoz"


def _school_or_none() -> str | None:
    try:
        return current_school_id()
    except NoScopeError:
        return None


@pytest.fixture
def app() -> Iterator[Celery]:
    """The product's Celery settings over kombu's in-memory broker."""
    app = Celery("test", set_as_current=False)
    app.config_from_object("edu.celeryconfig")
    app.conf.update(broker_url="memory://", broker_transport="memory", broker_transport_options={})
    yield app
    app.close()


@pytest.fixture
def seen() -> list[Any]:
    return []


@pytest.fixture
def school_task(app: Celery, seen: list[Any]) -> Any:
    @app.task(shared=False, base=SchoolTask, name="edu.test_school")
    def work(*, school_id: str, note: str = "", fail: bool = False) -> str:
        seen.append((school_id, _school_or_none(), correlation_id(), get_contextvars().get("task")))
        if fail:
            raise ValueError(note)
        return note

    return work


def _trace(task: Any, *args: Any, headers: dict[str, Any] | None = None, **kwargs: Any) -> Any:
    """Run the task as a worker does."""
    request = {"id": "task-1", "delivery_info": {}, **(headers or {})}
    trace: Any = build_tracer(task.name, task, app=task.app)
    return trace("task-1", args, kwargs, request)


def test_tracer_goes_through_our_call_and_the_school_is_entered_and_left(school_task: Any, seen: list[Any]) -> None:
    outcome = _trace(school_task, school_id="norte", note="done")
    assert outcome.retval == "done"
    assert [entry[:2] for entry in seen] == [("norte", "norte")]
    assert _school_or_none() is None


def test_failing_task_leaves_its_school_and_the_next_starts_clean(school_task: Any, seen: list[Any]) -> None:
    failed = _trace(school_task, school_id="norte", note=PERSON, fail=True)
    assert failed.info.state == "FAILURE"
    assert _school_or_none() is None
    _trace(school_task, school_id="sur")
    assert [entry[1] for entry in seen] == ["norte", "sur"]


@pytest.mark.parametrize(
    ("kwargs", "error"),
    [
        ({}, MissingSchoolError),
        ({"school_id": ""}, MissingSchoolError),
        ({"school_id": None}, MissingSchoolError),
        ({"school_id": "*"}, InvalidSchoolIdError),
        ({"school_id": "norte#x"}, InvalidSchoolIdError),
        ({"school_id": "NORTE"}, InvalidSchoolIdError),
        ({"school_id": ["norte"]}, InvalidSchoolIdError),
        ({"school_id": 7}, InvalidSchoolIdError),
    ],
)
def test_message_without_a_good_school_runs_nothing(
    school_task: Any, seen: list[Any], kwargs: dict[str, Any], error: type[Exception]
) -> None:
    assert isinstance(_trace(school_task, **kwargs).retval.exception, error)
    assert seen == []


def test_scope_left_behind_on_the_thread_is_not_inherited(app: Celery) -> None:
    @app.task(shared=False, base=LoggedTask, name="govsync.test_scopeless")
    def work() -> str | None:
        return _school_or_none()

    with enter_school("norte"):
        assert _trace(work).retval is None
        assert current_school_id() == "norte"


def test_scope_a_body_forgets_to_leave_does_not_outlive_it(app: Celery) -> None:
    @app.task(shared=False, base=LoggedTask, name="govsync.test_leaky")
    def work() -> str:
        tenancy._scope.set(tenancy.Scope(tenancy.ScopeKind.TENANT, "norte"))
        return current_school_id()

    assert _trace(work).retval == "norte"
    assert _school_or_none() is None


def _sent(app: Celery) -> Any:
    with app.connection_for_read() as connection, connection.channel() as channel:
        assert isinstance(channel, Channel)
        return channel._get("maintenance")


def test_correlation_id_travels_with_the_message_and_arguments_are_not_copied(
    school_task: Any, seen: list[Any], app: Celery
) -> None:
    start_correlation("correlation-42")
    school_task.delay(school_id="norte", note=PERSON)
    clear_contextvars()
    headers = _sent(app)["headers"]
    assert PERSON not in str(headers)
    assert headers["argsrepr"] == headers["kwargsrepr"] == ""
    _trace(school_task, school_id="norte", headers=headers)
    assert [entry[2:] for entry in seen] == [("correlation-42", "edu.test_school")]


def test_without_a_sender_the_task_id_correlates(school_task: Any, seen: list[Any]) -> None:
    _trace(school_task, school_id="norte")
    assert seen[0][2] == "task-1"


def test_callers_own_log_context_survives_a_task_run_in_place(school_task: Any) -> None:
    bind_contextvars(correlation_id="the-request")
    school_task(school_id="norte")
    assert get_contextvars() == {"correlation_id": "the-request"}


def test_logs_name_the_task_and_the_error_and_nobody(school_task: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with capture_logs() as logs:
        _trace(school_task, school_id="norte", note=PERSON)
        assert [entry["event"] for entry in logs] == ["task done"]
        assert PERSON not in str(logs)
        _trace(school_task, school_id="norte", fail=True)
    assert (logs[-1]["event"], logs[-1]["error"]) == ("task failed", "ValueError")


@pytest.mark.parametrize("base", [LoggedTask, SchoolTask])
def test_failed_message_is_rejected_not_acknowledged(app: Celery, base: type) -> None:
    """The SQS transport leaves a rejected message to the queue's redrive policy, so it is counted and dead-lettered."""

    @app.task(shared=False, base=base, name="edu.test_fails")
    def work(**_: Any) -> None:
        raise ValueError

    calls: list[str] = []
    message = SimpleNamespace(
        headers={"id": "task-1", "task": work.name},
        properties={"correlation_id": "task-1", "delivery_info": {}},
        delivery_info={},
        payload=((), {"school_id": "norte"}, {}),
        body=b"[[], {}, {}]",
        content_type="application/json",
        content_encoding="utf-8",
        decode=lambda: ((), {}, {}),
    )
    request: Any = Request(
        message,
        app=app,
        task=work,
        decoded=False,
        on_ack=lambda *_: calls.append("acknowledged"),
        on_reject=lambda _log, _errors, requeue: calls.append(f"rejected, requeue={requeue}"),
    )
    outcome = _trace(work, school_id="norte")
    request.on_accepted(1, 0.0)
    assert calls == []
    request.on_success((True, outcome.retval, 0.1))
    assert calls == ["rejected, requeue=False"]


def test_every_task_of_the_product_is_late_and_never_acknowledged_on_failure() -> None:
    product.loader.import_default_modules()
    ours: list[Any] = [task for name, task in product.tasks.items() if not name.startswith("celery.")]
    assert ours
    assert {task.name for task in ours if not isinstance(task, LoggedTask)} == set()
    for task in ours:
        assert (task.acks_late, task.acks_on_failure, task.acks_on_timeout) == (True, False, False), task.name
        assert not task.reject_on_worker_lost, task.name
        assert task.max_retries == 0, task.name
