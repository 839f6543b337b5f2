from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from evaluations.domain.evaluation import (
    Evaluation,
    EvaluationKind,
    EvaluationPurpose,
    Score,
    ScoreContent,
    ScoreState,
    kept_purpose,
)

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EVALUATION = Evaluation(
    evaluation_id="eva-1",
    section_id="2026-mat-05a",
    course_id="mat-05",
    term_id="2026-q4",
    kind=EvaluationKind.EXAM,
    title="Examen: Fracciones",
    weight=Decimal(40),
    held_on=date(2026, 11, 24),
    version=1,
    created_by="doc-1",
    created_at=NOON,
)
SCORE = Score(
    evaluation_id="eva-1",
    student_id="est-1",
    section_id="2026-mat-05a",
    course_id="mat-05",
    term_id="2026-q4",
    kind=EvaluationKind.EXAM,
    state=ScoreState.RECORDED,
    value="6.5",
    version=1,
    recorded_by="doc-1",
    recorded_at=NOON,
)


@pytest.mark.parametrize("weight", ["0.01", "40", "100"])
def test_evaluation_weight_inside_its_bounds(weight: str) -> None:
    assert replace(EVALUATION, weight=Decimal(weight)).weight == Decimal(weight)


@pytest.mark.parametrize("weight", ["0", "-1", "100.01", "NaN", "sNaN", "Infinity"])
def test_evaluation_weight_outside_its_bounds_is_refused(weight: str) -> None:
    with pytest.raises(ValueError, match="weight"):
        replace(EVALUATION, weight=Decimal(weight))


@pytest.mark.parametrize("field", ["evaluation_id", "section_id", "course_id", "term_id", "created_by"])
@pytest.mark.parametrize("value", ["", "A", "a#b", "a*", "ñ", "a" * 41, "a\n"])
def test_evaluation_with_a_bad_id_names_the_field(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=field):
        replace(EVALUATION, **{field: value})  # type: ignore[arg-type]  # one string field after the other


@pytest.mark.parametrize("field", ["evaluation_id", "student_id", "section_id", "course_id", "term_id", "recorded_by"])
def test_score_with_a_bad_id_names_the_field(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        replace(SCORE, **{field: "SCHOOL#1"})  # type: ignore[arg-type]  # one string field after the other


@pytest.mark.parametrize("title", ["", " Examen", "Examen\n", "a" * 121, "a\x00b"])
def test_evaluation_title_that_is_no_clean_line_is_refused(title: str) -> None:
    with pytest.raises(ValueError, match="title"):
        replace(EVALUATION, title=title)


@pytest.mark.parametrize("at", [NOON.replace(tzinfo=None), NOON.astimezone(timezone(timedelta(hours=-5)))])
def test_instants_that_are_not_aware_utc_are_refused(at: datetime) -> None:
    with pytest.raises(ValueError, match="created_at"):
        replace(EVALUATION, created_at=at)
    with pytest.raises(ValueError, match="recorded_at"):
        replace(SCORE, recorded_at=at)


def test_version_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="version"):
        replace(EVALUATION, version=0)
    with pytest.raises(ValueError, match="version"):
        replace(SCORE, version=0)


def test_kind_and_state_as_bare_text_are_refused() -> None:
    with pytest.raises(ValueError, match="kind"):
        replace(EVALUATION, kind="exam")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ValueError, match="kind"):
        replace(SCORE, kind="exam")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ValueError, match="state"):
        replace(SCORE, state="recorded")  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("state", [state for state in ScoreState if state is not ScoreState.RECORDED])
def test_score_has_a_value_only_when_recorded(state: ScoreState) -> None:
    assert replace(SCORE, state=state, value=None).value is None
    with pytest.raises(ValueError, match="value"):
        replace(SCORE, state=state)


@pytest.mark.parametrize("state", [state for state in ScoreState if state is not ScoreState.RECORDED])
def test_score_is_late_only_when_recorded(state: ScoreState) -> None:
    assert replace(SCORE, late=True).late
    with pytest.raises(ValueError, match="late"):
        replace(SCORE, state=state, value=None, late=True)


@pytest.mark.parametrize("value", [None, "", "1" * 21])
def test_recorded_score_without_a_grade_is_refused(value: str | None) -> None:
    with pytest.raises(ValueError, match="value"):
        replace(SCORE, value=value)


def test_corrected_score_is_the_next_version_of_the_same_score() -> None:
    later = NOON + timedelta(hours=1)
    corrected = SCORE.corrected(ScoreContent(state=ScoreState.ABSENT), by="doc-2", at=later)
    assert (ScoreContent.of(corrected), corrected.version) == (ScoreContent(state=ScoreState.ABSENT), 2)
    assert (corrected.recorded_by, corrected.recorded_at) == ("doc-2", later)
    assert SCORE.corrected(ScoreContent.of(SCORE), by="doc-1", at=NOON) == replace(SCORE, version=2)


def test_correction_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="value"):
        SCORE.corrected(ScoreContent(state=ScoreState.ABSENT, value="6.5"), by="doc-1", at=NOON)


def test_score_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        SCORE.value = "7.0"  # type: ignore[misc]  # wrong on purpose


def test_repr_of_a_score_hides_the_grade() -> None:
    assert "6.5" not in repr(SCORE)
    assert "est-1" in repr(SCORE)


def test_standing_changes_back_and_forth_and_each_is_a_version() -> None:
    later = NOON + timedelta(days=1)
    cancelled = EVALUATION.with_other_standing(at=NOON)
    assert (cancelled.cancelled, cancelled.version, cancelled.standing_changes) == (True, 2, 1)
    assert cancelled.standing_changed_at == NOON
    reinstated = cancelled.with_other_standing(at=later)
    assert (reinstated.cancelled, reinstated.version, reinstated.standing_changes) == (False, 3, 2)
    assert replace(reinstated, version=1, standing_changes=None, standing_changed_at=None) == EVALUATION


@pytest.mark.parametrize(
    "broken",
    [
        {"standing_changes": 0, "standing_changed_at": NOON},
        {"standing_changes": 1},
        {"standing_changed_at": NOON},
        {"standing_changes": 1, "standing_changed_at": NOON.replace(tzinfo=None)},
    ],
)
def test_standing_that_cannot_be_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="standing_change"):
        replace(EVALUATION, **broken)


def test_purpose_is_kept_as_nothing_where_it_is_summative_and_said_always() -> None:
    for purpose in EvaluationPurpose:
        kept = replace(EVALUATION, purpose=kept_purpose(purpose))
        assert kept.stated_purpose is purpose
    assert kept_purpose(EvaluationPurpose.SUMMATIVE) is None
    with pytest.raises(ValueError, match="purpose"):
        replace(EVALUATION, purpose=EvaluationPurpose.SUMMATIVE)


def test_only_scores_of_what_shows_the_way_are_not_told() -> None:
    told = {purpose: replace(SCORE, purpose=kept_purpose(purpose)).is_told for purpose in EvaluationPurpose}
    assert [purpose for purpose, is_told in told.items() if not is_told] == [EvaluationPurpose.FORMATIVE]
