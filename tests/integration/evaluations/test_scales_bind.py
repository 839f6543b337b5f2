"""A grade is read on the scale it was recorded on, and on no other."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from edu import audit, clock, memory
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.transactions import Transaction
from edu.errors import ConflictError
from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import EvaluationKind, ScoreState
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.errors import InvalidScoreError, ScaleInUseError
from evaluations.repository import school_profile
from evaluations.services.school import record_import
from tests.integration.evaluations.calendar import (
    NEXT_SECTION,
    NEXT_TERM,
    begin_next_year,
    cut_short,
    import_again,
    term_of_next_year,
)
from tests.integration.evaluations.gradebook import SECTION, record, set_evaluation
from tests.support.calls import counted_calls
from tests.support.schools import CLOSED_TERM, OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluations.domain.scales import GradingScale
    from evaluations.domain.school import School
    from tests.integration.evaluations.conftest import ApiClient
    from tests.support.schools import TestSchool

TWENTY, SEVEN = STANDARD_SCALES["0-20"], STANDARD_SCALES["1-7"]


@pytest.fixture(autouse=True)
def scope(school: TestSchool) -> Iterator[None]:
    with enter_school(school.school_id):
        yield


def with_scale(school: School, term_id: str, scale: GradingScale) -> School:
    """The school with another scale in one term."""
    changed = (replace(term, scale=scale) if term.term_id == term_id else term for term in school.terms)
    return replace(school, terms=tuple(changed))


def refused_term(school: School) -> str:
    before = school_profile.get_profile()
    with pytest.raises(ScaleInUseError) as raised:
        import_again(school)
    assert school_profile.get_profile() == before
    assert raised.value.code == "scale_in_use"
    return next(term.term_id for term in school.terms if term.term_id in str(raised.value.detail))


def test_term_without_records_may_change_its_scale(school: TestSchool) -> None:
    import_again(with_scale(school.school, OPEN_TERM, TWENTY))
    evaluation_id = set_evaluation(school)
    assert record(school, evaluation_id, "15").value == "15"
    with pytest.raises(InvalidScoreError):
        record(school, evaluation_id, "6.5", student=1)
    corrected = services.correct_score(
        actor=school.teacher,
        evaluation_id=evaluation_id,
        student_id="student-000",
        version=1,
        state=ScoreState.RECORDED,
        value="20",
    )
    assert corrected.value == "20"
    rows = [
        services.Row("student-001", ScoreState.RECORDED, "11"),
        services.Row("student-002", ScoreState.RECORDED, "6.5"),
    ]
    results = services.record_section(actor=school.teacher, evaluation_id=evaluation_id, rows=rows)
    assert [str(result.outcome) for result in results] == ["created", "rejected"]
    found = services.get_section_grades(actor=school.teacher, section_id=SECTION, term_id=OPEN_TERM)
    assert [line.grade.value for line in found.lines if line.grade] == ["20", "11", None]
    sent = services.list_term_grades(term_id=OPEN_TERM)
    assert [grade.value for grade in sent] == ["20", "11"]


@pytest.mark.parametrize(
    "scale",
    [TWENTY, replace(SEVEN, passing="5"), replace(SEVEN, step=Decimal("0.5")), replace(SEVEN, scale_id="other")],
)
def test_any_change_of_the_scale_of_a_term_in_use_is_refused(school: TestSchool, scale: GradingScale) -> None:
    record(school, set_evaluation(school), "4.6")
    assert refused_term(with_scale(school.school, OPEN_TERM, scale)) == OPEN_TERM
    same = with_scale(school.school, OPEN_TERM, replace(SEVEN))
    import_again(same)  # saying it is no change
    assert school_profile.get_profile().school == same


def test_change_of_the_schools_scale_is_one_of_each_term_on_it(school: TestSchool) -> None:
    """The first term is over; nothing was ever recorded in it."""
    assert refused_term(replace(school.school, scale=TWENTY)) == CLOSED_TERM


@pytest.mark.parametrize("signs", [("TERM_USED",), ("TERM_USED", "PENDING"), ("TERM_USED", "PENDING", "TERM_LOCK")])
def test_every_sign_of_records_is_enough(school: TestSchool, signs: tuple[str, ...]) -> None:
    """Terms from before there were marks of use have locks; those only ever imported into have neither."""
    score = record(school, set_evaluation(school), "4.6")
    places = {
        "TERM_USED": Key(school_partition("TERM_USED"), OPEN_TERM),
        "PENDING": Key(school_partition("PENDING", OPEN_TERM), f"{score.evaluation_id}#{score.student_id}"),
        "TERM_LOCK": Key(school_partition("TERM_LOCK", OPEN_TERM), SECTION),
    }
    removal = Transaction()
    for sign in signs:
        removal.delete(places[sign])
    removal.commit()
    assert refused_term(with_scale(school.school, OPEN_TERM, TWENTY)) == OPEN_TERM


def test_new_year_on_a_new_scale_leaves_the_old_grades_on_theirs(school: TestSchool) -> None:
    record(school, set_evaluation(school, "100"), "4.6")
    import_again(cut_short(school.school))
    import_again(replace(school.school, scale=TWENTY, terms=(term_of_next_year(school.school),)))
    standing = school_profile.get_profile().school
    assert [standing.scale_in(name) for name in (CLOSED_TERM, OPEN_TERM, NEXT_TERM)] == [SEVEN, SEVEN, TWENTY]
    found = services.get_section_grades(actor=school.teacher, section_id=SECTION, term_id=OPEN_TERM)
    assert [(line.grade.value, line.grade.passing) for line in found.lines[:1] if line.grade] == [("4.6", True)]


def test_evaluation_shows_the_scale_it_was_set_on(school: TestSchool, teacher: ApiClient, exam: dict[str, Any]) -> None:
    made = teacher.post("/sections/mat-5a/evaluations", exam).json()
    assert made["scale_id"] == "1-7"
    edited = teacher.send("PATCH", f"/evaluations/{made['evaluation_id']}", {"weight": "30.00"}, version=1).json()
    assert edited["scale_id"] == "1-7"
    begin_next_year(school)
    import_again(with_scale(school_profile.get_profile().school, NEXT_TERM, TWENTY))
    day = term_of_next_year(school.school).starts_on.isoformat()
    later = teacher.post(f"/sections/{NEXT_SECTION}/evaluations", {**exam, "term_id": NEXT_TERM, "held_on": day}).json()
    assert later["scale_id"] == "0-20"


def test_year_of_terms_on_different_scales_has_no_value(school: TestSchool, admin: ApiClient) -> None:
    standing = cut_short(school.school)
    second = replace(term_of_next_year(school.school), school_year=2026, scale=TWENTY)
    record(school, set_evaluation(school, "100"), "6.0")
    import_again(replace(standing, terms=(*standing.terms, second)))
    evaluation = services.create_evaluation(
        actor=school.teacher,
        section_id=SECTION,
        term_id=NEXT_TERM,
        kind=EvaluationKind.EXAM,
        title="Prueba",
        weight=Decimal(100),
        held_on=second.starts_on,
    )
    record(school, evaluation.evaluation_id, "15")
    card = admin.get("/students/student-000/report-card").json()
    assert card["scale_id"] is None
    assert [term["scale_id"] for term in card["terms"]] == ["1-7", "1-7", "0-20"]
    (row,) = [course for course in card["courses"] if course["section_id"] == SECTION]
    assert [term["grade"]["value"] for term in row["grades"][1:]] == ["6.0", "15"]
    assert [average["value"] for average in card["averages"]] == [None, "6.0", "15"]
    for year in (row["year"], card["year"]):
        assert (year["value"], year["complete"]) == (None, False)
    one = admin.get(f"/students/student-000/report-card?term={NEXT_TERM}").json()
    assert one["scale_id"] == "0-20"


class _OtherProcess:
    """This process with the rules as it remembered them before: what another process would still hold."""

    def __init__(self) -> None:
        self._remembered = services.get_school()

    def remember(self) -> None:
        memory.remember("school", self._remembered)


@pytest.mark.parametrize("gate_stands", [True, False])
def test_who_remembers_the_old_scale_writes_nothing(school: TestSchool, *, gate_stands: bool) -> None:
    other = _OtherProcess()
    import_again(with_scale(school.school, OPEN_TERM, TWENTY))
    if gate_stands:
        evaluation_id = set_evaluation(school)
        other.remember()
        with pytest.raises(ConflictError):
            record(school, evaluation_id, "6.5")
        assert record(school, evaluation_id, "15").value == "15"
    else:
        other.remember()
        with pytest.raises(ConflictError):
            set_evaluation(school)
        found = services.get_evaluation(actor=school.teacher, evaluation_id=set_evaluation(school))
        assert found.scale_id == "0-20"


def test_first_evaluation_beside_a_change_of_scale_wins(school: TestSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The import has seen that the term is unused; before it writes, a teacher sets the term's first evaluation."""
    real, once = record_import._has_records, list[str]()

    def then_set(term_id: str) -> bool:
        found = real(term_id)
        if not once:
            once.append(set_evaluation(school))
        return found

    monkeypatch.setattr(record_import, "_has_records", then_set)
    assert refused_term(with_scale(school.school, OPEN_TERM, TWENTY)) == OPEN_TERM
    assert record(school, once[0], "6.5").value == "6.5"


def test_import_of_another_profile_is_in_the_trail(school: TestSchool) -> None:
    admin = school.person(Role.SCHOOL_ADMIN)
    services.close_term(actor=admin, term_id=OPEN_TERM)
    for _ in range(2):
        import_again(replace(school.school, name="Otra"))
    services.reopen_term(actor=admin, term_id=OPEN_TERM, reason="x")
    month = audit.list_month(clock.now().strftime("%Y-%m")).items
    chain = sorted((e for e in month if e.action.startswith(("school.", "term."))), key=lambda e: e.version)
    assert [(e.action, e.version) for e in chain] == [
        ("school.imported", 1),
        ("term.closed", 2),
        ("school.imported", 3),
        ("term.reopened", 4),
    ]
    assert [e.before_digest for e in chain] == ["", *(e.after_digest for e in chain[:-1])]
    assert (chain[2].actor, chain[2].subject) == ("import", f"school:{school.school_id}")


def test_warm_write_costs_no_more_for_its_scale(school: TestSchool) -> None:
    evaluation_id = set_evaluation(school)
    record(school, evaluation_id, "6.5")
    with counted_calls() as calls:
        record(school, evaluation_id, "6.5", student=1)
    assert calls == ["TransactWriteItems"]
