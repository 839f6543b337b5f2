"""A school's own record as JSON: what is read, and what is refused and where."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from edu.errors import InvalidInputError
from evaluations.domain.evaluation import EvaluationKind
from evaluations.domain.grading_policy import AbsentRule, Category, GradingPolicy
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.roster_files.school_record import read_school

if TYPE_CHECKING:
    from evaluations.domain.school import School

RECORD: dict[str, Any] = {
    "school_id": "colegio-del-sur",
    "name": "Colegio del Sur",
    "country": "CL",
    "time_zone": "America/Santiago",
    "locale": "es-CL",
    "scale": "1-7",
}
TERM: dict[str, Any] = {"term_id": "1", "name": "1", "starts_on": "2026-03-02", "ends_on": "2026-12-18", "closed": True}
WEIGHTS = {"exam": 60, "quiz": 33.3, "homework": "6.7", "project": 0, "oral": 0, "participation": 0}
CATEGORIES = [{"kind": kind, "weight": weight} for kind, weight in WEIGHTS.items()]


def read(policy: object, *, of_the_term: bool = False) -> School:
    holder = {"policy": policy}
    record = RECORD | {"terms": [TERM | (holder if of_the_term else {})]} | ({} if of_the_term else holder)
    return read_school(json.dumps(record).encode())


def test_policy_is_read_exactly() -> None:
    given = {"categories": [{**CATEGORIES[1], "drop_lowest": 1}, CATEGORIES[0], *CATEGORIES[2:]], "absent": "pending"}
    found = read({**given, "extra_credit_bound": 0.5}).policy
    assert found is not None
    assert Category(kind=EvaluationKind.QUIZ, weight=Decimal("33.3"), drop_lowest=1) in found.categories
    assert (found.extra_credit_bound, found.absent) == (Decimal("0.5"), AbsentRule.PENDING)
    assert read(None).policy is None


def test_term_may_have_a_policy_of_its_own_and_be_the_plain_mean() -> None:
    school = read({}, of_the_term=True)
    assert (school.policy, school.terms[0].policy) == (None, GradingPolicy())
    assert (school.scale, school.terms[0].closed) == (STANDARD_SCALES["1-7"], False)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"categores": CATEGORIES}, "Expected only categories, extra_credit_bound, absent - at `{}.policy`"),
        ({"categories": [{"kind": "quiz", "drop": 1}]}, "drop_lowest - at `{}.policy.categories[0]`"),
        ({"categories": [{"kind": "test"}]}, "at `{}.policy.categories[0].kind`"),
        ({"categories": CATEGORIES[1:]}, "without a weight, though others have one: exam; 0 is one"),
        ({"categories": [*CATEGORIES, CATEGORIES[0]]}, "a kind repeats"),
        ({"categories": [{"kind": "quiz", "drop_lowest": True}]}, "at `{}.policy.categories[0].drop_lowest`"),
        ({"categories": [{"kind": "quiz", "drop_lowest": -1}]}, "at `{}.policy.categories[0]`"),
        ({"categories": {"quiz": 1}}, "at `{}.policy.categories`"),
        ({"absent": "left_out"}, "leaving it out says left_out"),
        ({"absent": "never"}, "at `{}.policy.absent`"),
        ({"extra_credit_bound": "much"}, "at `{}.policy.extra_credit_bound`"),
        ({"extra_credit_bound": 10}, "more points than the scale has"),
        ([], "at `{}.policy`"),
        ("standard", "at `{}.policy`"),
    ],
)
@pytest.mark.parametrize("of_the_term", [False, True])
def test_bad_policy_is_refused_and_the_error_says_where(policy: object, said: str, *, of_the_term: bool) -> None:
    with pytest.raises(InvalidInputError) as raised:
        read(policy, of_the_term=of_the_term)
    place = "$.terms[0]" if of_the_term else "$"
    assert said.format(place) in str(raised.value.detail)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"terms": 3, "policy": {"categories": 3}}', b'"policy"'])
def test_what_is_no_record_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInputError):
        read_school(content)
