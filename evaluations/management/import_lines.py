"""Imports in lines for an operator: ids, counts and places in files."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from django.utils import translation

from evaluations.domain.roster import Entity
from evaluations.domain.roster_changes import ChangeKind
from evaluations.roster_files.problems import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from evaluations.domain.roster_changes import Change
    from evaluations.domain.roster_imports import RosterImport
    from evaluations.errors import ImportRefusedError
    from evaluations.services.roster.advancing import Progress
    from evaluations.services.roster.previewing import Preview

_SHOWN = 20  # of each kind of change to each kind of record


def lines_of_preview(preview: Preview) -> Iterator[str]:
    """What an import would do, its differences from the standard, and its digest."""
    with translation.override("en"):
        for notice in preview.notices:
            yield f"notice {notice.place}: {words_of(notice.rule)} ({notice.rule})"
    yield f"counts {counts_of(preview.counts()) or '-'}"
    for kind in ChangeKind:
        for entity in Entity:
            changes = [c for c in preview.comparison.changes if c.kind is kind and c.name.entity is entity]
            yield from (f"{kind} {_line_of(change)}" for change in changes[:_SHOWN])
            yield from _rest(len(changes))
    yield from (f"missing {name}" for name in preview.comparison.missing[:_SHOWN])
    yield from _rest(len(preview.comparison.missing))
    held = f" held for {','.join(preview.over)}" if preview.over else ""
    yield f"digest {preview.digest}{held}"


def lines_of_refusal(error: ImportRefusedError) -> Iterator[str]:
    """What is wrong with files, place by place."""
    with translation.override("en"):
        for broken in error.fields:
            yield f"{broken.field}: {broken.message} ({broken.rule})"


def line_of_import(record: RosterImport) -> str:
    """An import: where it stands, since when, by whom, and what it was to do."""
    over = f" over={','.join(record.over)}" if record.over else ""
    kept = f" kept={record.kept}" if record.kept else ""
    who = f"by={record.started_by}" + (f" decided={record.decided_by}" if record.decided_by else "")
    state = f"{record.import_id} {record.state} {who}{over}{kept}"
    return f"{state} {counts_of(record.counts)} updated={record.updated_at:%Y-%m-%dT%H:%M:%SZ} digest={record.digest}"


def line_of_progress(progress: Progress) -> str:
    """How far an import has come."""
    return f"{progress.record.import_id} {progress.record.state} parts={progress.done}/{progress.total}"


def counts_of(counts: Mapping[str, int]) -> str:
    """How many records there are of what."""
    return " ".join(f"{name}={count}" for name, count in sorted(counts.items()))


def _line_of(change: Change) -> str:
    """A change's record, and for one that is changed the fields; never what they say."""
    if change.kind is not ChangeKind.CHANGED:
        return str(change.name)
    names = [f.name for f in fields(change.after) if getattr(change.before, f.name) != getattr(change.after, f.name)]
    return f"{change.name} {','.join(names)}"


def _rest(count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield f"  and {count - _SHOWN} more"
