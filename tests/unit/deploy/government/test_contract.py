"""What the simulated government answers when nothing is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deploy.government.replies import ASK, FIND, Question
from tests.unit.deploy.government.support import PLACE, batch_of, grades

if TYPE_CHECKING:
    from tests.unit.deploy.government.support import Talk

SENT = grades(2)
BATCH = batch_of(SENT)
ECHO = {"batch_id": BATCH.batch_id, **PLACE}
ACCEPTED = [
    {"evaluation_id": "eva-1", "student_id": f"s-{n}", "version": 1, "status": "accepted"} for n in range(len(SENT))
]


def test_direct_batch_is_decided_at_once(talk: Talk) -> None:
    first, again, asked = talk.submit(SENT), talk.submit(SENT), talk.ask(SENT)
    assert (first.status, again.status, asked.status) == (201, 200, 200)
    assert first.body == again.body == asked.body == {**ECHO, "results": ACCEPTED}
    assert (first.effect, again.effect, asked.effect) == (True, False, False)


def test_undecided_batch_is_asked_about_at_its_location(talk: Talk) -> None:
    talk.set(decide={"after_questions": 1})
    sent = talk.submit(SENT)
    assert (sent.status, sent.body) == (202, {**ECHO, "status": "in_progress"})
    ticket = str(sent.headers["Location"]).removeprefix("/decisions/")
    assert [talk.ask_with(ticket).status, talk.ask(SENT).status, talk.ask_with(ticket).status] == [202, 200, 200]
    assert talk.ask_with(ticket).body == {**ECHO, "results": ACCEPTED}


def test_upload_is_found_again_and_asked_for_its_result(talk: Talk) -> None:
    sent = talk.submit(SENT, shape="upload")
    upload_id = sent.body["upload_id"]
    assert (sent.status, sent.body) == (202, {**ECHO, "upload_id": upload_id, "status": "in_progress"})
    assert (talk.find(SENT).status, talk.find(SENT).body) == (200, {**ECHO, "upload_id": upload_id})
    result = talk.ask_with(upload_id, "upload")
    assert (result.status, result.body) == (200, {**ECHO, "results": ACCEPTED})


@pytest.mark.parametrize("operation", [ASK, FIND])
def test_unknown_batch_was_never_received(talk: Talk, operation: str) -> None:
    answer = talk.say(Question(operation, batch_id=BATCH.batch_id))
    assert (answer.status, answer.body) == (404, {"batch_id": BATCH.batch_id, "error": "unknown_batch"})


def test_unknown_ticket_says_nothing_of_a_batch(talk: Talk) -> None:
    assert (talk.ask_with("t-99").status, talk.ask_with("t-99").body) == (404, {"error": "unknown_ticket"})


@pytest.mark.parametrize(
    ("question", "status", "error"),
    [
        (replace(BATCH, content=None), 400, "malformed_batch"),
        (replace(BATCH, batch_id="x"), 400, "malformed_batch"),
        (replace(BATCH, body=None, content=None), 413, "too_large"),
    ],
)
def test_batch_that_is_none_is_refused_whole(talk: Talk, question: Question, status: int, error: str) -> None:
    answer = talk.say(question)
    assert (answer.status, answer.effect) == (status, False)
    assert answer.body == {"batch_id": question.batch_id, **PLACE, "error": error, "received": False}


def test_list_says_which_page_of_which_school_it_is(talk: Talk) -> None:
    talk.submit(grades(3))
    first, last = talk.pages(limit=2)
    assert (first.status, last.status) == (200, 200)
    assert {name: first.body[name] for name in ("cursor", *PLACE)} == {**PLACE, "cursor": None}
    assert {name: last.body[name] for name in ("cursor", *PLACE)} == {**PLACE, "cursor": first.body["next_cursor"]}
    assert [*first.body["grades"], *last.body["grades"]] == grades(3)
    assert (len(first.body["grades"]), last.body["next_cursor"]) == (2, None)


@pytest.mark.parametrize(("cursor", "limit"), [("x", 500), ("1" * 30, 500), (None, 501), (None, 0), (None, -1)])
def test_malformed_question_for_a_page_is_refused(talk: Talk, cursor: str | None, limit: int) -> None:
    answer = talk.page(cursor, limit)
    assert (answer.status, answer.body) == (
        400,
        {**PLACE, "cursor": cursor, "error": "malformed_query", "received": False},
    )


def test_third_request_in_a_second_is_not_looked_at(talk: Talk) -> None:
    government = talk.government
    talk.at_ns -= 10**10  # what follows arrives at one instant
    answers = []
    for _ in range(3):
        answers.append(talk.ask(SENT))
        talk.at_ns -= 10**10
    assert [answer.status for answer in answers] == [404, 404, 429]
    assert answers[2].body == {"batch_id": BATCH.batch_id, "error": "too_many_requests", "received": False}
    assert [request["let_in"] for request in government.store.list_requests()] == [1, 1, 0]


def test_answer_takes_effect_for_its_school_only(talk: Talk) -> None:
    talk.say(batch_of(SENT, school_id="escuela-b"))
    assert talk.page().body["grades"] == []
    assert {grade["school_id"] for grade in talk.government.store.list_all("", "")} == {"escuela-b"}
