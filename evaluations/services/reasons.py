"""Why a grade was changed, where that must be said."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from edu.errors import FieldError, InvalidInputError
from evaluations.domain.checks import check_reason
from evaluations.services import rules


def checked(reason: str) -> str:
    """The reason, when it is a short line; it may be empty.

    Raises:
        InvalidInputError: it is not.
    """
    with rules.domain_rules():
        check_reason(reason)
    return reason


def missing() -> InvalidInputError:
    """The error of a change that has to say why."""
    return InvalidInputError(fields=[FieldError("reason", "required", _("This change needs a reason"))])
