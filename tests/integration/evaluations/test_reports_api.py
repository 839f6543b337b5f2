"""Consolidated grades and report cards over HTTP."""

from __future__ import annotations

import csv
import io
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest

from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations.domain.evaluation import ScoreState
from tests.integration.evaluations.conftest import ApiClient, account_of
from tests.integration.evaluations.gradebook import correct, record, set_evaluation
from tests.support.schools import CLOSED_TERM, OPEN_TERM
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from evaluations.domain.evaluation import Score
    from tests.support.schools import TestSchool

SECTION = f"/sections/mat-5a/consolidated?term={OPEN_TERM}"
CARD = f"/students/student-000/report-card?term={OPEN_TERM}"


@pytest.fixture
def admin(school: TestSchool) -> ApiClient:
    return ApiClient(id_token_of(account_of(school, Role.SCHOOL_ADMIN)))


@pytest.fixture
def score(school: TestSchool) -> Score:
    """The first student's 6.5 in mathematics, beside a 3.0 in language."""
    with enter_school(school.school_id):
        record(school, set_evaluation(school, section_id="len-5a"), "3.0", section_id="len-5a")
        return record(school, set_evaluation(school, "100"), "6.5")


def courses(card: dict[str, Any]) -> dict[str, Any]:
    return {course["section_id"]: course["grades"][0]["grade"] for course in card["courses"]}


def test_section_as_its_teacher_reads_it(teacher: ApiClient, score: Score) -> None:
    answer = teacher.get(SECTION)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["section_id"], body["term_id"], body["evaluations"]) == ("mat-5a", OPEN_TERM, 1)
    assert (body["weight_total"], body["stale"]) == ("100.00", False)
    assert [line["student_id"] for line in body["results"]] == ["student-000", "student-001", "student-002"]
    first = body["results"][0]
    assert first["student_id"] == score.student_id
    assert (first["stale"], first["as_of"] is None) == (False, False)
    assert first["grade"] == {
        "value": "6.5",
        "mean": "6.5000",
        "exact": "13/2",
        "passing": True,
        "complete": True,
        "counted": 1,
        "dropped": None,
        "evaluations": 1,
        "weight_counted": "100.00",
        "weight_total": "100.00",
        "extra": None,
    }


def test_card_as_an_administrator_reads_it(admin: ApiClient, score: Score) -> None:
    card = admin.get(CARD).json()
    assert score.value == "6.5"
    assert card["student"]["given_name"] == "Íñigo 0"
    assert card["scale_id"] == "1-7"
    assert [term["term_id"] for term in card["terms"]] == [OPEN_TERM]
    found = courses(card)
    assert {name: (grade["value"], grade["passing"]) for name, grade in found.items()} == {
        "mat-5a": ("6.5", True),
        "len-5a": ("3.0", False),
    }
    assert [(grade["value"], grade["exact"]) for grade in card["averages"]] == [("4.8", "19/4")]
    assert (card["own_sections_only"], card["stale"], card["year"]) == (False, False, None)
    year = admin.get("/students/student-000/report-card").json()
    assert [term["term_id"] for term in year["terms"]] == [CLOSED_TERM, OPEN_TERM]
    assert year["year"]["value"] == "4.8"


def test_unfinished_grade_has_no_verdict_yet(school: TestSchool, admin: ApiClient, score: Score) -> None:
    with enter_school(school.school_id):
        set_evaluation(school, section_id=score.section_id)
    card = admin.get(CARD).json()
    found = courses(card)
    assert [(found[name]["value"], found[name]["passing"], found[name]["complete"]) for name in found] == [
        ("3.0", False, True),
        ("6.5", None, False),
    ]
    assert [(grade["passing"], grade["complete"]) for grade in card["averages"]] == [(None, False)]
    assert admin.get(SECTION).json()["results"][0]["grade"]["passing"] is None


def test_card_right_after_a_correction_shows_the_new_grade(school: TestSchool, admin: ApiClient, score: Score) -> None:
    assert courses(admin.get(CARD).json())["mat-5a"]["value"] == "6.5"
    with enter_school(school.school_id):
        correct(school, score, "2.5")
    card = admin.get(CARD).json()
    assert courses(card)["mat-5a"]["value"] == "2.5"
    assert card["stale"] is False
    assert admin.get(SECTION).json()["results"][0]["grade"]["value"] == "2.5"


def test_teacher_sees_the_rows_of_own_sections_only(teacher: ApiClient, score: Score) -> None:
    card = teacher.get(CARD).json()
    assert score.section_id == "mat-5a"
    assert list(courses(card)) == ["mat-5a"]
    assert (card["own_sections_only"], card["averages"], card["year"]) == (True, [], None)


def test_who_teaches_the_student_nothing_is_refused(school: TestSchool, score: Score) -> None:
    assert score.version == 1
    stranger = ApiClient(id_token_of(account_of(school, Role.TEACHER, "teacher-9")))
    for path in (SECTION, CARD):
        refused = stranger.get(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "section_not_assigned")


@pytest.mark.parametrize("role", [Role.STUDENT, Role.AUDITOR, Role.PLATFORM_OPERATOR])
def test_other_roles_are_refused(school: TestSchool, role: Role) -> None:
    person = ApiClient(id_token_of(account_of(school, role, "student-000")))
    assert [person.get(path).status_code for path in (SECTION, CARD)] == [403, 403]


