"""Who may do what in analytics, said once more: a change of the table has to be made twice."""

from __future__ import annotations

from analytics.permissions import EXPORT_SCHOOL, REIDENTIFY_STUDENTS, SEE_ANALYTICS, SEE_SECTION_ANALYTICS
from edu.identity.capabilities import roles_of
from edu.identity.principal import Role


def test_only_administrators_of_the_school_learn_whose_a_pseudonym_is() -> None:
    assert roles_of(REIDENTIFY_STUDENTS) == {Role.SCHOOL_ADMIN}


def test_administrators_and_operators_export_a_school_and_nobody_else() -> None:
    assert roles_of(EXPORT_SCHOOL) == {Role.SCHOOL_ADMIN, Role.PLATFORM_OPERATOR}


def test_administrators_ask_of_the_whole_school_and_teachers_of_their_sections() -> None:
    assert roles_of(SEE_ANALYTICS) == {Role.SCHOOL_ADMIN}
    assert roles_of(SEE_SECTION_ANALYTICS) == {Role.SCHOOL_ADMIN, Role.TEACHER}
