"""The endpoint of the school itself: where it is and how it grades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from edu.http.serializers import shown
from edu.http.views import ApiView
from evaluations import services
from evaluations.domain.evaluation import EvaluationKind
from evaluations.domain.grading_policy import AbsentRule
from evaluations.domain.scales import Rounding, ScaleKind
from evaluations.permissions import SEE_SCHOOL

if TYPE_CHECKING:
    from rest_framework.request import Request


def _number(**more: Any) -> serializers.DecimalField:  # noqa: ANN401 - a field's own settings
    """A number as the scale was given it."""
    return serializers.DecimalField(max_digits=9, decimal_places=4, normalize_output=True, allow_null=True, **more)


class ScaleOutput(serializers.Serializer[Any]):
    """How the school grades. What a scale does not say itself is told all the same: the final step and passing mark.

    ``minimum``, ``maximum``, the steps: numbers as text, null for letters. ``letters``: best first, empty for numbers.
    ``passing`` is of scores, ``final_passing`` of consolidated grades, which lie ``final_step`` apart.
    ``late_penalty``: points (of letters: ranks) that late work loses in a consolidated grade, null for none.
    """

    scale_id = serializers.CharField()
    kind = serializers.ChoiceField([str(kind) for kind in ScaleKind])
    minimum = _number()
    maximum = _number()
    step = _number()
    letters = serializers.ListField(child=serializers.CharField())
    passing = serializers.CharField()
    rounding = serializers.ChoiceField([str(rounding) for rounding in Rounding])
    final_step = _number(source="grade_step")
    final_passing = serializers.CharField(source="grade_passing")
    late_penalty = _number()


class CategoryOutput(serializers.Serializer[Any]):
    """The rule for one kind of evaluation.

    ``weight``: what the kind counts, 0 for one that does not count; null when its evaluations' own weights say so.
    ``drop_lowest``: so many of a student's lowest results of the kind are left out,
    never the last one, and leave their weight to the others of the kind; null for none.
    """

    kind = serializers.ChoiceField([str(kind) for kind in EvaluationKind])
    weight = serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        normalize_output=True,
        allow_null=True,
        help_text="Counts relative to the weights of the other kinds; they need not add up to 100.",
    )
    drop_lowest = serializers.IntegerField(allow_null=True)


class PolicyOutput(serializers.Serializer[Any]):
    """How one grade is made of many scores, where it is more than their weighted mean.

    ``extra_credit_bound``: points of the scale (of letters: ranks) that extra credit adds at most; null: it adds
    nothing. Each result adds its evaluation's weight, in hundredths, of its height over the worst grade. ``absent``: an
    absence is left out, counts as the worst grade (``minimum``), or leaves the grade incomplete (``pending``).
    """

    example: ClassVar = {
        "categories": [
            {"kind": "exam", "weight": "60", "drop_lowest": None},
            {"kind": "homework", "weight": "0", "drop_lowest": None},
            {"kind": "oral", "weight": "0", "drop_lowest": None},
            {"kind": "participation", "weight": "0", "drop_lowest": None},
            {"kind": "project", "weight": "0", "drop_lowest": None},
            {"kind": "quiz", "weight": "40", "drop_lowest": 1},
        ],
        "extra_credit_bound": "0.5",
        "absent": "minimum",
    }
    categories = CategoryOutput(many=True)
    extra_credit_bound = _number()
    absent = serializers.ChoiceField([str(rule) for rule in AbsentRule], source="absent_rule")


class SchoolOutput(serializers.Serializer[Any]):
    """A school: its country (ISO 3166 alpha-2), IANA time zone, locale, grading scale and policy.

    A school without a policy takes the plain weighted mean. A term may have a scale and a policy of its own.

    ``administrators_grade``: whether an administrator may write scores in an open term, for a teacher who is absent.
    """

    school_id = serializers.CharField()
    name = serializers.CharField()
    country = serializers.CharField()
    time_zone = serializers.CharField()
    locale = serializers.CharField()
    scale = ScaleOutput()
    policy = PolicyOutput(allow_null=True)
    administrators_grade = serializers.BooleanField(source="lets_administrators_grade")


class SchoolDetail(ApiView):
    """The caller's school."""

    capabilities: ClassVar = {"GET": SEE_SCHOOL}

    @extend_schema(operation_id="read_school", tags=["school"], responses=SchoolOutput)
    def get(self, request: Request) -> Response:
        """Read where it is and how it grades, at most five minutes old."""
        del request
        return Response(shown(SchoolOutput, services.get_school()))
