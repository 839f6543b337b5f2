"""What views share: taking requests apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from edu.errors import FieldError, InvalidInputError
from edu.http.fields import ID_PATTERN, IdField, WholeNumberField
from edu.http.serializers import validated
from evaluations.domain.school import SCHOOL_YEARS

if TYPE_CHECKING:
    from rest_framework.request import Request

TERM = OpenApiParameter("term", {"type": "string", "pattern": ID_PATTERN}, description="Only of this term.")
REQUIRED_TERM = OpenApiParameter(
    "term", {"type": "string", "pattern": ID_PATTERN}, required=True, description="Of this term."
)

SCHOOL_YEAR = OpenApiParameter(
    "school_year",
    {"type": "integer", "minimum": SCHOOL_YEARS.start, "maximum": SCHOOL_YEARS.stop - 1},
    description="Of this school year, named by the calendar year it starts in.",
)


class _TermQuery(serializers.Serializer[Any]):
    term = IdField(required=False, default="")


class _SchoolYearQuery(serializers.Serializer[Any]):
    school_year = WholeNumberField(
        in_query=True, required=False, default=None, min_value=SCHOOL_YEARS.start, max_value=SCHOOL_YEARS.stop - 1
    )


def term_of(request: Request) -> str:
    """The term the reader asked for (``?term=``), or nothing.

    Raises:
        ValidationError: it is no id.
    """
    term_id: str = validated(_TermQuery, request.query_params.dict())["term"]
    return term_id


def school_year_of(request: Request) -> int | None:
    """The school year the reader asked for (``?school_year=``), if any.

    Raises:
        ValidationError: it is no year.
    """
    school_year: int | None = validated(_SchoolYearQuery, request.query_params.dict())["school_year"]
    return school_year


def required_term_of(request: Request) -> str:
    """The term the reader asked for.

    Raises:
        InvalidInputError: they named none.
        ValidationError: it is no id.
    """
    term_id = term_of(request)
    if not term_id:
        raise InvalidInputError(fields=[FieldError("term", "required", _("Say which term: ?term=<id>"))])
    return term_id
