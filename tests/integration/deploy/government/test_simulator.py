"""The simulated government as a process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from govsync.client import Decided, Later, NeverReceived
from govsync.client.calls import Government as Client
from govsync.domain.batches import canonical_body, prepare_batch
from govsync.domain.grades import SubmittedGrade
from tests.integration.govsync.support import API_KEY, REAL_WINDOW_S, Government, running_government
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACE = {"school_id": "escuela-a", "term_id": "2026-q4", "run_id": "2026-q4-r1"}
GRADES = [
    SubmittedGrade("eva-1", "stu-1", 1, "mat-5", "recorded", "5.5"),
    SubmittedGrade("eva-1", "stu-2", 1, "mat-5", "absent"),
]
BATCH = prepare_batch(1, GRADES, **PLACE)
BODY = canonical_body(BATCH.grades, **PLACE)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Government]:
    """The module's simulator."""
    with running_government(free_port(), tmp_path_factory.mktemp("government") / "state.sqlite") as running:
        yield running


@pytest.fixture(autouse=True)
def as_new(simulator: Government) -> None:
    simulator.clear()


def test_batch_sent_twice_takes_effect_once(simulator: Government) -> None:
    client = Client(simulator.url, API_KEY)
    first, second = client.submit(BATCH, BODY), client.submit(BATCH, BODY)
    assert first.answer == second.answer == Decided(frozenset(grade.key for grade in GRADES), {})
    assert (first.status, second.status, simulator.effects()) == (201, 200, 1)


def test_batch_id_with_other_content_is_refused(simulator: Government) -> None:
    Client(simulator.url, API_KEY).submit(BATCH, BODY)
    headers = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": BATCH.batch_id}
    answer = httpx.post(f"{simulator.url}/batches", content=BODY + b" ", headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()) == (422, {"error": "idempotency_key_reused"})


def test_third_request_in_a_second_is_turned_away(tmp_path: Path) -> None:
    with running_government(free_port(), tmp_path / "state.sqlite", REAL_WINDOW_S) as simulator:
        client = Client(simulator.url, API_KEY)
        assert [client.ask(BATCH).status for _ in range(3)] == [404, 404, 429]
        simulator.wait_until_quiet()
        assert client.ask(BATCH).answer == NeverReceived()


def test_cleared_simulator_is_as_new(simulator: Government) -> None:
    simulator.refuse("stu-1", "unknown_student")
    simulator.fail(action="hang", on="ask", hold_s=60)
    Client(simulator.url, API_KEY).submit(BATCH, BODY)
    simulator.clear()
    assert simulator.requests() == []
    client = Client(simulator.url, API_KEY)
    assert client.ask(BATCH).answer == NeverReceived()
    assert client.submit(BATCH, BODY).answer == Decided(frozenset(grade.key for grade in GRADES), {})


def test_answer_that_is_not_its_own_can_be_scripted(simulator: Government) -> None:
    """So a new answer of the government is tried without changing the simulator."""
    simulator.fail(action="status", on="ask", status=404, body={"error": "unknown_batch"})
    simulator.fail(action="status", on="submit", status=202, body={"queued": True}, retry_after_s=7)
    client = Client(simulator.url, API_KEY)
    assert client.ask(BATCH).answer == NeverReceived()
    assert client.submit(BATCH, BODY).answer == Later("http_202", 7.0)
    assert simulator.effects() == 0


def test_wrong_key_is_refused(simulator: Government) -> None:
    assert Client(simulator.url, "another").ask(BATCH).status == 401
    assert simulator.effects() == 0


def test_malformed_requests_are_refused(simulator: Government) -> None:
    headers = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": BATCH.batch_id}
    empty = json.dumps({**PLACE, "grades": []})
    for content, key in ((b"{", BATCH.batch_id), (empty.encode(), BATCH.batch_id), (BODY, "x")):
        simulator.wait_until_quiet()
        named = headers | {"Idempotency-Key": key}
        answer = httpx.post(f"{simulator.url}/batches", content=content, headers=named, trust_env=False)
        assert (answer.status_code, answer.json()) == (400, {"error": "malformed_batch"})
    assert httpx.post(f"{simulator.url}/_faults", json={"faults": [{}]}, trust_env=False).status_code == 400


def test_state_survives_a_restart(tmp_path: Path) -> None:
    for expected in (201, 200):
        with running_government(free_port(), tmp_path / "state.sqlite") as simulator:
            assert Client(simulator.url, API_KEY).submit(BATCH, BODY).status == expected
            assert not simulator.process.log.count("Traceback")


def test_busy_port_is_a_clear_message(simulator: Government, tmp_path: Path) -> None:
    port = int(simulator.url.rpartition(":")[2])
    with (
        pytest.raises(AssertionError, match=f"port {port}: Address already in use"),
        running_government(port, tmp_path / "other.sqlite"),
    ):
        pass
