"""What answers to the list of held grades say; as ``govsync.client.batch_answers``.

A page has at most 500 grades of at most 264 characters each: it fits an item of the table by its form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu.values import MAX_DIGITS, is_id
from evaluations.domain.scales import MAX_VALUE_CHARS
from govsync.client.bodies import ContractBrokenError, NotThisFormError, code_of, decode, is_code, require_printable
from govsync.client.retry_after import retry_after_s
from govsync.domain.answers import HeldPage, NotTaken
from govsync.domain.grades import SubmittedGrade

if TYPE_CHECKING:
    from govsync.client.questions import PageQuestion
    from govsync.client.transport import Response


@dataclass(frozen=True)
class _Page:
    school_id: str
    term_id: str
    cursor: str | None
    grades: list[SubmittedGrade]
    next_cursor: str | None = None


@dataclass(frozen=True)
class _Busy:
    error: str
    received: bool


def read_page(response: Response, question: PageQuestion) -> HeldPage:
    """A page of this school's and term's grades after this cursor."""
    page = decode(response.body, _Page)
    if (page.school_id, page.term_id, page.cursor) != (question.school_id, question.term_id, question.cursor):
        raise ContractBrokenError("answers_another_question")
    if len(page.grades) > question.limit:
        raise ContractBrokenError("oversized_page")
    if not all(_is_well_formed(grade) for grade in page.grades):
        raise ContractBrokenError("malformed_grade")
    is_last = not page.next_cursor
    next_cursor = None if is_last else require_printable(str(page.next_cursor), "malformed_cursor")
    return HeldPage(tuple(page.grades), next_cursor)


def read_busy_list(response: Response, _question: PageQuestion) -> NotTaken:
    """The question was not looked at."""
    answer = decode(response.body, _Busy)
    if answer.received:
        raise NotThisFormError
    return NotTaken(code_of(answer.error), retry_after_s(response.headers))


def _is_well_formed(grade: SubmittedGrade) -> bool:
    """Whether it can be kept and compared; whether it is ours is for the comparison to say."""
    ids = all(map(is_id, (grade.evaluation_id, grade.student_id, grade.course_id)))
    value = grade.value is None or (0 < len(grade.value) <= MAX_VALUE_CHARS and grade.value.isprintable())
    return ids and 0 < grade.version < 10**MAX_DIGITS and is_code(grade.state) and value
