"""What is asked: the query parameters of each question, as it is read and as the contract says it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from analytics.domain.at_risk import AtRiskRule
from analytics.queries.at_risk import AtRisk
from analytics.queries.attendance import AttendanceAgainstGrades
from analytics.queries.behaviour import LONGEST, BehaviourWeeks
from analytics.queries.grade_distribution import GradeDistribution
from analytics.queries.pass_rates import BY, PassRates
from analytics.queries.progress import OwnPast, Progress
from edu.http.fields import ID_PATTERN, DayField, DecimalTextField, IdField, WholeNumberField

if TYPE_CHECKING:
    from collections.abc import Mapping

_ID: Final = {"type": "string", "pattern": ID_PATTERN}
TERM = OpenApiParameter("term", _ID, required=True, description="Of this term.")
SECTION = OpenApiParameter(
    "section", _ID, description="Only of this section. Of a teacher one that they teach; they must name one."
)
ONLY_SECTION = OpenApiParameter("section", _ID, description="Only of this section.")
COURSE = OpenApiParameter("course", _ID, description="Only of this course.")
BY_WHAT = OpenApiParameter("by", {"type": "string", "enum": list(BY)}, description="A row for each (`section`).")
FIRST = OpenApiParameter(
    "first_on", {"type": "string", "format": "date"}, required=True, description="The first day, of the school."
)
LAST = OpenApiParameter(
    "last_on",
    {"type": "string", "format": "date"},
    required=True,
    description=f"The last day, at most {LONGEST.days} days later.",
)
_SHARE: Final = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
_RULE: Final = AtRiskRule()
RULE = (
    OpenApiParameter(
        "failing_courses",
        {"type": "integer", "minimum": 1, "maximum": 50, "default": _RULE.failing_courses},
        description="A signal: so many courses or more do not pass.",
    ),
    OpenApiParameter(
        "missing_share",
        {**_SHARE, "default": _RULE.missing_share},
        description="A signal: this share of the work, or more, was never handed in.",
    ),
    OpenApiParameter(
        "absences",
        {"type": "integer", "minimum": 1, "maximum": 1000, "default": _RULE.absences},
        description="A signal: so many absences and late arrivals in the term, or more.",
    ),
    OpenApiParameter(
        "falling_by",
        {**_SHARE, "default": _RULE.falling_by},
        description="A signal: the mean of the last four weeks lies so much of the scale lower, or more.",
    ),
    OpenApiParameter(
        "needed",
        {"type": "integer", "minimum": 1, "maximum": 4, "default": _RULE.needed},
        description="How many signals call a student at risk.",
    ),
)


class _Asked(serializers.Serializer[Any]):
    """The parameters of a question, of which ``question`` makes it."""


class DistributionQuery(_Asked):
    """Of ``GradeDistribution``."""

    term = IdField()
    section = IdField(required=False, default="")

    def question(self, given: dict[str, Any]) -> GradeDistribution:
        """The question."""
        return GradeDistribution(given["term"], given["section"])


class PassRatesQuery(_Asked):
    """Of ``PassRates``."""

    term = IdField()
    by = serializers.ChoiceField(BY, required=False, default=BY[0])

    def question(self, given: dict[str, Any]) -> PassRates:
        """The question."""
        return PassRates(given["term"], given["by"])


class ProgressQuery(_Asked):
    """Of ``Progress``."""

    course = IdField(required=False, default="")

    def question(self, given: dict[str, Any]) -> Progress:
        """The question."""
        return Progress(given["course"])


class OwnPastQuery(_Asked):
    """Of ``OwnPast``."""

    term = IdField()

    def question(self, given: dict[str, Any]) -> OwnPast:
        """The question."""
        return OwnPast(given["term"])


class BehaviourQuery(_Asked):
    """Of ``BehaviourWeeks``."""

    first_on = DayField()
    last_on = DayField()
    section = IdField(required=False, default="")

    def question(self, given: dict[str, Any]) -> BehaviourWeeks:
        """The question."""
        return BehaviourWeeks(given["first_on"], given["last_on"], given["section"])


class AttendanceQuery(_Asked):
    """Of ``AttendanceAgainstGrades``."""

    term = IdField()

    def question(self, given: dict[str, Any]) -> AttendanceAgainstGrades:
        """The question."""
        return AttendanceAgainstGrades(given["term"])


def _whole(default: int, most: int) -> WholeNumberField:
    return WholeNumberField(in_query=True, required=False, default=default, min_value=1, max_value=most)


def _share(default: float) -> DecimalTextField:
    return DecimalTextField(max_digits=5, decimal_places=4, required=False, default=Decimal(str(default)))


class AtRiskQuery(_Asked):
    """Of ``AtRisk``."""

    term = IdField()
    section = IdField(required=False, default="")
    failing_courses = _whole(_RULE.failing_courses, 50)
    missing_share = _share(_RULE.missing_share)
    absences = _whole(_RULE.absences, 1000)
    falling_by = _share(_RULE.falling_by)
    needed = _whole(_RULE.needed, 4)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The rule's own bounds hold for the shares, too."""
        broken = {name: ["0 < x ≤ 1"] for name in ("missing_share", "falling_by") if not 0 < attrs[name] <= 1}
        if broken:
            raise serializers.ValidationError(broken)
        return attrs

    def question(self, given: dict[str, Any]) -> AtRisk:
        """The question."""
        rule = AtRiskRule(
            failing_courses=given["failing_courses"],
            missing_share=float(given["missing_share"]),
            absences=given["absences"],
            falling_by=float(given["falling_by"]),
            needed=given["needed"],
        )
        return AtRisk(given["term"], given["section"], rule)


QUERIES: Final[Mapping[str, type[_Asked]]] = {
    GradeDistribution.NAME: DistributionQuery,
    PassRates.NAME: PassRatesQuery,
    Progress.NAME: ProgressQuery,
    OwnPast.NAME: OwnPastQuery,
    BehaviourWeeks.NAME: BehaviourQuery,
    AttendanceAgainstGrades.NAME: AttendanceQuery,
    AtRisk.NAME: AtRiskQuery,
}
"""Each question's parameters, by its name."""
