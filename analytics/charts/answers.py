"""The chart of an answer: of each question what a person wants to see first. The table beside it has everything.

Names of sections, courses, terms and kinds are given by who shows the chart; a thing without one is called by its id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from analytics.charts.model import BARS, LINES, MOST_SERIES, Chart, Point, Series

if TYPE_CHECKING:
    from analytics.queries.attendance import BandRow
    from analytics.queries.behaviour import WeekRow
    from analytics.queries.grade_distribution import GradeRow
    from analytics.queries.pass_rates import PassRow
    from analytics.queries.progress import PastRow, TermRow

Names = Callable[[str, str], str]
Written = Callable[[float], str]
_MOST_CATEGORIES: Final = 40


def chart_of(question: str, rows: Sequence[Any], *, title: str, name: Names, written: Written) -> Chart | None:
    """The answer's chart; none of a question that is a list, or of an answer without rows.

    Args:
        question: its name.
        rows: the answer's.
        title: what stands above it.
        name: what the thing of an id is called, by the column that the id stands in.
        written: a number as the school writes it.
    """
    make = _MAKERS.get(question)
    if make is None or not rows:
        return None
    form, categories, found = make(rows, name)
    shown = categories[:_MOST_CATEGORIES]
    series = tuple(
        Series(
            called,
            tuple(Point(values.get(one), written(values[one]) if one in values else "-") for one in shown),
        )
        for called, values in list(found.items())[:MOST_SERIES]
    )
    described = _("A chart; the table below it has the same numbers.")
    return Chart(form=form, title=title, description=described, categories=tuple(shown), series=series)


_Made = tuple[Any, list[str], Mapping[str, Mapping[str, float]]]


def _grades(rows: Sequence[GradeRow], name: Names) -> _Made:
    """Scores by grade of up to six sections; of more, each section's mean."""
    sections = list(dict.fromkeys(row.section_id for row in rows))
    if len(sections) > MOST_SERIES:
        means = {name(row.section_id, "section_id"): row.section_mean for row in rows}
        return BARS, list(means), {_("Mean of the section (0 to 1)"): means}
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        found[name(row.section_id, "section_id")][row.value] = row.scores
    return BARS, list(dict.fromkeys(row.value for row in rows)), found


def _passing(rows: Sequence[PassRow], name: Names) -> _Made:
    rates = {
        name(row.section_id, "section_id") if row.section_id else name(row.course_id, "course_id"): row.pass_rate
        for row in rows
    }
    return BARS, list(rates), {_("Pass rate"): rates}


def _progress(rows: Sequence[TermRow], name: Names) -> _Made:
    """Means by term: of each course, if there are few, or of the six with the most grades."""
    given: dict[str, int] = defaultdict(int)
    for row in rows:
        given[row.course_id] += row.grades
    courses = sorted(given, key=lambda course: (-given[course], course))[:MOST_SERIES]
    called = {course: name(course, "course_id") if course else _("All courses") for course in courses}
    found: dict[str, dict[str, float]] = {one: {} for one in called.values()}
    for row in rows:
        if row.course_id in called:
            found[called[row.course_id]][name(row.term_id, "term_id")] = row.mean
    ordered = sorted({(row.school_year, row.ordinal, row.term_id) for row in rows})
    return LINES, [name(term_id, "term_id") for *_place, term_id in ordered], found


def _past(rows: Sequence[PastRow], name: Names) -> _Made:
    latest = max(row.past_school_year for row in rows)
    of_latest = [row for row in rows if row.past_school_year == latest]
    now = {name(row.course_id, "course_id"): row.pass_rate for row in of_latest}
    past = {name(row.course_id, "course_id"): row.past_pass_rate for row in of_latest}
    return BARS, list(now), {str(latest): past, _("This term"): now}


def _weeks(rows: Sequence[WeekRow], name: Names) -> _Made:
    totals: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows:
        totals[row.kind][row.week] += row.events
    most = sorted(totals, key=lambda kind: (-sum(totals[kind].values()), kind))[:MOST_SERIES]
    return LINES, sorted({row.week for row in rows}), {name(kind, "kind"): totals[kind] for kind in most}


def _bands(rows: Sequence[BandRow], _name: Names) -> _Made:
    means = {row.absences: row.mean for row in rows if row.correlation is None}
    return BARS, list(means), {_("Mean (0 to 1)"): means}


_MAKERS: Final[Mapping[str, Callable[[Any, Names], _Made]]] = {
    "grade-distribution": _grades,
    "pass-rates": _passing,
    "progress": _progress,
    "own-past": _past,
    "behaviour-weeks": _weeks,
    "attendance-against-grades": _bands,
}
