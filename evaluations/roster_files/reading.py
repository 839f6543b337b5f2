"""Which kind of files these are, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluations.domain.roster import RosterContent
from evaluations.roster_files import sheets, workbooks
from evaluations.roster_files.archives import ARCHIVE, check_bounds, is_zip, unpack
from evaluations.roster_files.csv_files import read_csv
from evaluations.roster_files.oneroster import reader as oneroster
from evaluations.roster_files.problems import Problem, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from evaluations.domain.roster import Roster
    from evaluations.roster_files.cells import DateOrder
    from evaluations.roster_files.tables import RawTable


@dataclass(frozen=True)
class Reading:
    """What files say, if nothing is wrong with them; ``notices`` are differences from the standard without harm."""

    content: RosterContent | None
    problems: tuple[Problem, ...]
    notices: tuple[Problem, ...]


def read_files(
    files: Mapping[str, bytes], standing: Roster, *, on: date, date_order: DateOrder | None = None
) -> Reading:
    """Read an upload, one file or a folder's, for a school that has ``standing``, on a day of it.

    Total: any bytes end in records or in problems. Needs a school's scope where a spreadsheet gives no ids.
    """
    report = Report()
    content = _read(files, standing, report, on, date_order) if check_bounds(files, report) else None
    return Reading(None if report.problems else content, tuple(report.problems), tuple(report.notices))


def _read(
    files: Mapping[str, bytes], standing: Roster, report: Report, on: date, date_order: DateOrder | None
) -> RosterContent | None:
    if len(files) == 1:
        [content] = files.values()
        if is_zip(content) and workbooks.is_workbook(content):
            return _read_tables(workbooks.read_workbook(content, report), standing, report, on, date_order)
        if is_zip(content):
            files = unpack(content, report)
    if report.problems:
        return None
    if oneroster.is_set(files):
        return oneroster.read_set(files, standing, report, on=on, date_order=date_order)
    named = [(name, content) for name, content in files.items() if name.casefold().endswith(".csv")]
    labels = _labels(named)
    tables = [(name, read_csv(labels[name], content, report)) for name, content in named]
    return _read_tables(tables, standing, report, on, date_order)


def _labels(named: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """What files are called in the report: a stranger's name may be anybody's."""
    return {name: sheets.kind_of(name) or f"file {number}" for number, (name, _content) in enumerate(named, start=1)}


def _read_tables(
    tables: list[tuple[str, RawTable]], standing: Roster, report: Report, on: date, date_order: DateOrder | None
) -> RosterContent | None:
    """Tables by what their names say; a table alone is one of students."""
    by_kind: dict[str, RawTable] = {}
    for name, raw in tables:
        kind = sheets.kind_of(name) or (sheets.STUDENTS if len(tables) == 1 else None)
        if kind is None:
            report.notice(raw.file, "not_read")
        elif kind in by_kind:
            report.refuse(raw.file, "repeated")
        else:
            by_kind[kind] = raw
    if not by_kind and not report.problems:
        report.refuse(ARCHIVE, "empty")
    return sheets.read_sheets(by_kind, standing, report, on=on, date_order=date_order) if by_kind else None
