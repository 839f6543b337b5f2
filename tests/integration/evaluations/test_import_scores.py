"""An import checks what it writes, and says what it left as it stands."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from edu import clock
from edu.errors import ConflictError, InvalidInputError, NotFoundError
from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import Evaluation, EvaluationKind, Score, ScoreState
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.domain.school import Enrolment
from evaluations.errors import EvaluationCancelledError, ScaleInUseError
from evaluations.services.grading import score_import
from tests.integration.evaluations.calendar import import_again, open_term
from tests.integration.evaluations.gradebook import SECTION, record
from tests.support.schools import CLOSED_TERM, OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.schools import TestSchool

PLACE: dict[str, Any] = {
    "evaluation_id": "imp-1",
    "section_id": SECTION,
    "course_id": "mat-5",
    "term_id": OPEN_TERM,
    "kind": EvaluationKind.EXAM,
    "version": 1,
}


@pytest.fixture(autouse=True)
def scope(school: TestSchool) -> Iterator[None]:
    with enter_school(school.school_id):
        yield


def evaluation(school: TestSchool, **changed: Any) -> Evaluation:
    made = Evaluation(
        **PLACE,
        title="Prueba",
        weight=Decimal(50),
        held_on=open_term(school.school).starts_on,
        created_by="x",
        created_at=clock.now(),
    )
    return replace(made, **changed)


def score(number: int = 0, value: str | None = "6.0", **changed: Any) -> Score:
    made = Score(
        **PLACE,
        student_id=f"student-{number:03d}",
        state=ScoreState.RECORDED,
        value=value,
        recorded_by="x",
        recorded_at=clock.now(),
    )
    return replace(made, **changed)


def bring_in(school: TestSchool, *scores: Score, **changed: Any) -> services.ImportedScores:
    actor = school.person(Role.SCHOOL_ADMIN)
    return services.import_evaluation(actor=actor, evaluation=evaluation(school, **changed), scores=iter(scores))


def broken_rules(school: TestSchool, *scores: Score, **changed: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as raised:
        bring_in(school, *scores, **changed)
    return [(broken.field, broken.rule) for broken in raised.value.fields]


def test_result_says_what_was_new_the_same_and_different(school: TestSchool) -> None:
    assert bring_in(school, score(0), score(1)) == services.ImportedScores(created=("student-000", "student-001"))
    again = bring_in(school, score(0), score(1, "2.0"), score(2))
    assert again == services.ImportedScores(created=("student-002",), same=("student-000",), different=("student-001",))
    values = {grade.student_id: grade.value for grade in services.list_term_grades(term_id=OPEN_TERM)}
    assert values == {"student-000": "6.0", "student-001": "6.0", "student-002": "6.0"}
    found = services.get_evaluation(actor=school.teacher, evaluation_id="imp-1")
    assert found.scale_id == "1-7"


@pytest.mark.parametrize(
    ("row", "broken"),
    [
        (score(1, evaluation_id="no-such"), ("evaluation_id", "of_evaluation")),
        (score(1, section_id="len-5a"), ("section_id", "of_evaluation")),
        (score(1, course_id="len-5"), ("course_id", "of_evaluation")),
        (score(1, term_id=CLOSED_TERM), ("term_id", "of_evaluation")),
        (score(1, kind=EvaluationKind.QUIZ), ("kind", "of_evaluation")),
        (score(1, "99"), ("value", "on_scale")),
        (score(1, "6"), ("value", "on_scale")),
        (score(1, "A"), ("value", "on_scale")),
        (score(9), ("student_id", "enrolled")),
        (score(0), ("student_id", "duplicate_student")),
    ],
)
def test_broken_row_is_named_and_nothing_is_written(school: TestSchool, row: Score, broken: tuple[str, str]) -> None:
    field, rule = broken
    assert broken_rules(school, score(0), row) == [(f"scores[1].{field}", rule)]
    with pytest.raises(NotFoundError):
        services.get_evaluation(actor=school.teacher, evaluation_id="imp-1")
    assert services.list_pending_grades(term_id=OPEN_TERM, limit=10) == []


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({"term_id": CLOSED_TERM}, "term_id"),
        ({"section_id": "len-5a", "course_id": "len-5"}, "section_id course_id"),
        ({"kind": EvaluationKind.QUIZ}, "kind"),
    ],
)
def test_standing_evaluation_stays_in_its_place(school: TestSchool, changed: dict[str, Any], broken: str) -> None:
    bring_in(school, score(0))
    found = broken_rules(school, score(1, **changed), **changed)
    assert found == [(field, "standing") for field in broken.split()]
    assert [grade.student_id for grade in services.list_term_grades(term_id=OPEN_TERM)] == ["student-000"]
    assert services.list_term_grades(term_id=CLOSED_TERM) == []


def test_weight_that_could_be_shown_only_rounded_is_refused(school: TestSchool) -> None:
    assert broken_rules(school, score(0), weight=Decimal("0.004")) == [("weight", "decimals")]
    assert bring_in(school, score(0), weight=Decimal("7.500")).created == ("student-000",)


def test_evaluation_of_an_unknown_place_is_refused(school: TestSchool) -> None:
    assert broken_rules(school, term_id="never") == [("term_id", "exists")]
    assert broken_rules(school, course_id="len-5") == [("course_id", "of_section")]
    assert broken_rules(school, scale_id="0-20") == [("scale_id", "of_term")]
    with pytest.raises(NotFoundError):
        bring_in(school, section_id="nowhere")


def test_deleted_evaluation_is_not_brought_back(school: TestSchool) -> None:
    bring_in(school)
    services.delete_evaluation(actor=school.teacher, evaluation_id="imp-1", version=1)
    with pytest.raises(ConflictError):
        bring_in(school, score(0))


def test_reinstated_evaluation_takes_scores_again(school: TestSchool) -> None:
    bring_in(school, score())
    place: dict[str, Any] = {"actor": school.teacher, "evaluation_id": "imp-1", "reason": "Por error"}
    services.cancel_evaluation(**place, version=1)
    with pytest.raises(EvaluationCancelledError):
        bring_in(school, score(), score(1))
    services.reinstate_evaluation(**place, version=2)
    assert bring_in(school, score(), score(1)).created == ("student-001",)


def test_scores_of_who_has_left_are_the_same_still(school: TestSchool) -> None:
    bring_in(school, score(0))
    enrolments = [Enrolment(section_id=SECTION, student_id=f"student-{n:03d}") for n in (1, 2)]
    section = next(s for s in services.list_sections(actor=school.teacher) if s.section_id == SECTION)
    import_again(school.school, sections=[section], students=school.students, enrolments=enrolments)
    again = bring_in(school, score(0), score(1))
    assert (again.same, again.created) == (("student-000",), ("student-001",))


def test_score_recorded_meanwhile_is_reported(school: TestSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    real = score_import._write_scores

    def late(*args: Any) -> Any:
        monkeypatch.undo()
        record(school, "imp-1", "3.0", student=1)
        return real(*args)

    monkeypatch.setattr(score_import, "_write_scores", late)
    found = bring_in(school, score(0), score(1))
    assert found == services.ImportedScores(created=("student-000",), different=("student-001",))


def test_import_binds_the_scale_of_an_open_term(school: TestSchool) -> None:
    bring_in(school)
    closed, current = school.school.terms
    with pytest.raises(ScaleInUseError):
        import_again(replace(school.school, terms=(closed, replace(current, scale=STANDARD_SCALES["0-20"]))))
