"""The canary against the shipped template, and against one with a hole."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from django.conf import settings

from edu import canary, celeryconfig
from edu.aws import credentials
from edu.aws.credentials import CredentialsUnavailableError
from edu.canary_tasks import try_isolation
from edu.dynamo.errors import AccessDeniedError, StoreUnavailableError
from edu.dynamo.isolation_probe import NotACanaryError, try_to_reach, use_own
from edu.queues import MAINTENANCE
from edu.schools import RegisteredSchool, register_school
from edu.tenancy import NoScopeError, enter_school
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

    from tests.support.cloud import Cloud

pytestmark = pytest.mark.usefixtures("as_worker")
ROLE, POLICY = "libreta-test-tenant", "own-school-only"


def test_border_that_holds_is_reported_with_counts_and_a_zero() -> None:
    with structlog.testing.capture_logs() as logs:
        findings = canary.try_isolation()
    (record,) = [log for log in logs if log["event"] == "isolation holds"]
    assert (findings.attempts, findings.own_attempts) == (10, 5)
    assert (record["attempts"], record["denied"], record["own_attempts"], record["own_done"]) == (10, 10, 5, 5)
    assert (record["IsolationBreach"], record["Env"], record["log_level"]) == (0, "test", "info")


def test_metric_of_the_record_is_the_one_the_alarms_watch() -> None:
    with structlog.testing.capture_logs() as logs:
        canary.try_isolation()
    record = json.loads(json.dumps(logs[-1]))
    (definition,) = record["_aws"]["CloudWatchMetrics"]
    assert definition == {
        "Namespace": "Libreta",
        "Dimensions": [["Env"]],
        "Metrics": [{"Name": "IsolationBreach", "Unit": "Count"}],
    }
    assert record["_aws"]["Timestamp"] > 1_700_000_000_000


@pytest.mark.parametrize(
    ("hole", "crossed"),
    [
        ("everything", {"GetItem", "Scan", "PartiQL", "TransactWriteItems of both", "Query of the index"}),
        ("scan", {"Scan"}),
        ("prefix", {"GetItem", "Query", "PutItem"}),
    ],
)
def test_weakened_policy_makes_the_canary_scream(cloud: Cloud, hole: str, crossed: set[str]) -> None:
    with (
        weakened(cloud, hole),
        structlog.testing.capture_logs() as logs,
        pytest.raises(canary.IsolationBreachError),
    ):
        canary.try_isolation()
    (record,) = [log for log in logs if log["event"] == "isolation breached"]
    assert (record["log_level"], record["code"], record["IsolationBreach"]) == ("critical", "isolation_breach", 1)
    assert crossed <= set(record["crossed"])
    assert record["own_denied"] == []


def test_canary_that_may_do_nothing_at_all_screams_too(cloud: Cloud) -> None:
    """Else a role that lost its rights would look like a perfect border."""
    with (
        weakened(cloud, "nothing"),
        structlog.testing.capture_logs() as logs,
        pytest.raises(canary.IsolationBreachError),
    ):
        canary.try_isolation()
    (record,) = [log for log in logs if log["event"] == "isolation breached"]
    assert record["crossed"] == []
    assert len(record["own_denied"]) == record["own_attempts"] == 5


def test_run_that_cannot_ask_knows_nothing_and_writes_no_metric(settings: Settings) -> None:
    settings.TENANT_ROLE_ARN = settings.TENANT_ROLE_ARN + "-gone"
    credentials.sessions.forget_all()
    with structlog.testing.capture_logs() as logs, pytest.raises(CredentialsUnavailableError):
        canary.try_isolation()
    credentials.sessions.forget_all()
    assert not any("IsolationBreach" in log for log in logs)


def test_table_that_does_not_answer_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edu.dynamo.isolation_probe.scoped_client", _client_that_fails)
    with pytest.raises(StoreUnavailableError), enter_school("canary-a"):
        try_to_reach("canary-b", now_s=1)


def test_missing_table_is_no_refusal(settings: Settings) -> None:
    settings.TABLE_NAME = "libreta-test-gone"
    with structlog.testing.capture_logs() as logs, pytest.raises(AccessDeniedError):
        canary.try_isolation()
    assert not any("IsolationBreach" in log for log in logs)


@pytest.mark.parametrize(
    ("schools", "error"),
    [
        ([], canary.CanarySettingsError),
        (["canary-a"], canary.CanarySettingsError),
        (["canary-a", "canary-a"], canary.CanarySettingsError),
        (["canary-a", "canary-b", "canary-c"], canary.CanarySettingsError),
        (["canary-a", "canary#b"], Exception),
    ],
)
def test_settings_without_two_canaries_are_refused(
    settings: Settings, schools: list[str], error: type[Exception]
) -> None:
    settings.CANARY_SCHOOLS = schools
    with pytest.raises(error):
        canary.try_isolation()


def test_registered_school_is_no_canary(settings: Settings, school_id: str) -> None:
    register_school(RegisteredSchool(school_id, "CL", "America/Santiago"))
    settings.CANARY_SCHOOLS = ["canary-a", school_id]
    with pytest.raises(canary.CanarySettingsError):
        canary.try_isolation()


def test_probe_is_of_no_use_between_other_schools(school_id: str) -> None:
    with pytest.raises(NoScopeError):
        use_own(now_s=1)
    with enter_school(school_id):
        with pytest.raises(NotACanaryError):
            use_own(now_s=1)
        with pytest.raises(NotACanaryError):
            try_to_reach("canary-b", now_s=1)
    with enter_school("canary-a"):
        for other in (school_id, "canary-a"):
            with pytest.raises(NotACanaryError):
                try_to_reach(other, now_s=1)


def test_beat_runs_the_canary_more_often_than_the_alarm_waits() -> None:
    entry = celeryconfig.beat_schedule["isolation-canary"]
    assert entry["task"] == try_isolation.name
    assert 3 * settings.CANARY_EVERY_S <= 900
    assert celeryconfig.task_routes["edu.*"] == {"queue": MAINTENANCE.name}


def test_task_fails_when_the_border_does_not_hold(cloud: Cloud) -> None:
    with weakened(cloud, "scan"), pytest.raises(canary.IsolationBreachError):
        try_isolation()


@contextmanager
def weakened(cloud: Cloud, hole: str) -> Iterator[None]:
    """The tenant role's policy with a hole, put back afterwards."""
    iam = cloud.root("iam")
    before = iam.get_role_policy(RoleName=ROLE, PolicyName=POLICY)["PolicyDocument"]
    document = before if isinstance(before, dict) else json.loads(before)
    changed = json.loads(json.dumps(document))
    _open(changed["Statement"], hole)
    iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=json.dumps(changed))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=json.dumps(document))


def _open(statements: list[dict[str, Any]], hole: str) -> None:
    own = next(statement for statement in statements if statement["Sid"] == "OwnPartitions")
    match hole:
        case "everything":
            statements.append({"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"})
        case "scan":
            statements.append({"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": "*"})
        case "prefix":
            own["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] = ["SCHOOL#*"]
        case "nothing":
            statements.remove(own)


def _client_that_fails(_service: str) -> Any:
    import boto3  # noqa: PLC0415 - a client to nowhere, with made-up keys
    from botocore.config import Config  # noqa: PLC0415

    return boto3.Session().client(
        "dynamodb",
        endpoint_url=f"http://127.0.0.1:{free_port()}",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}, region_name="us-east-1"),
    )
