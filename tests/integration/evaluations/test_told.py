"""What the government is told of scores whose evaluation is cancelled, reinstated or formative, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edu import clock
from edu.dynamo.errors import ConditionFailedError, StoreUnavailableError
from edu.dynamo.transactions import Transaction
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import Evaluation, EvaluationPurpose, Score, ScoreState
from evaluations.domain.told_versions import ToldVersion
from evaluations.repository import pending_scores, stored_evaluations, stored_scores
from evaluations.services import GovernmentGrade
from evaluations.services.grading import evaluation_cache
from tests.integration.evaluations.gradebook import correct, record, set_evaluation
from tests.support.calls import counted_calls
from tests.support.cloud import acting_as
from tests.support.schools import OPEN_TERM, import_school

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

REINSTATED = 2


@pytest.fixture(autouse=True)
def _in_own_school(school: TestSchool) -> Iterator[None]:
    with enter_school(school.school_id):
        yield


@pytest.fixture
def score(school: TestSchool) -> Score:
    """A score of 6.5 that the government has acknowledged."""
    recorded = record(school, set_evaluation(school), "6.5")
    acknowledge(pending())
    return recorded


def change_standing(school: TestSchool, evaluation_id: str) -> Evaluation:
    """Cancel it, or reinstate it if it is cancelled."""
    standing = stored_evaluations.get_evaluation(evaluation_id)
    change = services.reinstate_evaluation if standing.cancelled else services.cancel_evaluation
    return change(actor=school.teacher, evaluation_id=evaluation_id, version=standing.version, reason="Por error")


def correct_unaware(school: TestSchool, score: Score, value: str, remembered: Evaluation) -> Score:
    """A correction by a process that remembers the evaluation as it was."""
    stored = stored_evaluations.get_stored(score.evaluation_id)
    evaluation_cache.remember(stored_evaluations.StoredEvaluation(remembered, stored.salt, has_scores=True))
    return correct(school, score, value)


def pending() -> list[GovernmentGrade]:
    return services.list_pending_grades(term_id=OPEN_TERM, limit=1000)


def said(grades: Iterable[GovernmentGrade]) -> list[tuple[ToldVersion, str, str | None]]:
    return [(ToldVersion.of_number(grade.version), str(grade.state), grade.value) for grade in grades]


def acknowledge(grades: Iterable[GovernmentGrade]) -> bool:
    """Whether the marks were of what is acknowledged."""
    transaction = Transaction()
    keys = [(grade.evaluation_id, grade.student_id, grade.version) for grade in grades]
    services.acknowledge_grades(transaction, OPEN_TERM, keys)
    return transaction.try_commit()


def marks() -> list[ToldVersion]:
    return [ToldVersion.of_number(key[2]) for key in services.list_pending_marks(term_id=OPEN_TERM, limit=1000)]


def before_next(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, do: Callable[[], object]) -> None:
    """Have something done right before the next call of a function."""
    original = getattr(place, name)

    def first(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(place, name, original)
        do()
        return original(*arguments, **named)

    monkeypatch.setattr(place, name, first)


def after_next(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, do: Callable[[], object]) -> None:
    """Have something done right after the next call of a function."""
    original = getattr(place, name)

    def last(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(place, name, original)
        found = original(*arguments, **named)
        do()
        return found

    monkeypatch.setattr(place, name, last)


def test_cancelled_is_told_without_a_value_and_reinstated_as_it_is(school: TestSchool, score: Score) -> None:
    change_standing(school, score.evaluation_id)
    assert said(pending()) == [(ToldVersion(1, 1), "cancelled", None)]
    assert marks() == [ToldVersion(1, 1)]
    assert acknowledge(pending())
    assert (pending(), marks()) == ([], [])
    assert said(services.list_term_grades(term_id=OPEN_TERM)) == [(ToldVersion(1, 1), "cancelled", None)]
    change_standing(school, score.evaluation_id)
    assert (
        said(pending())
        == said(services.list_term_grades(term_id=OPEN_TERM))
        == [(ToldVersion(2, 1), "recorded", "6.5")]
    )
    assert acknowledge(pending())
    correct(school, score, "5.0")
    assert said(pending()) == [(ToldVersion(2, 2), "recorded", "5.0")]
    assert marks() == [ToldVersion(2, 2)]


def test_never_cancelled_is_told_at_the_scores_own_version(school: TestSchool, score: Score) -> None:
    correct(school, score, "5.0")
    [grade] = pending()
    assert grade.version == 2


def test_whatever_a_score_says_it_is_cancelled_with_its_evaluation(school: TestSchool) -> None:
    evaluation_id = set_evaluation(school)
    record(school, evaluation_id, ScoreState.ABSENT)
    voided = record(school, evaluation_id, "5.0", student=1)
    place: dict[str, Any] = {"evaluation_id": evaluation_id, "student_id": voided.student_id}
    services.void_score(actor=school.teacher, **place, version=1, reason="Copió")
    change_standing(school, evaluation_id)
    assert [grade.state for grade in pending()] == ["cancelled", "cancelled"]
    change_standing(school, evaluation_id)
    assert [grade.state for grade in pending()] == [ScoreState.ABSENT, ScoreState.VOID]


def test_grade_is_new_since_its_evaluation_was_cancelled(school: TestSchool, score: Score) -> None:
    """A sync is about the grades as of its start: what is cancelled later is a follow-up's."""
    start = clock.now()
    change_standing(school, score.evaluation_id)
    assert services.list_pending_grades(term_id=OPEN_TERM, limit=10, until=start) == []
    [grade] = services.list_pending_grades(term_id=OPEN_TERM, limit=10, until=clock.now())
    assert start < grade.recorded_at <= clock.now()
    assert grade.recorded_at - score.recorded_at > timedelta(0)


