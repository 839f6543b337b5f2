"""What is scripted for the next requests: each fault does what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deploy.government.replies import NO_ANSWER
from tests.support.waiting import wait_until
from tests.unit.deploy.government.support import PLACE, batch_of, grades

if TYPE_CHECKING:
    from tests.unit.deploy.government.support import Talk

SENT = grades(4)
ECHO = {"batch_id": batch_of(SENT).batch_id, **PLACE}


def _statuses(answer_body: dict[str, Any]) -> list[str]:
    return [result["status"] for result in answer_body["results"]]


def _applied(talk: Talk) -> int:
    return sum(effect["times"] for effect in talk.government.store.list_effects())


@pytest.mark.parametrize("effect", [False, True])
@pytest.mark.parametrize("status", [200, 202, 204, 206, 303, 400, 404, 409, 413, 422, 429, 500, 503, 520, 524, 999])
def test_any_status_comes_with_or_without_effect(talk: Talk, status: int, effect: bool) -> None:  # noqa: FBT001
    talk.script(action="status", on="submit", status=status, effect=effect)
    answer = talk.submit(SENT)
    assert (answer.status, answer.effect, talk.ask(SENT).status) == (status, effect, 200 if effect else 404)
    assert _applied(talk) == (4 if effect else 0)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, {**ECHO, "error": "scripted", "received": False}),
        (422, {**ECHO, "error": "scripted", "received": False}),
        (500, {**ECHO, "error": "scripted"}),
        (401, {"error": "scripted"}),
        (404, {"batch_id": ECHO["batch_id"], "error": "unknown_batch"}),
        (202, {**ECHO, "status": "in_progress"}),
    ],
)
def test_scripted_status_is_in_the_contracts_form(talk: Talk, status: int, body: dict[str, Any]) -> None:
    talk.script(action="status", on="submit", status=status)
    assert talk.submit(SENT).body == body


def test_scripted_body_is_sent_as_it_is(talk: Talk) -> None:
    talk.script(action="status", status=503, body={"error": "x"}, retry_after_s=7, headers={"Location": "http://a/"})
    answer = talk.submit(SENT)
    assert (answer.body, answer.headers) == ({"error": "x"}, {"Retry-After": "7", "Location": "http://a/"})


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ({"at": ["school_id"], "set": "other"}, {**ECHO, "school_id": "other"}),
        ({"at": ["batch_id"], "remove": True}, PLACE),
    ],
)
def test_answer_is_bound_to_something_else(talk: Talk, edit: dict[str, Any], expected: dict[str, str]) -> None:
    talk.script(action="answer", on="submit", edits=[edit])
    answer = talk.submit(SENT)
    assert {name: value for name, value in answer.body.items() if name != "results"} == expected
    assert (answer.status, answer.effect) == (201, True)


def test_decision_is_edited_grade_by_grade(talk: Talk) -> None:
    edits = [
        {"at": ["results", 0, "student_id"], "set": "a#b"},
        {"at": ["results", 1], "remove": True},
        {"at": ["results"], "add": {"student_id": "nobody"}},
        {"at": ["results", 0], "repeat": 2},
        {"at": ["results", "*", "reason"], "set": "\x1b[31m\n"},
    ]
    talk.script(action="answer", on="submit", edits=edits)
    results = talk.submit(SENT).body["results"]
    assert [result["student_id"] for result in results] == ["a#b", "s-2", "s-3", "nobody", "a#b", "a#b"]
    assert {result["reason"] for result in results} == {"\x1b[31m\n"}
    assert _statuses(talk.ask(SENT).body) == ["accepted"] * 4


def test_edit_that_does_not_fit_shows(talk: Talk) -> None:
    talk.script(action="answer", on="submit", edits=[{"at": ["results", 9, "reason"], "set": ""}])
    assert (talk.submit(SENT).status, talk.ask(SENT).status) == (500, 200)


def test_stale_answer_is_the_one_before(talk: Talk) -> None:
    other = grades(1, version=2)
    talk.submit(other)
    talk.script(action="stale", on="submit", effect=True)
    answer = talk.submit(SENT)
    assert (answer.body["batch_id"], answer.effect) == (batch_of(other).batch_id, True)
    talk.script(action="stale", on="submit")
    assert talk.submit(grades(2)).body["batch_id"] == ECHO["batch_id"]
    assert talk.ask(grades(2)).status == 404


@pytest.mark.parametrize("effect", [False, True])
@pytest.mark.parametrize("action", ["hang", "drop", "reset", "refuse"])
def test_request_without_an_answer_took_effect_or_not(talk: Talk, action: str, effect: bool) -> None:  # noqa: FBT001
    talk.script(action=action, on="submit", effect=effect)
    answer = talk.submit(SENT)
    assert (answer.status, answer.effect, _applied(talk)) == (NO_ANSWER, effect, 4 if effect else 0)


def test_request_takes_effect_long_after_its_answer(talk: Talk) -> None:
    talk.script(action="status", on="submit", status=504, late_s=0.05)
    assert (talk.submit(SENT).status, _applied(talk)) == (504, 0)
    wait_until(lambda: _applied(talk) == 4, what="the late effect")
    assert talk.ask(SENT).status == 200
    (sent,) = (request for request in talk.government.store.list_requests() if request["operation"] == "submit")
    wait_until(lambda: talk.government.store.list_requests()[sent["position"] - 1]["effect"], what="its record")


def test_late_effect_of_a_cleared_government_does_not_come(talk: Talk) -> None:
    talk.script(action="drop", on="submit", late_s=0.1)
    talk.submit(SENT)
    (timer,) = talk.government._late
    talk.government.clear()
    timer.join()
    assert _applied(talk) == 0


def test_share_of_a_batch_is_rejected_and_another_lost(talk: Talk) -> None:
    talk.script(action="answer", on="submit", reject=0.25, reason="late", lose=0.5)
    answer = talk.submit(SENT)
    assert _statuses(answer.body) == ["rejected", "accepted", "accepted", "accepted"]
    assert answer.body["results"][0]["reason"] == "late"
    assert [grade["student_id"] for grade in talk.page().body["grades"]] == ["s-1"]
    assert [(effect["student_id"], effect["times"]) for effect in talk.government.store.list_effects()] == [("s-1", 1)]


def test_partial_acceptance_may_go_unanswered(talk: Talk) -> None:
    talk.script(action="drop", on="submit", effect=True, reject=0.5)
    talk.submit(SENT)
    assert _statuses(talk.ask(SENT).body) == ["rejected", "rejected", "accepted", "accepted"]


def test_chances_come_in_their_shares_and_the_same_by_seed(talk: Talk) -> None:
    chances = [
        {"share": 0.3, "action": "status", "status": 503, "on": "ask"},
        {"share": 0.1, "action": "drop", "on": "ask"},
        {"share": 1.0, "action": "drop", "on": "held"},
    ]
    drawn = []
    for seed in (5, 6, 5):
        talk.set(chances=chances, seed=seed)
        drawn.append([talk.ask(SENT).status for _ in range(400)])
    assert drawn[0] == drawn[2] != drawn[1]
    assert 80 < drawn[0].count(503) < 160
    assert 15 < drawn[0].count(NO_ANSWER) < 75
    assert talk.page().status == NO_ANSWER


def test_scripted_fault_comes_before_chance(talk: Talk) -> None:
    talk.set(chances=[{"share": 1.0, "action": "drop"}], seed=1)
    talk.script(action="status", status=429)
    assert [talk.ask(SENT).status, talk.ask(SENT).status] == [429, NO_ANSWER]
