"""What can go wrong with a query of the lake."""

from django.utils.translation import gettext_lazy as _

from edu.errors import InvalidInputError, LibretaError, UnavailableError


class AthenaError(LibretaError):
    """Athena refused or failed a query."""

    code = "athena_error"


class QueryFailedError(AthenaError):
    """The query ended without a result. Athena's own reason is in the log, for it may quote data."""

    code = "query_failed"


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
