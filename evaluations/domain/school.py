"""A school and its people: terms, courses, sections, teachers, students, enrolments.

Names, birth dates and national ids stay out of ``repr``, so that an object in a log line gives nobody away.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

from edu.values import is_school_id
from evaluations.domain.checks import check_id, check_text
from evaluations.domain.grading_policy import GradingPolicy
from evaluations.domain.points import best_points, worst_points
from evaluations.domain.scales import GradingScale
from evaluations.domain.teaching import Capacity, TeachingAssignment, check_assignments

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_LOCALE = re.compile(r"[a-z]{2}(?:-[A-Z]{2})?", re.ASCII)
_NATIONAL_ID = re.compile(r"[0-9A-Z.-]{4,20}", re.ASCII)
_GRADE_LEVELS = range(1, 14)
_PERCENT = range(101)
SCHOOL_YEARS = range(2000, 2101)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A stretch of a school year, both days included; a closed one takes no more grades without a reason.

    ``school_year`` is the calendar year in which that year starts, as ``Section.school_year``; ``year`` answers always.
    ``scale`` and ``policy`` are the term's own where they are not the school's (``School.scale_in`` and ``policy_in``
    answer always).
    """

    term_id: str
    name: str
    starts_on: date
    ends_on: date
    closed: bool
    school_year: int | None = None
    scale: GradingScale | None = None
    policy: GradingPolicy | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a bad id, name or year, or a term that ends before it starts."""
        check_id("term_id", self.term_id)
        check_text("name", self.name)
        if self.ends_on < self.starts_on:
            raise ValueError("ends_on: before starts_on")
        if self.school_year is not None:
            _check_school_year(self.school_year)

    @property
    def year(self) -> int:
        """The school year it belongs to: where none is said (terms stored without), the one it starts in."""
        return self.starts_on.year if self.school_year is None else self.school_year

    def may_have(self, section: "Section") -> bool:
        """Whether the section's school year is the term's. A term that does not say its year may have any section."""
        return self.school_year in {None, section.school_year}

    def contains(self, day: date) -> bool:
        """Whether ``day`` (in the school's time zone) lies in this term, closed or not."""
        return self.starts_on <= day <= self.ends_on


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """One tenant: where it is (country as ISO 3166 alpha-2, IANA time zone), how it grades, its terms in order.

    ``import_hold_percent``: how much of its roster an import may change or end before a person has to approve it;
    ``None`` is 10. ``policy``: how it makes one grade of many scores; ``None`` is the plain weighted mean.
    ``administrators_grade``: whether an administrator may write scores in an open term, for a teacher who is absent;
    ``None`` is no.
    """

    school_id: str
    name: str
    country: str
    time_zone: str
    locale: str
    scale: GradingScale
    terms: tuple[Term, ...]
    import_hold_percent: int | None = None
    policy: GradingPolicy | None = None
    administrators_grade: bool | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for bad codes or numbers, an unknown time zone, or terms that repeat or are out of order.

        And for extra credit that may add more than the scale has between its worst and its best grade.
        """
        if not is_school_id(self.school_id):
            raise ValueError("school_id: not 2 to 31 characters a-z, 0-9, - that start with a letter or digit")
        check_text("name", self.name)
        if not _COUNTRY.fullmatch(self.country) or not _LOCALE.fullmatch(self.locale):
            raise ValueError("country or locale: not like CL and es-CL")
        _check_time_zone(self.time_zone)
        if self.import_hold_percent is not None and self.import_hold_percent not in _PERCENT:
            raise ValueError("import_hold_percent: not between 0 and 100")
        if len({term.term_id for term in self.terms}) != len(self.terms):
            raise ValueError("terms: an id repeats")
        self._check_extra_credit()
        if any(later.starts_on <= earlier.ends_on for earlier, later in pairwise(self.terms)):
            raise ValueError("terms: overlapping or out of order")

    @property
    def lets_administrators_grade(self) -> bool:
        """Whether an administrator may write scores in an open term, for a teacher who is absent."""
        return bool(self.administrators_grade)

    def scale_in(self, term_id: str) -> GradingScale:
        """The scale that the term's grades are on: its own, or the school's."""
        own = next((term.scale for term in self.terms if term.term_id == term_id), None)
        return own or self.scale

    def policy_in(self, term_id: str) -> GradingPolicy | None:
        """How the term's scores become one grade: its own policy, or the school's; ``None`` for the plain mean."""
        own = next((term.policy for term in self.terms if term.term_id == term_id), None)
        found = own or self.policy
        return None if found is None or found.says_nothing else found

    def _check_extra_credit(self) -> None:
        """A bound that was meant as a percentage is noticed here."""
        pairs = [(self.scale, self.policy), *((t.scale or self.scale, t.policy or self.policy) for t in self.terms)]
        for scale, policy in pairs:
            bound = policy.extra_credit_bound if policy else None
            if bound is not None and bound > best_points(scale) - worst_points(scale):
                raise ValueError("extra_credit_bound: more points than the scale has")

    def terms_of(self, school_year: int | None) -> tuple[Term, ...]:
        """The terms of a school year, in order; none for a year that this school does not know."""
        return tuple(term for term in self.terms if term.year == school_year)

    def year_on(self, day: date) -> int | None:
        """The latest school year that has begun by ``day`` (in the school's time zone); before all of them the first.

        ``None`` for a school without terms.
        """
        begun = [term.year for term in self.terms if term.starts_on <= day]
        return max(begun) if begun else min((term.year for term in self.terms), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is taught at one grade level (1 is the first year of primary school), or at several or none: ``None``."""

    course_id: str
    name: str
    grade_level: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a bad id, name or grade level."""
        check_id("course_id", self.course_id)
        check_text("name", self.name)
        _check_grade_level(self.grade_level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A course as one group has it through one school year (the calendar year in which that year starts).

    ``teacher_id`` is whose it is; ``others`` teach it too, now, before or later. ``teachers_version`` says how often
    people changed the others (``None``: never).
    """

    section_id: str
    course_id: str
    school_year: int
    name: str
    teacher_id: str
    others: tuple[TeachingAssignment, ...] | None = None
    teachers_version: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a bad id, name or year, and as ``check_assignments`` does."""
        check_id("section_id", self.section_id)
        check_id("course_id", self.course_id)
        check_id("teacher_id", self.teacher_id)
        check_text("name", self.name)
        _check_school_year(self.school_year)
        if self.others is not None:
            check_assignments(self.others)

    @property
    def version_of_others(self) -> int:
        """Which version of its other teachers this is; where nobody changed them it is 1."""
        return 1 + (self.teachers_version or 0)

    @property
    def assignments(self) -> tuple[TeachingAssignment, ...]:
        """Everybody beside its teacher, past and future ones among them."""
        return self.others or ()

    def capacity_of(self, person_id: str, day: date) -> Capacity | None:
        """As what a person teaches it on a day of the school; ``None`` when they do not."""
        if person_id == self.teacher_id:
            return Capacity.TEACHER
        covering = (one for one in self.assignments if one.teacher_id == person_id and one.covers(day))
        return next((one.capacity for one in covering), None)

    def has_been_taught_by(self, person_id: str) -> bool:
        """Whether it is the person's, or was or will be shared with them for some days."""
        return person_id == self.teacher_id or any(one.teacher_id == person_id for one in self.assignments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    """Somebody who teaches; ``teacher_id`` is the ``person_id`` of that person's identity."""

    teacher_id: str
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)

    def __post_init__(self) -> None:
        """Raise ValueError for a bad id or name."""
        check_id("teacher_id", self.teacher_id)
        check_text("given_name", self.given_name)
        check_text("family_name", self.family_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A pupil; ``student_id`` is opaque, ``national_id`` is written as the country writes it.

    What the school's own system does not say is ``None``; a pupil of no school year of ours (kindergarten) has no grade
    level.
    """

    student_id: str
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    national_id: str | None = field(default=None, repr=False)
    birth_on: date | None = field(default=None, repr=False)
    grade_level: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a bad id, name, national id or grade level."""
        check_id("student_id", self.student_id)
        check_text("given_name", self.given_name)
        check_text("family_name", self.family_name)
        if self.national_id is not None and not _NATIONAL_ID.fullmatch(self.national_id):
            raise ValueError("national_id: not 4 to 20 characters 0-9, A-Z, ., -")
        _check_grade_level(self.grade_level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A student's place in a section, from a day on and until one, both included.

    ``None``: nobody said since when, or it goes on. Where it goes on, ``ends_on`` is the day on which it is planned to
    end.
    """

    section_id: str
    student_id: str
    starts_on: date | None = None
    ends_on: date | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a bad id, or an end before the beginning."""
        check_id("section_id", self.section_id)
        check_id("student_id", self.student_id)
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError("ends_on: before starts_on")


def _check_school_year(value: int) -> None:
    if value not in SCHOOL_YEARS:
        raise ValueError(f"school_year: not between {SCHOOL_YEARS.start} and {SCHOOL_YEARS.stop - 1}")


def _check_grade_level(value: int | None) -> None:
    if value is not None and value not in _GRADE_LEVELS:
        raise ValueError(f"grade_level: not between {_GRADE_LEVELS.start} and {_GRADE_LEVELS.stop - 1}")


def _check_time_zone(value: str) -> None:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:  # unknown; not a relative name; a folder of the database
        raise ValueError("time_zone: not an IANA time zone") from error
