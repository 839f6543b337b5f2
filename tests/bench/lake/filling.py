"""The made-up lake in an emulated cloud: objects in its bucket, and some schools' people in its table."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from analytics.lake import snapshots, store
from analytics.lake.snapshots import MonthSnapshot
from edu.identity.principal import Principal, Role
from edu.pseudonyms import pseudonym_of
from edu.tenancy import enter_lake, enter_school
from evaluations import services
from tests.support.cloud import acting_as

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.bench.lake.generator import WrittenSchool
    from tests.bench.lake.schools import LakeSchool

IMPORTER = Principal("demo-import", Role.SCHOOL_ADMIN, None)
_SCHOOLS_AT_ONCE = 4


def seed_people(school: LakeSchool) -> dict[str, str]:
    """Put a school with the people and sections of all its years into the table; its students' pseudonyms."""
    with acting_as("operator"):
        services.import_school(
            actor=IMPORTER,
            school=school.school,
            courses=school.courses,
            teachers=school.teachers,
            sections=school.sections,
            students=school.students,
            enrolments=school.enrolments,
        )
    with enter_school(school.school.school_id):
        return {student.student_id: pseudonym_of(student.student_id) for student in school.students}


def put_lake(written: Iterable[WrittenSchool], folder: Path) -> float:
    """Put every school's objects into the bucket as its own worker does; in how many seconds."""
    began = time.perf_counter()
    with acting_as("worker"), ThreadPoolExecutor(_SCHOOLS_AT_ONCE) as threads:
        list(threads.map(lambda school: _put(school, folder), written))
    return time.perf_counter() - began


def _put(school: WrittenSchool, folder: Path) -> None:
    with enter_school(school.school_id), enter_lake():
        for month in school.months:
            for key in month.keys:
                store.put_object(key, (folder / key).read_bytes())
            if month.manifest:
                snapshots.write_manifest(MonthSnapshot(month.dataset, month.month, None), month.manifest)
