"""A run's whole history as a text that an auditor reads: ids, codes, times and digests, and no grade.

What others sent (reasons, details) stands on lines of its own, with whatever could forge a line or hide one escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.utils.translation import gettext_lazy as _

from edu.texts import visible
from govsync.domain.canonical import instant_text
from govsync.domain.grades import RejectedGrade
from govsync.domain.reconciliation import Difference
from govsync.services.bilingual import label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from django.utils.functional import Promise

    from govsync.domain.history import HistoryEntry
    from govsync.services.reading import RunReport

Reasoned = TypeVar("Reasoned", Difference, RejectedGrade)
_INDENT = "    "


def history_text(report: RunReport) -> str:
    """The document; lines end in LF."""
    return "\n".join([*_heading(report), *_graded(report), *_entries(report)]) + "\n"


def _heading(report: RunReport) -> Iterator[str]:
    run = report.run
    title = f"{label(_('History of a sync with the government'))}: {run.run_id}"
    yield from (title, "=" * len(title), "")
    yield _line(_("State"), run.state)
    yield _line(_("Started by"), run.started_by)
    yield _line(_("Started"), instant_text(run.started_at))
    yield _line(_("Grades as of"), instant_text(run.cut_off))
    yield _line(_("Finished"), instant_text(run.finished_at) if run.finished_at else "-")
    yield _line(_("Last digest of the history"), run.history_sha256 or "-")


def _graded(report: RunReport) -> Iterator[str]:
    yield from _reasoned(_("Differences"), report.differences, _difference_line)
    yield from _reasoned(_("Rejected grades"), report.rejected, _rejected_line)


def _reasoned(title: Promise, found: Sequence[Reasoned], line: Callable[[Reasoned], str]) -> Iterator[str]:
    """A section of grades, each with the reason that was given for it."""
    yield from _section(title, len(found))
    for each in found:
        yield line(each)
        yield from _said(each.reason)


def _difference_line(found: Difference) -> str:
    return f"{found.evaluation_id} {found.student_id} {found.kind} {_versions(found)}"


def _versions(found: Difference) -> str:
    return f"{label(_('ours'))} {found.our_version or '-'}, {label(_('theirs'))} {found.their_version or '-'}"


def _rejected_line(found: RejectedGrade) -> str:
    return f"{found.evaluation_id} {found.student_id} {found.version} {label(_('batch'))} {found.batch_number}"


def _entries(report: RunReport) -> Iterator[str]:
    yield from _section(_("Entries"), len(report.history))
    for entry in report.history:
        yield from _entry(entry)


def _entry(entry: HistoryEntry) -> Iterator[str]:
    yield f"{entry.version}. {instant_text(entry.at)} {visible(entry.event)} -> {visible(entry.state)}"
    if entry.batch_number is not None:
        yield _INDENT + _line(_("Batch"), entry.batch_number)
    if entry.duration_ms is not None:
        answer = label(_("none")) if entry.response_status is None else entry.response_status
        yield _INDENT + _line(_("Answer"), f"{answer}, {entry.duration_ms} ms")
    yield _INDENT + _line(_("Who"), entry.actor)
    if entry.correlation_id:
        yield _INDENT + _line(_("Correlation"), entry.correlation_id)
    yield from _said(entry.detail)
    yield _INDENT + _line(_("Digest"), entry.sha256 or label(_("unchained")))


def _section(title: Promise, count: int) -> Iterator[str]:
    heading = f"{label(title)}: {count}"
    yield from ("", heading, "-" * len(heading))


def _said(text: str) -> Iterator[str]:
    if text:
        yield _INDENT + _line(_("Detail"), text)


def _line(name: Promise, value: object) -> str:
    return f"{label(name)}: {visible(str(value))}"
