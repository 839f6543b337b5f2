"""What the school's terms and years require of what is graded in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from edu.errors import FieldError, InvalidInputError
from evaluations.errors import ClosedTermError
from evaluations.services.school.school_cache import get_term

if TYPE_CHECKING:
    from datetime import date

    from evaluations.domain.school import Section, Term


def require_open_term(term_id: str, on: date | None = None) -> Term:
    """The term, when it takes grades (and contains the day ``on``).

    Raises:
        InvalidInputError: the school has no such term, or the day is outside it.
        ClosedTermError: it is closed.
    """
    term = get_term(term_id, field="term_id")
    if term.closed:
        term = get_term(term_id, afresh=True)  # another process may have opened it again
    if term.closed:
        raise ClosedTermError
    if on is not None:
        require_day_of(term, on)
    return term


def require_day_of(term: Term, day: date) -> None:
    """An evaluation is held on a day of its term.

    Raises:
        InvalidInputError: it is not.
    """
    if not term.contains(day):
        raise InvalidInputError(fields=[FieldError("held_on", "in_term", _("The date is outside the term"))])


def require_year_of(term: Term, section: Section) -> None:
    """A section is evaluated in the terms of its own school year: grades of another would be on no report card.

    Raises:
        InvalidInputError: the term is of another year.
    """
    if not term.may_have(section):
        message = _("The term is of another school year than the section")
        raise InvalidInputError(fields=[FieldError("term_id", "of_section_year", message)])
