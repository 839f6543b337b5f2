"""A call to the table goes where botocore would send it, and says what botocore would say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from django.conf import settings

from edu.aws.clients import client_config
from edu.aws.table_calls import send_as_it_is

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEM = {"pk": {"S": "SCHOOL#a"}, "note": {"S": "ñandú \u2028"}, "raw": {"B": b"\x00\xff"}, "n": {"N": "6.50"}}


class StoppedError(Exception):
    """The request is made; nothing is sent."""

    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


def make_client(endpoint_url: str | None) -> DynamoDBClient:
    config: Any = {"config": client_config(parameter_validation=False), "endpoint_url": endpoint_url}
    client: DynamoDBClient = boto3.Session("AKIAEXAMPLE", "example").client("dynamodb", **config)

    def stop(request: Any, **_kwargs: Any) -> None:
        raise StoppedError(request)

    client.meta.events.register("before-send", stop)
    return client


def request_of(client: Any, **arguments: Any) -> Any:
    with pytest.raises(StoppedError) as stopped:
        client.put_item(**arguments)
    return stopped.value.request


@pytest.mark.parametrize("endpoint_url", [None, "http://127.0.0.1:4566"])
def test_request_is_botocores(endpoint_url: str | None) -> None:
    theirs, ours = make_client(endpoint_url), make_client(endpoint_url)
    send_as_it_is(ours)
    arguments = {"TableName": settings.TABLE_NAME or "libreta-x", "Item": ITEM}
    sent, expected = request_of(ours, **arguments), request_of(theirs, **arguments)
    assert sent.url == expected.url
    assert json.loads(sent.body) == json.loads(expected.body)
    own = {"X-Amz-Target", "Content-Type", "User-Agent"}
    assert {name: sent.headers[name] for name in own} == {name: expected.headers[name] for name in own}
    scopes = [
        str(one.headers["Authorization"]).partition("Credential=")[2].partition(",")[0] for one in (sent, expected)
    ]
    assert scopes[0].split("/")[2:] == scopes[1].split("/")[2:]  # region, service


def test_argument_that_the_operation_lacks_is_never_sent() -> None:
    client: Any = make_client("http://127.0.0.1:4566")
    send_as_it_is(client)
    with pytest.raises(KeyError, match="ConditionExpresion"):
        client.put_item(TableName="x", Item=ITEM, ConditionExpresion="attribute_not_exists(pk)")


def test_text_that_is_no_unicode_goes_the_way_it_went() -> None:
    client = make_client("http://127.0.0.1:4566")
    send_as_it_is(client)
    sent = request_of(client, TableName="x", Item={"pk": {"S": "\ud800"}})
    assert b"\\ud800" in sent.body
