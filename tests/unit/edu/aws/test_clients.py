"""Nothing but our own setting decides where a client sends its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import override_settings

from edu.aws import clients, scoped_clients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ELSEWHERE = "http://127.0.0.1:9"
MAKERS: dict[str, Callable[[], Any]] = {
    "sts": lambda: clients.service_client("sts"),
    "sqs": lambda: clients.service_client("sqs"),
    "cognito-idp": lambda: clients.service_client("cognito-idp"),
    "cognito-idp, public": clients.public_cognito_client,
    "dynamodb": lambda: scoped_clients.scoped_client("dynamodb"),
    "s3": lambda: scoped_clients.scoped_client("s3"),
    "athena": lambda: scoped_clients.scoped_client("athena"),
}


@pytest.fixture(autouse=True)
def fresh_clients() -> Iterator[None]:
    clients.forget_clients()
    scoped_clients.forget_scoped_clients()
    yield
    clients.forget_clients()
    scoped_clients.forget_scoped_clients()


@pytest.fixture(autouse=True)
def diversions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every way the SDK knows to send a client somewhere else."""
    for service in ("DYNAMODB", "STS", "SQS", "S3", "ATHENA", "COGNITO_IDENTITY_PROVIDER"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", ELSEWHERE)
    services = "".join(
        f"{name} =\n  endpoint_url = {ELSEWHERE}\n" for name in ("dynamodb", "sts", "sqs", "s3", "athena")
    )
    config = tmp_path / "config"
    config.write_text(f"[default]\nendpoint_url = {ELSEWHERE}\nservices = away\n[services away]\n{services}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPROCESS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "process")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.mark.parametrize("name", MAKERS)
def test_local_client_goes_to_the_checked_endpoint_only(name: str) -> None:
    assert MAKERS[name]().meta.endpoint_url == settings.AWS_ENDPOINT_URL


@pytest.mark.parametrize("name", MAKERS)
def test_aws_client_goes_to_aws_whatever_the_machine_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", ELSEWHERE)
    with override_settings(AWS_ENDPOINT_URL=None):
        endpoint = MAKERS[name]().meta.endpoint_url
    assert endpoint.startswith("https://")
    assert endpoint.endswith(".amazonaws.com")


def test_client_is_made_once_for_all_schools() -> None:
    assert scoped_clients.scoped_client("dynamodb") is scoped_clients.scoped_client("dynamodb")


def test_calls_of_tests_are_checked_in_botocores_place() -> None:
    table: Any = scoped_clients.scoped_client("dynamodb")
    with pytest.raises(AssertionError, match="ConsistantRead"):
        table.get_item(TableName="any", Key={"pk": {"S": "any"}}, ConsistantRead=True)
    with pytest.raises(AssertionError, match="ConditionExpresion"):
        table.transact_write_items(
            TransactItems=[{"Delete": {"TableName": "any", "Key": {"pk": {"S": "any"}}, "ConditionExpresion": "x"}}]
        )
    with pytest.raises(AssertionError, match="Invalid type"):
        table.get_item(TableName="any", Key={"pk": {"S": 5}})
