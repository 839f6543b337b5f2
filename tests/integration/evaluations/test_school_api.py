"""What the API tells of the school itself."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from edu.identity.principal import Role
from evaluations.domain.scales import STANDARD_SCALES, GradingScale, Rounding
from tests.integration.evaluations.calendar import import_again
from tests.integration.evaluations.conftest import ApiClient, account_of, refused
from tests.support.calls import counted_calls
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from tests.support.schools import TestSchool

NUMERIC: dict[str, object] = {
    "scale_id": "1-7",
    "kind": "numeric",
    "minimum": "1",
    "maximum": "7",
    "step": "0.1",
    "letters": [],
    "passing": "4",
    "rounding": "half_up",
    "final_step": "0.1",
    "final_passing": "4",
    "late_penalty": None,
}
WORDS: dict[str, object] = {
    "scale_id": "superior-bajo",
    "kind": "letters",
    "minimum": None,
    "maximum": None,
    "step": None,
    "letters": ["Superior", "Alto", "Básico", "Bajo"],
    "passing": "Básico",
    "rounding": "half_up",
    "final_step": None,
    "final_passing": "Básico",
    "late_penalty": None,
}


def grade_by(school: TestSchool, scale: GradingScale) -> None:
    """Grade by it from the next term on: those that are over or in use stay on the scale they are on."""
    standing = tuple(replace(term, scale=school.school.scale) for term in school.school.terms)
    import_again(replace(school.school, scale=scale, terms=standing))


@pytest.mark.parametrize("role", [Role.TEACHER, Role.SCHOOL_ADMIN, Role.AUDITOR])
def test_school_tells_its_staff_where_it_is_and_how_it_grades(school: TestSchool, role: Role) -> None:
    answer = ApiClient(id_token_of(account_of(school, role, "teacher-1"))).get("/school")
    assert answer.status_code == 200
    assert answer.json() == {
        "school_id": school.school_id,
        "name": f"Escuela {school.school_id}",
        "country": "CL",
        "time_zone": "America/Santiago",
        "locale": "es-CL",
        "scale": NUMERIC,
        "policy": None,
        "administrators_grade": False,
    }


def test_students_do_not_read_it(school: TestSchool) -> None:
    student = ApiClient(id_token_of(account_of(school, Role.STUDENT, "student-001")))
    assert refused(student.get("/school")) == (403, "forbidden")


def test_school_is_one_call_and_then_none(school: TestSchool, teacher: ApiClient) -> None:
    assert teacher.get("/school").json()["school_id"] == school.school_id
    with counted_calls() as calls:
        teacher.get("/school")
    assert calls == []


def test_rules_of_its_own_are_stored_and_told(school: TestSchool, teacher: ApiClient) -> None:
    tag = teacher.get("/school").headers["ETag"]
    assert teacher.get("/school", If_None_Match=tag).status_code == 304
    own = {"rounding": Rounding.DOWN, "final_step": Decimal("0.01"), "final_passing": "3.95"}
    grade_by(school, replace(STANDARD_SCALES["1-7"], late_penalty=Decimal("0.5"), **own))  # type: ignore[arg-type]  # each is its field's
    answer = teacher.get("/school", If_None_Match=tag)
    assert answer.status_code == 200
    told = {"rounding": "down", "final_step": "0.01", "final_passing": "3.95", "late_penalty": "0.5"}
    assert answer.json()["scale"] == NUMERIC | told


def test_scale_of_words_is_told_without_numbers(school: TestSchool, teacher: ApiClient) -> None:
    grade_by(school, STANDARD_SCALES["superior-bajo"])
    assert teacher.get("/school").json()["scale"] == WORDS
