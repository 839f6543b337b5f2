"""The console's pages of evaluations, with real sign-ins, over the real table."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import EvaluationKind, ScoreState
from tests.integration.edu.console.support import EVALUATIONS, page, staff
from tests.support.calls import counted_calls
from tests.support.cloud import acting_as
from tests.support.schools import OPEN_TERM, TestSchool, import_school

if TYPE_CHECKING:
    from evaluations.domain.evaluation import Evaluation


def _evaluations(school: TestSchool, count: int, *, section_id: str = "mat-5a") -> list[Evaluation]:
    """Evaluations of a section, one a day."""
    starts_on = next(term for term in school.school.terms if term.term_id == OPEN_TERM).starts_on
    with enter_school(school.school_id):
        return [
            services.create_evaluation(
                actor=Principal("admin-1", Role.SCHOOL_ADMIN, school.school_id),
                section_id=section_id,
                term_id=OPEN_TERM,
                kind=EvaluationKind.EXAM,
                title=f"Prueba {number:02d} de {school.school_id}",
                weight=Decimal(5),
                held_on=starts_on + timedelta(days=number),
            )
            for number in range(count)
        ]


def _scored(school: TestSchool, students: int) -> Evaluation:
    """An evaluation with scores of so many students."""
    (evaluation,) = _evaluations(school, 1)
    with enter_school(school.school_id):
        for student in school.students[:students]:
            services.record_score(
                actor=school.teacher,
                evaluation_id=evaluation.evaluation_id,
                student_id=student.student_id,
                state=ScoreState.RECORDED,
                value="6.5",
            )
    return evaluation


def _detail(evaluation: Evaluation) -> str:
    return f"{EVALUATIONS}{evaluation.evaluation_id}/change/"


def test_school_admin_sees_evaluation_with_its_scores_and_names(school: TestSchool) -> None:
    evaluation = _scored(school, 3)
    client = staff(Role.SCHOOL_ADMIN, school.school_id)
    assert evaluation.title in page(client, f"{EVALUATIONS}?section=mat-5a")
    detail = page(client, _detail(evaluation))
    assert evaluation.title in detail
    assert "5º A Matemática" in detail
    assert detail.count("6.5") == 3
    assert f"Muñoz {school.school_id}, Íñigo 2" in detail


def test_absent_student_is_listed_as_absent(school: TestSchool) -> None:
    (evaluation,) = _evaluations(school, 1)
    with enter_school(school.school_id):
        services.record_score(
            actor=school.teacher,
            evaluation_id=evaluation.evaluation_id,
            student_id="student-001",
            state=ScoreState.ABSENT,
            value=None,
        )
    assert "Ausente" in page(staff(Role.SCHOOL_ADMIN, school.school_id), _detail(evaluation))


def test_school_admin_sees_no_other_schools_evaluation(school: TestSchool, other_school: TestSchool) -> None:
    foreign = _scored(other_school, 1)
    client = staff(Role.SCHOOL_ADMIN, school.school_id)
    assert foreign.title not in page(client, f"{EVALUATIONS}?section=mat-5a")
    answer = client.get(_detail(foreign))
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/admin/"


def test_console_tells_what_is_cancelled_and_what_it_is_for(school: TestSchool) -> None:
    evaluation = _scored(school, 1)
    with enter_school(school.school_id):
        services.cancel_evaluation(
            actor=school.teacher, evaluation_id=evaluation.evaluation_id, version=evaluation.version, reason="Por error"
        )
    for role in (Role.SCHOOL_ADMIN, Role.AUDITOR):
        client = staff(role, school.school_id)
        for shown in (page(client, f"{EVALUATIONS}?section=mat-5a"), page(client, _detail(evaluation))):
            assert "Sumativa" in shown
            assert "icon-yes" in shown, "cancelled"


@pytest.mark.parametrize("evaluation_id", ["nothing", "a_23b", "_0A", "x" * 300])
def test_evaluation_that_does_not_exist_redirects(school: TestSchool, evaluation_id: str) -> None:
    client = staff(Role.SCHOOL_ADMIN, school.school_id)
    assert client.get(f"{EVALUATIONS}{evaluation_id}/change/").status_code == 302


def test_auditor_sees_the_evaluation_but_no_childs_name_or_score(school: TestSchool) -> None:
    evaluation = _scored(school, 1)
    detail = page(staff(Role.AUDITOR, school.school_id), _detail(evaluation))
    assert evaluation.title in detail
    assert "Íñigo" not in detail
    assert "6.5" not in detail


@pytest.mark.parametrize("role", [Role.SCHOOL_ADMIN, Role.AUDITOR])
def test_nothing_can_be_changed(school: TestSchool, role: Role) -> None:
    evaluation = _scored(school, 1)
    client = staff(role, school.school_id)
    assert client.post(_detail(evaluation), {"title": "Otra"}).status_code == 403
    assert client.post(f"{EVALUATIONS}{evaluation.evaluation_id}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"{EVALUATIONS}add/", {"title": "Otra"}).status_code == 403
    listed = client.post(EVALUATIONS, {"action": "delete_selected", "_selected_action": evaluation.evaluation_id})
    assert listed.status_code == 200
    assert evaluation.title in page(client, _detail(evaluation))


def test_list_shows_the_first_section_until_another_is_chosen(school: TestSchool) -> None:
    (mathematics,) = _evaluations(school, 1)
    (language,) = _evaluations(school, 1, section_id="len-5a")
    client = staff(Role.SCHOOL_ADMIN, school.school_id)
    shown = client.get(EVALUATIONS).context["cl"].result_list
    assert [record.pk for record in shown] == [language.evaluation_id]  # "5º A Lenguaje" sorts first
    shown = client.get(f"{EVALUATIONS}?section=mat-5a").context["cl"].result_list
    assert [record.pk for record in shown] == [mathematics.evaluation_id]


def test_detail_tells_times_by_the_schools_clocks(school: TestSchool) -> None:
    evaluation = _scored(school, 1)
    html = page(staff(Role.SCHOOL_ADMIN, school.school_id), _detail(evaluation))
    local = evaluation.created_at.astimezone(ZoneInfo(school.school.time_zone))
    assert local.utcoffset()
    assert f"a las {local:%H:%M}" in html
    assert f"{local:%d/%m/%Y %H:}" in html
    assert "UTC" not in html


def test_unknown_section_goes_to_the_first_page(school: TestSchool) -> None:
    answer = staff(Role.SCHOOL_ADMIN, school.school_id).get(f"{EVALUATIONS}?section=nothing")
    assert answer.headers["Location"] == f"{EVALUATIONS}?e=1"


def test_school_without_sections_has_an_empty_list(cloud: object, school_id: str) -> None:
    del cloud
    html = page(staff(Role.SCHOOL_ADMIN, school_id), EVALUATIONS)
    assert "0 registros en esta página" in html


def test_list_pages_latest_first_without_loss(school: TestSchool) -> None:
    created = _evaluations(school, 30) + _evaluations(school, 25)
    client = staff(Role.SCHOOL_ADMIN, school.school_id)
    first = client.get(f"{EVALUATIONS}?section=mat-5a").context["cl"]
    second = client.get(EVALUATIONS + first.next_url).context["cl"]
    assert (len(first.result_list), len(second.result_list), second.next_url) == (50, 5, None)
    shown = [*first.result_list, *second.result_list]
    assert {record.pk for record in shown} == {evaluation.evaluation_id for evaluation in created}
    assert [record.held_on for record in shown] == sorted((e.held_on for e in created), reverse=True)


def test_cursor_of_another_section_refused(school: TestSchool) -> None:
    _evaluations(school, 30)
    _evaluations(school, 25)
    client = staff(Role.SCHOOL_ADMIN, school.school_id)
    next_url = client.get(f"{EVALUATIONS}?section=mat-5a").context["cl"].next_url
    answer = client.get(EVALUATIONS + next_url.replace("mat-5a", "len-5a"))
    assert answer.headers["Location"] == f"{EVALUATIONS}?e=1"


@pytest.mark.parametrize("rows", [3, 30])
def test_list_calls_are_the_same_for_any_number_of_rows(school: TestSchool, rows: int) -> None:
    _evaluations(school, rows)
    client = staff(Role.SCHOOL_ADMIN, school.school_id)
    path = f"{EVALUATIONS}?section=mat-5a"
    page(client, path)  # the school's rules are in memory from here on
    with counted_calls() as calls:
        assert len(client.get(path).context["cl"].result_list) == rows
    assert calls == ["GetItem", "Query", "Query"]  # the session, the sections, the evaluations


@pytest.mark.parametrize("rows", [3, 30])
def test_detail_calls_are_the_same_for_any_number_of_scores(cloud: object, school_id: str, rows: int) -> None:
    del cloud
    with acting_as("worker"):
        school = import_school(school_id, students=rows)
    evaluation = _scored(school, rows)
    client = staff(Role.SCHOOL_ADMIN, school.school_id)
    page(client, _detail(evaluation))
    with counted_calls() as calls:
        assert page(client, _detail(evaluation)).count("6.5") == rows
    # the session; the evaluation, once for the page and once for the scores; the scores; the students
    assert calls == ["GetItem", "GetItem", "GetItem", "Query", "BatchGetItem"]
