"""A call to the table or a queue goes where botocore would send it, and says what botocore would say."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

import boto3
import pytest
from django.conf import settings

from edu.aws.clients import client_config
from edu.aws.json_calls import send_as_it_is

ITEM = {"pk": {"S": "SCHOOL#a"}, "note": {"S": "ñandú \u2028"}, "raw": {"B": b"\x00\xff"}, "n": {"N": "6.50"}}


class StoppedError(Exception):
    """The request is made; nothing is sent."""

    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


def make_client(endpoint_url: str | None, service: str = "dynamodb", **extra: Any) -> Any:
    config: Any = {"config": client_config(parameter_validation=False, **extra), "endpoint_url": endpoint_url}
    client = boto3.Session("AKIAEXAMPLE", "example", "token of a session").client(service, **config)  # type: ignore[call-overload]

    def stop(request: Any, **_kwargs: Any) -> None:
        raise StoppedError(request)

    client.meta.events.register("before-send", stop)
    return client


def request_of(client: Any, operation: str = "put_item", **arguments: Any) -> Any:
    with pytest.raises(StoppedError) as stopped:
        getattr(client, operation)(**arguments)
    return stopped.value.request


@pytest.mark.parametrize("endpoint_url", [None, "http://127.0.0.1:4566"])
@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("dynamodb", "put_item", {"TableName": settings.TABLE_NAME or "libreta-x", "Item": ITEM}),
        ("sqs", "send_message", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/libreta", "MessageBody": "eyJ9"}),
        ("sqs", "get_queue_attributes", {"QueueUrl": "http://127.0.0.1:9/1/libreta", "AttributeNames": ["QueueArn"]}),
    ],
)
def test_request_is_botocores(
    endpoint_url: str | None, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    theirs, ours = make_client(endpoint_url, service), make_client(endpoint_url, service)
    send_as_it_is(ours)
    sent, expected = (request_of(one, operation, **arguments) for one in (ours, theirs))
    assert sent.url == expected.url
    assert json.loads(sent.body) == json.loads(expected.body)
    changing = {"Authorization", "X-Amz-Date", "amz-sdk-invocation-id"}
    assert sent.headers.keys() == expected.headers.keys()
    own = set(sent.headers) - changing - {"Content-Length"}
    assert {name: sent.headers[name] for name in own} == {name: expected.headers[name] for name in own}
    scopes = [
        str(one.headers["Authorization"]).partition("Credential=")[2].partition(",")[0] for one in (sent, expected)
    ]
    assert scopes[0].split("/")[2:] == scopes[1].split("/")[2:]  # region, service


def test_request_leaves_in_one_piece_and_its_connection_is_used_again() -> None:
    """Two pieces are two system calls here, and may be two wakings there."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _address = server.accept()
            with connection:
                while data := connection.recv(65536):
                    received.append(data)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        thread = threading.Thread(target=serve)
        thread.start()
        client: Any = boto3.Session("AKIAEXAMPLE", "example").client(
            "dynamodb", endpoint_url=f"http://127.0.0.1:{server.getsockname()[1]}", config=client_config()
        )
        send_as_it_is(client)
        for _ in range(2):
            client.put_item(TableName="x", Item=ITEM)
        client.close()
        thread.join(5)
    assert len(received) == 2
    for request in received:
        head, _, body = request.partition(b"\r\n\r\n")
        assert head.startswith(b"POST / HTTP/1.1")
        assert json.loads(body)["TableName"] == "x"


def test_argument_that_the_operation_lacks_is_never_sent() -> None:
    client = make_client("http://127.0.0.1:4566")
    send_as_it_is(client)
    with pytest.raises(KeyError, match="ConditionExpresion"):
        client.put_item(TableName="x", Item=ITEM, ConditionExpresion="attribute_not_exists(pk)")


def test_text_that_is_no_unicode_goes_the_way_it_went() -> None:
    client = make_client("http://127.0.0.1:4566")
    send_as_it_is(client)
    sent = request_of(client, TableName="x", Item={"pk": {"S": "\ud800"}})
    assert b"\\ud800" in sent.body
