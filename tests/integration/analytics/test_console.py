"""The console's page of questions: a form, the answer as a chart and a table, files, and who may see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from analytics import admin, athena
from analytics.asking_form import AskingForm
from analytics.queries.registry import QUESTIONS
from analytics.services import asking
from edu import clock
from edu.dynamo.errors import AccessDeniedError
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services as evaluations
from tests.integration.analytics.test_questions import pupils
from tests.integration.edu.console.support import page, staff
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from tests.support.schools import TestSchool

__all__ = ["pupils"]  # a fixture
LIST = "/admin/analytics/lakequestion/"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> float:
    """On a machine that tests everything at once a query takes longer; returns how long the product waits."""
    waits_s = admin.WAIT_S
    monkeypatch.setattr(admin, "WAIT_S", 10.0)
    return waits_s


def address(name: str, **given: str) -> str:
    query = "&".join(f"{key}={value}" for key, value in given.items())
    return f"{LIST}{name}/change/?{query}"


def svg_of(html: str) -> ET.Element:
    """The chart; the page has icons of its own."""
    drawn = html[html.index('<div class="chart">') :]
    return ET.fromstring(drawn[drawn.index("<svg") : drawn.index("</svg>") + len("</svg>")])  # noqa: S314 - our own


def test_list_has_every_question_and_each_opens_with_its_form(pupils: TestSchool) -> None:
    client = staff(Role.SCHOOL_ADMIN, pupils.school_id)
    listed = page(client, LIST)
    for name in QUESTIONS:
        assert f"{name}/change/" in listed
        assert 'id="asking"' in page(client, address(name))


def test_answer_is_a_chart_with_the_table_beside_it_and_files(pupils: TestSchool) -> None:
    client = staff(Role.SCHOOL_ADMIN, pupils.school_id)
    html = page(client, address("grade-distribution", term=OPEN_TERM, section="mat-5a"))
    assert "5º A Matemática" in html
    texts = [found.text for found in svg_of(html).iter("{http://www.w3.org/2000/svg}text")]
    assert "5.5" in texts or "5,5" in texts
    assert 'id="rows"' in html
    found = client.get(address("grade-distribution", term=OPEN_TERM, section="mat-5a", format="csv"))
    assert found["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in found["Content-Disposition"]
    assert client.get(address("pass-rates", term=OPEN_TERM, format="parquet")).content[:4] == b"PAR1"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("pass-rates", {"term": OPEN_TERM}),
        ("progress", {"course": ""}),
        ("attendance-against-grades", {"term": OPEN_TERM}),
        ("at-risk", {"term": OPEN_TERM}),
        ("own-past", {"term": OPEN_TERM}),
    ],
)
def test_each_question_is_answered_on_its_page(pupils: TestSchool, name: str, given: dict[str, str]) -> None:
    html = page(staff(Role.SCHOOL_ADMIN, pupils.school_id), address(name, **given))
    assert 'id="answer"' in html
    assert 'class="errornote"' not in html


def test_people_courses_and_kinds_are_called_by_their_names(pupils: TestSchool) -> None:
    client = staff(Role.SCHOOL_ADMIN, pupils.school_id)
    with enter_school(pupils.school_id):
        courses, names = evaluations.courses_names(), evaluations.students_names(s.student_id for s in pupils.students)
    html = page(client, address("pass-rates", term=OPEN_TERM, by="course"))
    assert all(f"<td>{name}</td>" in html for name in courses.values())
    html = page(client, address("at-risk", term=OPEN_TERM, needed="1"))
    named = [name for name in names.values() if f"<td>{name}</td>" in html]
    assert named
    assert not any(f"<td>{student.student_id}</td>" in html for student in pupils.students)
    since = clock.now().date() - timedelta(days=6)
    html = page(client, address("behaviour-weeks", first_on=since.isoformat(), last_on=clock.now().date().isoformat()))
    assert "<td>Inasistencia</td>" in html
    assert "<td>absent</td>" not in html


def test_terms_of_one_name_are_told_apart(pupils: TestSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first term comes every year: one point for two terms would show the later one's number for both."""
    with enter_school(pupils.school_id):
        found = evaluations.get_school()
        school = replace(found, terms=tuple(replace(term, name="Primer período") for term in found.terms))
        monkeypatch.setattr(evaluations, "get_school", lambda: school)
        form = AskingForm("pass-rates", Principal("a", Role.SCHOOL_ADMIN, pupils.school_id), {})
    names = {form.name_of(term.term_id, "term_id") for term in school.terms}
    [shown] = [field.choices for field in form.fields if field.name == "term"]
    assert len(names) == len(school.terms) == 2
    assert {name for _, name in shown} == names


def test_what_is_filled_in_wrongly_is_said_beside_its_field(pupils: TestSchool) -> None:
    client = staff(Role.SCHOOL_ADMIN, pupils.school_id)
    html = page(client, address("behaviour-weeks", first_on="ayer", last_on="2026-05-01"))
    assert 'class="errorlist"' in html
    assert 'id="answer"' not in html
    refused = page(client, address("pass-rates", term="otro"))
    assert 'class="errornote"' in refused


def test_question_that_is_none_and_another_file_are_no_page(pupils: TestSchool) -> None:
    client = staff(Role.SCHOOL_ADMIN, pupils.school_id)
    assert client.get(address("nothing")).status_code in {302, 404}
    assert 'id="answer"' in page(client, address("pass-rates", term=OPEN_TERM, format="exe"))


def test_auditor_has_no_such_page(pupils: TestSchool) -> None:
    client = staff(Role.AUDITOR, pupils.school_id)
    assert client.get(LIST).status_code == 403
    assert client.get(address("pass-rates", term=OPEN_TERM)).status_code == 403
    assert client.get(address("pass-rates", term=OPEN_TERM, format="csv")).status_code == 403


@pytest.mark.parametrize("file", [{}, {"format": "csv"}])
def test_refusal_by_iam_is_no_page_with_a_friendly_word(
    pupils: TestSchool, monkeypatch: pytest.MonkeyPatch, file: dict[str, str]
) -> None:
    def refused(*_arguments: object, **_options: object) -> str:
        raise AccessDeniedError("AccessDeniedException")

    monkeypatch.setattr(athena, "start", refused)
    client = staff(Role.SCHOOL_ADMIN, pupils.school_id)
    with pytest.raises(AccessDeniedError):
        client.get(address("pass-rates", term=OPEN_TERM, **file))


def test_page_holds_no_thread_for_longer_than_the_api_does(patience: float) -> None:
    """There are four threads, and two people may have two each."""
    assert patience <= asking.WAIT_S
