"""Signing in and out of the console, with real accounts and real sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from structlog.testing import capture_logs

from edu import clock
from edu.console.sessions import SessionStore, session_key_of
from edu.console.staff import SESSION_KEY
from edu.dynamo import table
from edu.dynamo.errors import StoreUnavailableError
from edu.dynamo.transactions import Transaction
from edu.identity import cognito
from edu.identity.principal import Role
from edu.tenancy import NoScopeError, current_scope, enter_console
from tests.integration.edu.console.support import AUDIT, LOGIN, is_signed_in, page, sign_in, staff
from tests.support.browsers import Browser
from tests.support.cloud import acting_as
from tests.support.tokens import PASSWORD, id_token_of, make_account

if TYPE_CHECKING:
    from django.test import Client

    from tests.support.cloud import Cloud

pytestmark = pytest.mark.usefixtures("cloud")


def _session_of(client: Client) -> SessionStore:
    return SessionStore(client.cookies[settings.SESSION_COOKIE_NAME].value)


def _let_id_token_expire(client: Client) -> None:
    session = _session_of(client)
    session[SESSION_KEY] = {**session[SESSION_KEY], "valid_until_s": clock.epoch_s() - 1}
    session.save()


def _disable(cloud: Cloud, username: str) -> None:
    cloud.root("cognito-idp").admin_disable_user(UserPoolId=cloud.outputs["UserPoolId"], Username=username)


def test_school_admin_signed_in_sees_the_console(school_id: str) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    assert f"{Role.SCHOOL_ADMIN}.{school_id}" in page(client, "/admin/")


def test_wrong_password_refused(school_id: str) -> None:
    account = make_account(f"a.{school_id}", Role.SCHOOL_ADMIN, school_id)
    client = sign_in(account.username, "Wrong-password-1")
    assert not is_signed_in(client)
    assert settings.SESSION_COOKIE_NAME not in client.cookies


@pytest.mark.parametrize("role", [Role.TEACHER, Role.STUDENT])
def test_role_without_console_refused_in_the_words_of_a_wrong_password(school_id: str, role: Role) -> None:
    account = make_account(f"{role}.{school_id}", role, school_id, "person-1")
    client = sign_in(account.username)
    assert not is_signed_in(client)
    right = client.post(LOGIN, {"username": account.username, "password": "Correct-horse-9-battery"})
    wrong = client.post(LOGIN, {"username": account.username, "password": "Wrong-password-1"})
    errors = [list(answer.context["form"].non_field_errors()) for answer in (right, wrong)]
    assert errors[0] == errors[1]
    assert errors[0]


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", ""])
def test_sign_in_goes_to_the_first_page_when_the_address_names_no_other(school_id: str, where: str) -> None:
    account = make_account(f"b.{school_id}", Role.SCHOOL_ADMIN, school_id)
    form = {"username": account.username, "password": PASSWORD, "next": where}
    answer = Browser().post(f"/admin/login/?next={where}", form)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")


def test_disabled_account_refused(cloud: Cloud, school_id: str) -> None:
    account = make_account(f"a.{school_id}", Role.SCHOOL_ADMIN, school_id)
    _disable(cloud, account.username)
    assert not is_signed_in(sign_in(account.username))


def test_id_token_over_renewed_with_the_refresh_token(school_id: str) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    _let_id_token_expire(client)
    assert is_signed_in(client)
    assert _session_of(client)[SESSION_KEY]["valid_until_s"] > clock.epoch_s()


def test_account_disabled_while_signed_in_is_out_when_its_id_token_is_over(cloud: Cloud, school_id: str) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    _disable(cloud, f"{Role.SCHOOL_ADMIN}.{school_id}")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    _let_id_token_expire(client)
    assert not is_signed_in(client)
    assert not SessionStore().exists(cookie)


def test_role_taken_away_is_out_when_its_id_token_is_over(cloud: Cloud, school_id: str) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    cloud.root("cognito-idp").admin_update_user_attributes(
        UserPoolId=cloud.outputs["UserPoolId"],
        Username=f"{Role.SCHOOL_ADMIN}.{school_id}",
        UserAttributes=[{"Name": "custom:role", "Value": "teacher"}],
    )
    _let_id_token_expire(client)
    assert not is_signed_in(client)


def test_cognito_silent_when_id_token_is_over_is_503_and_keeps_the_session(
    school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    _let_id_token_expire(client)
    with monkeypatch.context() as patch:
        patch.setattr("edu.identity.cognito.public_cognito_client", _unreachable_cognito)
        answer = client.get("/admin/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert is_signed_in(client)


def test_cognito_silent_at_sign_in_says_so_in_the_form(school_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = make_account(f"a.{school_id}", Role.SCHOOL_ADMIN, school_id)
    monkeypatch.setattr("edu.identity.cognito.public_cognito_client", _unreachable_cognito)
    client = sign_in(account.username)
    answer = client.post(LOGIN, {"username": account.username, "password": "x"})
    assert answer.context["form"].non_field_errors().as_data()[0].code == "cognito_unavailable"


def _unreachable_cognito() -> object:
    import boto3  # noqa: PLC0415 - only here
    from botocore import UNSIGNED  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}, region_name="us-east-1")
    return boto3.Session().client("cognito-idp", endpoint_url="http://127.0.0.1:9", config=config)


def test_sign_out_ends_the_session_on_the_server(school_id: str) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/admin/logout/")
    assert not SessionStore().exists(cookie)
    client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    assert not is_signed_in(client)


def test_sign_out_revokes_the_refresh_token(school_id: str) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    token = _session_of(client)[SESSION_KEY]["refresh_token"]
    assert cognito.renew(token).id_token
    client.post("/admin/logout/")
    with pytest.raises(cognito.SignInRefusedError):
        cognito.renew(token)


def test_sign_out_while_cognito_is_silent_ends_the_session_all_the_same(
    school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    monkeypatch.setattr("edu.identity.cognito.public_cognito_client", _unreachable_cognito)
    with capture_logs() as logs:
        assert client.post("/admin/logout/").status_code == 200
    assert not SessionStore().exists(cookie)
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["refresh token not revoked"]


def test_table_busy_as_a_session_is_saved_is_503_and_may_be_tried_again(
    school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    _let_id_token_expire(client)
    with monkeypatch.context() as patch:
        patch.setattr(SessionStore, "save", _busy)
        answer = client.get("/admin/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert is_signed_in(client)


def _busy(*_args: object, **_kwargs: object) -> None:
    raise StoreUnavailableError


def test_sign_in_changes_the_cookie_of_a_session_there_was(school_id: str) -> None:
    planted = SessionStore()
    planted["x"] = 1
    planted.save()
    account = make_account(f"a.{school_id}", Role.SCHOOL_ADMIN, school_id)
    client = sign_in(account.username)
    client.cookies[settings.SESSION_COOKIE_NAME] = str(planted.session_key)
    client.post(LOGIN, {"username": account.username, "password": "Correct-horse-9-battery"})
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != str(planted.session_key)
    assert not SessionStore().exists(str(planted.session_key))


def test_expired_session_refused_though_ttl_has_not_removed_it(school_id: str) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    key = session_key_of(client.cookies[settings.SESSION_COOKIE_NAME].value)
    with enter_console():
        change = Transaction()
        change.update(key, "SET expires_at = :past", {":past": clock.epoch_s() - 1})
        change.commit()
        assert table.get_item(key) is not None
    assert not is_signed_in(client)


def test_session_lasts_a_working_day_from_the_sign_in_however_much_it_is_used(
    school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    key = session_key_of(client.cookies[settings.SESSION_COOKIE_NAME].value)
    with enter_console():
        first = table.get_item(key)
    lifetime_s = settings.SESSION_COOKIE_AGE
    monkeypatch.setattr(settings, "SESSION_COOKIE_AGE", 10 * lifetime_s)  # what a sliding end would now move to
    _let_id_token_expire(client)
    assert is_signed_in(client)
    with enter_console():
        later = table.get_item(key)
    assert first is not None
    assert later is not None
    assert abs(first["expires_at"] - clock.epoch_s() - lifetime_s) < 60
    assert abs(later["expires_at"] - first["expires_at"]) <= 1


def test_session_in_the_table_shows_neither_cookie_nor_token(cloud: Cloud, school_id: str) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    token = _session_of(client)[SESSION_KEY]["refresh_token"]
    items = cloud.root("dynamodb").scan(TableName=cloud.outputs["TableName"])["Items"]
    sessions = str([item for item in items if item["pk"]["S"].startswith("PLATFORM#SESSION#")])
    assert "expires_at" in sessions
    assert cookie not in sessions
    assert token not in sessions
    assert school_id not in sessions


def test_console_session_opens_no_api(school_id: str) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    assert client.get("/api/v1/sections").status_code == 401


def test_bearer_token_opens_no_console(school_id: str) -> None:
    account = make_account(f"a.{school_id}", Role.SCHOOL_ADMIN, school_id)
    client = sign_in("nobody", "x", Authorization=f"Bearer {id_token_of(account)}")
    assert not is_signed_in(client)


def test_scope_left_after_a_request(school_id: str) -> None:
    client = staff(Role.AUDITOR, school_id)
    page(client, AUDIT)
    with pytest.raises(NoScopeError):
        current_scope()


def test_worker_cannot_read_sessions(school_id: str) -> None:
    client = staff(Role.SCHOOL_ADMIN, school_id)
    with acting_as("worker"):
        answer = client.get("/admin/")
    assert answer.status_code == 503
