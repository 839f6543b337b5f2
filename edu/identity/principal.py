"""The caller, as verified claims say it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is in Libreta. One person has one role in one school."""

    TEACHER = "teacher"
    SCHOOL_ADMIN = "school_admin"
    AUDITOR = "auditor"
    PLATFORM_OPERATOR = "platform_operator"
    STUDENT = "student"


@dataclass(frozen=True)
class Principal:
    """A verified caller.

    ``subject`` is Cognito's id of the account, ``person_id`` the teacher's or student's id inside the school (empty for
    staff who are neither). ``school_id`` is ``None`` for platform operators only.
    """

    subject: str
    role: Role
    school_id: str | None
    person_id: str = ""

    # what Django and DRF ask of a user
    is_authenticated = True
    is_active = True

    @property
    def pk(self) -> str:
        """The id under which throttles and logs know the caller."""
        return self.subject
