"""Who does worse, from when on, and in what: the truth that no row of the lake says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from evaluations.demo.randomness import normal, stream

if TYPE_CHECKING:
    from random import Random

    from tests.bench.lake.schools import LakeSchool, SchoolYear

_RAMP_DAYS = 21
_ILL_LASTS = timedelta(days=21)
_ABSENT_MORE, _LATE_MORE, _ABILITY_LESS = 0.26, 0.15, 1.5
_USUAL_ABSENT = 0.045


class TroubleKind(StrEnum):
    """What goes wrong: only the first is what a rule for students at risk should find."""

    AT_RISK = "at_risk"
    ILL = "ill"
    GRADES_ONLY = "grades_only"


_SHARES = ((TroubleKind.AT_RISK, 0.07), (TroubleKind.ILL, 0.03), (TroubleKind.GRADES_ONLY, 0.04))


@dataclass(frozen=True, slots=True)
class Trouble:
    """A student's trouble in one school year: it grows for three weeks from ``begins_on``, and stays to ``ends_on``."""

    student_id: str
    school_year: int
    kind: TroubleKind
    begins_on: date
    ends_on: date

    def weight_on(self, day: date) -> float:
        """How much of it there is on a day, from 0 to 1."""
        if not self.begins_on <= day <= self.ends_on:
            return 0.0
        return min(1.0, (day - self.begins_on).days / _RAMP_DAYS)


@dataclass(frozen=True, slots=True)
class HiddenStudent:
    """What a student is like, beside their troubles by school year."""

    student_id: str
    ability: float
    absent_share: float
    late_share: float
    troubles: dict[int, Trouble]

    def absence_on(self, day: date, year: int) -> float:
        """How likely they are not to come."""
        trouble = self.troubles.get(year)
        if trouble is None or trouble.kind is TroubleKind.GRADES_ONLY:
            return self.absent_share
        more = 3 * _ABSENT_MORE if trouble.kind is TroubleKind.ILL else _ABSENT_MORE
        return self.absent_share + more * trouble.weight_on(day)

    def lateness_on(self, day: date, year: int) -> float:
        """How likely they are to come late."""
        trouble = self.troubles.get(year)
        more = _LATE_MORE * trouble.weight_on(day) if trouble and trouble.kind is TroubleKind.AT_RISK else 0.0
        return self.late_share + more

    def ability_on(self, day: date, year: int) -> float:
        """How well they do, as a bell-shaped number."""
        trouble = self.troubles.get(year)
        if trouble is None or trouble.kind is TroubleKind.ILL:
            return self.ability
        return self.ability - _ABILITY_LESS * trouble.weight_on(day)


def students_of(school: LakeSchool) -> dict[str, HiddenStudent]:
    """Everybody, with what nobody knows about them."""
    return {
        student.student_id: _student(school, student.student_id, stream(school.seed, student.student_id, "lake"))
        for student in school.students
    }


def _student(school: LakeSchool, student_id: str, rng: Random) -> HiddenStudent:
    ability = normal(rng)
    absent_share = _USUAL_ABSENT * (0.3 + 1.4 * rng.random())
    late_share = 0.01 + 0.08 * rng.random() * rng.random()
    found = (_trouble(year, student_id, rng) for year in school.years)
    return HiddenStudent(student_id, ability, absent_share, late_share, {one.school_year: one for one in found if one})


def _trouble(year: SchoolYear, student_id: str, rng: Random) -> Trouble | None:
    draw, when = rng.random(), rng.random()
    first, last = year.plans[0].term.starts_on, year.plans[-1].classes_end_on
    for kind, share in _SHARES:
        if draw < share:
            begins_on = first + (last - first) * (0.2 + 0.6 * when)
            ends_on = min(last, begins_on + _ILL_LASTS) if kind is TroubleKind.ILL else last
            return Trouble(student_id, year.year, kind, begins_on, ends_on)
        draw -= share
    return None
