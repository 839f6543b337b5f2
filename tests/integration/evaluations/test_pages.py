"""Listings a page at a time: full pages, and cursors that are of their listing with all of its filters."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from edu.tenancy import enter_school
from tests.integration.evaluations.conftest import ApiClient, account_of, refused
from tests.integration.evaluations.gradebook import record, set_evaluation
from tests.support.schools import CLOSED_TERM, OPEN_TERM
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from tests.support.schools import TestSchool

EVALUATIONS, SECTION_SCORES = "/sections/mat-5a/evaluations", "/sections/mat-5a/scores"
STUDENT_SCORES = "/students/student-001/scores"


@pytest.fixture
def both_terms(teacher: ApiClient, admin: ApiClient, exam: dict[str, Any]) -> dict[str, list[str]]:
    """Evaluations of ``mat-5a`` by term: twelve of one between two and two of the other."""
    admin.post(f"/terms/{CLOSED_TERM}/reopen", {"reason": "Faltaba una prueba"})
    closed = next(term for term in admin.get("/terms").json()["results"] if term["term_id"] == CLOSED_TERM)
    other = {**exam, "term_id": CLOSED_TERM, "held_on": closed["starts_on"]}
    sent = [exam, exam, *[other] * 12]
    found: dict[str, list[str]] = {OPEN_TERM: [], CLOSED_TERM: []}
    for one in sent:
        made = teacher.post(EVALUATIONS, one).json()
        found[made["term_id"]].append(made["evaluation_id"])
    return found


def pages(client: ApiClient, path: str) -> list[list[str]]:
    """The ids of the evaluations on each page, to the last."""
    found: list[list[str]] = []
    cursor = ""
    while True:
        page = client.get(path + (f"&cursor={cursor}" if cursor else "")).json()
        found.append([result["evaluation_id"] for result in page["results"]])
        cursor = page["next"]
        if cursor is None:
            return found


def sizes(found: list[list[str]]) -> list[int]:
    return [len(page) for page in found]


def test_page_of_a_terms_evaluations_is_full(teacher: ApiClient, both_terms: dict[str, list[str]]) -> None:
    found = pages(teacher, f"{EVALUATIONS}?limit=5&term={CLOSED_TERM}")
    assert sizes(found) == [5, 5, 2]
    assert sorted(chain.from_iterable(found)) == sorted(both_terms[CLOSED_TERM])
    assert sizes(pages(teacher, f"{EVALUATIONS}?limit=1&term={OPEN_TERM}")) == [1, 1]
    assert sizes(pages(teacher, f"{EVALUATIONS}?limit=2&term={OPEN_TERM}")) == [2]


def test_cursor_under_another_filter_is_refused(teacher: ApiClient, both_terms: dict[str, list[str]]) -> None:
    assert both_terms
    of_term = teacher.get(f"{EVALUATIONS}?limit=1&term={CLOSED_TERM}").json()["next"]
    of_all = teacher.get(f"{EVALUATIONS}?limit=1").json()["next"]
    for query in (f"term={OPEN_TERM}&cursor={of_term}", f"cursor={of_term}", f"term={OPEN_TERM}&cursor={of_all}"):
        assert refused(teacher.get(f"{EVALUATIONS}?{query}")) == (400, "invalid_cursor")
    assert teacher.get(f"{EVALUATIONS}?limit=3&term={CLOSED_TERM}&cursor={of_term}").status_code == 200
    assert teacher.get(f"{EVALUATIONS}?limit=3&cursor={of_all}").status_code == 200


def test_refused_cursor_says_what_to_do(teacher: ApiClient, both_terms: dict[str, list[str]]) -> None:
    assert both_terms
    cursor = teacher.get(f"{EVALUATIONS}?limit=1").json()["next"]
    answer = teacher.get(f"{EVALUATIONS}?term={OPEN_TERM}&cursor={cursor}")
    assert answer.json()["title"] == "Este cursor es de otro listado; empiece por la primera página"


@pytest.fixture
def mixed(school: TestSchool) -> list[str]:
    """Ids of a student's three evaluations in ``mat-5a``, among fifteen of ``len-5a``, as the index orders them."""
    with enter_school(school.school_id):
        own = [set_evaluation(school) for _ in range(3)]
        others = [set_evaluation(school, section_id="len-5a") for _ in range(15)]
        for evaluation_id in (*own, *others):
            section_id = "mat-5a" if evaluation_id in own else "len-5a"
            record(school, evaluation_id, "6.0", student=1, section_id=section_id)
    return sorted(own)


def test_teachers_page_of_a_students_scores_is_full(teacher: ApiClient, mixed: list[str]) -> None:
    assert pages(teacher, f"{STUDENT_SCORES}?limit=2") == [mixed[:2], mixed[2:]]
    assert pages(teacher, f"{STUDENT_SCORES}?limit=3&term={OPEN_TERM}") == [mixed]
    assert pages(teacher, f"{STUDENT_SCORES}?limit=1") == [[one] for one in mixed]


def test_cursor_of_a_teachers_listing_is_of_that_teachers_sections(
    school: TestSchool, teacher: ApiClient, admin: ApiClient, mixed: list[str]
) -> None:
    assert mixed
    colleague = ApiClient(id_token_of(account_of(school, role=school.colleague.role, person_id="teacher-2")))
    cursor = teacher.get(f"{STUDENT_SCORES}?limit=1").json()["next"]
    for other in (colleague, admin):
        assert refused(other.get(f"{STUDENT_SCORES}?cursor={cursor}")) == (400, "invalid_cursor")
    everything = admin.get(f"{STUDENT_SCORES}?limit=1").json()["next"]
    assert refused(teacher.get(f"{STUDENT_SCORES}?cursor={everything}")) == (400, "invalid_cursor")


def test_page_of_a_section_and_term_is_full_whoever_is_graded(school: TestSchool, teacher: ApiClient) -> None:
    """Of each evaluation only the last student has a score: two of three places are empty."""
    with enter_school(school.school_id):
        graded = sorted((set_evaluation(school) for _ in range(5)), reverse=True)
        for evaluation_id in graded:
            record(school, evaluation_id, "6.0", student=2)
    found = pages(teacher, f"{SECTION_SCORES}?term={OPEN_TERM}&limit=2")
    assert found == [graded[:2], graded[2:4], graded[4:]]
    assert pages(teacher, f"{SECTION_SCORES}?term={OPEN_TERM}&limit=5") == [graded]
