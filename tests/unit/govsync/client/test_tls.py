"""Whose certificates are believed."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from govsync.checks import government_settings
from govsync.client import FixedKey, government_at
from govsync.client.connecting import Host
from govsync.domain.answers import Decided, NotTaken, Unknown
from tests.support.certificates import new_authority
from tests.unit.govsync.client.support import BATCH, BODY, KEY, PLACE, decision, http, saying

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import Settings

    from govsync.client import Government
    from tests.support.certificates import Authority
    from tests.unit.govsync.client.conftest import Serve


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("ours") / "ca")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("foreign") / "ca")


def calling(url: str, ca_file: str) -> Government:
    return government_at(url, FixedKey(KEY), host=Host(url, ca_file))


def test_certificate_of_our_authority_is_believed(serve: Serve, ours: Authority) -> None:
    server = serve(saying(http(201, decision())), ours.server_context())
    assert isinstance(calling(server.url, ours.ca_file).submit(BATCH, BODY, **PLACE).answer, Decided)


@pytest.mark.parametrize("kind", ["expired", "foreign", "another host's"])
def test_other_certificate_gets_not_a_byte(serve: Serve, ours: Authority, foreign: Authority, kind: str) -> None:
    contexts = {
        "expired": ours.server_context(ended_days_ago=1),
        "foreign": foreign.server_context(),
        "another host's": ours.server_context(host="127.0.0.2"),
    }
    server = serve(saying(http(201, decision())), contexts[kind])
    government = calling(server.url, ours.ca_file)
    assert government.submit(BATCH, BODY, **PLACE).answer == NotTaken("certificate_refused")
    assert government.ask(BATCH, **PLACE).answer == Unknown("certificate_refused")
    assert server.requests == []


def test_private_authority_is_not_believed_without_the_setting(
    serve: Serve, ours: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(saying(http(201, decision())), ours.server_context())
    monkeypatch.setenv("SSL_CERT_FILE", ours.ca_file)
    answer = government_at(server.url, FixedKey(KEY)).submit(BATCH, BODY, **PLACE).answer
    assert answer == NotTaken("certificate_refused")


def test_old_tls_gets_not_a_byte(serve: Serve, ours: Authority) -> None:
    old = ours.server_context()
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    server = serve(saying(http(201, decision())), old)
    assert calling(server.url, ours.ca_file).submit(BATCH, BODY, **PLACE).answer == NotTaken("tls_failed")
    assert server.requests == []


def test_server_without_tls_gets_not_a_byte(serve: Serve, ours: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govsync.client.transport.EXCHANGE_LIMIT_S", 0.5)
    server = serve(saying(http(201, decision())))
    url = server.url.replace("http:", "https:")
    assert calling(url, ours.ca_file).submit(BATCH, BODY, **PLACE).answer == NotTaken("connect_timeout")
    assert server.requests == []


def test_body_cut_off_without_tls_good_bye_is_no_answer(serve: Serve, ours: Authority) -> None:
    """A body that only the connection's end ends could be cut short by anybody on the way."""
    server = serve(saying(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}"), ours.server_context())
    assert calling(server.url, ours.ca_file).ask(BATCH, **PLACE).answer == Unknown("connection_lost")


def test_session_keys_are_written_nowhere(
    serve: Serve, ours: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    server = serve(saying(http(201, decision())), ours.server_context())
    calling(server.url, ours.ca_file).submit(BATCH, BODY, **PLACE)
    assert not (tmp_path / "keys").exists()


def test_file_without_certificates_fails_the_start(settings: Settings, tmp_path: Path, ours: Authority) -> None:
    settings.GOV_CA_FILE = ours.ca_file
    assert government_settings(None) == []
    (tmp_path / "none.pem").write_text("x")
    for ca_file in (tmp_path / "none.pem", tmp_path / "missing.pem"):
        settings.GOV_CA_FILE = str(ca_file)
        assert [error.id for error in government_settings(None)] == ["govsync.E003"]