def test_acknowledgement_on_its_way_when_it_is_cancelled_takes_nothing_from_it(
    school: TestSchool, score: Score
) -> None:
    corrected = correct(school, score, "5.0")
    on_its_way = pending()
    change_standing(school, score.evaluation_id)
    assert acknowledge(on_its_way), "of the mark of the score itself"
    assert said(pending()) == [(ToldVersion(1, corrected.version), "cancelled", None)]
    assert not acknowledge(on_its_way)
    assert acknowledge(pending())
    assert pending() == []


def test_correction_that_knows_of_no_cancellation_takes_nothing_from_it(school: TestSchool, score: Score) -> None:
    remembered = stored_evaluations.get_evaluation(score.evaluation_id)
    change_standing(school, score.evaluation_id)
    cancelled = pending()
    correct_unaware(school, score, "5.0", remembered)
    [unaware] = [ToldVersion.of_number(grade.version) for grade in pending()]
    assert unaware == ToldVersion(1, 2)
    assert not acknowledge(cancelled), "the correction is later than what was told"
    assert acknowledge(pending())
    assert pending() == []


@pytest.mark.parametrize("standing_changes", [0, 1])
def test_neither_part_alone_is_what_stands(school: TestSchool, score: Score, standing_changes: int) -> None:
    remembered = stored_evaluations.get_evaluation(score.evaluation_id)
    change_standing(school, score.evaluation_id)
    assert pending(), "spread over the scores"
    correct_unaware(school, score, "5.0", remembered)
    [grade] = pending()
    versions = {0: ToldVersion(0, 2), 1: ToldVersion(1, 1)}
    half = GovernmentGrade(**{**vars(grade), "version": versions[standing_changes].number})
    assert not acknowledge([half])
    assert said(pending()) == [(ToldVersion(1, 2), "cancelled", None)]


