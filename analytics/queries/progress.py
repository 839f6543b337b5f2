"""How a school's grades went over its terms and years, and a term beside the same one of years before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, Final

from analytics.domain import small_groups
from analytics.domain.datasets import FIRST_YEAR, Dataset
from analytics.queries import graded
from analytics.queries.questions import Answer, Asker, Lake, grade_months, real, term_of, whole
from analytics.queries.sql import Sql, compose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analytics.domain.datasets import Month
    from analytics.queries.questions import Cells
    from evaluations.domain.school import Term

_SQL: Final = """\
WITH {}
SELECT term_id, course_id, count(*), sum(passing), sum(height) FROM graded GROUP BY term_id, course_id
ORDER BY 1, 2"""


@dataclass(frozen=True, slots=True)
class TermRow:
    """A term: grades given (one for a student in a section), how many pass, their mean from 0 to 1.

    ``ordinal``: which of its school year's terms it is, from 1.
    """

    school_year: int
    term_id: str
    ordinal: int
    course_id: str
    grades: int
    passing: int
    pass_rate: float
    mean: float


@dataclass(frozen=True, slots=True)
class PastRow:
    """A course in a term, beside the term of the same place in an earlier school year. Changes: now less then."""

    course_id: str
    term_id: str
    past_term_id: str
    past_school_year: int
    grades: int
    past_grades: int
    pass_rate: float
    past_pass_rate: float
    pass_rate_change: float
    mean: float
    past_mean: float
    mean_change: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Every term of the school that has begun; of one course, if asked. Without a course ``course_id`` is empty."""

    NAME: ClassVar[str] = "progress"
    NEEDS_PEOPLE: ClassVar[bool] = False
    Row: ClassVar[type[TermRow]] = TermRow

    course_id: str = ""

    def months(self, asker: Asker) -> Mapping[Dataset, tuple[Month, ...]]:
        """See ``Question``."""
        return _months(asker, _begun(asker))

    def statement(self, asker: Asker, lake: Lake) -> Sql:
        """See ``Question``."""
        return compose(_SQL, graded.grades_of(lake.grades, asker.school, _begun(asker)))

    def answer(self, asker: Asker, cells: Sequence[Cells]) -> Answer:
        """See ``Question``. Small groups are left out."""
        every = _by_course(asker, cells)
        if not self.course_id:
            rows = [_whole_term(list(group)) for _, group in groupby(every, key=lambda row: row.term_id)]
            kept = [row for row in rows if row.grades >= small_groups.MINIMUM]
            return Answer(tuple(kept), hidden_groups=len(rows) - len(kept))
        of_course = [row for row in every if row.course_id == self.course_id]
        visible = _visible(every)
        shown = [row for row in of_course if (row.term_id, row.course_id) in visible]
        return Answer(tuple(shown), hidden_groups=len(of_course) - len(shown))


@dataclass(frozen=True, slots=True)
class OwnPast:
    """A term's courses beside the same courses in the term of the same place of each earlier school year."""

    NAME: ClassVar[str] = "own-past"
    NEEDS_PEOPLE: ClassVar[bool] = False
    Row: ClassVar[type[PastRow]] = PastRow

    term_id: str

    def months(self, asker: Asker) -> Mapping[Dataset, tuple[Month, ...]]:
        """See ``Question``."""
        return _months(asker, self._terms(asker))

    def statement(self, asker: Asker, lake: Lake) -> Sql:
        """See ``Question``."""
        return compose(_SQL, graded.grades_of(lake.grades, asker.school, self._terms(asker)))

    def answer(self, asker: Asker, cells: Sequence[Cells]) -> Answer:
        """See ``Question``. A comparison of which one side is small is left out."""
        every = _by_course(asker, cells)
        visible = _visible(every)
        now = {row.course_id: row for row in every if row.term_id == self.term_id}
        pairs = [(now[row.course_id], row) for row in every if row.term_id != self.term_id and row.course_id in now]
        kept = [
            _beside(one, past)
            for one, past in pairs
            if (one.term_id, one.course_id) in visible and (past.term_id, past.course_id) in visible
        ]
        return Answer(tuple(sorted(kept, key=_place)), hidden_groups=len(pairs) - len(kept))

    def _terms(self, asker: Asker) -> list[Term]:
        asked = term_of(asker, self.term_id)
        ordinals = _ordinals(asker)
        return [
            term
            for term in asker.school.terms
            if term.year <= asked.year and ordinals[term.term_id] == ordinals[asked.term_id]
        ]


def _begun(asker: Asker) -> list[Term]:
    begun = [term for term in asker.school.terms if term.starts_on <= asker.today and term.ends_on.year >= FIRST_YEAR]
    return begun or list(asker.school.terms[:1])


def _months(asker: Asker, terms: Sequence[Term]) -> Mapping[Dataset, tuple[Month, ...]]:
    return {Dataset.GRADES: grade_months(asker, terms)}


def _ordinals(asker: Asker) -> dict[str, int]:
    counts: dict[int, int] = defaultdict(int)
    found = {}
    for term in sorted(asker.school.terms, key=lambda one: one.starts_on):
        counts[term.year] += 1
        found[term.term_id] = counts[term.year]
    return found


def _by_course(asker: Asker, cells: Sequence[Cells]) -> list[TermRow]:
    ordinals, terms = _ordinals(asker), {term.term_id: term for term in asker.school.terms}
    rows = [
        _row(terms[term_id], ordinals[term_id], course or "", (whole(grades), whole(passing), real(height) or 0.0))
        for term_id, course, grades, passing, height in cells
        if term_id in terms
    ]
    return sorted(rows, key=lambda row: (terms[row.term_id].starts_on, row.course_id))


def _whole_term(rows: Sequence[TermRow]) -> TermRow:
    first, grades = rows[0], sum(row.grades for row in rows)
    passing = sum(row.passing for row in rows)
    mean = sum(row.mean * row.grades for row in rows) / grades
    rate = round(passing / grades, 6)
    return TermRow(first.school_year, first.term_id, first.ordinal, "", grades, passing, rate, round(mean, 6))


def _visible(rows: Sequence[TermRow]) -> set[tuple[str, str]]:
    """The terms and courses that may be shown beside each term's own row."""
    by_term: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        by_term[row.term_id][row.course_id] = row.grades
    return {(term_id, course) for term_id, people in by_term.items() for course in small_groups.kept(people)}


def _row(term: Term, ordinal: int, course_id: str, counts: tuple[int, int, float]) -> TermRow:
    grades, passing, height = counts
    rate, mean = round(passing / grades, 6), round(height / grades, 6)
    return TermRow(term.year, term.term_id, ordinal, course_id, grades, passing, rate, mean)


def _beside(now: TermRow, past: TermRow) -> PastRow:
    return PastRow(
        course_id=now.course_id,
        term_id=now.term_id,
        past_term_id=past.term_id,
        past_school_year=past.school_year,
        grades=now.grades,
        past_grades=past.grades,
        pass_rate=now.pass_rate,
        past_pass_rate=past.pass_rate,
        pass_rate_change=round(now.pass_rate - past.pass_rate, 6),
        mean=now.mean,
        past_mean=past.mean,
        mean_change=round(now.mean - past.mean, 6),
    )


def _place(row: PastRow) -> tuple[str, int]:
    return row.course_id, row.past_school_year
