"""Evaluations and scores as rows of OneRoster's grade book and of the Parquet files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from analytics.domain.exported import ENROLMENTS, EVALUATIONS, ONEROSTER, PARQUET, SCORES
from analytics.exports import gradebooks
from evaluations.domain.evaluation import Evaluation, EvaluationKind, EvaluationPurpose, Score, ScoreState
from evaluations.domain.grading_policy import Category, GradingPolicy
from evaluations.domain.scales import STANDARD_SCALES, GradingScale, ScaleKind
from evaluations.domain.school import Enrolment
from tests.unit.analytics.exports.test_rosters import SCHOOL

AT = datetime(2026, 4, 1, 12, tzinfo=UTC)
EVALUATION = Evaluation(
    evaluation_id="e-1",
    section_id="mat-5a",
    course_id="mat-5",
    term_id="2026-s1",
    kind=EvaluationKind.EXAM,
    title="Fracciones, parte 1",
    weight=Decimal("25.50"),
    held_on=date(2026, 3, 20),
    version=2,
    created_by="t-1",
    created_at=AT,
    scale_id="1-7",
)
SCORE = EVALUATION.first_score(
    "s-1", state=ScoreState.RECORDED, value="6.5", late=True, by="t-1", at=AT, comment="Bien"
)
LETTERS = GradingScale(scale_id="ad-c", kind=ScaleKind.LETTERS, passing="B", letters=("A", "B", "C"))


def of_state(state: ScoreState) -> Score:
    return replace(SCORE, state=state, value=None, late=False)


def test_line_item_has_the_bounds_of_the_terms_scale() -> None:
    row = gradebooks.line_item_row(SCHOOL, EVALUATION)
    assert (row["resultValueMin"], row["resultValueMax"]) == ("1", "7")
    assert (row["categorySourcedId"], row["gradingPeriodSourcedId"], row["dueDate"]) == (
        "exam",
        "2026-s1",
        "2026-03-20",
    )
    assert "resultValueMin" not in gradebooks.line_item_row(replace(SCHOOL, scale=LETTERS), EVALUATION)


def test_result_is_a_number_or_a_text_as_the_scale_is() -> None:
    row = gradebooks.result_row(SCHOOL, SCORE)
    assert row is not None
    assert (row["score"], row["late"], row["comment"], row["scoreDate"]) == ("6.5", "true", "Bien", "2026-04-01")
    in_letters = gradebooks.result_row(replace(SCHOOL, scale=LETTERS), replace(SCORE, value="A"))
    assert in_letters is not None
    assert (in_letters["textScore"], "score" in in_letters) == ("A", False)


@pytest.mark.parametrize(
    ("state", "status", "missing"),
    [
        (ScoreState.ABSENT, "not submitted", "false"),
        (ScoreState.MISSING, "not submitted", "true"),
        (ScoreState.EXEMPT, "exempt", "false"),
    ],
)
def test_state_without_a_grade_is_said_in_the_standards_words(state: ScoreState, status: str, missing: str) -> None:
    row = gradebooks.result_row(SCHOOL, of_state(state))
    assert row is not None
    assert (row["scoreStatus"], row["missing"], row["score"]) == (status, missing, "")


def test_voided_score_is_no_result_and_stands_in_the_parquet_file() -> None:
    void = of_state(ScoreState.VOID)
    assert gradebooks.result_row(SCHOOL, void) is None
    assert gradebooks.score_record(void)["state"] == "void"


def test_categories_have_the_weights_of_the_schools_policy() -> None:
    assert {row["weight"] for row in gradebooks.category_rows(SCHOOL)} == {""}
    weights = tuple(Category(kind=kind, weight=Decimal(n)) for n, kind in enumerate(EvaluationKind))
    rows = gradebooks.category_rows(replace(SCHOOL, policy=GradingPolicy(categories=weights)))
    said = {row["sourcedId"]: row["weight"] for row in rows}
    assert said == {str(kind): str(n) for n, kind in enumerate(EvaluationKind)}


def test_rows_have_no_column_but_those_of_their_files() -> None:
    for row, columns in (
        (gradebooks.line_item_row(SCHOOL, EVALUATION), ONEROSTER["lineItems.csv"]),
        (gradebooks.result_row(SCHOOL, SCORE), ONEROSTER["results.csv"]),
    ):
        assert row is not None
        assert row.keys() <= set(columns)
    place = Enrolment(section_id="mat-5a", student_id="s-1", ends_on=date(2026, 4, 1))
    for record, name in (
        (gradebooks.evaluation_record(EVALUATION), EVALUATIONS),
        (gradebooks.score_record(SCORE), SCORES),
        (gradebooks.enrolment_record(place, standing=False), ENROLMENTS),
    ):
        assert list(record) == [column.name for column in PARQUET[name]]


def test_records_say_what_there_is() -> None:
    extra = replace(EVALUATION, purpose=EvaluationPurpose.EXTRA_CREDIT).with_other_standing(at=AT)
    record = gradebooks.evaluation_record(extra)
    assert (record["purpose"], record["weight"], record["cancelled"], record["version"]) == (
        "extra_credit",
        "25.50",
        1,
        3,
    )
    assert gradebooks.evaluation_record(EVALUATION)["purpose"] == "summative"
    assert STANDARD_SCALES["1-7"].scale_id == record["scale_id"]