def test_read_apart_is_an_older_truth_under_its_own_number(
    school: TestSchool, score: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled and corrected between the reading of the evaluation and of its score."""
    corrected = correct(school, score, "5.0")
    remembered = stored_evaluations.get_evaluation(score.evaluation_id)

    def cancel_and_correct() -> None:
        change_standing(school, score.evaluation_id)
        correct_unaware(school, corrected, "4.0", remembered)

    before_next(monkeypatch, stored_scores, "get_every_score", cancel_and_correct)
    torn = pending()
    assert said(torn) == [(ToldVersion(0, 3), "recorded", "4.0")]
    acknowledge(torn)
    assert said(pending()) == [(ToldVersion(1, 3), "cancelled", None)]


def test_correction_while_the_cancellation_is_spread_is_told(
    school: TestSchool, score: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered = change_standing(school, score.evaluation_id)
    unaware = lambda: correct_unaware(school, score, "5.0", change_back(remembered))  # noqa: E731
    after_next(monkeypatch, stored_scores, "list_every_score", unaware)
    assert said(pending()) == [(ToldVersion(1, 2), "cancelled", None)]
    assert marks() == [ToldVersion(1, 2)]


def change_back(evaluation: Evaluation) -> Evaluation:
    """As a process remembers it that has not seen it cancelled."""
    return replace(evaluation, standing_changes=None, standing_changed_at=None)


def test_reinstated_while_the_cancellation_is_spread_is_told_as_it_is(
    school: TestSchool, score: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_standing(school, score.evaluation_id)
    after_next(monkeypatch, stored_scores, "list_every_score", lambda: change_standing(school, score.evaluation_id))
    assert said(pending()) in ([], [(ToldVersion(2, 1), "recorded", "6.5")])
    assert said(pending()) == [(ToldVersion(2, 1), "recorded", "6.5")]


def test_spread_by_two_at_once_is_spread_once(
    school: TestSchool, score: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_standing(school, score.evaluation_id)
    after_next(monkeypatch, stored_scores, "list_every_score", lambda: acknowledge(pending()))
    assert pending() == [], "the slower one puts no mark again"
    assert marks() == []


def test_more_scores_than_a_transaction_holds(cloud: Cloud, other_school_id: str) -> None:
    assert cloud.outputs
    with acting_as("worker"):
        large = import_school(other_school_id, students=230)
    with enter_school(other_school_id):
        evaluation_id = set_evaluation(large)
        for start in range(0, 230, 100):
            rows = [
                services.Row(student.student_id, ScoreState.RECORDED, "5.5")
                for student in large.students[start : start + 100]
            ]
            services.record_section(actor=large.teacher, evaluation_id=evaluation_id, rows=rows)
        told = pending()
        for start in range(0, 230, 100):
            assert acknowledge(told[start : start + 100])
        with counted_calls() as calls:
            change_standing(large, evaluation_id)
        assert calls == ["GetItem", "GetItem", "TransactWriteItems"], "and one of them is this test's"
        assert len(marks()) == 230
        with pytest.MonkeyPatch.context() as patched:
            _fail_commit(patched, number=2)
            with pytest.raises(StoreUnavailableError):
                pending()
        assert set(marks()) == {ToldVersion(1, 1)}
        assert len(marks()) == 230, "interrupted, and none is lost"
        with counted_calls() as calls:
            told = pending()
        assert calls[:5] == ["Query", "Query", "Query", "Query", "TransactWriteItems"]
        assert [grade.state for grade in told] == ["cancelled"] * 230
        for start in range(0, 230, 100):
            assert acknowledge(told[start : start + 100])
        assert (pending(), marks()) == ([], [])
        services.reinstate_evaluation(actor=large.teacher, evaluation_id=evaluation_id, version=2, reason="Por error")
        assert [grade.value for grade in pending()] == ["5.5"] * 230


def _fail_commit(patched: pytest.MonkeyPatch, *, number: int) -> None:
    commit, times = Transaction.commit, 0

    def count(transaction: Transaction) -> None:
        nonlocal times
        times += 1
        if times == number:
            raise StoreUnavailableError("as if the process had died here")
        commit(transaction)

    patched.setattr(Transaction, "commit", count)


def test_formative_is_never_told(school: TestSchool) -> None:
    term = next(term for term in school.school.terms if term.term_id == OPEN_TERM)
    graded = stored_evaluations.get_evaluation(set_evaluation(school))
    evaluation = services.create_evaluation(
        actor=school.teacher,
        section_id=graded.section_id,
        term_id=OPEN_TERM,
        kind=graded.kind,
        title="Ensayo",
        weight=graded.weight,
        held_on=term.starts_on,
        purpose=EvaluationPurpose.FORMATIVE,
    )
    first = record(school, evaluation.evaluation_id, "6.5")
    correct(school, first, "5.0")
    row = services.Row(school.students[1].student_id, ScoreState.RECORDED, "4.0")
    services.record_section(actor=school.teacher, evaluation_id=evaluation.evaluation_id, rows=[row])
    change_standing(school, evaluation.evaluation_id)
    change_standing(school, evaluation.evaluation_id)
    assert (pending(), marks(), services.list_term_grades(term_id=OPEN_TERM)) == ([], [], [])
    assert pending_scores.list_pending_evaluations(OPEN_TERM) == []
    assert services.list_graded_evaluations([(evaluation.evaluation_id, first.student_id)]) == {first.evaluation_id}


def test_what_became_formative_after_it_was_cancelled_is_never_told(school: TestSchool) -> None:
    """The mark of its cancellation is of when it was summative: it had no scores then."""
    evaluation_id, purpose = set_evaluation(school), EvaluationPurpose.FORMATIVE
    change_standing(school, evaluation_id)
    services.edit_evaluation(actor=school.teacher, evaluation_id=evaluation_id, version=2, purpose=purpose)
    change_standing(school, evaluation_id)
    record(school, evaluation_id, "6.5")
    assert marks() == []
    assert pending() == []
    assert marks() == []
    assert services.list_term_grades(term_id=OPEN_TERM) == []


def test_extra_credit_is_told_like_any_other(school: TestSchool) -> None:
    evaluation_id = set_evaluation(school)
    purpose = EvaluationPurpose.EXTRA_CREDIT
    services.edit_evaluation(actor=school.teacher, evaluation_id=evaluation_id, version=1, purpose=purpose)
    record(school, evaluation_id, "6.5")
    assert said(pending()) == [(ToldVersion(0, 1), "recorded", "6.5")]


def test_lost_grade_of_a_reinstated_evaluation_is_marked_as_it_was(school: TestSchool, score: Score) -> None:
    change_standing(school, score.evaluation_id)
    change_standing(school, score.evaluation_id)
    told = pending()
    assert acknowledge(told)
    again = Transaction()
    services.mark_pending_again(again, OPEN_TERM, (told[0].evaluation_id, told[0].student_id, told[0].version))
    again.commit()
    [mark] = pending_scores.list_pending(OPEN_TERM, limit=10)
    assert (mark.score_version, mark.standing_changes) == (1, REINSTATED)
    assert pending() == told
    early = Transaction()
    services.acknowledge_grades(early, OPEN_TERM, [(mark.evaluation_id, mark.student_id, ToldVersion(1, 1).number)])
    with pytest.raises(ConditionFailedError):
        early.commit()


def test_what_pending_costs(school: TestSchool, score: Score) -> None:
    """A read of evaluations for each lot, and a query for each that was cancelled since it was told."""
    record(school, set_evaluation(school), "6.0")
    with counted_calls() as calls:
        assert len(pending()) == 1
    assert calls == ["Query", "Query", "BatchGetItem", "BatchGetItem"]
    with counted_calls() as calls:
        assert len(marks()) == 1
    assert calls == ["Query", "Query", "BatchGetItem"]
    change_standing(school, score.evaluation_id)
    with counted_calls() as calls:
        assert len(marks()) == 2
    assert calls == ["Query", "Query", "Query", "BatchGetItem"]
