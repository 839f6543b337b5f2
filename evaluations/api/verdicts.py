"""What a card may say of its grades: whether they pass only once nothing is missing, and what to sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluations.domain.consolidation import Grade
    from evaluations.services.reports.report_cards import ReportCard


def is_provisional(card: ReportCard) -> bool:
    """Whether the card will or may still change: something is to be graded, or to be computed again, or left out.

    A teacher's card, which has the teacher's own courses only, is one in any case; so is a card without courses.
    """
    complete = bool(card.lines) and all(grade is not None and grade.complete for grade in _grades(card))
    return card.partial or card.stale or not complete


def has_incomplete(card: ReportCard) -> bool:
    """Whether a grade on the card is of only a part of what it is made of."""
    return any(grade is not None and not grade.complete for grade in _grades(card))


def leaves_out_lowest(card: ReportCard) -> bool:
    """Whether a grade on the card is without the lowest results of a kind, by the school's policy."""
    return any(grade is not None and grade.dropped for grade in _grades(card))


def has_extra_credit(card: ReportCard) -> bool:
    """Whether extra credit is in a grade on the card."""
    return any(grade is not None and grade.extra for grade in _grades(card))


def passing(grade: Grade | None, *, yes: str, no: str, unknown: str) -> str:
    """Whether the grade passes, in the caller's words; that it is in progress while it is not complete.

    ``unknown``: there is no grade, or every evaluation was left out.
    """
    if grade is None:
        return unknown
    if not grade.complete:
        return _("In progress")
    if grade.verdict is None:
        return unknown
    return yes if grade.verdict else no


def _grades(card: ReportCard) -> Iterator[Grade | None]:
    """Every grade on the card; ``None`` for a course's that is not there yet."""
    for line in card.lines:
        yield from (found.grade for found in line.grades)
    yield from (year for year in (*(line.year for line in card.lines), card.year) if year)
    yield from card.averages
