"""Celery's broker goes where every other client goes: kombu takes the host from the broker URL and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from kombu import Connection

from edu.celery import app
from tests.support.processes import SOURCE_ROOT, running_consumer

if TYPE_CHECKING:
    from tests.integration.behavior.support import BehaviorQueue
    from tests.support.cloud import Cloud


def endpoint_of(connection: Any) -> str:
    """Where a connection's client calls."""
    url: str = connection.default_channel.sqs(queue="maintenance").meta.endpoint_url
    return url


def host_of(url: str, **options: object) -> str:
    """Where a broker connection would send to. Makes the client, calls nobody."""
    queues = {"maintenance": {"url": "https://sqs.us-east-1.amazonaws.com/000000000000/maintenance"}}
    options = {"region": "us-east-1", "predefined_queues": queues, **options}
    with Connection(url, transport="sqs", transport_options=options) as connection:
        return endpoint_of(connection)


def test_broker_sends_to_the_emulator(cloud: Cloud) -> None:
    with app.connection_for_write() as connection:
        assert endpoint_of(connection) == cloud.emulator.endpoint_url


def test_kombu_ignores_an_endpoint_given_any_other_way(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why ``edu.celeryconfig`` builds the URL. When this fails, kombu has learnt better: read its notes."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    local = cloud.emulator.endpoint_url
    assert host_of("sqs://", endpoint_url=local, is_secure=False) != local
    assert host_of(f"sqs://{local.removeprefix('http://')}", is_secure=False) == local


@pytest.mark.parametrize(
    "wrong",
    [
        {"AWS_ENDPOINT_URL": ""},
        {"AWS_ENDPOINT_URL": "https://sqs.us-east-1.amazonaws.com"},
        {"AWS_ENDPOINT_URL": "http://192.0.2.1:4566"},
        {"LIBRETA_CLOUD": ""},
        {"LIBRETA_CLOUD": "aws"},
    ],
)
def test_worker_with_a_wrong_endpoint_ends_at_the_start(cloud: Cloud, wrong: dict[str, str]) -> None:
    command = [sys.executable, "-m", "celery", "-A", "edu.celery", "worker", "-P", "solo", "-Q", "maintenance"]
    environment = cloud.process_environment("worker", **wrong)
    ended = subprocess.run(
        command, env=environment, cwd=SOURCE_ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode != 0
    assert "LIBRETA_CLOUD" in ended.stderr
    assert " ready." not in ended.stderr


def test_worker_with_a_queue_url_of_aws_still_calls_the_emulator_only(cloud: Cloud, queue: BehaviorQueue) -> None:
    """The queue URL names the queue; the host of the call is the broker URL's."""
    address = f"https://sqs.us-east-1.amazonaws.com/{queue.url.rsplit('/', 2)[1]}/{queue.url.rsplit('/', 1)[1]}"
    queue.reset(visibility_s=1)
    queue.send("no es JSON")
    with running_consumer(cloud, LIBRETA_BEHAVIOR_QUEUE_URL=address):
        queue.wait_for_dead_letters(1)
