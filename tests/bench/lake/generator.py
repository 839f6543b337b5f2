"""The whole lake, a school at a time; two processes make it side by side."""

from __future__ import annotations

import hashlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from analytics.domain.datasets import Dataset, Month
from analytics.lake import layout
from analytics.lake.snapshots import Manifest
from edu.tenancy import enter_school
from tests.bench.lake.attendance import events_of
from tests.bench.lake.gradebook import grades_of
from tests.bench.lake.months import MonthFiles, months_of
from tests.bench.lake.schools import AS_OF, LakeSchool
from tests.bench.lake.trouble import students_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from tests.bench.lake.trouble import Trouble

PROCESSES = 2


@dataclass(frozen=True, slots=True)
class WrittenMonth:
    """A month whose objects lie under their keys in a directory; ``rows`` of them together."""

    dataset: Dataset
    month: Month
    keys: tuple[str, ...]
    rows: int
    size: int
    manifest: Manifest | None


@dataclass(frozen=True, slots=True)
class WrittenSchool:
    """A school's lake in a directory, and how many different events and scores it holds."""

    school_id: str
    months: tuple[WrittenMonth, ...]
    events: int
    scores: int


def made_up_pseudonyms(school: LakeSchool) -> dict[str, str]:
    """Pseudonyms for a school that has no keys in a table."""
    parts = (school.seed, school.school.school_id)
    return {
        student.student_id: hashlib.sha256(f"{parts} {student.student_id}".encode()).hexdigest()[:32]
        for student in school.students
    }


def troubles_of(school: LakeSchool) -> tuple[Trouble, ...]:
    """The truth about a school's students, which the lake does not say."""
    return tuple(trouble for student in students_of(school).values() for trouble in student.troubles.values())


def lake_of(school: LakeSchool, pseudonyms: Mapping[str, str], as_of: date = AS_OF) -> Iterator[MonthFiles]:
    """A school's objects, month by month."""
    for dataset, table in _tables_of(school, pseudonyms, as_of).items():
        yield from months_of(dataset, table, as_of)


def write_lake(
    schools: Iterable[LakeSchool], pseudonyms: Mapping[str, Mapping[str, str]], folder: Path
) -> Iterator[WrittenSchool]:
    """Write the lake of all schools under a directory, in two processes; a school is told of when it is written.

    ``pseudonyms``: those of the schools whose students have keys, by school id.
    """
    context = multiprocessing.get_context("fork")  # the settings are this process's own
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as processes:
        calls = [
            processes.submit(_write, school, pseudonyms.get(school.school.school_id), folder) for school in schools
        ]
        for call in calls:
            yield call.result()


def _write(school: LakeSchool, pseudonyms: Mapping[str, str] | None, folder: Path) -> WrittenSchool:
    tables = _tables_of(school, pseudonyms or made_up_pseudonyms(school), AS_OF)
    with enter_school(school.school.school_id):
        months = tuple(
            _write_month(month, folder)
            for dataset, table in tables.items()
            for month in months_of(dataset, table, AS_OF)
        )
    grades = tables[Dataset.GRADES]
    first = pc.and_(pc.equal(grades["entity"], "score"), pc.equal(grades["version"], 1))
    return WrittenSchool(school.school.school_id, months, tables[Dataset.EVENTS].num_rows, pc.sum(first).as_py())


def _tables_of(school: LakeSchool, pseudonyms: Mapping[str, str], as_of: date) -> dict[Dataset, pa.Table]:
    hidden = students_of(school)
    return {
        Dataset.EVENTS: events_of(school, hidden, pseudonyms, as_of),
        Dataset.GRADES: grades_of(school, hidden, pseudonyms, as_of),
    }


def _write_month(found: MonthFiles, folder: Path) -> WrittenMonth:
    place = layout.month_folder(found.dataset, found.month)
    (folder / place).mkdir(parents=True, exist_ok=True)
    for file in found.files:
        (folder / place / file.name).write_bytes(file.body)
    keys = tuple(place + file.name for file in found.files)
    rows, size = sum(file.rows for file in found.files), sum(len(file.body) for file in found.files)
    return WrittenMonth(found.dataset, found.month, keys, rows, size, found.manifest)
