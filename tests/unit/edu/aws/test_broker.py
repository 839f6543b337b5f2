"""kombu's own SQS clients: with a local cloud no setting, right or wrong, leads them to the real AWS."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import override_settings
from kombu import Connection
from kombu.asynchronous.aws.sqs.connection import AsyncSQSConnection

from edu import broker
from edu.celery import app
from edu.queues import CELERYS_QUEUES, MAINTENANCE, QUEUES

if TYPE_CHECKING:
    from pathlib import Path

    from botocore.awsrequest import AWSPreparedRequest

QUEUE_URL = "http://sqs.us-east-1.amazonaws.com/000000000000/libreta-test-maintenance"


class NothingIsSentError(Exception):
    """In place of a connection."""


@pytest.fixture(autouse=True)
def own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPROCESS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "process")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def _channel(**overridden: Any) -> Any:
    urls = {queue.setting: "" for queue in QUEUES} | {MAINTENANCE.setting: QUEUE_URL}
    with override_settings(**urls, **overridden):
        config = runpy.run_module("edu.celeryconfig")
    connection = Connection(
        config["broker_url"],
        transport=config["broker_transport"],
        transport_options=config["broker_transport_options"],
    )
    return connection.channel()


def _hosts_called(client: Any) -> set[str]:
    hosts: set[str] = set()

    def note(request: AWSPreparedRequest, **_: Any) -> None:
        hosts.add(urlsplit(request.url).netloc)
        raise NothingIsSentError

    client.meta.events.register("before-send.sqs.*", note)
    with pytest.raises(NothingIsSentError):
        client.send_message(QueueUrl=QUEUE_URL, MessageBody="x")
    return hosts


def test_both_of_kombus_clients_go_to_the_checked_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although the queue's URL names the real AWS, and the environment another place."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")
    channel = _channel()
    local = urlsplit(settings.AWS_ENDPOINT_URL or "").netloc
    for queue in (declared.name for declared in CELERYS_QUEUES):
        assert _hosts_called(channel.sqs(queue)) == {local}
        asynchronous: Any = AsyncSQSConnection(channel.sqs(queue), http_client=object())
        request = asynchronous._create_json_request("ReceiveMessage", {}, QUEUE_URL)
        assert urlsplit(request.url).netloc == local


def test_release_client_of_a_stopping_worker_goes_there_too() -> None:
    channel = _channel()
    released = channel._new_release_client(channel.sqs("maintenance"))
    assert released.meta.endpoint_url == settings.AWS_ENDPOINT_URL


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4566/", "https://127.0.0.1:4566", "http://127.9.9.9:1/x?y"])
def test_every_form_of_loopback_endpoint_stays_on_the_loopback(endpoint: str) -> None:
    channel = _channel(AWS_ENDPOINT_URL=endpoint)
    used = urlsplit(channel.sqs("maintenance").meta.endpoint_url)
    assert (used.scheme, used.netloc) == (urlsplit(endpoint).scheme, urlsplit(endpoint).netloc)


def test_ipv6_loopback_fails_rather_than_going_elsewhere() -> None:
    """Kombu loses the brackets; the SDK then refuses the URL."""
    channel = _channel(AWS_ENDPOINT_URL="http://[::1]:4566")
    with pytest.raises(ValueError, match="Invalid endpoint"):
        channel.sqs("maintenance")


@pytest.fixture
def machine_says_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nendpoint_url = http://127.0.0.1:9\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_ENDPOINT_URL")


@pytest.mark.usefixtures("machine_says_elsewhere")
def test_on_aws_a_config_file_cannot_divert_kombu() -> None:
    channel = _channel(AWS_ENDPOINT_URL=None)
    assert channel.sqs("maintenance").meta.endpoint_url == "https://sqs.us-east-1.amazonaws.com"


def test_unknown_queue_is_refused_not_created() -> None:
    channel = _channel()
    with pytest.raises(Exception, match="must be defined in 'predefined_queues'"):
        channel._new_queue("celery")


def test_applications_broker_is_the_checked_endpoint() -> None:
    local = urlsplit(settings.AWS_ENDPOINT_URL or "")
    for connection in (app.connection_for_write(), app.connection_for_read()):
        assert (connection.transport.driver_type, connection.hostname, connection.port) == (
            "sqs",
            local.hostname,
            local.port,
        )
        assert isinstance(connection.transport, broker.Transport)
