"""A school's own record as JSON: what no roster says, how it grades and its terms."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from edu.errors import FieldError, InvalidInputError
from evaluations.domain.grading_policy import Category, GradingPolicy
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.domain.school import School

_FIELD = "school"
_INVALID = _("This is no school's record as JSON")


def read_school(content: bytes) -> School:
    """The record; ``scale`` is the name of a standard one, or a whole scale. A term that is new is open.

    A policy, the school's or a term's, says nothing that we do not know: a misspelt rule would be no rule.

    Raises:
        InvalidInputError: it is no JSON, or breaks a rule; the detail says where, never what stands there.
    """
    try:
        found: Any = msgspec.json.decode(content)
        if isinstance(found, dict) and isinstance(found.get("scale"), str):
            found["scale"] = STANDARD_SCALES.get(found["scale"])
        _require_known_rules(found)
        school = msgspec.convert(found, School)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidInputError(str(error), fields=[FieldError(_FIELD, "invalid", _INVALID)]) from error
    return replace(school, terms=tuple(replace(term, closed=False) for term in school.terms))


def _require_known_rules(found: Any) -> None:  # noqa: ANN401 - whatever the file holds
    """Raise msgspec.ValidationError for a member of a policy that we do not know."""
    terms = _members(found, "terms")
    places = {"$": found} | {f"$.terms[{n}]": term for n, term in enumerate(terms if isinstance(terms, list) else ())}
    for place, holder in places.items():
        policy = _members(holder, "policy")
        _require_known(policy, GradingPolicy, f"{place}.policy")
        categories = _members(policy, "categories")
        for n, category in enumerate(categories if isinstance(categories, list) else ()):
            _require_known(category, Category, f"{place}.policy.categories[{n}]")


def _require_known(found: Any, kind: type[GradingPolicy | Category], place: str) -> None:  # noqa: ANN401 - as above
    known = [each.name for each in fields(kind)]
    if isinstance(found, dict) and found.keys() - set(known):
        raise msgspec.ValidationError(f"Expected only {', '.join(known)} - at `{place}`")


def _members(found: Any, name: str) -> Any:  # noqa: ANN401 - as above
    return found.get(name) if isinstance(found, dict) else None
