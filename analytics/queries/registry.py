"""Every question there is, by its name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from analytics.queries.at_risk import AtRisk
from analytics.queries.attendance import AttendanceAgainstGrades
from analytics.queries.behaviour import BehaviourWeeks
from analytics.queries.grade_distribution import GradeDistribution
from analytics.queries.pass_rates import PassRates
from analytics.queries.progress import OwnPast, Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

QUESTIONS: Final[Mapping[str, type[Any]]] = MappingProxyType(
    {
        kind.NAME: kind
        for kind in (GradeDistribution, PassRates, Progress, OwnPast, BehaviourWeeks, AttendanceAgainstGrades, AtRisk)
    }
)

OF_A_SECTION: Final = frozenset({GradeDistribution.NAME, AtRisk.NAME})
"""What a teacher may ask, too, of a section that they teach; everything else is for who sees the whole school."""
