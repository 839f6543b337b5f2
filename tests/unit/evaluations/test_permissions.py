"""Who may do what in evaluations, said once more: a change of the table has to be made twice."""

from __future__ import annotations

import pytest

from edu.identity.capabilities import Capability, roles_of
from edu.identity.principal import Role
from evaluations import permissions

TEACHING = {
    *("see_school", "see_evaluations", "see_scores", "see_report_cards"),
    *("teach", "set_evaluations", "record_scores"),
}
ADMINISTERING = {
    *("see_every_section", "see_scores_anywhere", "see_whole_report_cards"),
    *("set_evaluations_anywhere", "grade_for_absent", "write_in_closed_terms"),
    *("close_terms", "assign_teachers", "import_roster", "take_along", "see_changes"),
}


GRANTED = {
    Role.TEACHER: TEACHING,
    Role.SCHOOL_ADMIN: TEACHING | ADMINISTERING,
    Role.AUDITOR: {"see_school", "see_evaluations", "see_every_section"},
    Role.PLATFORM_OPERATOR: {"assign_teachers", "import_roster", "take_along"},
    Role.STUDENT: set(),
}


def test_every_role_is_here() -> None:
    assert GRANTED.keys() == set(Role)


@pytest.mark.parametrize(("role", "granted"), GRANTED.items())
def test_role_has_these_capabilities_and_no_others(role: Role, granted: set[str]) -> None:
    declared = [value for value in vars(permissions).values() if isinstance(value, Capability)]
    assert {one.name.removeprefix("evaluations.") for one in declared if role in roles_of(one)} == granted
