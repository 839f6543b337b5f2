"""What can go wrong with a query of the lake."""

from django.utils.translation import gettext_lazy as _

from edu.errors import ConflictError, InvalidInputError, LibretaError, NotFoundError, UnavailableError


class AthenaError(LibretaError):
    """Athena refused or failed a query."""

    code = "athena_error"


class QueryFailedError(AthenaError):
    """The query ended without a result. The log has Athena's name of the fault; its words may quote data."""

    code = "query_failed"


class ResultGoneError(AthenaError):
    """What the query came to lies in the bucket no more."""

    code = "result_gone"


class QueryTimedOutError(AthenaError, UnavailableError):
    """The query did not end before its deadline; it was told to stop."""

    code = "query_timed_out"
    title = _("The query took too long")


class AthenaBusyError(AthenaError, UnavailableError):
    """Athena throttles or does not answer."""

    code = "athena_busy"


class InvalidMonthError(InvalidInputError):
    """There is no such month in the lake."""

    code = "invalid_month"
    title = _("There is no such month")


class LakeChangingError(UnavailableError):
    """A month of the lake was merged again each time it was looked at. Ask again."""

    code = "lake_changing"


class LakeDamagedError(LibretaError):
    """The lake is not as its manifests say; ``lake_audit`` tells where."""

    code = "lake_damaged"


class MonthTooLargeError(LibretaError):
    """A month has too much for one process to merge."""

    code = "month_too_large"


class FailureNotFoundError(NotFoundError):
    """No such dead letter of a pipe and no such error object of the delivery is there; somebody may just look at it."""

    code = "no_such_failure"


class FailureNotRedrivableError(ConflictError):
    """What it is about cannot be judged: not yet, or no more, or nobody can tell. Nothing was done."""

    code = "failure_not_redrivable"


class ExportNotFoundError(NotFoundError):
    """The school has no such export."""

    code = "export_not_found"
    title = _("There is no such export")


class ExportRunningError(ConflictError):
    """An export of this school is being made; wait until it is ready."""

    code = "export_running"
    title = _("An export of this school is being made already")


class ExportNotReadyError(ConflictError):
    """There is no zip to take: it is not ready yet, failed, or is no longer kept."""

    code = "export_not_ready"
    title = _("This export cannot be downloaded: it is not ready, or no longer kept")


class ExportMovedError(ConflictError):
    """Another worker has taken the export up, or it was erased meanwhile: this one stops."""

    code = "export_moved"


class LakeTooScatteredError(UnavailableError):
    """There are more files than one query can name: the nightly merge is behind."""

    code = "lake_too_scattered"
    title = _("This question reads too many files until tonight's merge; ask for less, or tomorrow")
    retry_after_s = 3600


class QueryTooLargeError(InvalidInputError):
    """The question would read more than one question may."""

    code = "query_too_large"
    title = _("This question reads too much; ask for a shorter time")


class TooManyRowsError(InvalidInputError):
    """The answer has more rows than one answer may."""

    code = "too_many_rows"
    title = _("This answer is too long; ask for less")


class InvalidQuestionError(InvalidInputError):
    """A question's parameter is none of those that it takes."""

    code = "invalid_question"
    title = _("There is no such question")


class RunNotFoundError(NotFoundError):
    """No such run, or its answer is forgotten, or it is another school's."""
