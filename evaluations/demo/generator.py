"""The demo data's entry point: schools one after the other, each complete in itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from types import MappingProxyType

from evaluations.demo.calendars import plan_terms
from evaluations.demo.catalogue import ADMINISTRATORS_GRADE, CATALOGUE, CatalogueSchool
from evaluations.demo.gradebook import entered_twice, plan_evaluations
from evaluations.demo.model import DemoSchool
from evaluations.demo.national_ids import SERIALS
from evaluations.demo.randomness import stream
from evaluations.demo.roster import build_roster
from evaluations.demo.staffing import plan_assignments
from evaluations.domain.school import School

MAX_SCHOOLS = len(CATALOGUE)
MAX_STUDENTS = SERIALS
_SMALLEST_WEIGHT, _WEIGHT_RANGE = 0.7, 0.6


@dataclass(frozen=True, slots=True)
class DemoSize:
    """How much to generate; arguments for ``generate``."""

    schools: int
    students: int
    closed_terms: bool


SIZES: Mapping[str, DemoSize] = MappingProxyType(
    {
        "small": DemoSize(schools=1, students=60, closed_terms=False),
        "medium": DemoSize(schools=5, students=500, closed_terms=False),
        "full": DemoSize(schools=MAX_SCHOOLS, students=MAX_STUDENTS, closed_terms=True),
    }
)


def generate(
    seed: int, schools: int, students: int, *, today: date, closed_terms: bool = False
) -> Iterator[DemoSchool]:
    """Return ``schools`` demo schools with ``students`` students between them, made one at a time.

    Equal arguments give equal schools, byte for byte. ``today`` falls into exactly one term of each school, which is
    open; that term has evaluations and scores up to the day before, and so do the year's closed ones with
    ``closed_terms``.

    Raises:
        ValueError: at once, for more than ``MAX_SCHOOLS`` or ``MAX_STUDENTS``, or fewer students than schools.
    """
    if not 1 <= schools <= MAX_SCHOOLS:
        raise ValueError(f"schools: not between 1 and {MAX_SCHOOLS}")
    if not schools <= students <= MAX_STUDENTS:
        raise ValueError(f"students: not between the number of schools and {MAX_STUDENTS}")
    return _generate(seed, CATALOGUE[:schools], students, today, closed_terms=closed_terms)


def _generate(
    seed: int, entries: tuple[CatalogueSchool, ...], students: int, today: date, *, closed_terms: bool
) -> Iterator[DemoSchool]:
    first_serial = 0
    for entry, size in zip(entries, _share_out(seed, len(entries), students), strict=True):
        yield _build(seed, entry, size, first_serial, today, closed_terms=closed_terms)
        first_serial += size


def _build(
    seed: int, entry: CatalogueSchool, students: int, first_serial: int, today: date, *, closed_terms: bool
) -> DemoSchool:
    school_year, terms = plan_terms(entry.profile.calendar, today)
    school = School(
        school_id=entry.school_id,
        name=entry.name,
        country=entry.profile.country,
        time_zone=entry.time_zone,
        locale=entry.profile.locale,
        scale=entry.profile.scale,
        terms=tuple(plan.term for plan in terms),
        policy=entry.profile.policy,
        administrators_grade=entry.school_id in ADMINISTRATORS_GRADE or None,
    )
    roster = build_roster(seed, entry, school_year, students, first_serial)
    graded = [plan for plan in terms if plan.term.contains(today) or (closed_terms and plan.term.closed)]
    evaluations = list(plan_evaluations(seed, school, roster.sections, graded, today))
    open_term = next(plan.term.term_id for plan in terms if plan.term.contains(today))
    mistaken = entered_twice(roster.sections, open_term, evaluations)
    return DemoSchool(
        seed=seed,
        school=school,
        teachers=roster.teachers,
        students=roster.students,
        courses=roster.courses,
        sections=roster.sections,
        enrolments=roster.enrolments,
        assignments=plan_assignments(roster.sections, roster.teachers, today),
        evaluations=(*evaluations, mistaken),
        mistaken=mistaken.evaluation_id,
    )


def _share_out(seed: int, schools: int, students: int) -> list[int]:
    """Split the students over schools of different sizes, at least one each, all of them placed."""
    rng = stream(seed, "sizes")
    weights = [_SMALLEST_WEIGHT + _WEIGHT_RANGE * rng.random() for _ in range(schools)]
    spare, total = students - schools, sum(weights)
    bounds, reached = [0], 0.0
    for weight in weights:
        reached += weight
        bounds.append(round(spare * reached / total))
    bounds[-1] = spare
    return [1 + after - before for before, after in pairwise(bounds)]
