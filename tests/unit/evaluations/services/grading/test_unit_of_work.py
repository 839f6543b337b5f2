"""In which order a write's failed conditions speak, and what a missing lock does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from edu.dynamo.mapping import to_item
from edu.idempotency import IdempotencyKey, IdempotentReplay, Reply, StoredResponse
from edu.tenancy import enter_school
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.domain.school import Section
from evaluations.errors import AlreadyRecordedError, ClosedTermError
from evaluations.services.grading.unit_of_work import UnitOfWork
from evaluations.services.school import school_cache
from evaluations.services.school.term_locking import TeachersMovedError, TermLock
from tests.unit.edu.dynamo.conftest import client, pauses  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.edu.dynamo.conftest import ScriptedClient

KEY = IdempotencyKey("sub-1", "value", "digest")
ANSWERED = {"pk": "k", "sk": "s", "request_digest": "digest", "status": 201, "body": b"first", "expires_at": 2**40}
CLOSED = {"pk": "l", "sk": "s", "is_open": False}
SCORE = {"pk": "SCHOOL#norte#EVALUATION#e", "sk": "SCORE#s"}
SECTION = Section(section_id="mat-5a", course_id="mat-5", school_year=2026, name="5º A", teacher_id="t-1")
LOCK = TermLock("q1", SECTION, STANDARD_SCALES["1-7"], is_open=True)


@pytest.fixture(autouse=True)
def _in_school(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(school_cache, "forget_school", lambda: None)
    with enter_school("norte"):
        yield


def _unit(lock: TermLock = LOCK) -> UnitOfWork:
    reply: Reply[str] = Reply(KEY, lambda text: StoredResponse(201, text.encode()))
    unit = UnitOfWork.answering(reply, "second", lock=lock)
    unit.transaction.put(SCORE, otherwise=AlreadyRecordedError)
    return unit


def _cancelled(*found: dict[str, Any] | str | None) -> ClientError:
    reasons: list[dict[str, Any]] = [
        {"Code": "None"}
        if item == "fine"
        else {"Code": "ConditionalCheckFailed", **({"Item": to_item(item)} if isinstance(item, dict) else {})}
        for item in found
    ]
    error = {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": reasons}
    return ClientError(error, "TransactWriteItems")  # type: ignore[arg-type] # errors' own fields


def test_first_answer_speaks_before_the_lock_and_that_before_the_record(
    client: ScriptedClient,  # noqa: F811 - the fixture
) -> None:
    client.answers = [_cancelled(ANSWERED, CLOSED, SCORE)]
    with pytest.raises(IdempotentReplay) as replayed:
        _unit().commit()
    assert replayed.value.answer.body == b"first"
    client.answers = [_cancelled("fine", CLOSED, SCORE)]
    with pytest.raises(ClosedTermError):
        _unit().commit()
    client.answers = [_cancelled("fine", "fine", SCORE)]
    with pytest.raises(AlreadyRecordedError):
        _unit().commit()


@pytest.mark.parametrize(("version", "standing"), [(None, 1), (1, None), (1, 2)])
def test_lock_of_other_teachers_has_the_writer_judged_again_by_the_section_as_it_is(
    client: ScriptedClient,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
    version: int | None,
    standing: int | None,
) -> None:
    forgotten: list[str] = []
    monkeypatch.setattr(school_cache, "forget_section", forgotten.append)
    lock = replace(LOCK, section=replace(SECTION, teachers_version=version))
    moved = {"pk": "l", "sk": "s", "is_open": True} | ({"teachers_version": standing} if standing else {})
    client.answers = [_cancelled("fine", moved, "fine")]
    with pytest.raises(TeachersMovedError):
        _unit(lock).commit()
    assert forgotten == ["mat-5a"]
    client.answers = [_cancelled("fine", moved | {"is_open": False}, "fine")]
    with pytest.raises(ClosedTermError):
        _unit(lock).commit()


def test_missing_lock_is_added_and_the_same_actions_are_sent_again(
    client: ScriptedClient,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    added: list[TermLock] = []

    def add(lock: TermLock) -> None:
        added.append(lock)

    monkeypatch.setattr(TermLock, "add", add)
    client.answers = [_cancelled("fine", None, "fine"), {}]
    _unit().commit()
    assert added == [LOCK]
    first, second = (arguments for _, arguments in client.calls)
    assert first["TransactItems"] == second["TransactItems"]
    assert first["ClientRequestToken"] != second["ClientRequestToken"]
