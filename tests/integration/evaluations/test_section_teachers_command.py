"""``manage.py section_teachers``: what an operator sees and does, under a name that the trail keeps."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from edu import audit, clock
from edu.commands import CommandFailedError, NoSuchSchoolError, WrongUseError, explain
from edu.errors import InvalidInputError, NotFoundError
from edu.tenancy import enter_school
from evaluations.errors import StaleVersionError
from tests.support.cloud import acting_as

if TYPE_CHECKING:
    from tests.support.schools import TestSchool


def said(action: str, school: TestSchool, *arguments: str) -> list[str]:
    written = io.StringIO()
    place = ("--school", school.school_id, "--section", "mat-5a")
    with acting_as("operator"):
        call_command("section_teachers", action, *place, *arguments, stdout=written)
    return written.getvalue().splitlines()


def test_operator_assigns_sees_and_ends(school: TestSchool) -> None:
    assert said("list", school) == ["mat-5a version=1 teacher=teacher-1"]
    head, line = said(
        "assign", school, *("--teacher", "teacher-2", "--as", "co_teacher", "--version", "1", "--by", "ops-ana")
    )
    assert head == "mat-5a version=2 teacher=teacher-1"
    assignment_id, told = line.split(" ", 1)
    assert told == "co_teacher teacher=teacher-2 from=- until=- teaches"
    ended = said(
        "end",
        school,
        *("--assignment", assignment_id, "--version", "2", "--by", "ops-ana", "--reason", "Curso fusionado"),
    )
    assert ended[1].endswith(" ended")
    with enter_school(school.school_id):
        entry = audit.list_month(clock.now().strftime("%Y-%m"), limit=1).items[0]
    assert (entry.actor, entry.role, entry.action) == ("ops-ana", "platform_operator", "section.teacher_ended")


def test_what_cannot_be_is_one_line_with_a_code(school: TestSchool) -> None:
    now = ("--version", "1", "--by", "ops", "--as", "substitute", "--from", "2099-01-01", "--until", "2099-01-02")
    with pytest.raises(InvalidInputError) as unknown:
        said("assign", school, "--teacher", "teacher-9", *now, "--reason", "x")
    assert explain(unknown.value).startswith("invalid_input: ")
    assert "teacher_id: This school has no such teacher (exists)" in explain(unknown.value)
    with pytest.raises(InvalidInputError):
        said("assign", school, "--teacher", "teacher-2", *now)
    head, line = said("assign", school, "--teacher", "teacher-2", *now, "--reason", "x")
    assert head.startswith("mat-5a version=2 ")
    assert line.endswith("from=2099-01-01 until=2099-01-02 to come")
    with pytest.raises(StaleVersionError):
        said("assign", school, "--teacher", "teacher-2", *now, "--reason", "x")
    with pytest.raises(WrongUseError):
        said("end", school, "--assignment", "a", "--version", "2", "--by", "ops", "--until", "mañana")
    with pytest.raises(NotFoundError):
        said("end", school, "--assignment", "a", "--version", "2", "--by", "ops", "--reason", "x")
    with acting_as("operator"), pytest.raises(NoSuchSchoolError):
        call_command("section_teachers", "list", "--school", "ninguna", "--section", "mat-5a")
    with acting_as("operator"), pytest.raises((CommandFailedError, NotFoundError)):
        call_command("section_teachers", "list", "--school", school.school_id, "--section", "ninguna")
