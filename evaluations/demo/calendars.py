"""School calendars: typical weeks, not one year's decree, laid onto the school year that contains a given day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from evaluations.domain.school import Term

_ORDINALS = ("Primer", "Segundo", "Tercer", "Cuarto")
_ONE_DAY = timedelta(days=1)
_MONDAY, _FRIDAY = 0, 4


@dataclass(frozen=True, slots=True)
class Calendar:
    """A country's school year: ``prefix`` as in ``2026-q4``, its word for a term, the terms as (month, day) pairs."""

    prefix: str
    word: str
    spans: tuple[tuple[tuple[int, int], tuple[int, int]], ...]


@dataclass(frozen=True, slots=True)
class TermPlan:
    """A term and the last day with classes in it, which is earlier where the term covers a holiday."""

    term: Term
    classes_end_on: date


SOUTHERN_TRIMESTERS = Calendar("t", "trimestre", (((3, 2), (5, 29)), ((6, 1), (9, 11)), ((9, 14), (12, 18))))
CHILE = Calendar("t", "trimestre", (((3, 4), (5, 29)), ((6, 1), (9, 11)), ((9, 21), (12, 11))))
PERU = Calendar("q", "bimestre", (((3, 16), (5, 15)), ((5, 25), (7, 24)), ((8, 10), (10, 9)), ((10, 19), (12, 18))))
COLOMBIA_A = Calendar("q", "periodo", (((1, 26), (4, 3)), ((4, 6), (6, 12)), ((7, 6), (9, 11)), ((9, 14), (11, 27))))
ECUADOR_SIERRA = Calendar("t", "trimestre", (((9, 1), (12, 4)), ((12, 7), (3, 12)), ((3, 15), (6, 26))))
ECUADOR_COSTA = Calendar("t", "trimestre", (((5, 4), (7, 31)), ((8, 3), (11, 6)), ((11, 9), (2, 19))))
MEXICO = Calendar("t", "periodo", (((8, 28), (11, 27)), ((11, 30), (3, 19)), ((3, 22), (7, 15))))


def plan_terms(calendar: Calendar, today: date) -> tuple[int, tuple[TermPlan, ...]]:
    """Return the school year ``today`` belongs to (the year it starts in) and its terms.

    Exactly one term contains ``today``: in the holidays the term before them stays open until the next one starts, as
    where marks are still handed in. Terms before it are closed; later ones are open but have not begun.
    """
    year = today.year if _spans(calendar, today.year)[0][0] <= today else today.year - 1
    spans = _spans(calendar, year)
    current = max(index for index, (starts_on, _) in enumerate(spans) if starts_on <= today)
    plans = [_plan(calendar, year, index, span, closed=index < current) for index, span in enumerate(spans)]
    if plans[current].term.ends_on < today:
        following = spans[current + 1] if current + 1 < len(spans) else _spans(calendar, year + 1)[0]
        plans[current] = _until(plans[current], following[0] - _ONE_DAY)
    return year, tuple(plans)


def _plan(calendar: Calendar, year: int, index: int, span: tuple[date, date], *, closed: bool) -> TermPlan:
    starts_on, ends_on = span
    term = Term(
        term_id=f"{year}-{calendar.prefix}{index + 1}",
        name=f"{_ORDINALS[index]} {calendar.word} {_year_name(calendar, year)}",
        starts_on=starts_on,
        ends_on=ends_on,
        closed=closed,
        school_year=year,
    )
    return TermPlan(term, ends_on)


def _until(plan: TermPlan, ends_on: date) -> TermPlan:
    return replace(plan, term=replace(plan.term, ends_on=ends_on))


def _year_name(calendar: Calendar, year: int) -> str:
    spans = _spans(calendar, year)
    return str(year) if spans[-1][1].year == year else f"{year}-{year + 1}"


def _spans(calendar: Calendar, year: int) -> Sequence[tuple[date, date]]:
    """Lay the calendar onto ``year``: from the Monday on or after each start to the Friday on or before each end."""
    first = calendar.spans[0][0]
    spans = []
    for start, end in calendar.spans:
        start_day, end_day = (date(year + (pair < first), *pair) for pair in (start, end))
        spans.append(
            (
                start_day + timedelta(days=(_MONDAY - start_day.weekday()) % 7),
                end_day - timedelta(days=(end_day.weekday() - _FRIDAY) % 7),
            )
        )
    return spans
