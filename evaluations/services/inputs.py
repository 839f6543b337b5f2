"""What a person may send, and the words for whoever sent something else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from edu.errors import FieldError, InvalidInputError
from evaluations.domain.checks import check_comment, check_reason

if TYPE_CHECKING:
    from collections.abc import Iterator

TITLE = _("Send one line of 1 to 120 characters, none of them control characters")
REASON = _("Send one line of at most 200 characters, none of them control characters")
WEIGHT = _("It must be a number between 0.01 and 100, with at most 2 decimals")
COMMENT = _("Send one line of at most 500 characters, none of them control characters")
_BY_FIELD = {"title": TITLE, "reason": REASON, "weight": WEIGHT, "comment": COMMENT}


@contextmanager
def domain_rules() -> Iterator[None]:
    """Turn what the domain's classes refuse inside the block into an error that names the field.

    Raises:
        InvalidInputError: for the domain's ``ValueError("<field>: <reason>")``.
    """
    try:
        yield
    except ValueError as error:
        field = str(error).partition(":")[0]
        message = _BY_FIELD.get(field, _("This value is not valid"))
        raise InvalidInputError(fields=[FieldError(field, "invalid", message)]) from error


def checked_reason(reason: str) -> str:
    """The reason of a change, when it is a short line; it may be empty.

    Raises:
        InvalidInputError: it is not.
    """
    with domain_rules():
        check_reason(reason)
    return reason


def checked_comment(comment: str | None) -> str | None:
    """The comment on a score, when it is a line; ``None`` when it is empty.

    Raises:
        InvalidInputError: it is no such line.
    """
    if comment:
        with domain_rules():
            check_comment(comment)
    return comment or None


def missing_reason() -> InvalidInputError:
    """The error of a change that has to say why."""
    return InvalidInputError(fields=[FieldError("reason", "required", _("This change needs a reason"))])
