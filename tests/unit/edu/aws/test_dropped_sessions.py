"""A session that AWS no longer takes is not used a second time, and nothing is used in its place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ClientError
from structlog.testing import capture_logs

from edu import clock
from edu.aws import credentials
from edu.aws.credentials import CredentialsUnavailableError, Session, SessionCache, drop_current_session
from edu.dynamo.errors import AccessDeniedError, translated
from edu.errors import LibretaError
from edu.tenancy import Scope, ScopeKind, enter_platform, enter_school

NORTE, SUR = (Scope(ScopeKind.TENANT, school_id) for school_id in ("norte", "sur"))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Scope]:
    """The scopes for which STS was asked, by a cache that holds a good session of both schools."""
    calls: list[Scope] = []

    def fetch(scope: Scope) -> Session:
        calls.append(scope)
        keys = ReadOnlyCredentials(f"KEY-{scope.school_id}-{len(calls)}", "secret", "token")
        return Session(keys, clock.now() + timedelta(hours=1))

    cache = SessionCache(fetch)
    monkeypatch.setattr(credentials, "sessions", cache)
    for scope in (NORTE, SUR):
        cache.get(scope)
    calls.clear()
    return calls


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("ExpiredTokenException", CredentialsUnavailableError),
        ("ExpiredToken", CredentialsUnavailableError),
        ("UnrecognizedClientException", CredentialsUnavailableError),
        ("InvalidClientTokenId", CredentialsUnavailableError),
        ("AccessDeniedException", AccessDeniedError),
    ],
)
def test_refused_session_is_dropped_for_its_school_alone(
    asked: list[Scope], code: str, raised: type[LibretaError]
) -> None:
    with enter_school("norte"), pytest.raises(raised), translated():
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "GetItem")
    assert credentials.sessions.get(SUR).access_key == "KEY-sur-2"
    assert credentials.sessions.get(NORTE).access_key == "KEY-norte-1"
    assert asked == [NORTE]


@pytest.mark.parametrize(
    ("partitions", "raised", "kind"),
    [
        (["SCHOOL#norte"], CredentialsUnavailableError, "own"),
        (["SCHOOL#norte#SCORES", "SCHOOL#norte"], CredentialsUnavailableError, "own"),
        (["SCHOOL#norte", "SCHOOL#sur"], AccessDeniedError, "foreign"),
        (["SCHOOL#norte2"], AccessDeniedError, "foreign"),
        (["PLATFORM#SCHOOLS"], AccessDeniedError, "foreign"),
        ([], AccessDeniedError, "foreign"),
    ],
)
@pytest.mark.usefixtures("asked")
def test_refusal_of_own_partitions_is_a_lost_session_and_any_other_is_denied_access_and_both_alarm(
    partitions: list[str], raised: type[LibretaError], kind: str
) -> None:
    with capture_logs() as logs, enter_school("norte"), pytest.raises(raised), translated(*partitions):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "GetItem")
    (record,) = logs
    assert (record["log_level"], record["AccessDenied"], record["Partitions"]) == ("critical", 1, kind)
    assert record["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Env"], ["Env", "Partitions"]]


@pytest.mark.usefixtures("asked")
def test_platform_that_is_refused_its_own_is_denied_access_too() -> None:
    with enter_platform(), pytest.raises(AccessDeniedError), translated("PLATFORM#SCHOOLS"):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "GetItem")


def test_busy_table_costs_nobody_the_session(asked: list[Scope]) -> None:
    with enter_school("norte"), pytest.raises(LibretaError), translated():
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "GetItem")
    credentials.sessions.get(NORTE)
    assert asked == []


def test_dropping_twice_or_outside_a_scope_does_no_harm(asked: list[Scope]) -> None:
    drop_current_session()
    with enter_school("norte"):
        drop_current_session()
        drop_current_session()
    assert asked == []


def test_stale_session_is_a_503_that_may_be_tried_again() -> None:
    assert (CredentialsUnavailableError.status, CredentialsUnavailableError.retryable) == (503, True)
