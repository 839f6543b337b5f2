"""What can go wrong when grading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from edu.errors import ConflictError, FieldError, ForbiddenError, InvalidInputError, LibretaError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping


class ClosedTermError(ConflictError):
    """The term is closed: its grades stand."""

    code = "term_closed"
    title = _("The term is closed")


class ScaleInUseError(ConflictError):
    """Something is recorded in the term: its grades are read on the scale they were written on."""

    code = "scale_in_use"
    title = _("The grading scale of a term with grades cannot change")


class ReopenedTermError(ConflictError):
    """A closed term's correction, and the term is open again: its teacher grades now."""

    code = "term_reopened"
    title = _("The term was opened again in the meantime")


class RunNotFoundError(NotFoundError):
    """The school has no consolidation run of this name."""

    code = "run_not_found"


class AlreadyRecordedError(ConflictError):
    """The student has a score in this evaluation already; changing it is a correction, not a second entry."""

    code = "score_already_recorded"
    title = _("This student already has a score in this evaluation")


class NotAssignedError(ForbiddenError):
    """The teacher does not teach this section."""

    code = "section_not_assigned"
    title = _("You do not teach this section")


class NotEnrolledError(InvalidInputError):
    """The student is not in the evaluation's section (or is no student of this school at all)."""

    code = "student_not_enrolled"

    def __init__(self) -> None:
        message = _("The student is not enrolled in this section")
        super().__init__(fields=[FieldError("student_id", "enrolled", message)])


class InvalidScoreError(InvalidInputError):
    """The value is not one of the term's grading scale."""

    code = "invalid_score"


class StaleVersionError(LibretaError):
    """The version to be changed is not the current one; ``members`` show what stands (``current``) and ``yours``."""

    code = "stale_version"
    status = 412
    title = _("The version you sent is not the current one")

    def __init__(self, *, current: Mapping[str, Any], yours: Mapping[str, Any]) -> None:
        super().__init__()
        self.members = {"current": dict(current), "yours": dict(yours)}


class HasScoresError(ConflictError):
    """The evaluation has scores: it can neither be deleted nor become another kind."""

    code = "evaluation_has_scores"
    title = _("This evaluation has scores already")
