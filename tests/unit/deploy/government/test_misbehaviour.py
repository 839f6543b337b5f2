"""The catalogue of misbehaviour: the simulator knows each entry, and with each it does not behave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deploy.government.faults import read_fault
from deploy.government.government import Arrival
from deploy.government.replies import ASK, HELD, Question
from deploy.government.wire import Delivery
from tests.support.misbehaviour import ANSWERS, DECISIONS, HABITS, PAGES, Switches, lists
from tests.unit.deploy.government.support import TERM, batch_of, grades

if TYPE_CHECKING:
    from tests.unit.deploy.government.support import Talk

SENT = grades(2)


def _heard(talk: Talk, question: Question) -> tuple[Any, ...]:
    """What whoever asks gets to see."""
    talk.at_ns += 10**10
    reply, fault = talk.government.answer(question, Arrival(talk.at_ns, 1, "Bearer k"))
    return reply.status, reply.body, dict(reply.headers), fault.delivery


def _misbehaves(talk: Talk, question: Question, other: Question, fault: Switches) -> bool:
    right = _heard(talk, question)
    _heard(talk, other)  # for the answer to what was asked before
    talk.script(on=question.operation, **fault)
    heard = _heard(talk, question)
    assert heard[0] != 500 or fault.get("status") == 500, heard[1]
    return heard != right


@pytest.mark.parametrize("name", [*ANSWERS, *DECISIONS])
def test_answer_about_a_batch_is_not_the_right_one(talk: Talk, name: str) -> None:
    talk.submit(SENT)
    talk.submit(grades(1))
    asked, other = [Question(ASK, batch_id=batch_of(sent).batch_id) for sent in (SENT, grades(1))]
    fault = ANSWERS.get(name) or DECISIONS[name]
    changes_the_decision = {"reject", "lose"} & fault.keys()  # which is made when the batch comes
    assert _misbehaves(talk, asked, other, fault) or changes_the_decision


@pytest.mark.parametrize("name", [*ANSWERS, *PAGES])
def test_page_is_not_the_right_one(talk: Talk, name: str) -> None:
    talk.submit(SENT)
    asked, other = [Question(HELD, school_id=school, term_id=TERM, limit="9") for school in ("escuela-a", "escuela-b")]
    assert _misbehaves(talk, asked, other, (ANSWERS | PAGES)[name])


@pytest.mark.parametrize("name", lists("s-0"))
def test_list_is_not_the_right_one(talk: Talk, name: str) -> None:
    talk.submit(SENT)
    right = [page.body for page in talk.pages(limit=1)]
    talk.set(listing=lists("s-0")[name])
    heard = [page.body for page in talk.pages(limit=1)]
    assert (heard == right) == (name == "pages of one grade")


@pytest.mark.parametrize("name", HABITS)
def test_habit_is_known(talk: Talk, name: str) -> None:
    before = talk.government.script.conditions
    talk.set(**HABITS[name])
    assert talk.government.script.conditions != before


def test_no_two_entries_are_the_same() -> None:
    for entries in (ANSWERS, DECISIONS, PAGES):
        faults = [read_fault(fault) for fault in entries.values()]
        assert [fault for fault in faults if faults.count(fault) > 1] == []
    assert read_fault(ANSWERS["a huge body"]).delivery == Delivery(pad_bytes=100_000_000)
