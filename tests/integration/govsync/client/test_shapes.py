"""Both shapes of the API, spoken with the simulated government over HTTP and TLS."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from govsync.client import FixedKey, Shape, government_at
from govsync.client.connecting import Host
from govsync.domain.answers import (
    ContractBroken,
    CredentialsRefused,
    Decided,
    HeldPage,
    InProgress,
    NeverReceived,
    NotTaken,
    Refused,
    Unknown,
)
from tests.integration.govsync.support import API_KEY, Government, running_government
from tests.support.certificates import new_authority
from tests.support.ports import free_port
from tests.unit.govsync.client.support import BATCH, BODY, GRADES, PLACE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from govsync import client

ALL = frozenset(grade.key for grade in GRADES)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Government]:
    """The module's simulator."""
    with running_government(free_port(), tmp_path_factory.mktemp("government") / "state.sqlite") as running:
        yield running


@pytest.fixture
def simulator(running: Government) -> Government:
    """The same, as new."""
    running.clear()
    return running


def calling(simulator: Government, shape: Shape, key: str = API_KEY) -> client.Government:
    return government_at(simulator.url, FixedKey(key), shape=shape)


def say(simulator: Government, method: Any, *args: Any, **named: Any) -> Any:
    """One exchange, when its window lets it in."""
    simulator.wait_until_quiet()
    return method(*args, **PLACE, **named).answer


def test_direct_batch_is_decided_and_listed(simulator: Government) -> None:
    government = calling(simulator, Shape.DIRECT)
    assert say(simulator, government.ask, BATCH) == NeverReceived()
    assert say(simulator, government.submit, BATCH, BODY) == Decided(ALL, {})
    assert say(simulator, government.ask, BATCH) == Decided(ALL, {})
    first = say(simulator, government.list_held, cursor=None, limit=1)
    last = say(simulator, government.list_held, cursor=first.next_cursor, limit=1)
    assert (first.grades + last.grades, last.next_cursor) == (GRADES, None)


def test_direct_batch_in_progress_is_asked_about_with_its_receipt(simulator: Government) -> None:
    simulator.set(decide={"after_questions": 1})
    government = calling(simulator, Shape.DIRECT)
    taken = say(simulator, government.submit, BATCH, BODY)
    assert isinstance(taken, InProgress)
    assert taken.receipt.startswith("/decisions/")
    waiting = replace(BATCH, receipt=taken.receipt)
    assert say(simulator, government.ask, waiting) == InProgress(taken.receipt)
    assert say(simulator, government.ask, waiting) == Decided(ALL, {})


def test_uploaded_batch_is_asked_about_with_its_receipt_or_found_again(simulator: Government) -> None:
    simulator.set(decide={"after_questions": 1})
    government = calling(simulator, Shape.UPLOAD)
    assert say(simulator, government.ask, BATCH) == NeverReceived()
    taken = say(simulator, government.submit, BATCH, BODY)
    assert isinstance(taken, InProgress)
    assert say(simulator, government.ask, BATCH) == taken, "without its receipt it is found"
    uploaded = replace(BATCH, receipt=taken.receipt)
    assert isinstance(say(simulator, government.ask, uploaded), InProgress | Decided)
    assert say(simulator, government.ask, uploaded) == Decided(ALL, {})
    assert say(simulator, government.list_held, cursor=None) == HeldPage(GRADES, None)


@pytest.mark.parametrize("shape", Shape)
def test_refusals_are_told_from_busy_answers(simulator: Government, shape: Shape) -> None:
    government = calling(simulator, shape)
    simulator.fail(action="status", on="submit", status=503, retry_after_s=9)
    assert say(simulator, government.submit, BATCH, BODY) == NotTaken("scripted", 9.0)
    simulator.poison("s1")
    assert isinstance(say(simulator, government.submit, BATCH, BODY), Refused)
    simulator.fail(action="drop", on="submit")
    assert say(simulator, government.submit, BATCH, BODY) == Unknown("connection_lost")
    assert isinstance(say(simulator, calling(simulator, shape, "another").submit, BATCH, BODY), CredentialsRefused)


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ({"action": "stale"}, ContractBroken("answers_another_question")),
        ({"action": "answer", "surplus": 3}, HeldPage((), None)),
        ({"action": "answer", "coding": "gzip"}, ContractBroken("coded_body")),
        ({"action": "answer", "pad_bytes": 10**8}, ContractBroken("oversized_answer")),
        ({"action": "answer", "wire": "short"}, Unknown("connection_lost")),
        ({"action": "answer", "wire": "chunked"}, HeldPage((), None)),
        ({"action": "answer", "edits": [{"at": ["next_cursor"], "set": ""}]}, HeldPage((), None)),
        ({"action": "answer", "raw": "\xe9"}, ContractBroken("unreadable_answer")),
        (
            {"action": "status", "status": 303, "headers": {"Location": "/batches"}},
            Unknown("http_303", is_upstream=False),
        ),
    ],
)
def test_page_that_is_not_as_agreed_is_never_kept(
    simulator: Government, shape: Shape, fault: dict[str, Any], answer: object
) -> None:
    government = calling(simulator, shape)
    others = government.list_held(school_id="escuela-b", term_id=PLACE["term_id"], cursor=None)
    assert isinstance(others.answer, HeldPage)
    simulator.fail(on="held", **fault)
    assert say(simulator, government.list_held, cursor=None) == answer


def test_tls_of_a_private_authority(tmp_path: Path) -> None:
    authority = new_authority(tmp_path / "ca")
    tls = authority.certify(tmp_path)
    with running_government(free_port(), tmp_path / "state.sqlite", tls=tls) as simulator:
        trusting = government_at(simulator.url, FixedKey(API_KEY), host=Host(simulator.url, authority.ca_file))
        assert trusting.submit(BATCH, BODY, **PLACE).answer == Decided(ALL, {})
        simulator.wait_until_quiet()
        assert calling(simulator, Shape.DIRECT).ask(BATCH, **PLACE).answer == Unknown("certificate_refused")
        assert len(simulator.requests()) == 1
