"""``make demo-analytics`` in small: three schools, twenty thousand events, every question by every way."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from analytics import services
from analytics.domain.datasets import Dataset, Month
from edu.tenancy import enter_school
from tests.bench.lake.asking import ask
from tests.bench.lake.hot_table import HotTable
from tests.bench.lake.measuring import Filled, fill, page_hot_table
from tests.bench.lake.questions import questions
from tests.bench.lake.schools import AS_OF, LakeSchool, lake_schools

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.cloud import Cloud

SCHOOLS, STUDENTS = 3, 21


def of_its_own(school: LakeSchool) -> LakeSchool:
    """The school under an id that no other test knows."""
    return replace(school, school=replace(school.school, school_id=f"lago-{uuid.uuid4().hex[:8]}"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def filled(cloud: Cloud, folder: Path) -> Filled:
    assert cloud
    return fill([of_its_own(one) for one in lake_schools(seed=1, schools=SCHOOLS, students=STUDENTS)], folder)


@pytest.fixture(scope="module")
def figures(filled: Filled, folder: Path) -> dict[str, Any]:
    """What is found out about the first school, before anything of its table reaches the lake."""
    school = filled.schools[0]
    with enter_school(school.school.school_id):
        asked = questions(school, filled.pseudonyms[school.school.school_id])
        return ask(asked, filled.written[0], folder, {}, times=1)


def test_twenty_thousand_events_are_made(filled: Filled) -> None:
    assert filled.figures["events"] > 20_000
    assert filled.figures["scores"] > 3_000


def test_every_question_is_answered_alike_by_athena_and_by_duckdb_on_the_files(figures: dict[str, Any]) -> None:
    assert len(figures["questions"]) >= 10
    assert figures["different"] == []


def test_no_question_reads_more_than_the_files_of_what_it_asks_for(figures: dict[str, Any]) -> None:
    assert figures["wide"] == figures["strays"] == []
    assert all(0 < told["scanned_bytes"] <= 1.2 * told["files_bytes"] for told in figures["questions"].values())


def test_every_month_counts_what_was_made(filled: Filled, figures: dict[str, Any]) -> None:
    assert figures
    school = filled.written[1]
    with enter_school(school.school_id):
        months = [month.month for month in school.months if month.dataset is Dataset.EVENTS]
        counted = sum(services.count_events(year=one.year, month=one.month).records for one in months)
    assert counted == school.events


def test_hot_table_gives_what_the_newest_month_and_term_hold(
    filled: Filled, folder: Path, figures: dict[str, Any]
) -> None:
    assert figures
    school, written = filled.schools[0], filled.written[0]
    own = school.school.school_id
    paged = page_hot_table(HotTable(school, filled.pseudonyms[own], written, folder), school)
    with enter_school(own):
        month = Month(AS_OF.year, AS_OF.month)
        assert paged[Dataset.EVENTS].records == services.count_events(year=month.year, month=month.month).records
    assert paged[Dataset.GRADES].records > 0
