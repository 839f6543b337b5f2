"""Deploying into the emulated cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.stack import deployment
from deploy.stack.change_sets import DeploymentError
from deploy.stack.template import TEMPLATE_PATH
from tests.integration.deploy.conftest import SPARE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploy.stack.change_sets import Change


@pytest.fixture
def changed_template() -> str:
    shipped = TEMPLATE_PATH.read_text(encoding="utf-8")
    before, name, rest = shipped.partition("\n  BehaviorDepthHigh:\n")
    assert "Threshold: 1000" in rest
    return before + name + rest.replace("Threshold: 1000", "Threshold: 1001", 1)


def test_second_deployment_changes_nothing(clients: deployment.Clients, outputs: dict[str, str]) -> None:
    lines: list[str] = []
    again = deployment.deploy_data_plane(clients, SPARE, confirm=_never, report=lines.append)
    assert again == outputs
    assert lines[-1] == "no changes"


@pytest.mark.usefixtures("restored")
def test_changed_template_changes_only_what_changed(
    clients: deployment.Clients, outputs: dict[str, str], changed_template: str
) -> None:
    asked: list[Change] = []
    again = deployment.deploy_data_plane(
        clients,
        SPARE,
        confirm=lambda changes: not asked.extend(changes),  # type: ignore[func-returns-value]
        template=changed_template,
    )
    assert again == outputs
    assert [(change.action, change.resource) for change in asked] == [("Modify", "BehaviorDepthHigh")]


@pytest.mark.usefixtures("outputs")
def test_declined_deployment_changes_nothing(clients: deployment.Clients, changed_template: str) -> None:
    with pytest.raises(deployment.DeploymentDeclinedError):
        deployment.deploy_data_plane(clients, SPARE, confirm=lambda _changes: False, template=changed_template)
    deployment.deploy_data_plane(clients, SPARE, confirm=_never)


def test_parameter_not_given_keeps_its_value(clients: deployment.Clients) -> None:
    given = deployment.DataPlane(env="kept", alert_email="alerts@example.org", firehose_buffer_s=60)
    deployment.deploy_data_plane(clients, given)
    deployment.deploy_data_plane(clients, deployment.DataPlane(env="kept"), confirm=_never)
    stack = deployment.find_stack(clients.cloudformation, "libreta-kept")
    assert stack is not None
    values = {item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]}
    assert (values["AlertEmail"], values["FirehoseBufferSeconds"]) == ("alerts@example.org", "60")


def test_broken_template_is_refused_in_one_line(clients: deployment.Clients) -> None:
    with pytest.raises(DeploymentError) as caught:
        deployment.deploy_data_plane(clients, SPARE, template="Resources: {A: {Type: AWS::No::Such}}")
    assert "AWS::No::Such" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_outputs_of_a_missing_stack_are_an_error(clients: deployment.Clients) -> None:
    with pytest.raises(DeploymentError, match="no stack libreta-nowhere"):
        deployment.read_outputs(clients.cloudformation, "libreta-nowhere")


def _never(changes: Sequence[Change]) -> bool:
    raise AssertionError([str(change) for change in changes])


@pytest.mark.usefixtures("outputs")
def test_template_is_read_from_a_bucket_that_nobody_else_reads(clients: deployment.Clients) -> None:
    account = clients.sts.get_caller_identity()["Account"]
    bucket = f"libreta-spare-templates-{account}"
    closed = clients.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert closed == dict.fromkeys(closed, True)
    assert len(closed) == len(("acls", "ignored acls", "policies", "buckets"))
    names = [found["Key"] for found in clients.s3.list_objects_v2(Bucket=bucket)["Contents"]]
    bodies = [clients.s3.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names]
    assert TEMPLATE_PATH.read_bytes() in bodies
