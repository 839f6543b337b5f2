"""What a card may say of its grades: whether they pass only once nothing is missing, and what to sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluations.domain.consolidation import Grade
    from evaluations.services.report_cards import CardLine, ReportCard


def is_provisional(card: ReportCard) -> bool:
    """Whether the card will or may still change: something is to be graded, or to be computed again, or left out.

    A teacher's card, which has the teacher's own courses only, is one in any case; so is a card without courses.
    """
    shown = [grade for line in card.lines for grade in _grades(line)]
    shown += [*card.averages, *([card.year] if card.year else [])]
    complete = bool(card.lines) and all(grade is not None and grade.complete for grade in shown)
    return card.partial or card.stale or not complete


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


def _grades(line: CardLine) -> Iterator[Grade | None]:
    yield from (found.grade for found in line.grades)
    if line.year:
        yield line.year
