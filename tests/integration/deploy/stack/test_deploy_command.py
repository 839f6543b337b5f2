"""``manage.py deploy`` as an operator runs it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from django.core.management import CommandError, call_command

from deploy.local import access_keys
from deploy.stack import deployment, verification
from deploy.stack.management.commands import deploy

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef
    from pytest_django.fixtures import Settings

    from tests.support.cloud import Cloud

OPERATOR = "arn:aws:iam::000000000000:role/people"


@pytest.fixture(autouse=True)
def state_dir(cloud: Cloud, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An administrator's shell: root's profile, and a state directory of its own."""
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(cloud.emulator.options.state_dir / "root-credentials"))
    monkeypatch.setenv("AWS_PROFILE", "root")
    settings.STATE_DIR = tmp_path / "state"
    return tmp_path / "state"


def _run(target: str, **options: Any) -> str:
    output = io.StringIO()
    call_command(deploy.Command(), target=target, stdout=output, stderr=output, **{"env": "spare", **options})
    return output.getvalue()


def test_local_deployment_leaves_settings_and_keys(state_dir: Path) -> None:
    output = _run("local")
    assert "verified: everything is as the template says" in output
    environment = (state_dir / access_keys.STACK_ENV_NAME).read_text()
    assert "LIBRETA_TABLE_NAME=libreta-spare\n" in environment
    credentials = (state_dir / access_keys.CREDENTIALS_NAME).read_text()
    assert all(f"[{profile}]" in credentials for profile in access_keys.PROFILES)
    secrets = [line.split(" = ")[1] for line in credentials.splitlines() if "secret" in line]
    assert len(secrets) == 3
    assert not any(secret in output for secret in secrets)


def test_second_local_deployment_changes_nothing(state_dir: Path) -> None:
    _run("local")
    before = {path.name: path.read_text() for path in state_dir.iterdir()}
    output = _run("local")
    assert "no changes" in output
    assert "access keys kept" in output
    assert {path.name: path.read_text() for path in state_dir.iterdir()} == before


def test_drift_is_an_error_that_says_what(clients: deployment.Clients, outputs: dict[str, str]) -> None:
    live: Any = {"AttributeName": "expires_at", "Enabled": False}
    clients.dynamodb.update_time_to_live(TableName=outputs["TableName"], TimeToLiveSpecification=live)
    output = io.StringIO()
    try:
        with pytest.raises(CommandError) as caught:
            call_command(deploy.Command(), target="local", env="spare", stdout=output, stderr=output)
    finally:
        live["Enabled"] = True
        clients.dynamodb.update_time_to_live(TableName=outputs["TableName"], TimeToLiveSpecification=live)
    assert caught.value.returncode == deploy.DRIFTED
    assert "table libreta-spare: time to live is on: expected True, found False" in output.getvalue()


def test_target_that_contradicts_the_settings_is_wrong_use() -> None:
    with pytest.raises(CommandError, match="contradicts LIBRETA_CLOUD=local") as caught:
        _run("aws")
    assert caught.value.returncode == deploy.WRONG_USE


def test_missing_credentials_are_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("AWS_PROFILE")
    with pytest.raises(CommandError, match=r"^local: Unable to locate credentials$"):
        _run("local")


class PlainHttp(deployment.DataPlane):
    """The shape of AWS, but reachable without TLS."""

    def parameters(self, *, is_new: bool) -> list[ParameterTypeDef]:
        given = super().parameters(is_new=is_new)
        return [item | {"ParameterValue": "false"} if item["ParameterKey"] == "RequireTls" else item for item in given]


@pytest.fixture
def on_aws(settings: Settings, monkeypatch: pytest.MonkeyPatch, clients: deployment.Clients) -> None:
    """The settings of AWS, while the calls still reach the emulator."""
    settings.CLOUD, settings.AWS_ENDPOINT_URL = "aws", None
    monkeypatch.setattr(deployment, "connect", lambda **_arguments: clients)
    monkeypatch.setattr(deployment, "DataPlane", PlainHttp)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the operator types when asked."""
    typed: list[str] = []

    def type_it(_prompt: str) -> str:
        if not typed:
            raise EOFError
        return typed.pop()

    monkeypatch.setattr("builtins.input", type_it)
    return typed


@pytest.mark.usefixtures("on_aws")
@pytest.mark.parametrize("typed", [[], ["no"], ["y"]])
def test_aws_is_not_changed_without_a_yes(clients: deployment.Clients, answer: list[str], typed: list[str]) -> None:
    answer += typed
    with pytest.raises(CommandError, match="nothing was changed"):
        _run("aws", env="asked")
    stack = deployment.find_stack(clients.cloudformation, "libreta-asked")
    assert stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS"


@pytest.mark.usefixtures("on_aws")
def test_aws_gets_roles_and_protection_instead_of_users(
    clients: deployment.Clients, answer: list[str], state_dir: Path
) -> None:
    answer.append("yes")
    output = _run("aws", env="awslike", operator_principal_arn=OPERATOR)
    assert "LIBRETA_EVENTS_API_URL=https://" in output
    assert not state_dir.exists()
    outputs = deployment.read_outputs(clients.cloudformation, "libreta-awslike")
    assert not [key for key in outputs if key.endswith("UserName")]
    assert verification.verify(outputs, clients, verification.Expected(protected=True)) == []
    trust: Any = clients.iam.get_role(RoleName="libreta-awslike-web")["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}


@pytest.mark.usefixtures("on_aws")
def test_aws_without_an_operator_has_no_operator_role(clients: deployment.Clients) -> None:
    _run("aws", env="lonely", yes=True)
    names = {role["RoleName"] for role in clients.iam.list_roles()["Roles"]}
    assert {"libreta-lonely-web", "libreta-lonely-worker"} <= names
    assert "libreta-lonely-operator" not in names


def test_aws_takes_no_message_without_tls(clients: deployment.Clients) -> None:
    outputs = deployment.deploy_data_plane(clients, deployment.DataPlane(env="tls", local=False))
    with pytest.raises(ClientError, match="AccessDenied"):
        clients.sqs.send_message(QueueUrl=outputs["BehaviorQueueUrl"], MessageBody="x")
