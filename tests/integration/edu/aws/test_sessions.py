"""Real STS sessions: each school's calls reach the table as that school's, however many run at once."""

from __future__ import annotations

import contextvars
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import override_settings

from edu.aws import credentials
from edu.aws.credentials import CredentialsUnavailableError
from edu.dynamo import table
from edu.dynamo.errors import AccessDeniedError
from edu.dynamo.keys import Key, school_partition
from edu.tenancy import NoScopeError, Scope, ScopeKind, enter_platform, enter_school
from tests.support.cloud import acting_as

if TYPE_CHECKING:
    from tests.support.cloud import Cloud

SCHOOLS, CALLS, THREADS = 12, 240, 8


@pytest.mark.usefixtures("cloud")
def test_interleaved_schools_each_read_their_own_item_and_no_other() -> None:
    run = uuid.uuid4().hex[:8]
    schools = [f"s{number}-{run}" for number in range(SCHOOLS)]
    for school_id in schools:
        with enter_school(school_id):
            item = {**Key(school_partition("PROBE"), "x").as_attributes(), "owner": school_id}
            table.write_batch(table.BatchWrite(puts=[item]))

    def read(number: int) -> tuple[str, str, str]:
        own, other = schools[number % SCHOOLS], schools[(number + 1) % SCHOOLS]
        with enter_school(own):
            found = table.get_item(Key(school_partition("PROBE"), "x"))
            try:
                table.get_item(Key(f"SCHOOL#{other}#PROBE", "x"))
            except AccessDeniedError:
                outcome = "denied"
            else:
                outcome = "leaked"
        return own, str(found["owner"]) if found else "", outcome

    credentials.sessions.forget_all()
    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(contextvars.Context().run, read, number) for number in range(CALLS)]
        results = [future.result() for future in futures]
    assert all(own == owner and outcome == "denied" for own, owner, outcome in results)


@pytest.mark.usefixtures("cloud")
def test_session_lasts_at_most_an_hour_and_is_the_schools() -> None:
    session = credentials.assume_role(Scope(ScopeKind.TENANT, "norte"))
    assert not session.lasts(timedelta(minutes=61))
    assert session.lasts(timedelta(minutes=55))
    assert session.keys.token


def test_web_may_not_assume_the_platform(cloud: Cloud) -> None:
    assert cloud.outputs["PlatformRoleArn"]
    with acting_as("web"), enter_platform(), pytest.raises(CredentialsUnavailableError):
        table.get_item(Key("PLATFORM#SCHOOLS", "x"))


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("arn", ["", "arn:aws:iam::000000000000:role/no-such-role"])
def test_missing_role_is_an_error_never_wider_credentials(arn: str) -> None:
    own_school = enter_school(f"x{uuid.uuid4().hex[:8]}")
    with override_settings(TENANT_ROLE_ARN=arn), own_school, pytest.raises(CredentialsUnavailableError):
        table.get_item(Key(school_partition("PROBE"), "x"))


@pytest.mark.usefixtures("cloud")
def test_outside_a_scope_nothing_reaches_the_table() -> None:
    with pytest.raises(NoScopeError):
        table.get_item(Key("SCHOOL#norte#PROBE", "x"))
