"""Whose a pseudonym is: found by computing everybody's, in the school's own scope only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.permissions import REIDENTIFY_STUDENTS
from edu.identity.capabilities import require
from edu.pseudonyms import standing_pseudonyms_of
from evaluations.services import iterate_student_ids

if TYPE_CHECKING:
    from collections.abc import Collection

    from edu.identity.principal import Principal


def students_of(pseudonyms: Collection[str], *, actor: Principal) -> dict[str, str]:
    """The student ids of those pseudonyms that are of the school in scope, by pseudonym; others are left out.

    Nobody who was erased is found. One query and one read for each 100 students of the roster, until all are found.

    Raises:
        ForbiddenError: the actor may not know.
        StoreUnavailableError, AccessDeniedError: see ``edu.dynamo.errors``.
    """
    require(actor, REIDENTIFY_STUDENTS)
    wanted, found = set(pseudonyms), dict[str, str]()
    for student_ids in iterate_student_ids():
        if len(found) == len(wanted):
            break
        known = standing_pseudonyms_of(student_ids)
        found |= {pseudonym: student_id for student_id, pseudonym in known.items() if pseudonym in wanted}
    return found
