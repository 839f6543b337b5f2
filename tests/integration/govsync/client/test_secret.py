"""The government's key in Secrets Manager, read with the worker's own rights and rotated without a restart."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from edu.aws.secrets import SecretUnavailableError, read_secret
from govsync.client import choosing, government
from govsync.domain.answers import CredentialsRefused, Decided, NotTaken
from tests.support.cloud import acting_as
from tests.support.scripted_server import scripted_server
from tests.unit.govsync.client.support import BATCH, BODY, PLACE, decision, http

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from pytest_django import Settings

    from tests.support.cloud import Cloud

OLD, NEW = "old-made-up-key-of-a-government", "new-made-up-key-of-a-government"


@pytest.fixture
def secret_id(as_worker: Cloud, settings: Settings) -> Iterator[str]:
    """The stack's secret with a key in it, which our settings name."""
    secret_id = as_worker.outputs["GovernmentKeySecretArn"]
    as_worker.root("secretsmanager").put_secret_value(SecretId=secret_id, SecretString=OLD)
    settings.GOV_API_KEY, settings.GOV_API_KEY_SECRET = "", secret_id
    choosing._key.cache_clear()
    yield secret_id
    choosing._key.cache_clear()


def test_rotated_key_is_used_without_a_restart(secret_id: str, cloud: Cloud, settings: Settings) -> None:
    def answer(connection: socket.socket) -> None:
        is_new = f"Bearer {NEW}".encode() in server.requests[-1]
        connection.sendall(http(201, decision()) if is_new else http(403, {"error": "key_revoked"}))

    with scripted_server(answer) as server:
        settings.GOV_API_URL = server.url
        assert government().submit(BATCH, BODY, **PLACE).answer == CredentialsRefused("key_revoked")
        cloud.root("secretsmanager").put_secret_value(SecretId=secret_id, SecretString=NEW)
        assert isinstance(government().submit(BATCH, BODY, **PLACE).answer, Decided)
    assert f"Bearer {OLD}".encode() in server.requests[0]


def test_only_the_worker_reads_the_key_and_no_other_secret(secret_id: str, cloud: Cloud) -> None:
    assert read_secret(secret_id) == OLD
    for profile in ("web", "operator"):
        with acting_as(profile), pytest.raises(SecretUnavailableError):
            read_secret(secret_id)
    other = f"libreta-test-other-{uuid.uuid4().hex[:8]}"
    cloud.root("secretsmanager").create_secret(Name=other, SecretString="x")
    with pytest.raises(SecretUnavailableError):
        read_secret(other)


@pytest.mark.usefixtures("as_worker")
def test_secret_that_is_not_there_sends_nothing(settings: Settings) -> None:
    settings.GOV_API_KEY, settings.GOV_API_KEY_SECRET = "", "libreta-test-no-such-secret"
    settings.GOV_API_URL = "http://127.0.0.1:1"
    assert government().submit(BATCH, BODY, **PLACE).answer == NotTaken("key_unavailable")
