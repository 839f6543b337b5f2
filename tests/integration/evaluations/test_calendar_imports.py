"""Importing a school's calendar again: no term is lost, and nothing that counts is hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from edu.errors import InvalidInputError, NotFoundError
from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import EvaluationKind
from evaluations.repository import school_profile
from evaluations.services.reports.consolidated_grades import get_section_grades
from tests.integration.evaluations.calendar import NEXT_TERM, cut_short, import_again, open_term, term_of_next_year
from tests.integration.evaluations.gradebook import SECTION, record, set_evaluation
from tests.support.calls import counted_calls
from tests.support.schools import CLOSED_TERM, OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.schools import TestSchool


@pytest.fixture(autouse=True)
def scope(school: TestSchool) -> Iterator[None]:
    with enter_school(school.school_id):
        yield


def listed(school: TestSchool, term_id: str, limit: int = 50) -> list[str]:
    """All of the term's evaluations in the section, page by page."""
    found, cursor = [], None
    while True:
        page = services.list_section_evaluations(
            actor=school.teacher, section_id=SECTION, term_id=term_id, cursor=cursor, limit=limit
        )
        found += [evaluation.evaluation_id for evaluation in page.items]
        cursor = page.cursor
        if cursor is None:
            return found


def test_import_keeps_the_terms_it_does_not_name(school: TestSchool) -> None:
    evaluation_id = set_evaluation(school)
    score = record(school, evaluation_id, "5.0")
    import_again(cut_short(school.school))
    import_again(replace(school.school, terms=(term_of_next_year(school.school),)))
    standing = school_profile.get_profile().school.terms
    assert standing == (*cut_short(school.school).terms, term_of_next_year(school.school))
    assert [term.term_id for term in services.list_terms()] == [CLOSED_TERM, OPEN_TERM, NEXT_TERM]
    corrected = services.correct_score(
        actor=school.teacher,
        evaluation_id=evaluation_id,
        student_id=score.student_id,
        version=1,
        state=score.state,
        value="6.0",
    )
    assert corrected.value == "6.0"


def test_kept_terms_stand_between_the_given_ones(school: TestSchool) -> None:
    closed, current = school.school.terms
    earlier = replace(
        current,
        term_id="earlier",
        starts_on=closed.starts_on - timedelta(days=9),
        ends_on=closed.starts_on - timedelta(days=1),
    )
    import_again(replace(school.school, terms=(earlier, current)))
    assert [term.term_id for term in school_profile.get_profile().school.terms] == ["earlier", CLOSED_TERM, OPEN_TERM]


def test_overlap_with_a_kept_term_is_refused_by_name_and_writes_nothing(school: TestSchool) -> None:
    before = school_profile.get_profile()
    stranger = replace(school.students[0], student_id="student-999")
    for first_day in (-5, 5):
        starts_on = open_term(school.school).starts_on + timedelta(days=first_day)
        given = replace(term_of_next_year(school.school), starts_on=starts_on)
        with pytest.raises(InvalidInputError) as raised:
            import_again(replace(school.school, terms=(given,)), students=[stranger])
        [broken] = raised.value.fields
        assert (broken.field, broken.rule) == ("terms", "overlap")
        assert NEXT_TERM in str(broken.message)
        assert OPEN_TERM in str(broken.message)
    assert school_profile.get_profile() == before
    with pytest.raises(NotFoundError):
        services.require_student(student_id="student-999")


def test_moved_term_lists_all_that_counts_in_it(school: TestSchool) -> None:
    evaluation_id = set_evaluation(school)
    record(school, evaluation_id, "2.0")
    closed, current = school.school.terms
    moved = replace(current, starts_on=current.starts_on + timedelta(days=5))
    import_again(replace(school.school, terms=(closed, moved)))
    assert listed(school, OPEN_TERM) == [evaluation_id]
    assert listed(school, CLOSED_TERM) == []
    grade = (
        get_section_grades(actor=school.person(Role.SCHOOL_ADMIN), section_id=SECTION, term_id=OPEN_TERM).lines[0].grade
    )
    assert grade is not None
    assert grade.counted == 1


def test_pages_of_a_term_end_only_at_the_end(school: TestSchool) -> None:
    """The other term's evaluations fill whole pages between and after those asked for."""
    wanted = {set_evaluation(school) for _ in range(3)}
    latest = replace(term_of_next_year(school.school), school_year=2026)
    import_again(replace(cut_short(school.school), terms=(*cut_short(school.school).terms, latest)))
    others = {_set_on(school, latest.term_id, day) for day in range(5)}
    assert set(listed(school, OPEN_TERM, limit=2)) == wanted
    assert set(listed(school, NEXT_TERM, limit=2)) == others
    assert listed(school, CLOSED_TERM, limit=2) == []
    assert len(listed(school, "", limit=2)) == 8


def test_queries_do_not_grow_with_the_evaluations(school: TestSchool) -> None:
    counts = []
    for more in (4, 36):
        for _ in range(more):
            set_evaluation(school, "1")
        with counted_calls() as calls:
            listed(school, OPEN_TERM)
        counts.append(calls)
    assert counts[0] == counts[1] == ["Query"]


def _set_on(school: TestSchool, term_id: str, day: int) -> str:
    starts_on = term_of_next_year(school.school).starts_on
    return services.create_evaluation(
        actor=school.teacher,
        section_id=SECTION,
        term_id=term_id,
        kind=EvaluationKind.EXAM,
        title="Prueba",
        weight=Decimal(1),
        held_on=starts_on + timedelta(days=day),
    ).evaluation_id