def test_another_schools_card_is_not_found(
    school: TestSchool, other_school: TestSchool, score: Score, neighbour: ApiClient
) -> None:
    """The neighbour has sections and students of the same ids: it sees its own, empty, and nothing of ours."""
    assert score.value == "6.5"
    answers = [neighbour.get(SECTION), neighbour.get(CARD), neighbour.get(f"{CARD}&format=csv")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [line["grade"] for line in answers[0].json()["results"]] == [None] * 3
    assert courses(answers[1].json()) == {"mat-5a": None}
    for answer in answers:
        assert f'{school.school_id}"' not in answer.content.decode()
        assert f"{school.school_id};" not in answer.content.decode()
    with enter_school(school.school_id):
        (extra,) = [record(school, set_evaluation(school), ScoreState.EXEMPT)]
    assert neighbour.get(f"/sections/{extra.section_id}/consolidated?term={OPEN_TERM}").json()["evaluations"] == 0
    unknown = ApiClient(id_token_of(account_of(other_school, Role.SCHOOL_ADMIN))).get("/students/nobody/report-card")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/sections/mat-5a/consolidated", "term"),
        ("/sections/mat-5a/consolidated?term=x%23y", "term"),
        ("/students/student-000/report-card?term=never", "term"),
    ],
)
def test_bad_term_refused(admin: ApiClient, path: str, field: str) -> None:
    refused = admin.get(path)
    assert (refused.status_code, refused.headers["Content-Type"]) == (422, "application/problem+json")
    assert [error["field"] for error in refused.json()["errors"]] == [field]


def test_unknown_section_and_student_are_404(admin: ApiClient) -> None:
    for path in (f"/sections/nowhere/consolidated?term={OPEN_TERM}", "/students/nobody/report-card?format=pdf"):
        refused = admin.get(path)
        assert (refused.status_code, refused.headers["Content-Type"]) == (404, "application/problem+json")
        assert refused.json()["code"] == "not_found"


@pytest.mark.parametrize(("path", "accept"), [(CARD, "text/csv"), (f"{CARD}&format=csv", "*/*")])
def test_csv_by_either_way_of_asking(admin: ApiClient, score: Score, path: str, accept: str) -> None:
    answer = admin.get(path, Accept=accept)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [row["Nota"] for row in rows] == ["3,0", "6,5", "4,8"]
    assert rows[0]["Estudiante"].endswith(", Íñigo 0")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="libreta-{OPEN_TERM}-{score.student_id}.csv"'


@pytest.mark.parametrize(("path", "accept"), [(CARD, "application/pdf"), (f"{CARD}&format=pdf", "*/*")])
def test_pdf_by_either_way_of_asking(admin: ApiClient, score: Score, path: str, accept: str) -> None:
    answer = admin.get(path, Accept=accept)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="libreta-{OPEN_TERM}-{score.student_id}.pdf"'


def test_file_of_a_year_is_named_by_it(school: TestSchool, admin: ApiClient) -> None:
    answer = admin.get("/students/student-001/report-card?format=pdf")
    year = school.school.terms[0].starts_on.year
    assert answer.headers["Content-Disposition"] == f'attachment; filename="libreta-{year}-student-001.pdf"'


def test_format_that_is_not_offered(admin: ApiClient) -> None:
    for path, accept in ((f"{CARD}&format=xls", "*/*"), (CARD, "image/png"), (f"{CARD}&format=pdf", "text/csv")):
        refused = admin.get(path, Accept=accept)
        assert (refused.status_code, refused.headers["Content-Type"]) == (406, "application/problem+json")
        body = refused.json()
        assert (body["status"], body["code"]) == (406, "not_acceptable")
        assert body["offered"] == ["application/json", "text/csv", "application/pdf"]
        assert "application/pdf (?format=pdf)" in body["detail"]
    refused = admin.get(f"{SECTION}&format=csv")
    assert (refused.status_code, refused.json()["offered"]) == (406, ["application/json"])


@pytest.mark.parametrize("path", [SECTION, CARD, f"{CARD}&format=csv", f"{CARD}&format=pdf"])
def test_unchanged_grades_are_not_sent_again(school: TestSchool, admin: ApiClient, score: Score, path: str) -> None:
    first = admin.get(path)
    tag = first.headers["ETag"]
    again = admin.get(path, If_None_Match=tag)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert {"Accept", "Accept-Language", "Authorization"} <= set(first.headers["Vary"].split(", "))
    with enter_school(school.school_id):
        correct(school, score, "2.5")
    changed = admin.get(path, If_None_Match=tag)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_every_form_and_language_has_its_own_tag(admin: ApiClient, score: Score) -> None:
    assert score.version == 1
    paths = [CARD, f"{CARD}&format=csv", f"{CARD}&format=pdf"]
    tags = [admin.get(path, Accept_Language=language).headers["ETag"] for path in paths for language in ("es", "en")]
    assert len(set(tags)) == len(tags)


def test_logs_name_nobody(admin: ApiClient, score: Score, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for path in (SECTION, CARD, f"{CARD}&format=csv", f"{CARD}&format=pdf"):
            assert admin.get(path).status_code == 200
    assert "report-card" in caplog.text
    for personal in ("Muñoz", "igo 0", score.student_id):
        assert personal not in caplog.text
    assert not re.search(r"(?<![0-9])6\.5(?![0-9])", caplog.text)  # as a grade; instants and durations have such digits
