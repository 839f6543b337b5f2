"""Cognito's calls that Libreta makes: signing staff in at the console, and making accounts (operators only)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from edu.aws.clients import public_cognito_client, service_client
from edu.errors import LibretaError, UnavailableError
from edu.identity.principal import Role

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.literals import AuthFlowTypeType


_REFUSED = frozenset(
    {"NotAuthorizedException", "UserNotFoundException", "UserNotConfirmedException", "PasswordResetRequiredException"}
)

_NO_PASSWORD_YET = "FORCE_CHANGE_PASSWORD"  # noqa: S105 - a status, not a password


class SignInRefusedError(LibretaError):
    """Wrong name or password, or a disabled account: Cognito does not say which, and neither do we."""

    code = "sign_in_refused"
    status = 401


class CognitoUnavailableError(UnavailableError):
    """Cognito does not answer, or throttles."""

    code = "cognito_unavailable"


@dataclass(frozen=True)
class Account:
    """A person's account: what its ID tokens will claim. ``username`` holds no personal data."""

    username: str
    role: Role
    school_id: str | None
    person_id: str = ""


@dataclass(frozen=True)
class Tokens:
    """What a sign-in gives. The refresh token is good for a day, unless it is revoked or the account disabled."""

    id_token: str
    refresh_token: str


def sign_in(username: str, password: str) -> Tokens:
    """Exchange a name and password for tokens.

    Raises:
        SignInRefusedError: Cognito refuses.
        CognitoUnavailableError: Cognito does not answer.
    """
    return _authenticate("USER_PASSWORD_AUTH", {"USERNAME": username, "PASSWORD": password})


def renew(refresh_token: str) -> Tokens:
    """A fresh ID token, unless the account was disabled meanwhile. Same errors as ``sign_in``."""
    return _authenticate("REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": refresh_token}, refresh_token)


def revoke(refresh_token: str) -> None:
    """End a refresh token and what it could still renew; ID tokens already given last until they expire. Idempotent.

    Raises:
        CognitoUnavailableError: Cognito does not answer or refuses.
    """
    try:
        public_cognito_client().revoke_token(Token=refresh_token, ClientId=settings.USER_POOL_CLIENT_ID)
    except (ClientError, BotoCoreError) as error:
        raise CognitoUnavailableError("sign-out") from error


def ensure_account(account: Account, password: str) -> None:
    """Make an account with a permanent password, or leave the one there is. Needs the operator's credentials.

    Idempotent: an account left without a password by a crash gets it the next time.

    Raises:
        CognitoUnavailableError: Cognito does not answer or refuses.
    """
    attributes = {"custom:role": str(account.role), "custom:school_id": account.school_id or ""}
    if account.person_id:
        attributes["custom:person_id"] = account.person_id
    client = service_client("cognito-idp")
    whom = {"UserPoolId": settings.USER_POOL_ID, "Username": account.username}
    try:
        try:
            client.admin_create_user(
                **whom,
                MessageAction="SUPPRESS",
                UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items() if value],
            )
        except client.exceptions.UsernameExistsException:
            if client.admin_get_user(**whom)["UserStatus"] != _NO_PASSWORD_YET:
                return
        client.admin_set_user_password(**whom, Password=password, Permanent=True)
    except (ClientError, BotoCoreError) as error:
        raise CognitoUnavailableError("account") from error


def _authenticate(flow: AuthFlowTypeType, parameters: dict[str, str], refresh_token: str = "") -> Tokens:
    try:
        answer = public_cognito_client().initiate_auth(
            ClientId=settings.USER_POOL_CLIENT_ID, AuthFlow=flow, AuthParameters=parameters
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _REFUSED:
            raise SignInRefusedError from None  # the cause repeats the name
        raise CognitoUnavailableError("sign-in") from None
    except BotoCoreError as error:
        raise CognitoUnavailableError("sign-in") from error
    result = answer.get("AuthenticationResult")
    if not result:  # a challenge (MFA, new password), which this door does not take yet
        raise SignInRefusedError
    return Tokens(result["IdToken"], result.get("RefreshToken", refresh_token))
