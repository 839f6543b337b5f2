"""The history as a document: all of it, and nothing in it that somebody else could have put there as ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from govsync.domain.grades import RejectedGrade
from govsync.domain.reconciliation import Difference, DifferenceKind
from govsync.domain.runs import new_run
from govsync.services.history_text import history_text
from govsync.services.reading import RunReport
from tests.unit.govsync.proofs import AT, RUN, entries

HOSTILE = "late\n7. 2026-11-29T15:00:00.000000Z run.reconciled -> reconciled\x1b[2J\u202e\u2028\r\\n"
ESCAPED = r"late\n7. 2026-11-29T15:00:00.000000Z run.reconciled -> reconciled\x1b[2J\u202e\u2028\r\\n"


def report(**changes: Any) -> RunReport:
    run = replace(
        new_run(term_id=RUN.term_id, ordinal=1, started_at=AT, started_by="somebody", shape="direct"), finished_at=AT
    )
    found = RunReport(run, [], [], [], [], entries(6, unchained=1))
    return replace(found, **changes)


def test_each_entry_is_there_with_its_digest() -> None:
    written = history_text(report())
    for entry in entries(6, unchained=1):
        assert f"\n{entry.version}. {entry.at:%Y-%m-%dT%H:%M:%S.%fZ} {entry.event} -> {entry.state}\n" in written
        assert (entry.sha256 or "sin encadenar / unchained") in written
    assert "Respuesta / Answer: 200, 12 ms" in written


@pytest.mark.parametrize("language", ["es", "en"])
def test_document_is_the_same_in_any_language(language: str) -> None:
    with translation.override(language):
        written = history_text(report())
    assert written == history_text(report())
    assert written.startswith(
        "Historia de una sincronización con el gobierno / History of a sync with the government: "
    )


def test_what_others_sent_forges_no_line_and_hides_none() -> None:
    forged = replace(entries(1)[0], detail=HOSTILE, actor=HOSTILE, correlation_id=HOSTILE)
    hostile = report(
        history=[forged],
        differences=[Difference("eva-1", "stu-1", DifferenceKind.REJECTED, 1, None, HOSTILE)],
        rejected=[RejectedGrade("eva-1", "stu-1", 1, HOSTILE, 3)],
    )
    honest = replace(forged, detail="x", actor="x", correlation_id="x")
    plain = report(
        history=[honest],
        differences=[replace(hostile.differences[0], reason="x")],
        rejected=[replace(hostile.rejected[0], reason="x")],
    )
    written = history_text(hostile)
    assert written.replace(ESCAPED, "x") == history_text(plain)
    assert written.count(ESCAPED) == 5
    assert all(line.isprintable() for line in written.split("\n"))


def test_document_names_differences_and_rejected_grades_and_no_digest_of_a_batch() -> None:
    found = report(
        differences=[Difference("eva-1", "stu-1", DifferenceKind.OTHER_VERSION, 3, 2)],
        rejected=[RejectedGrade("eva-2", "stu-2", 1, "unknown_student", 3)],
    )
    written = history_text(found)
    assert "eva-1 stu-1 other_version nuestra / ours 3, de ellos / theirs 2\n" in written
    assert "eva-2 stu-2 1 lote / batch 3\n    Detalle / Detail: unknown_student\n" in written
    digests = [entry.request_sha256 for entry in found.history if entry.request_sha256]
    assert digests
    assert not any(digest in written for digest in digests)
