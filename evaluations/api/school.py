"""The endpoint of the school itself: where it is and how it grades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from edu.http.serializers import shown
from edu.http.views import ApiView
from evaluations import services
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


class SchoolOutput(serializers.Serializer[Any]):
    """A school: its country (ISO 3166 alpha-2), IANA time zone, locale and grading scale."""

    school_id = serializers.CharField()
    name = serializers.CharField()
    country = serializers.CharField()
    time_zone = serializers.CharField()
    locale = serializers.CharField()
    scale = ScaleOutput()


class SchoolDetail(ApiView):
    """The caller's school."""

    capabilities: ClassVar = {"GET": SEE_SCHOOL}

    @extend_schema(operation_id="read_school", tags=["school"], responses=SchoolOutput)
    def get(self, request: Request) -> Response:
        """Read where it is and how it grades, at most five minutes old."""
        del request
        return Response(shown(SchoolOutput, services.get_school()))
