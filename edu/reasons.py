"""Why an operator does what a command offers: one line, kept in audit trails and the log."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from edu.errors import FieldError, InvalidInputError
from edu.texts import UnreadableError, one_line

MAX_REASON_CHARS = 280


def checked_reason(reason: str) -> str:
    """The reason, as it is kept.

    Raises:
        InvalidInputError: it is empty, too long or no line.
    """
    try:
        said = one_line(reason)
    except UnreadableError:
        said = ""
    if not said or len(said) > MAX_REASON_CHARS:
        raise InvalidInputError(fields=[FieldError("reason", "required", _("Say why, in one line"))])
    return said
