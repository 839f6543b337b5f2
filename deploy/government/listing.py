"""The list of held grades, page by page: as it is, or as it should not be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deploy.government.replies import Question
    from deploy.government.store import Store

MAX_PAGE = 500
RIGHT, EMPTY, ABSENT, CYCLE, ENDLESS = "right", "empty", "absent", "cycle", "endless"
_CURSORS = frozenset({RIGHT, EMPTY, ABSENT, CYCLE, ENDLESS})
_LIMIT = re.compile(r"[0-9]{1,3}", re.ASCII)
_CURSOR = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?", re.ASCII)


@dataclass(frozen=True)
class Listing:
    """What the list does otherwise.

    ``hide``: students whose grades are not listed. ``differ``: student id -> fields listed otherwise. ``also``: student
    id -> fields of a second entry beside each right one (``{}``: the same twice). ``extra``: grades nobody sent, last.
    ``overlap``: each page begins with so many grades of the one before. ``page_grades``: so many a page, whatever
    is asked for. ``cursors``: the last page's cursor is ``null`` (``right``), ``""`` (``empty``), left out
    (``absent``), the beginning (``cycle``), or leads to a further page for ever, which is empty (``endless``).
    """

    hide: Sequence[str] = ()
    differ: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    also: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    extra: Sequence[Mapping[str, Any]] = ()
    overlap: int = 0
    page_grades: int | None = None
    cursors: str = RIGHT

    def __post_init__(self) -> None:
        if self.cursors not in _CURSORS:
            raise ValueError("malformed listing")


def list_page(store: Store, question: Question, listing: Listing) -> dict[str, Any] | None:
    """The page asked for, or ``None`` when cursor or limit are malformed."""
    cursor = _CURSOR.fullmatch(question.cursor or "0")
    if cursor is None or not _LIMIT.fullmatch(question.limit) or not 0 < int(question.limit) <= MAX_PAGE:
        return None
    size = listing.page_grades or int(question.limit)
    after, round_number = int(cursor[1]), int(cursor[2] or 0)
    again = listing.overlap if after else 0
    grades, last = store.list_grades(question.term_id, question.school_id, after=after, limit=size, again=again)
    listed = [entry for grade in grades for entry in _entries(grade, listing)]
    if last:
        return {"grades": listed, "next_cursor": str(last)}
    final = [] if round_number else [*listed, *listing.extra]  # pages after the end have nothing
    return {"grades": final, **_end(after, round_number, listing.cursors)}


def _entries(grade: dict[str, Any], listing: Listing) -> list[dict[str, Any]]:
    student_id = grade["student_id"]
    if student_id in listing.hide:
        return []
    entry = {**grade, **listing.differ.get(student_id, {})}
    return [entry, {**entry, **listing.also[student_id]}] if student_id in listing.also else [entry]


def _end(after: int, round_number: int, cursors: str) -> dict[str, Any]:
    ends = {RIGHT: None, EMPTY: "", CYCLE: "0", ENDLESS: f"{after}-{round_number + 1}"}
    return {"next_cursor": ends[cursors]} if cursors in ends else {}
