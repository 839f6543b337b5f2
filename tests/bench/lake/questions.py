"""The questions that a school asks its lake, and what of the hot table holds the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from analytics import athena, services
from analytics.domain.datasets import Dataset, Month
from analytics.lake import snapshots
from analytics.queries.at_risk import AtRisk
from analytics.queries.attendance import AttendanceAgainstGrades
from analytics.queries.behaviour import BehaviourWeeks
from analytics.queries.grade_distribution import GradeDistribution
from analytics.queries.pass_rates import PassRates
from analytics.queries.progress import OwnPast, Progress
from analytics.queries.questions import Asker, Lake, Person
from tests.bench.lake.schools import AS_OF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analytics.queries.questions import Answer
    from tests.bench.lake.schools import LakeSchool

_MERGED, _LOOSE = Month(AS_OF.year - 1, 10), Month(AS_OF.year, AS_OF.month)


@dataclass(frozen=True, slots=True)
class Asking:
    """A question, and how it is asked in the scope of its school.

    ``months``: of a question about one month, that month; no other's files may be read. ``hot``: which of the hot
    table's records hold the same, the newest month's events or the newest term's scores.
    """

    name: str
    ask: Callable[[], object]
    months: tuple[Month, ...] = ()
    hot: Dataset | None = None


def questions(school: LakeSchool, pseudonyms: Mapping[str, str]) -> list[Asking]:
    """Every question of the query layer: months merged and not, a term that is over, the newest one, all years."""
    asker = asker_of(school, pseudonyms)
    then, now = school.years[-2].plans[1].term.term_id, school.term_on(AS_OF).term_id
    year = AS_OF.year
    merged = BehaviourWeeks(date(_MERGED.year, _MERGED.month, 6), date(_MERGED.year, _MERGED.month, 30))
    loose = BehaviourWeeks(date(_LOOSE.year, _LOOSE.month, 2), AS_OF)
    put: tuple[tuple[str, Any, Dataset | None], ...] = (
        ("behaviour, a school year", BehaviourWeeks(date(year - 1, 3, 3), date(year - 1, 12, 18)), None),
        ("grade distribution, a term then", GradeDistribution(then), None),
        ("grade distribution, a term now", GradeDistribution(now), Dataset.GRADES),
        ("pass rates by section", PassRates(now), Dataset.GRADES),
        ("pass rates by course", PassRates(now, by="course"), Dataset.GRADES),
        ("progress over the years", Progress(), None),
        ("own past", OwnPast(now), None),
        ("attendance against grades", AttendanceAgainstGrades(now), None),
        ("students at risk", AtRisk(now), None),
    )
    return [
        *_counts(),
        Asking("behaviour, a merged month", partial(answered, merged, asker), (_MERGED,)),
        Asking("behaviour, a loose month", partial(answered, loose, asker), (_LOOSE,), Dataset.EVENTS),
        *(Asking(name, partial(answered, one, asker), hot=hot) for name, one, hot in put),
    ]


def asker_of(school: LakeSchool, pseudonyms: Mapping[str, str]) -> Asker:
    """The school as it asks on the lake's last day."""
    places: dict[str, set[str]] = {}
    for enrolment in school.enrolments:
        places.setdefault(enrolment.student_id, set()).add(enrolment.section_id)
    people = {pseudonyms[one]: Person(one, frozenset(sections)) for one, sections in places.items()}
    return Asker(school.school, AS_OF, people)


def answered(question: Any, asker: Asker) -> Answer:
    """The answer by Athena, of the snapshot of this moment."""
    months = question.months(asker).items()
    lake = Lake(**{dataset.value: snapshots.take(dataset, found) for dataset, found in months})
    sql = question.statement(asker, lake)
    answer: Answer = question.answer(asker, athena.run_query(sql.text, sql.parameters))
    return answer


def _counts() -> list[Asking]:
    return [
        Asking(f"count of events, a {form} month", partial(services.count_events, year=at.year, month=at.month), (at,))
        for form, at in (("merged", _MERGED), ("loose", _LOOSE))
    ]
