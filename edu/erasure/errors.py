"""What can stand in the way of an erasure."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from edu.errors import ConflictError, InvalidInputError, NotFoundError


class ErasureBlockedError(ConflictError):
    """The law still needs what is to be erased; the detail says what, and until when."""

    code = "erasure_blocked"
    title = _("What is to be erased must be kept for now")


class AlreadyErasedError(ConflictError):
    """The student was erased, or is being erased."""

    code = "already_erased"
    title = _("The student was erased already")


class HoldNotFoundError(NotFoundError):
    """This school has no such legal hold that stands."""

    code = "hold_not_found"


class InvalidHoldError(InvalidInputError):
    """A legal hold's months are none, or the wrong way round, or its reason is missing."""

    code = "invalid_hold"
