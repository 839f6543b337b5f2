"""Where grades may be sent, and what is never sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edu.errors import ConfigurationError
from govsync.checks import government_address
from govsync.client import Government, Later
from govsync.client.address import check_address
from govsync.domain.batches import prepare_batch
from govsync.domain.grades import SubmittedGrade
from govsync.errors import BatchAlteredError
from tests.support.ports import free_port

if TYPE_CHECKING:
    from pytest_django import Settings

PLACE = {"school_id": "escuela-a", "term_id": "2026-q4", "run_id": "2026-q4-r1"}
GRADE = SubmittedGrade("e", "s", 1, "c", "recorded", "5.5")


@pytest.mark.parametrize(
    ("cloud", "url"),
    [
        ("local", "http://127.0.0.1:8002"),
        ("local", "http://[::1]:8002/"),
        ("aws", "https://notas.example.org/api"),
    ],
)
def test_address_of_the_right_kind_is_taken(cloud: str, url: str) -> None:
    assert check_address(cloud, url) == url.rstrip("/")


@pytest.mark.parametrize(
    ("cloud", "url"),
    [
        ("local", ""),
        ("local", "http://notas.example.org"),
        ("local", "https://notas.example.org"),
        ("local", "http://localhost.example.org:8002"),
        ("local", "http://10.0.0.1:8002"),
        ("local", "ftp://127.0.0.1"),
        ("aws", ""),
        ("aws", "http://127.0.0.1:8002"),
        ("aws", "http://notas.example.org"),
        ("aws", "https://user:secret@notas.example.org"),
        ("aws", "https://notas.example.org/?key=secret"),
        ("aws", "https://notas.example.org:x"),
        ("aws", "https://"),
    ],
)
def test_address_of_the_wrong_kind_stops_the_program(cloud: str, url: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        check_address(cloud, url)
    assert "secret" not in str(raised.value)


def test_start_up_check_reports_a_wrong_address(settings: Settings) -> None:
    settings.GOV_API_URL = "http://notas.example.org"
    assert [error.id for error in government_address(None)] == ["govsync.E001"]
    settings.GOV_API_URL = ""
    assert government_address(None) == []


def test_altered_batch_is_not_sent() -> None:
    batch = prepare_batch(1, [GRADE], **PLACE)
    with pytest.raises(BatchAlteredError):
        Government("http://127.0.0.1:1", "key").submit(batch, b'{"grades": []}')


def test_refused_connection_is_for_later() -> None:
    batch = prepare_batch(1, [GRADE], **PLACE)
    exchange = Government(f"http://127.0.0.1:{free_port()}", "key").ask(batch)
    assert (exchange.status, exchange.answer) == (None, Later("ConnectError"))
