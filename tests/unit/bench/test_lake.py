"""The made-up lake: repeatable, in the lake's own form, plausible, and silent about who is at risk."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics.domain.datasets import Dataset, Month
from analytics.domain.lineage import identity_of
from analytics.domain.schemas import PARTITION_INSTANT
from analytics.lake.files import read_parquet, schema_of
from analytics.lake.layout import COMPACTED
from edu.tenancy import enter_school
from tests.bench.lake.generator import lake_of, made_up_pseudonyms, troubles_of, write_lake
from tests.bench.lake.schools import AS_OF, LakeSchool, lake_schools
from tests.bench.lake.trouble import TroubleKind, students_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.lake.months import MonthFiles

SCHOOLS, STUDENTS = 2, 60
LOOSE = (Month(2026, 10), Month(2026, 11))


@cache
def schools(seed: int = 1) -> tuple[LakeSchool, ...]:
    return lake_schools(seed=seed, schools=SCHOOLS, students=STUDENTS)


@cache
def months(seed: int = 1) -> tuple[MonthFiles, ...]:
    (school, *_) = schools(seed)
    return tuple(lake_of(school, made_up_pseudonyms(school)))


@cache
def rows(dataset: Dataset) -> tuple[dict[str, Any], ...]:
    return tuple(row for month in months() if month.dataset is dataset for row in rows_of(month))


def rows_of(month: MonthFiles) -> list[dict[str, Any]]:
    return [row for file in month.files for row in read_parquet(month.dataset, file.body).to_pylist()]


def test_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    (school, *_) = lake_schools(seed=1, schools=SCHOOLS, students=STUDENTS)
    assert tuple(lake_of(school, made_up_pseudonyms(school))) == months()
    assert {file.name for month in months(2) for file in month.files}.isdisjoint(
        file.name for month in months() for file in month.files
    )


def test_every_file_has_the_newest_schema_and_says_so() -> None:
    for month in months():
        for file in month.files:
            found = pq.read_schema(pa.BufferReader(file.body))
            assert found.equals(schema_of(month.dataset), check_metadata=True)


def test_every_row_lies_in_its_months_folder_and_school() -> None:
    school_id = schools()[0].school.school_id
    for month in months():
        for row in rows_of(month):
            instant = datetime.fromtimestamp(row[PARTITION_INSTANT[month.dataset]], UTC)
            assert (Month(instant.year, instant.month), row["school_id"]) == (month.month, school_id)


def test_merged_months_are_one_file_that_the_manifest_names_with_every_identity_once() -> None:
    for month in months():
        if month.month in LOOSE:
            continue
        assert month.manifest is not None
        [file], [named] = month.files, month.manifest.files
        assert file.name.startswith(COMPACTED)
        assert (named.name, named.size, named.rows) == (file.name, len(file.body), file.rows)
        identities = Counter(identity_of(month.dataset, row) for row in rows_of(month))
        assert set(identities.values()) == {1}


def test_newest_months_are_small_files_of_which_some_hold_what_another_holds() -> None:
    for month in months():
        if month.month in LOOSE:
            identities = Counter(identity_of(month.dataset, row) for row in rows_of(month))
            assert month.manifest is None
            assert len(month.files) > 10
            assert max(identities.values()) > 1


def test_lake_spans_three_school_years() -> None:
    found = {month.month for month in months()}
    assert (min(found).year, max(found)) == (AS_OF.year - 2, LOOSE[-1])
    assert {row["section_id"][:4] for row in rows(Dataset.GRADES)} == {"2024", "2025", "2026"}


def test_grade_book_has_every_state_corrections_and_all_purposes() -> None:
    scores = [row for row in rows(Dataset.GRADES) if row["entity"] == "score"]
    evaluations = [row for row in rows(Dataset.GRADES) if row["entity"] == "evaluation"]
    assert {row["state"] for row in scores} >= {"recorded", "absent", "exempt", "missing"}
    assert {row["purpose"] for row in evaluations} >= {"summative", "formative"}
    assert {row["state"] for row in evaluations} >= {"standing", "cancelled"}
    corrections = [row for row in scores if row["version"] == 2]
    assert 0.01 < len(corrections) / len(scores) < 0.06
    assert any(row["late"] for row in corrections)
    assert all((row["value"] != "") == (row["state"] == "recorded") for row in scores)
    assert {row["evaluation_id"] for row in scores} <= {row["evaluation_id"] for row in evaluations}


def test_scores_are_on_the_schools_scale() -> None:
    scale = schools()[0].school.scale
    for value in {row["value"] for row in rows(Dataset.GRADES)} - {""}:
        assert scale.canonical(scale.parse(value)) == value


def test_order_of_arrival_is_the_streams() -> None:
    by_sequence = sorted(rows(Dataset.EVENTS), key=lambda row: (len(row["sequence"]), row["sequence"]))
    arrivals = [row["arrived_at_ms"] for row in by_sequence]
    assert arrivals == sorted(arrivals)
    assert all(row["arrived_at_ms"] >= row["occurred_at_epoch_s"] * 1000 for row in by_sequence)


def test_who_is_at_risk_is_told_beside_the_lake_and_shows_in_it() -> None:
    (school, *_) = schools()
    troubles = [one for one in troubles_of(school) if one.kind is TroubleKind.AT_RISK]
    assert troubles
    names, hidden = made_up_pseudonyms(school), students_of(school)
    absent = Counter((row["student_pseudonym"], row["kind"]) for row in rows(Dataset.EVENTS))
    troubled = {names[one.student_id] for one in troubles}

    def share(pseudonyms: set[str]) -> float:
        away, there = (sum(absent[name, kind] for name in pseudonyms) for kind in ("absent", "check_in"))
        return away / (away + there)

    well = {names[one.student_id] for one in hidden.values() if not one.troubles}
    assert share(troubled) > 1.5 * share(well)
    assert not any(kind in str(row) for row in rows(Dataset.EVENTS)[:100] for kind in ("at_risk", "trouble"))


@pytest.mark.parametrize("years_before", [1, 2])
def test_groups_move_up_a_level_each_year(years_before: int) -> None:
    (school, *_) = schools()
    now, before = school.years[-1], school.years[-1 - years_before]
    [level_now] = {int(name[-3:-1]) for name, who in now.members.items() if school.students[0].student_id in who}
    [level] = {int(name[-3:-1]) for name, who in before.members.items() if school.students[0].student_id in who}
    assert level_now - level == years_before


def test_two_processes_write_under_the_keys_of_the_layout_what_one_makes(tmp_path: Path) -> None:
    own = [school.school.school_id for school in schools()]
    written = {found.school_id: found for found in write_lake(schools(), {}, tmp_path)}
    assert list(written) == own
    keys = [key for month in written[own[0]].months for key in month.keys]
    assert [(tmp_path / key).read_bytes() for key in keys] == [file.body for m in months() for file in m.files]
    with enter_school(own[0]):
        assert all(f"/school={own[0]}/" in key for key in keys)
    assert written[own[0]].events == len({row["event_id"] for row in rows(Dataset.EVENTS)})
    scores = {identity_of(Dataset.GRADES, row)[:3] for row in rows(Dataset.GRADES) if row["entity"] == "score"}
    assert written[own[0]].scores == len(scores)
