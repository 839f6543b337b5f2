"""What DynamoDB leaves unprocessed is sent again, and given up loudly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import override_settings

from edu.aws.credentials import CredentialsUnavailableError
from edu.dynamo import table
from edu.dynamo.errors import AccessDeniedError, StoreUnavailableError
from edu.dynamo.keys import Key
from edu.tenancy import enter_school
from tests.unit.edu.dynamo.test_errors import _client_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.edu.dynamo.conftest import ScriptedClient

KEYS = [Key("SCHOOL#norte#THING", f"{n:03d}") for n in range(120)]


@pytest.fixture(autouse=True)
def table_name() -> Iterator[None]:
    with override_settings(TABLE_NAME="libreta-test"):
        yield


def _keys_of(arguments: dict[str, Any]) -> list[Any]:
    keys: list[Any] = arguments["RequestItems"][settings.TABLE_NAME]["Keys"]
    return keys


def _half(arguments: dict[str, Any]) -> dict[str, Any]:
    """Answers the first half of the keys and leaves the others."""
    keys = _keys_of(arguments)
    done, left = keys[: (len(keys) + 1) // 2], keys[(len(keys) + 1) // 2 :]
    unprocessed = {settings.TABLE_NAME: {"Keys": left, "ConsistentRead": True}} if left else {}
    return {"Responses": {settings.TABLE_NAME: done}, "UnprocessedKeys": unprocessed}


def test_unprocessed_keys_are_asked_again_until_all_are_there(client: ScriptedClient, pauses: list[float]) -> None:
    client.answers = [_half]
    found = table.get_items(KEYS, consistent=True)
    assert sorted(item["sk"] for item in found) == [key.sk for key in KEYS]
    assert all(len(_keys_of(arguments)) <= 100 for _, arguments in client.calls)
    assert all(arguments["RequestItems"]["libreta-test"]["ConsistentRead"] for _, arguments in client.calls)
    assert len(pauses) == len(client.calls) - 2


def test_keys_never_processed_are_an_error_not_a_short_answer(client: ScriptedClient, pauses: list[float]) -> None:
    client.answers = [
        lambda arguments: {"Responses": {}, "UnprocessedKeys": {"libreta-test": {"Keys": _keys_of(arguments)}}}
    ]
    with pytest.raises(StoreUnavailableError):
        table.get_items(KEYS[:3])
    assert len(client.calls) == 8
    assert max(pauses) <= 2.0


def test_unprocessed_writes_are_sent_again(client: ScriptedClient) -> None:
    written: list[str] = []

    def all_but_one(arguments: dict[str, Any]) -> dict[str, Any]:
        requests = arguments["RequestItems"]["libreta-test"]
        assert len(requests) <= 25
        written.extend(request["PutRequest"]["Item"]["sk"]["S"] for request in requests[:-1] or requests)
        return {"UnprocessedItems": {"libreta-test": requests[-1:]} if len(requests) > 1 else {}}

    client.answers = [all_but_one]
    table.write_batch(table.BatchWrite(puts=[key.as_attributes() for key in KEYS]))
    assert sorted(written) == [key.sk for key in KEYS]


def test_writes_never_processed_are_an_error(client: ScriptedClient) -> None:
    client.answers = [lambda arguments: {"UnprocessedItems": arguments["RequestItems"]}]
    with pytest.raises(StoreUnavailableError):
        table.write_batch(table.BatchWrite(deletes=KEYS[:2]))
    assert len(client.calls) == 8


def test_denied_batch_is_not_repeated(client: ScriptedClient) -> None:
    client.answers = [_client_error("AccessDeniedException")]
    with enter_school("sur"), pytest.raises(AccessDeniedError):
        table.get_items(KEYS[:2])
    assert len(client.calls) == 1


def test_one_foreign_key_in_a_batch_makes_its_refusal_denied_access(client: ScriptedClient) -> None:
    client.answers = [_client_error("AccessDeniedException")]
    with enter_school("norte"), pytest.raises(AccessDeniedError):
        table.write_batch(table.BatchWrite(puts=[KEYS[0].as_attributes()], deletes=[Key("SCHOOL#sur#THING", "1")]))


def test_school_refused_its_own_batch_has_lost_its_session(client: ScriptedClient) -> None:
    client.answers = [_client_error("AccessDeniedException")]
    with enter_school("norte"):
        for call in (
            lambda: table.get_items(KEYS[:2]),
            lambda: table.write_batch(table.BatchWrite(deletes=KEYS[:2])),
            lambda: table.query_page(table.Query("SCHOOL#norte", index=True)),
        ):
            with pytest.raises(CredentialsUnavailableError):
                call()
    assert len(client.calls) == 3
