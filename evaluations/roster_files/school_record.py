"""A school's own record as JSON: what no roster says, its scale and its terms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from edu.errors import FieldError, InvalidInputError
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.domain.school import School

_FIELD = "school"
_INVALID = _("This is no school's record as JSON")


def read_school(content: bytes) -> School:
    """The record; ``scale`` is the name of a standard one, or a whole scale. A term that is new is open.

    Raises:
        InvalidInputError: it is no JSON, or breaks a rule; the detail says where, never what stands there.
    """
    try:
        found: Any = msgspec.json.decode(content)
        if isinstance(found, dict) and isinstance(found.get("scale"), str):
            found["scale"] = STANDARD_SCALES.get(found["scale"])
        school = msgspec.convert(found, School)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidInputError(str(error), fields=[FieldError(_FIELD, "invalid", _INVALID)]) from error
    return replace(school, terms=tuple(replace(term, closed=False) for term in school.terms))
