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


class ClosedTermPolicyError(ConflictError):
    """The term is closed: its grades are made by the policy they were made by."""

    code = "policy_of_closed_term"
    title = _("The grading policy of a closed term cannot change")


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

    def __init__(self, conflict: StaleVersionError | None = None) -> None:
        """``conflict`` is the same for a request whose condition was that there is none yet (``If-None-Match: *``)."""
        super().__init__()
        self.conflict = conflict


class NotAssignedError(ForbiddenError):
    """The teacher does not teach this section."""

    code = "section_not_assigned"
    title = _("You do not teach this section")


class AssignmentOverError(ConflictError):
    """The person does not teach the section any more: there is nothing to end."""

    code = "assignment_over"
    title = _("This person does not teach the section any more")


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
    """The evaluation has scores: it can be neither deleted nor of another kind or purpose."""

    code = "evaluation_has_scores"
    title = _("This evaluation has scores already")


class EvaluationCancelledError(ConflictError):
    """The evaluation is cancelled: it takes no scores, and those that it has stay as they are."""

    code = "evaluation_cancelled"
    title = _("This evaluation is cancelled")


class ImportRefusedError(InvalidInputError):
    """The files of an import break rules; ``fields`` say where, by file, row and column. Nothing was written."""

    code = "import_refused"
    title = _("The files cannot be imported")


class PreviewOutdatedError(ConflictError):
    """What an import would do is not what its preview showed: the files are others, or the school has changed there."""

    code = "import_preview_outdated"
    title = _("The import would no longer do what its preview showed")


class ImportRunningError(ConflictError):
    """Another import writes the school's roster just now."""

    code = "import_running"
    title = _("Another import of this school is being written")


class ImportDecidedError(ConflictError):
    """The import is not in the state that this step starts from: somebody has decided about it already."""

    code = "import_decided"
    title = _("This import has been decided already")


class RosterChangedError(ConflictError):
    """A record of an import's plan is not what it was compared with, while the import writes: a bug, for a person."""

    code = "roster_changed"


class ImportTooOldError(ConflictError):
    """What the import was to change is no longer kept: it can be neither approved nor undone."""

    code = "import_too_old"
    title = _("This import is too old")


class ImportNotFoundError(NotFoundError):
    """The school has no import of this id."""

    code = "import_not_found"


class CopyTooOldError(LibretaError):
    """What changed first since then is no longer known: make the copy anew, from the listings."""

    code = "copy_too_old"
    status = 410
    title = _("What changed since then is no longer known; make the copy anew")
