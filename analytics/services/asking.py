"""Putting a question to the lake: who may, what it may cost, where its answer is found again.

An answer is found by what was asked and of which snapshot of the lake: the same question to the same files is answered
by the query that was run, and a file more makes it another question. A query goes on when its asker does not wait:
``look`` finds it by the run's id, in any process.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from analytics import athena
from analytics.athena import RunState
from analytics.domain.datasets import Dataset
from analytics.errors import (
    AthenaBusyError,
    LakeTooScatteredError,
    QueryFailedError,
    QueryTimedOutError,
    QueryTooLargeError,
    ResultGoneError,
    RunNotFoundError,
)
from analytics.lake import snapshots
from analytics.permissions import SEE_ANALYTICS, SEE_SECTION_ANALYTICS
from analytics.queries.questions import NO_SNAPSHOT, Answer, Asker, Lake, Question
from analytics.queries.registry import OF_A_SECTION, QUESTIONS
from analytics.repository import query_runs
from analytics.repository.query_runs import QueryRun
from analytics.services import people
from edu import clock
from edu.errors import ForbiddenError
from edu.http.minutes import MinuteCounts
from edu.identity.capabilities import holds, require
from edu.tenancy import current_school_id
from evaluations import services as evaluations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analytics.queries.questions import Person
    from analytics.queries.sql import Sql
    from edu.identity.principal import Principal

MOST_BYTES: Final = 1 << 30
"""What a query may read; the workgroup's own bound is the same, and stops one that reads more than was foreseen."""
TIME_LIMIT: Final = timedelta(minutes=2)
WAIT_S: Final = 3.0
MOST_STARTS: Final = 30
"""Queries that a process starts for a school in a minute: as many as run in Athena at once are for all schools."""
_started, _lock = MinuteCounts(), Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was put: its run, how far it is, and its answer once there is one.

    ``elapsed_ms`` is since it was started, or what Athena worked on it once it is done; ``scanned_bytes`` are read.
    """

    run_id: str
    question: Question
    state: RunState
    elapsed_ms: int
    scanned_bytes: int
    answer: Answer | None = None


def ask(*, actor: Principal, question: Question, wait_s: float = WAIT_S) -> Asked:
    """Put a question and wait a little for its answer; the answer to the same question is found, not asked again.

    Raises:
        ForbiddenError: the actor may not ask this, or not of the whole school.
        NotFoundError, NotAssignedError: no such section, or the actor does not teach it.
        InvalidQuestionError: a parameter fits nothing in this school, e.g. a term.
        QueryTooLargeError: it would read more than ``MOST_BYTES``, or name too many students.
        LakeTooScatteredError: it would read more files than one query may name.
        QueryFailedError, QueryTimedOutError, TooManyRowsError: it has no answer, and may be asked again.
        AthenaBusyError: also when the school has had more than ``MOST_STARTS`` queries started in this minute.
        AthenaError, AthenaBusyError, LakeChangingError, LakeDamagedError: as ``athena`` and ``lake.snapshots``.
    """
    asker = _asker(actor, question)
    lake = _lake(question, asker)
    if lake.events.size + lake.grades.size > MOST_BYTES:
        raise QueryTooLargeError
    statement = question.statement(asker, lake)
    try:
        return _looked_at(_run_of(question, statement, asker), question, asker, wait_s)
    except RunNotFoundError:  # what was found again is there no more: an erasure takes every result away
        return _looked_at(_run_of(question, statement, asker), question, asker, wait_s)


def look(*, actor: Principal, run_id: str, wait_s: float = 0.0) -> Asked:
    """A question that was put before, by whoever may ask it. Raises RunNotFoundError, and as ``ask``.

    One whose students have other sections since is put anew, and has another run: in the old one's rows they are
    counted where they were, and who was erased since still is.
    """
    run = query_runs.find_run(run_id)
    if run is None or run.execution_id is None or run.query_name not in QUESTIONS:
        raise RunNotFoundError
    question: Question = msgspec.json.decode(run.question, type=QUESTIONS[run.query_name])
    asker = _asker(actor, question)
    if run.people != _digest_of_people(asker):
        return ask(actor=actor, question=question, wait_s=wait_s)
    return _looked_at(run, question, asker, wait_s)


def _asker(actor: Principal, question: Question) -> Asker:
    """Let in who may ask this, and find what the question needs to know of the school."""
    school = evaluations.get_school()
    return Asker(school, clock.now().astimezone(ZoneInfo(school.time_zone)).date(), _people(actor, question))


def _people(actor: Principal, question: Question) -> Mapping[str, Person]:
    require(actor, SEE_SECTION_ANALYTICS if question.NAME in OF_A_SECTION else SEE_ANALYTICS)
    section_id: str = getattr(question, "section_id", "")
    if section_id:  # also makes sure that the actor may see it
        return people.people_of_section(actor, section_id)
    if not holds(actor, SEE_ANALYTICS):
        raise ForbiddenError
    return people.people_of_school(actor) if question.NEEDS_PEOPLE else {}


def _lake(question: Question, asker: Asker) -> Lake:
    found = {dataset: snapshots.take(dataset, months) for dataset, months in question.months(asker).items()}
    return Lake(found.get(Dataset.EVENTS, NO_SNAPSHOT), found.get(Dataset.GRADES, NO_SNAPSHOT))


def _run_of(question: Question, statement: Sql, asker: Asker) -> QueryRun:
    """The run that answers this text, started if there is none."""
    if len(statement.text.encode()) > athena.MOST_STATEMENT_BYTES:
        raise LakeTooScatteredError
    run_id = _digest(question, statement)
    known, people_digest = query_runs.find_run(run_id), _digest_of_people(asker)
    if known and known.execution_id:
        if known.people != people_digest:
            known = replace(known, people=people_digest)
            query_runs.put_run(known)
        return known
    _require_room()
    attempt, now = (known.attempt if known else 0) + 1, clock.now()
    token = f"{run_id}-{now:%Y%m%d}-{attempt}"
    run = QueryRun(
        run_id=run_id,
        query_name=question.NAME,
        question=msgspec.json.encode(question).decode(),
        execution_id=athena.start(statement.text, statement.parameters, token=token),
        attempt=attempt,
        started_at=now,
        people=people_digest,
    )
    query_runs.put_run(run)
    return run


def _require_room() -> None:
    """Count a query of the school in scope. Raises AthenaBusyError when others would have to wait for its queries."""
    with _lock:
        if _started.of(current_school_id()) >= MOST_STARTS:
            raise AthenaBusyError("school")
        _started.add(current_school_id())


def _digest(question: Question, statement: Sql) -> str:
    """The question is in it beside its text: by section and by course are one query and two answers."""
    asked: list[Any] = [current_school_id(), question.NAME, question, statement.text, statement.parameters]
    return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()[:32]


def _digest_of_people(asker: Asker) -> str:
    """What tells whether students came, went or moved; empty for a question that needs none of them."""
    if not asker.people:
        return ""
    places = sorted((name, person.student_id, sorted(person.sections)) for name, person in asker.people.items())
    return hashlib.sha256(msgspec.json.encode(places)).hexdigest()[:32]


def _looked_at(run: QueryRun, question: Question, asker: Asker, wait_s: float) -> Asked:
    query_id = run.execution_id or ""
    try:
        found = athena.wait(query_id, wait_s=wait_s)
    except QueryFailedError:
        query_runs.put_run(replace(run, execution_id=None))
        raise
    elapsed = clock.now() - run.started_at
    if found.state is RunState.DONE:
        try:
            cells = athena.rows_of(query_id)
        except ResultGoneError as error:
            query_runs.put_run(replace(run, execution_id=None))
            raise RunNotFoundError from error
        answer = question.answer(asker, cells)
        return Asked(
            run_id=run.run_id,
            question=question,
            state=found.state,
            elapsed_ms=found.engine_ms,
            scanned_bytes=found.scanned_bytes,
            answer=answer,
        )
    if elapsed > TIME_LIMIT:
        athena.stop(query_id)
        query_runs.put_run(replace(run, execution_id=None))
        raise QueryTimedOutError("deadline")
    return Asked(
        run_id=run.run_id,
        question=question,
        state=found.state,
        elapsed_ms=elapsed // timedelta(milliseconds=1),
        scanned_bytes=found.scanned_bytes,
    )
