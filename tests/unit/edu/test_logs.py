"""One JSON object a line, with the correlation id and without what names people."""

from __future__ import annotations

import importlib
import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from django.conf import settings
from django.test import Client, override_settings

from edu.logs import configure_logging, correlation_id, get_logger, start_correlation
from tests.support.logs import log_through_the_library
from tests.unit.edu.http.urls import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "ana-munoz"
consumer: Any = importlib.import_module("celery.worker.consumer.consumer")  # its texts are in no stub


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the configured handler writes, as in production."""
    configure_logging(settings.LOG_LEVEL)
    structlog.configure(cache_logger_on_first_use=False)
    [handler] = _our_handlers()
    written = io.StringIO()
    before = handler.setStream(written)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.INFO)
    yield written
    logging.getLogger().setLevel(level)
    if before is not None:
        handler.setStream(before)
    log_through_the_library()


def _our_handlers() -> list[logging.StreamHandler[Any]]:
    return [found for found in logging.getLogger().handlers if type(found) is logging.StreamHandler]


def _entries(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("logger", "message", "arguments"),
    [
        ("django.request", "%s: %s", ("Internal Server Error", f"/api/v1/students/{NAME}")),
        ("django.request", f"Service Unavailable: /students/{NAME}", ()),
        ("django.security.csrf", "Forbidden (%s): %s", ("CSRF cookie not set.", f"/admin/students/{NAME}/")),
        ("django.security.DisallowedHost", f"Invalid HTTP_HOST header: '{NAME}'.", ()),
        ("celery.worker.consumer.consumer", consumer.UNKNOWN_FORMAT, (f"body: {NAME}",)),
        ("celery.worker.consumer.consumer", consumer.UNKNOWN_TASK_ERROR, ("x", NAME, {}, {})),
        ("celery.worker.consumer.consumer", consumer.INVALID_TASK_ERROR, (ValueError(NAME), NAME)),
        ("celery.worker.consumer.consumer", consumer.MESSAGE_DECODE_ERROR, ("x", "json", "utf-8", "{}", NAME)),
    ],
)
def test_libraries_records_lose_what_may_name_people(
    lines: io.StringIO, logger: str, message: str, arguments: tuple[Any, ...]
) -> None:
    logging.getLogger(logger).error(message, *arguments)
    [entry] = _entries(lines)
    assert entry["level"] == "error"
    assert len(entry["event"]) > 3
    assert NAME not in json.dumps(entry)


def test_suspected_request_is_named_by_its_kind_alone(lines: io.StringIO) -> None:
    """What an anonymous sender wrote stands in the exception that Django logs with it."""
    client = Client(raise_request_exception=False)
    with override_settings(ROOT_URLCONF="tests.unit.edu.http.urls"):
        client.get("/api/v1/teachers", headers={"Host": f"{NAME}.example"})
        client.get("/api/v1/raise/suspicious")
        client.get(f"/api/v1/reading?{'&'.join(f'{NAME}{n}=1' for n in range(1100))}")
    suspected = [entry for entry in _entries(lines) if entry["logger"].startswith("django.security")]
    assert [entry["event"] for entry in suspected] == [
        "refused: DisallowedHost",
        "refused: SuspiciousOperation",
        "refused: TooManyFieldsSent",
    ]
    assert NAME not in lines.getvalue()
    assert SECRET not in lines.getvalue()
    assert all("exception" not in entry for entry in suspected)


def test_other_records_keep_their_arguments(lines: io.StringIO) -> None:
    logging.getLogger("celery.worker.consumer.consumer").error("consumer: Cannot connect to %s: %s", "sqs://", "no")
    logging.getLogger("somewhere").warning("%d left: later", 7)
    assert [entry["event"] for entry in _entries(lines)] == ["consumer: Cannot connect to sqs://: no", "7 left: later"]


def test_injected_line_breaks_stay_inside_one_record(lines: io.StringIO) -> None:
    get_logger("edu.test").warning("refused", reason='x"}\n{"event": "forged"}')
    logging.getLogger("somewhere").warning('a\n{"event": "forged"}')
    assert [entry["event"] for entry in _entries(lines)] == ["refused", 'a\n{"event": "forged"}']


def test_every_record_carries_the_correlation_id(lines: io.StringIO) -> None:
    start_correlation("correlation-42")
    get_logger("edu.test").info("ours", count=1)
    logging.getLogger("somewhere").warning("theirs")
    assert [entry["correlation_id"] for entry in _entries(lines)] == ["correlation-42"] * 2
    assert correlation_id() == "correlation-42"


def test_configuring_again_adds_no_second_handler() -> None:
    level = logging.getLogger().level
    configure_logging("WARNING")
    assert len(_our_handlers()) == 1
    logging.getLogger().setLevel(level)
    log_through_the_library()
