"""Each call is signed with the keys of the scope it is made in, and outside a scope nothing leaves the process."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.credentials import ReadOnlyCredentials

from edu.aws import credentials, scoped_clients
from edu.aws.credentials import CredentialsUnavailableError, ScopedCredentials, Session, SessionCache, SplitReadError
from edu.tenancy import NoScopeError, Scope, enter_platform, enter_school

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest

CALLS, SCHOOLS, THREADS = 1000, 25, 8


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._content


def _keys(scope: Scope) -> ReadOnlyCredentials:
    name = scope.school_id or str(scope.kind)
    return ReadOnlyCredentials(f"AKIA{name}", f"secret-{name}", f"token-{name}")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[AWSPreparedRequest]]:
    """The signed requests of the scoped DynamoDB client, answered here instead of sent.

    Every session counts as due for renewal, so that renewals run all the while.
    """
    expires_at = datetime.now(UTC) + timedelta(minutes=10)
    monkeypatch.setattr(credentials, "sessions", SessionCache(lambda scope: Session(_keys(scope), expires_at)))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPROCESS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "process")
    scoped_clients.forget_scoped_clients()
    requests: list[AWSPreparedRequest] = []

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        requests.append(request)
        headers = {"Content-Type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, _Body(b"{}"))  # type: ignore[arg-type] # as urllib3's

    for service in ("dynamodb", "s3"):
        scoped_clients._scoped_client(service).meta.events.register(f"before-send.{service}.*", answer)
    yield requests
    scoped_clients.forget_scoped_clients()


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _signer_of(request: AWSPreparedRequest) -> tuple[str, str]:
    found = re.search(r"Credential=AKIA([^/]+)/", _text(request.headers["Authorization"]))
    assert found is not None
    return found[1], _text(request.headers["X-Amz-Security-Token"])


def _get(table: str) -> None:
    scoped_clients.scoped_client("dynamodb").get_item(TableName=table, Key={"pk": {"S": table}, "sk": {"S": table}})


def test_a_thousand_interleaved_calls_each_signed_by_their_own_school(sent: list[AWSPreparedRequest]) -> None:
    def call(number: int) -> None:
        school_id = f"school-{number % SCHOOLS}"
        with enter_school(school_id):
            _get(school_id)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(call, range(CALLS)))
    assert len(sent) == CALLS
    for request in sent:
        signer, token = _signer_of(request)
        assert token == f"token-{signer}"
        assert f'"TableName": "{signer}"' in _text(request.body) or f'"TableName":"{signer}"' in _text(request.body)


def test_outside_a_scope_nothing_is_sent(sent: list[AWSPreparedRequest]) -> None:
    with pytest.raises(NoScopeError):
        _get("nobody")
    with ThreadPoolExecutor(1) as pool, enter_school("norte"), pytest.raises(NoScopeError):
        pool.submit(_get, "nobody").result()
    assert sent == []


def test_without_credentials_nothing_is_sent_and_the_processs_own_keys_are_not_used(
    sent: list[AWSPreparedRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_scope: Scope) -> Session:
        raise CredentialsUnavailableError("no credentials")

    monkeypatch.setattr(credentials, "sessions", SessionCache(refuse))
    with enter_school("norte"), pytest.raises(CredentialsUnavailableError):
        _get("norte")
    assert sent == []


def test_inner_scope_signs_inside_and_outer_after_it(sent: list[AWSPreparedRequest]) -> None:
    with enter_school("norte"):
        with enter_platform():
            _get("platform")
        _get("norte")
    assert [_signer_of(request)[0] for request in sent] == ["platform", "norte"]


def test_presigned_urls_are_signed_by_the_scope_too(sent: list[AWSPreparedRequest]) -> None:
    s3 = scoped_clients.scoped_client("s3")
    with enter_school("norte"):
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "lake", "Key": "x"})
        form = s3.generate_presigned_post("lake", "x")
    assert "AKIAnorte" in url
    assert "token-norte" in str(form["fields"])
    with pytest.raises(NoScopeError):
        s3.generate_presigned_url("get_object", Params={"Bucket": "lake", "Key": "x"})
    assert sent == []


@pytest.mark.parametrize("name", ["access_key", "secret_key", "token"])
@pytest.mark.usefixtures("sent")
def test_keys_cannot_be_read_one_by_one(name: str) -> None:
    """Two reads could see two sessions; getattr's default must not hide the refusal either."""
    with enter_school("norte"), pytest.raises(SplitReadError):
        getattr(ScopedCredentials(), name, None)


@pytest.mark.usefixtures("sent")
def test_deferred_account_id_is_none() -> None:
    with enter_school("norte"):
        assert ScopedCredentials().get_deferred_property("account_id")() is None
