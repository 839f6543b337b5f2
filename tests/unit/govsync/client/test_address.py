"""Where grades may be sent, and what is never sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edu.errors import ConfigurationError
from govsync.checks import government_settings
from govsync.client import FixedKey, Shape, government, government_at
from govsync.client.address import check_address
from govsync.client.direct import DirectGovernment
from govsync.client.transport import Request
from govsync.client.upload import UploadGovernment
from govsync.domain.answers import NotTaken, Unknown
from govsync.errors import BatchAlteredError
from tests.unit.govsync.client.support import BATCH, BODY, KEY, PLACE

if TYPE_CHECKING:
    from pytest_django import Settings

NOWHERE = "http://127.0.0.1:1"


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
    assert [error.id for error in government_settings(None)] == ["govsync.E001"]
    settings.GOV_API_URL = ""
    assert government_settings(None) == []


def test_start_up_check_reports_an_empty_key(settings: Settings) -> None:
    settings.GOV_API_KEY = ""
    assert [error.id for error in government_settings(None)] == ["govsync.E002"]
    settings.GOV_API_KEY_SECRET = "libreta-test-government-key"
    assert government_settings(None) == []
    settings.GOV_API_URL = settings.GOV_API_KEY_SECRET = ""
    assert government_settings(None) == []


def test_altered_batch_is_not_sent() -> None:
    for shape in Shape:
        with pytest.raises(BatchAlteredError):
            government_at(NOWHERE, FixedKey(KEY), shape=shape).submit(BATCH, BODY + b" ", **PLACE)


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_page_of_no_size_is_not_asked_for(limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        government_at(NOWHERE, FixedKey(KEY)).list_held(**PLACE, cursor=None, limit=limit)


@pytest.mark.parametrize("key", ["", "two words", "line\nend", "llavé"])
def test_key_that_is_none_is_not_sent(key: str) -> None:
    calling = government_at(NOWHERE, FixedKey(key))
    assert calling.submit(BATCH, BODY, **PLACE).answer == NotTaken("key_malformed")
    assert calling.ask(BATCH, **PLACE).answer == Unknown("key_malformed")


def test_settings_choose_the_shape(settings: Settings) -> None:
    assert isinstance(government(), DirectGovernment)
    settings.GOV_API_SHAPE = "upload"
    assert isinstance(government(), UploadGovernment)


def test_neither_key_nor_grades_are_shown() -> None:
    """A request that ends up in a message or a traceback names its target and nothing else."""
    shown = repr(Request("POST", "/batches", {"Idempotency-Key": "x"}, BODY).with_key(KEY))
    assert KEY not in shown
    assert "5.5" not in shown
