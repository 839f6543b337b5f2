"""Which imports there were, what became of them, and what an undoing left as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.identity.capabilities import require
from evaluations.permissions import IMPORT_ROSTER
from evaluations.repository import roster, roster_imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.dynamo.pages import Page
    from edu.identity.principal import Principal
    from evaluations.domain.roster_imports import RosterImport
    from evaluations.domain.school import Enrolment


_STUDENTS_A_LOT = 100


def iterate_student_ids() -> Iterator[list[str]]:
    """The ids of all students of the school in scope, 100 at a time, in order. Eventually consistent."""
    after = ""
    while ids := roster.list_student_ids(after=after, limit=_STUDENTS_A_LOT):
        yield ids
        after = ids[-1]


def list_imports(*, actor: Principal, cursor: str | None = None, limit: int = 20) -> Page[RosterImport]:
    """The school's imports, the last first.

    Raises:
        ForbiddenError: the actor may not import.
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    require(actor, IMPORT_ROSTER)
    return roster_imports.list_imports(cursor=cursor, limit=limit)


def list_kept(*, actor: Principal, import_id: str) -> list[str]:
    """What undoing an import left, because it was changed or used since: ``<kind>:<ids>``. ``ForbiddenError``."""
    require(actor, IMPORT_ROSTER)
    return roster_imports.list_kept(import_id)


def list_places(*, actor: Principal, student_id: str) -> list[Enrolment]:
    """A student's places, those that ended first, with the days. Two queries, a moment behind. ``ForbiddenError``."""
    require(actor, IMPORT_ROSTER)
    return [*roster.list_past_of_student(student_id), *roster.list_attended(student_id)]
