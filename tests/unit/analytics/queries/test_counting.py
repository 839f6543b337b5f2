"""The SQL names the school in scope, and nobody else decides which that is."""

from __future__ import annotations

import pytest

from analytics.domain.datasets import Dataset, Month
from analytics.queries.counting import count_of
from edu.tenancy import InvalidSchoolIdError, NoScopeError, Scope, ScopeKind, _scope, enter_platform, enter_school

MAY = Month(2026, 5)


@pytest.mark.parametrize("dataset", list(Dataset))
def test_query_is_bound_to_the_school_in_scope(dataset: Dataset) -> None:
    with enter_school("colegio-a"):
        sql = count_of(dataset, MAY)
    assert f"FROM {dataset} WHERE school = 'colegio-a' AND year = 2026 AND month = 5" in sql


def test_query_outside_a_school_is_not_made() -> None:
    with pytest.raises(NoScopeError):
        count_of(Dataset.EVENTS, MAY)
    with enter_platform(), pytest.raises(NoScopeError):
        count_of(Dataset.EVENTS, MAY)


def test_query_checks_the_school_even_when_the_scope_was_forged() -> None:
    token = _scope.set(Scope(ScopeKind.TENANT, "a' OR '1'='1"))
    try:
        with pytest.raises(InvalidSchoolIdError):
            count_of(Dataset.EVENTS, MAY)
    finally:
        _scope.reset(token)
