"""What can go wrong, as one small hierarchy.

Each class has a stable ``code`` (the API's contract), an HTTP ``status``, a ``title`` for people and says whether
trying again may help. Errors are translated once at each border: botocore's into these in ``edu.dynamo`` and
``edu.aws``; these into problem+json in ``edu.http.problems``; these into retry or dead letter in ``edu.tasks``.
Messages never carry personal data: they end up in logs.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


UNKNOWN_FIELD = _("There is no such field")
UNKNOWN_PARAMETER = _("There is no such parameter here")
REPEATED_PARAMETER = _("This parameter is given more than once")


@dataclass(frozen=True)
class FieldError:
    """One rule that one field broke: ``field`` and ``rule`` for programs, ``message`` for people."""

    field: str
    rule: str
    message: str | Promise


class LibretaError(Exception):
    """Base of everything Libreta raises on purpose."""

    code: str = "internal_error"
    status: int = 500
    retryable: bool = False
    title: str | Promise = _("Something went wrong on our side")
    detail_is_public: bool = True  # False: the reason helps an attacker more than a user, and goes to the log only
    members: Mapping[str, Any] = MappingProxyType({})  # more members of the problem, e.g. what stands instead

    def __init__(self, detail: str | Promise = "", *, fields: Sequence[FieldError] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.fields = tuple(fields)


class ConfigurationError(LibretaError):
    """A setting is missing or contradicts another: raised at start-up, in one line."""

    code = "configuration_error"


class InvalidInputError(LibretaError):
    """What was sent breaks a rule; ``fields`` says which."""

    code = "invalid_input"
    status = 422
    title = _("The data is not valid")


class NotFoundError(LibretaError):
    """It is not there, or it is another school's: the two look the same from outside."""

    code = "not_found"
    status = 404
    title = _("Not found")


class ForbiddenError(LibretaError):
    """This role may not do this."""

    code = "forbidden"
    status = 403
    title = _("Your role does not allow this")


class ConflictError(LibretaError):
    """It is not what the write needs it to be: changed at this moment, or there already."""

    code = "conflict"
    status = 409
    title = _("It does not fit what stands now; read it again")


class UnavailableError(LibretaError):
    """A service we stand on does not answer; nothing was half done, and trying again may work."""

    code = "unavailable"
    status = 503
    retryable = True
    title = _("The service is busy, please try again in a moment")
    retry_after_s: int = 2
