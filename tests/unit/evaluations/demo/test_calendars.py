from dataclasses import astuple
from datetime import date, timedelta

import pytest

from evaluations.demo.calendars import (
    CHILE,
    COLOMBIA_A,
    ECUADOR_COSTA,
    ECUADOR_SIERRA,
    MEXICO,
    PERU,
    SOUTHERN_TRIMESTERS,
    Calendar,
    plan_terms,
)

CALENDARS = [SOUTHERN_TRIMESTERS, CHILE, PERU, COLOMBIA_A, ECUADOR_SIERRA, ECUADOR_COSTA, MEXICO]
FOUR_YEARS = [date(2026, 1, 1) + timedelta(days=day) for day in range(4 * 365 + 1)]


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda calendar: f"{calendar.prefix}{calendar.spans[0][0]}")
def test_every_day_is_in_exactly_one_term_and_that_one_is_open(calendar: Calendar) -> None:
    for today in FOUR_YEARS:
        _, plans = plan_terms(calendar, today)
        containing = [plan.term for plan in plans if plan.term.contains(today)]
        assert len(containing) == 1, today
        assert not containing[0].closed
        assert [plan.term.closed for plan in plans] == [plan.term.ends_on < today for plan in plans]


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda calendar: f"{calendar.prefix}{calendar.spans[0][0]}")
def test_terms_run_from_monday_to_friday_in_order(calendar: Calendar) -> None:
    for today in FOUR_YEARS:
        _, plans = plan_terms(calendar, today)
        assert all(plan.term.starts_on.weekday() == 0 and plan.classes_end_on.weekday() == 4 for plan in plans)
        days = [day for plan in plans for day in (plan.term.starts_on, plan.term.ends_on)]
        assert days == sorted(set(days))


@pytest.mark.parametrize(
    ("calendar", "today", "year", "term_id", "name"),
    [
        (PERU, date(2026, 11, 24), 2026, "2026-q4", "Cuarto bimestre 2026"),
        (COLOMBIA_A, date(2026, 11, 24), 2026, "2026-q4", "Cuarto periodo 2026"),
        (CHILE, date(2026, 11, 24), 2026, "2026-t3", "Tercer trimestre 2026"),
        (CHILE, date(2027, 2, 10), 2026, "2026-t3", "Tercer trimestre 2026"),
        (ECUADOR_SIERRA, date(2027, 1, 15), 2026, "2026-t2", "Segundo trimestre 2026-2027"),
        (ECUADOR_COSTA, date(2027, 1, 15), 2026, "2026-t3", "Tercer trimestre 2026-2027"),
        (MEXICO, date(2026, 11, 24), 2026, "2026-t1", "Primer periodo 2026-2027"),
        (MEXICO, date(2027, 8, 1), 2026, "2026-t3", "Tercer periodo 2026-2027"),
    ],
)
def test_current_term_by_country(calendar: Calendar, today: date, year: int, term_id: str, name: str) -> None:
    school_year, plans = plan_terms(calendar, today)
    current = next(plan.term for plan in plans if plan.term.contains(today))
    assert (school_year, current.term_id, current.name) == (year, term_id, name)
    assert {plan.term.school_year for plan in plans} == {year}


def test_holiday_belongs_to_the_term_before_without_classes_in_it() -> None:
    _, plans = plan_terms(PERU, date(2026, 7, 30))
    second = plans[1]
    assert second.classes_end_on == date(2026, 7, 24)
    assert second.term.ends_on == date(2026, 8, 9)
    assert astuple(plans[2].term)[2] == date(2026, 8, 10)
