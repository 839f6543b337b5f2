"""``manage.py token`` against the emulated Cognito."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from deploy.local.management.commands.token import Command
from edu.identity.principal import Role
from edu.identity.tokens import verifier
from tests.support.cloud import Cloud, acting_as
from tests.support.tokens import PASSWORD, make_account

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def operator(cloud: Cloud) -> Iterator[None]:
    """Sign as an operator does."""
    del cloud
    with acting_as("operator"):
        yield


def test_token_is_the_persons_own(school_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_account("docente9.x", Role.TEACHER, school_id, "teacher-9")
    monkeypatch.setenv("THE_PASSWORD", PASSWORD)
    printed = io.StringIO()
    call_command(Command(), "docente9.x", password_env="THE_PASSWORD", stdout=printed)
    claims = verifier().claims(printed.getvalue().strip())
    assert (claims["custom:school_id"], claims["custom:person_id"]) == (school_id, "teacher-9")
