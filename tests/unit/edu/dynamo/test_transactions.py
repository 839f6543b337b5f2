"""Conflicts are tried again under the same token; everything else is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ReadTimeoutError

from edu import clock
from edu.deadlines import TooLateToSendError, check_deadline
from edu.dynamo.errors import ConditionFailedError, StoreError, StoreUnavailableError, TransactionConflictError
from edu.dynamo.keys import Key
from edu.dynamo.transactions import MAX_ACTIONS, NOT_THERE, Transaction, version_is
from edu.errors import ForbiddenError, NotFoundError
from tests.unit.edu.dynamo.conftest import cancelled

if TYPE_CHECKING:
    from tests.unit.edu.dynamo.conftest import ScriptedClient

KEY = Key("SCHOOL#norte#THING", "1")


def _transaction(actions: int = 1) -> Transaction:
    transaction = Transaction()
    for number in range(actions):
        transaction.put({"pk": KEY.pk, "sk": str(number)}, NOT_THERE)
    return transaction


def test_conflict_is_retried_with_the_same_token_and_content(client: ScriptedClient, pauses: list[float]) -> None:
    client.answers = [cancelled("TransactionConflict"), cancelled("ConditionalCheckFailed", "TransactionConflict"), {}]
    _transaction().commit()
    assert len(client.calls) == 3
    assert len({arguments["ClientRequestToken"] for _, arguments in client.calls}) == 1
    assert client.calls[0] == client.calls[1] == client.calls[2]
    assert len(pauses) == 2


def test_lasting_conflict_is_given_up_as_retryable(client: ScriptedClient) -> None:
    client.answers = [cancelled("TransactionConflict")]
    with pytest.raises(TransactionConflictError) as raised:
        _transaction().commit()
    assert len(client.calls) == 6
    assert raised.value.status == 503


def test_two_commits_have_two_tokens(client: ScriptedClient) -> None:
    client.answers = [{}]
    _transaction().commit()
    _transaction().commit()
    assert len({arguments["ClientRequestToken"] for _, arguments in client.calls}) == 2


def test_failed_condition_is_not_retried(client: ScriptedClient) -> None:
    client.answers = [cancelled("None", "ConditionalCheckFailed"), {}]
    with pytest.raises(ConditionFailedError) as raised:
        _transaction(2).commit()
    assert raised.value.failed == {1: None}
    assert len(client.calls) == 1


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["None", "ConditionalCheckFailed", "ConditionalCheckFailed", "None"], ForbiddenError),
        (["ConditionalCheckFailed", "ConditionalCheckFailed", "None", "None"], ForbiddenError),
        (["ConditionalCheckFailed", "None", "ConditionalCheckFailed", "None"], NotFoundError),
        (["ConditionalCheckFailed", "None", "None", "ConditionalCheckFailed"], ConditionFailedError),
        (["None", "None", "None", "ConditionalCheckFailed"], ConditionFailedError),
    ],
)
def test_first_failed_action_with_an_error_of_its_own_speaks(
    client: ScriptedClient, codes: list[str], expected: type[Exception]
) -> None:
    client.answers = [cancelled(*codes)]
    transaction = Transaction()
    transaction.put({"pk": KEY.pk, "sk": "0"}, NOT_THERE, otherwise=lambda _: None)
    transaction.put({"pk": KEY.pk, "sk": "1"}, NOT_THERE, otherwise=ForbiddenError)
    transaction.check(Key(KEY.pk, "2"), NOT_THERE, otherwise=lambda found: NotFoundError(str(found)))
    transaction.delete(Key(KEY.pk, "3"), NOT_THERE)
    with pytest.raises(expected) as raised:
        transaction.commit()
    assert type(raised.value) is expected


def test_unknown_outcome_is_told_not_retried_blindly(client: ScriptedClient) -> None:
    client.answers = [ReadTimeoutError(endpoint_url="http://127.0.0.1:9"), {}]
    with pytest.raises(StoreUnavailableError):
        _transaction().commit()
    assert len(client.calls) == 1


def test_a_hundred_actions_pass_and_one_more_or_none_is_never_sent(client: ScriptedClient) -> None:
    client.answers = [{}]
    _transaction(MAX_ACTIONS).commit()
    for refused in (0, MAX_ACTIONS + 1):
        with pytest.raises(StoreError):
            _transaction(refused).commit()
    assert len(client.calls) == 1


def test_conditions_values_stand_beside_the_updates_own(client: ScriptedClient) -> None:
    client.answers = [{}]
    transaction = Transaction()
    transaction.update(KEY, "SET version = :next", {":next": 2}, version_is(1))
    transaction.commit()
    [action] = client.calls[0][1]["TransactItems"]
    assert action["Update"]["ExpressionAttributeValues"] == {":next": {"N": "2"}, ":expected_version": {"N": "1"}}
    assert action["Update"]["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"


def test_what_has_to_be_sent_by_an_instant_is_not_sent_after_it(
    client: ScriptedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each attempt looks at the clock anew; of several instants the first counts."""
    noon = datetime(2026, 11, 29, 12, tzinfo=UTC)
    minutes = iter((0, 1, 2))
    monkeypatch.setattr(clock, "now", lambda: noon + timedelta(minutes=next(minutes)))

    def held_up(_arguments: object) -> None:
        check_deadline()  # as botocore does before each attempt
        raise cancelled("TransactionConflict")

    client.answers = [held_up]
    transaction = _transaction()
    transaction.send_by(noon + timedelta(hours=1))
    transaction.send_by(noon + timedelta(minutes=1))
    transaction.send_by(noon + timedelta(hours=2))
    with pytest.raises(StoreUnavailableError) as raised:
        transaction.commit()
    assert isinstance(raised.value.__cause__, TooLateToSendError)
    assert (len(client.calls), raised.value.status) == (3, 503)
