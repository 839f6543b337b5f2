"""Whose a pseudonym is, a school administrator learns in their own school, and nobody else anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analytics.services.reidentify import students_of
from edu import clock, student_keys
from edu.errors import ForbiddenError
from edu.identity.principal import Principal, Role
from edu.pseudonyms import pseudonyms_of
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from tests.support.schools import TestSchool


def test_an_administrator_learns_whose_the_own_schools_pseudonyms_are(
    school: TestSchool, other_school: TestSchool
) -> None:
    ids = [student.student_id for student in school.students]
    with enter_school(other_school.school_id):
        foreign = pseudonyms_of(ids)
    with enter_school(school.school_id):
        own = pseudonyms_of(ids)
        asked = [*own.values(), *foreign.values(), "0" * 32, ""]
        found = students_of(asked, actor=school.person(Role.SCHOOL_ADMIN))
        assert found == {pseudonym: student_id for student_id, pseudonym in own.items()}
        assert students_of([], actor=school.person(Role.SCHOOL_ADMIN)) == {}


def test_nobody_erased_is_found_and_no_key_is_made_by_asking(school: TestSchool) -> None:
    with enter_school(school.school_id):
        (pseudonym,) = pseudonyms_of(["student-001"]).values()
        student_keys.destroy_key("student-001", at=clock.now())
        assert students_of([pseudonym], actor=school.person(Role.SCHOOL_ADMIN)) == {}
        assert student_keys.is_destroyed("student-001")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SCHOOL_ADMIN])
def test_no_other_role_learns_whose_a_pseudonym_is(school: TestSchool, role: Role) -> None:
    with enter_school(school.school_id), pytest.raises(ForbiddenError):
        students_of(["0" * 32], actor=Principal("somebody", role, school.school_id))
