"""Tokens as Cognito issues them: only the ID token of an enabled account opens the door."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from edu.aws.clients import public_cognito_client
from edu.identity.cognito import Account, CognitoUnavailableError, SignInRefusedError, ensure_account, renew, sign_in
from edu.identity.principal import Principal, Role
from edu.identity.tokens import InvalidTokenError, verifier
from tests.support.cloud import acting_as
from tests.support.tokens import PASSWORD, make_account

if TYPE_CHECKING:
    from tests.support.cloud import Cloud


@pytest.fixture
def account(cloud: Cloud, school_id: str) -> Account:  # noqa: ARG001 - the cloud must stand
    return make_account(f"teacher.{school_id}", Role.TEACHER, school_id, "teacher-1")


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def test_id_token_names_the_account(account: Account) -> None:
    token = sign_in(account.username, PASSWORD).id_token
    found = verifier().principal(token)
    assert found == Principal(_claims(token)["sub"], Role.TEACHER, account.school_id, "teacher-1")


def test_access_and_refresh_tokens_are_refused(account: Account) -> None:
    answer = public_cognito_client().initiate_auth(
        ClientId=settings.USER_POOL_CLIENT_ID,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": account.username, "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    assert _claims(answer["AccessToken"])["token_use"] == "access"
    for token in (answer["AccessToken"], answer["RefreshToken"]):
        with pytest.raises(InvalidTokenError):
            verifier().principal(token)


def test_account_without_a_role_or_school_is_refused(cloud: Cloud, school_id: str) -> None:
    cognito = cloud.root("cognito-idp")
    for number, attributes in enumerate(({}, {"custom:role": "teacher"}, {"custom:school_id": school_id})):
        name = f"nobody-{number}.{school_id}"
        cognito.admin_create_user(
            UserPoolId=settings.USER_POOL_ID,
            Username=name,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()],
        )
        cognito.admin_set_user_password(
            UserPoolId=settings.USER_POOL_ID, Username=name, Password=PASSWORD, Permanent=True
        )
        with pytest.raises(InvalidTokenError):
            verifier().principal(sign_in(name, PASSWORD).id_token)


def test_disabled_account_gets_no_more_tokens(account: Account, cloud: Cloud) -> None:
    tokens = sign_in(account.username, PASSWORD)
    cloud.root("cognito-idp").admin_disable_user(UserPoolId=settings.USER_POOL_ID, Username=account.username)
    with pytest.raises(SignInRefusedError) as raised:
        sign_in(account.username, PASSWORD)
    assert account.username not in str(raised.value)
    with pytest.raises(SignInRefusedError):
        renew(tokens.refresh_token)


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD + " ", PASSWORD.upper()])
def test_wrong_password_and_unknown_name_look_the_same(account: Account, password: str) -> None:
    for name in (account.username, "nobody.at.all"):
        with pytest.raises(SignInRefusedError):
            sign_in(name, password)


def test_renewed_token_names_the_same_caller(account: Account) -> None:
    tokens = sign_in(account.username, PASSWORD)
    assert verifier().principal(renew(tokens.refresh_token).id_token) == verifier().principal(tokens.id_token)


def test_account_left_without_a_password_gets_it_the_next_time(cloud: Cloud, school_id: str) -> None:
    account = Account(f"teacher.{school_id}", Role.TEACHER, school_id, "teacher-1")
    attributes = {"custom:role": "teacher", "custom:school_id": school_id}
    cloud.root("cognito-idp").admin_create_user(
        UserPoolId=settings.USER_POOL_ID,
        Username=account.username,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )
    with acting_as("operator"):
        ensure_account(account, PASSWORD)
    assert verifier().principal(sign_in(account.username, PASSWORD).id_token).school_id == school_id


def test_refused_account_is_one_of_our_errors(school_id: str, cloud: Cloud) -> None:
    assert cloud.outputs
    with acting_as("web"), pytest.raises(CognitoUnavailableError):
        ensure_account(Account(f"teacher.{school_id}", Role.TEACHER, school_id), PASSWORD)


def test_making_an_account_twice_leaves_the_first_as_it_is(account: Account) -> None:
    other = Account(account.username, Role.SCHOOL_ADMIN, "another-school")
    with acting_as("operator"):
        ensure_account(other, "Another-password-1")
    assert verifier().principal(sign_in(account.username, PASSWORD).id_token).role is Role.TEACHER
