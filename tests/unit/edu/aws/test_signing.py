"""A call is signed as botocore signs it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from edu.aws.signing import JsonCallAuth, signed_fields

NOW = datetime(2026, 11, 29, 10, 15, tzinfo=UTC)
CREDENTIALS = ReadOnlyCredentials("ASIAEXAMPLE", "secret/of+a/session", "token of a session")
HEADERS = {"X-Amz-Target": "DynamoDB_20120810.PutItem", "Content-Type": "application/x-amz-json-1.0", "User-Agent": "x"}


def signed(
    kind: type[SigV4Auth], request: AWSRequest, credentials: Any = CREDENTIALS, service: str = "dynamodb"
) -> str:
    with time_machine.travel(NOW, tick=False):
        kind(credentials, service, "sa-east-1").add_auth(request)
    return str(request.headers["Authorization"])


def both(**request: Any) -> tuple[str, str]:
    given: dict[str, Any] = {"method": "POST", "url": "https://dynamodb.sa-east-1.amazonaws.com/", "headers": HEADERS}
    given |= {"data": b"{}"} | request
    return signed(JsonCallAuth, AWSRequest(**given)), signed(SigV4Auth, AWSRequest(**given))


@given(st.binary(max_size=200), st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30))
def test_signature_is_botocores(body: bytes, value: str) -> None:
    ours, theirs = both(data=body, headers=HEADERS | {"x-amz-meta": f" {value}  b "})
    assert ours == theirs


@pytest.mark.parametrize(
    "request_",
    [
        {"url": "http://127.0.0.1:4566"},
        {"url": "http://127.0.0.1:4566/"},
        {"url": "http://[::1]:4566/"},
        {"url": "https://dynamodb.sa-east-1.amazonaws.com:443/"},
        {"headers": HEADERS | {"Host": "elsewhere"}},
        {"headers": HEADERS | {"Authorization": "of an attempt before", "X-Amz-Date": "20200101T000000Z"}},
        {"headers": HEADERS | {"Date": "Sun, 29 Nov 2026 10:00:00 GMT"}},
        {"headers": {}},
        {"data": b""},
        {"url": "https://x.amazonaws.com/a path/?b=2&a=1", "method": "GET", "data": b""},
        {"url": "https://x.amazonaws.com/?a=1"},
        {"params": {"a": "1"}},
        {"method": "PUT"},
    ],
    ids=repr,
)
def test_other_requests_are_signed_like_botocores_too(request_: dict[str, Any]) -> None:
    ours, theirs = both(**request_)
    assert ours == theirs


def test_each_secret_and_day_has_its_own_key() -> None:
    other = ReadOnlyCredentials("ASIAEXAMPLE", "another", None)
    given: dict[str, Any] = {"method": "POST", "url": "http://127.0.0.1/", "headers": HEADERS, "data": b"{}"}
    for credentials in (CREDENTIALS, other, CREDENTIALS):
        for service in ("dynamodb", "sqs"):
            ours = signed(JsonCallAuth, AWSRequest(**given), credentials, service)
            assert ours == signed(SigV4Auth, AWSRequest(**given), credentials, service)


@given(st.binary(max_size=200), st.sampled_from([CREDENTIALS, ReadOnlyCredentials("AKIAEXAMPLE", "secret", None)]))
def test_call_without_botocore_is_signed_as_botocore_signs_it(body: bytes, keys: ReadOnlyCredentials) -> None:
    fields = {"content-type": "application/x-amz-json-1.0", "host": "sqs.sa-east-1.amazonaws.com", "x-amz-target": "x"}
    request = AWSRequest("POST", f"https://{fields['host']}/", fields, data=body)
    theirs = signed(SigV4Auth, request, keys, "sqs")
    with time_machine.travel(NOW, tick=False):
        ours = signed_fields(fields, body, keys, region="sa-east-1", service="sqs")
    assert ours["authorization"] == theirs
    assert {name.title(): value for name, value in ours.items()} == {
        name.title(): value for name, value in request.headers.items()
    }
