"""The simulated government as a process."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from deploy.government.limit import most_in_a_window
from tests.integration.govsync.support import API_KEY, REAL_WINDOW_S, Government, running_government
from tests.support.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

PLACE = {"school_id": "escuela-a", "term_id": "2026-q4"}
GRADES = [
    {"evaluation_id": "eva-1", "student_id": student, "course_id": "mat-5", "version": 1, "state": "absent"}
    for student in ("stu-1", "stu-2")
]


def _body(grades: list[dict[str, Any]]) -> bytes:
    return json.dumps({**PLACE, "run_id": "2026-q4-r1", "grades": grades}).encode()


BODY = _body(GRADES)
BATCH_ID = hashlib.sha256(BODY).hexdigest()
ACCEPTED = {
    "batch_id": BATCH_ID,
    **PLACE,
    "results": [
        {"evaluation_id": "eva-1", "student_id": s, "version": 1, "status": "accepted"} for s in ("stu-1", "stu-2")
    ],
}


def _client(simulator: Government, key: str = API_KEY) -> httpx.Client:
    return httpx.Client(base_url=simulator.url, headers={"Authorization": f"Bearer {key}"}, trust_env=False)


def _submit(client: httpx.Client, body: bytes = BODY, key: str = BATCH_ID, path: str = "/batches") -> httpx.Response:
    return client.post(path, content=body, headers={"Idempotency-Key": key})


def _ask(client: httpx.Client) -> httpx.Response:
    return client.get(f"/batches/{BATCH_ID}")


def test_batch_sent_twice_takes_effect_once(simulator: Government) -> None:
    with _client(simulator) as client:
        first, second = _submit(client), _submit(client)
    assert first.json() == second.json() == ACCEPTED
    assert (first.status_code, second.status_code, simulator.effects()) == (201, 200, 1)


def test_scripted_faults_that_nothing_met_are_told(simulator: Government) -> None:
    simulator.fail(action="status", on="submit", times=2)
    simulator.fail(action="drop", on="held")
    with _client(simulator) as client:
        assert (_submit(client).status_code, simulator.waiting_faults()) == (503, {"submit": 1, "held": 1})
    simulator.calm()
    assert simulator.waiting_faults() == {}


def test_undecided_batch_is_decided_at_its_location(simulator: Government) -> None:
    simulator.set(decide={"after_questions": 1})
    with _client(simulator) as client:
        location = _submit(client).headers["Location"]
        assert [client.get(location).status_code for _ in range(2)] == [202, 200]
        assert client.get(location).json() == ACCEPTED


def test_upload_is_asked_for_its_result(simulator: Government) -> None:
    with _client(simulator) as client:
        upload_id = _submit(client, path="/uploads").json()["upload_id"]
        found = client.get("/uploads", params={"batch_id": BATCH_ID})
        assert found.json() == {"batch_id": BATCH_ID, **PLACE, "upload_id": upload_id}
        assert client.get(f"/uploads/{upload_id}/result").json() == ACCEPTED
    assert [request["operation"] for request in simulator.requests()] == ["submit", "find", "ask"]


def test_batch_id_with_other_content_is_refused(simulator: Government) -> None:
    with _client(simulator) as client:
        _submit(client)
        answer = _submit(client, BODY + b" ")
    expected = {"batch_id": BATCH_ID, **PLACE, "error": "idempotency_key_reused", "received": False}
    assert (answer.status_code, answer.json()) == (422, expected)


def test_batch_that_is_too_long_is_refused(simulator: Government) -> None:
    with _client(simulator) as client:
        answer = _submit(client, BODY + b" " * 1_000_001)
    assert (answer.status_code, answer.json()) == (
        413,
        {"batch_id": BATCH_ID, "error": "too_large", "received": False},
    )


def test_third_request_in_a_second_is_turned_away(tmp_path: Path) -> None:
    with (
        running_government(free_port(), tmp_path / "state.sqlite", REAL_WINDOW_S) as simulator,
        _client(simulator) as client,
    ):
        assert [_ask(client).status_code for _ in range(3)] == [404, 404, 429]
        simulator.wait_until_quiet()
        assert _ask(client).json() == {"batch_id": BATCH_ID, "error": "unknown_batch"}


def test_effects_are_counted_grade_by_grade(simulator: Government) -> None:
    simulator.set(honour_key=False)
    with _client(simulator) as client:
        for _ in range(3):
            _submit(client)
    effects = [(effect["student_id"], effect["times"]) for effect in simulator.grade_effects()]
    assert effects == [("stu-1", 3), ("stu-2", 3)]
    assert (simulator.grade_effects(more_than=3), simulator.effects()) == ([], 3)
    assert [grade["student_id"] for grade in simulator.held(school_id="escuela-a")] == ["stu-1", "stu-2"]
    assert simulator.held(school_id="escuela-b") == []
    arrivals = [request["at_ns"] for request in simulator.requests()]
    assert simulator.most_in_a_second() == most_in_a_window(arrivals)


def test_cleared_simulator_is_as_new(simulator: Government) -> None:
    simulator.refuse("stu-1", "unknown_student")
    simulator.fail(action="hang", on="ask", hold_s=60)
    with _client(simulator) as client:
        _submit(client)
        simulator.clear()
        assert simulator.requests() == []
        assert _ask(client).status_code == 404
        assert _submit(client).json() == ACCEPTED


def test_answer_that_is_not_its_own_can_be_scripted(simulator: Government) -> None:
    """So a new answer of the government is tried without changing the simulator."""
    simulator.fail(action="status", on="submit", status=202, body={"queued": True}, retry_after_s=7)
    with _client(simulator) as client:
        answer = _submit(client)
    assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (202, {"queued": True}, "7")
    assert simulator.effects() == 0


def test_wrong_key_is_refused(simulator: Government) -> None:
    with _client(simulator, "another") as client:
        answer = _submit(client)
    assert (answer.status_code, answer.json(), simulator.effects()) == (401, {"error": "unauthorised"}, 0)


@pytest.mark.parametrize(("body", "key"), [(b"{", BATCH_ID), (_body([]), BATCH_ID), (BODY, "x"), (BODY, "")])
def test_malformed_batch_is_refused(simulator: Government, body: bytes, key: str) -> None:
    with _client(simulator) as client:
        answer = _submit(client, body, key)
    assert (answer.status_code, answer.json()["error"], answer.json()["received"]) == (400, "malformed_batch", False)


def test_malformed_switch_is_refused(simulator: Government) -> None:
    answer = httpx.post(f"{simulator.url}/_faults", json={"faults": [{}]}, trust_env=False)
    assert (answer.status_code, answer.json()["error"]) == (400, "malformed_fault")


def test_state_survives_a_restart(tmp_path: Path) -> None:
    for expected in (201, 200):
        with (
            running_government(free_port(), tmp_path / "state.sqlite", 0.0) as simulator,
            _client(simulator) as client,
        ):
            assert _submit(client).status_code == expected
            assert not simulator.process.log.count("Traceback")


def test_busy_port_is_a_clear_message(simulator: Government, tmp_path: Path) -> None:
    port = int(simulator.url.rpartition(":")[2])
    with (
        pytest.raises(AssertionError, match=f"port {port}: Address already in use"),
        running_government(port, tmp_path / "other.sqlite"),
    ):
        pass
