"""All files of an export, of the school in scope, written to a folder."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import msgspec

from analytics.domain.datasets import FIRST_YEAR, LAST_YEAR, Month
from analytics.domain.exported import ENROLMENTS, EVALUATIONS, EVENTS, ONEROSTER, SCHOOL, SCORES
from analytics.exports import gradebooks, rosters
from analytics.exports.parts import CsvPart, part_of
from analytics.lake.exported import ParquetPart, add_events
from edu import clock
from edu.pseudonyms import standing_pseudonyms_of
from evaluations.services import iterate_graded, read_section_places, read_whole_roster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from analytics.exports.parts import Part
    from analytics.exports.rosters import Row
    from edu.identity.principal import Principal
    from evaluations.domain.school import School, Section
    from evaluations.services import WholeRoster

_MANIFEST = "manifest.csv"
_BY_SECTION = ("enrollments.csv", "lineItems.csv", "results.csv")


def write_parts(*, actor: Principal, folder: Path, progress: Callable[[int, int], None]) -> list[Part]:
    """Write every file of the export into an empty folder; ``progress`` is told of so many of so many steps.

    Errors as ``evaluations.services.read_whole_roster`` and ``analytics.lake.snapshots.take``.
    """
    roster = read_whole_roster(actor=actor)
    total = len(roster.sections) + 1
    progress(0, total)
    parts = [
        _record(folder, roster.school),
        *_people(folder, roster),
        *_sections(actor, folder, roster, lambda done: progress(done, total)),
    ]
    parts.append(_events(folder, roster))
    progress(total, total)
    return parts


def _record(folder: Path, school: School) -> Part:
    """The school's own record, as ``manage.py import_school`` takes it: terms, scales, policies."""
    path = folder / SCHOOL
    path.write_bytes(msgspec.json.format(msgspec.json.encode(school)))
    return part_of(SCHOOL, path, 1)


def _people(folder: Path, roster: WholeRoster) -> Iterator[Part]:
    school, sessions = roster.school, rosters.Sessions(roster.school, roster.sections)
    rows: dict[str, Iterable[Row]] = {
        "academicSessions.csv": sessions.rows(),
        "categories.csv": gradebooks.category_rows(school),
        "classes.csv": rosters.class_rows(school, roster.sections, sessions),
        "courses.csv": rosters.course_rows(school, roster.courses),
        "demographics.csv": rosters.demographic_rows(roster.students),
        "orgs.csv": rosters.org_rows(school),
        "roles.csv": rosters.role_rows(roster),
        "users.csv": rosters.user_rows(roster),
    }
    assert {*rows, *_BY_SECTION} == set(ONEROSTER)  # noqa: S101 - what the manifest says is there
    yield _csv(folder, _MANIFEST, rosters.manifest_rows(), ("propertyName", "value"))
    for name, of_file in rows.items():
        yield _csv(folder, name, of_file)


def _csv(folder: Path, name: str, rows: Iterable[Row], columns: tuple[str, ...] = ()) -> Part:
    with CsvPart(folder, name, columns) as part:
        for row in rows:
            part.add(row)
    return part.finished()


def _sections(actor: Principal, folder: Path, roster: WholeRoster, progress: Callable[[int], None]) -> Iterator[Part]:
    """The files that are written section by section."""
    paths = {name: folder / name.rpartition("/")[2] for name in (EVALUATIONS, SCORES, ENROLMENTS)}
    with ExitStack() as opened:
        csv = {name: opened.enter_context(CsvPart(folder, name)) for name in _BY_SECTION}
        parquet = {name: opened.enter_context(ParquetPart(path, name)) for name, path in paths.items()}
        for done, section in enumerate(roster.sections, start=1):
            _add_places(actor, roster.school, section, csv, parquet)
            _add_grades(actor, roster.school, section, csv, parquet)
            progress(done)
    yield from (part.finished() for part in csv.values())
    yield from (part_of(name, paths[name], part.rows) for name, part in parquet.items())


def _add_places(
    actor: Principal, school: School, section: Section, csv: dict[str, CsvPart], parquet: dict[str, ParquetPart]
) -> None:
    places = read_section_places(actor=actor, section_id=section.section_id)
    for row in rosters.enrolment_rows(school, section, places):
        csv["enrollments.csv"].add(row)
    for standing, enrolments in ((True, places.standing), (False, places.past)):
        for enrolment in enrolments:
            parquet[ENROLMENTS].add(gradebooks.enrolment_record(enrolment, standing=standing))


def _add_grades(
    actor: Principal, school: School, section: Section, csv: dict[str, CsvPart], parquet: dict[str, ParquetPart]
) -> None:
    """Evaluations and scores. What was cancelled counts for nothing, and stands in the Parquet files alone."""
    for evaluation, scores in iterate_graded(actor=actor, section_id=section.section_id):
        parquet[EVALUATIONS].add(gradebooks.evaluation_record(evaluation))
        if not evaluation.cancelled:
            csv["lineItems.csv"].add(gradebooks.line_item_row(school, evaluation))
        for score in scores:
            parquet[SCORES].add(gradebooks.score_record(score))
            if not evaluation.cancelled and (row := gradebooks.result_row(school, score)):
                csv["results.csv"].add(row)


def _events(folder: Path, roster: WholeRoster) -> Part:
    """The events, from the lake, which is up to 15 minutes behind. A device's clock may be ahead: a month more."""
    path = folder / EVENTS.rpartition("/")[2]
    pseudonyms = standing_pseudonyms_of(student.student_id for student in roster.students)
    student_of = {pseudonym: student_id for student_id, pseudonym in pseudonyms.items()}
    now = clock.now()
    months = Month.between(Month(FIRST_YEAR, 1), Month(min(now.year, LAST_YEAR), 12))
    with ParquetPart(path, EVENTS) as part:
        add_events(part, months, student_of)
    return part_of(EVENTS, path, part.rows)
