"""A made-up run's certificate with all that goes with it, for tests that need no table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from govsync.domain.certificate import (
    Certificate,
    Chain,
    Contract,
    Counts,
    History,
    Leaf,
    Manifest,
    RunName,
    exchanges_of,
    prove,
    root_of_leaves,
    salted,
    sealed,
    shortcomings_of,
    written,
)
from govsync.domain.chain import chain_start, chained, check_chain, entry_form
from govsync.domain.grades import SubmittedGrade
from govsync.domain.history import HistoryEntry

RUN = RunName("escuela-norte", "2026-t3", "2026-t3-r1")
START = chain_start(school_id=RUN.school_id, run_id=RUN.run_id)
AT = datetime(2026, 11, 29, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Proven:
    """A certificate, its manifest and its history."""

    certificate: Certificate
    manifest: Manifest
    history: History

    def files(self) -> dict[str, bytes]:
        """All of them as files, with the proof of the first grade if there is one."""
        found = {
            "certificate.json": written(self.certificate),
            "manifest.json": written(self.manifest),
            "history.json": written(self.history),
        }
        if self.manifest.grades:
            evaluation_id, student_id = self.manifest.grades[0].name
            proof = prove(self.manifest, self.certificate, evaluation_id=evaluation_id, student_id=student_id)
            found["proof.json"] = written(proof)
        return found


def leaves(count: int) -> tuple[Leaf, ...]:
    """So many leaves in order, the salt of each made of its number."""
    grades = [
        SubmittedGrade("eva-1", f"student-{number:04d}", 1, "mat-5", "recorded", f"{1 + number % 7}.5")
        for number in range(count)
    ]
    return tuple(salted(grade, f"{number:032x}") for number, grade in enumerate(grades))


def entries(count: int, *, unchained: int = 0) -> list[HistoryEntry]:
    """So many entries of a run, chained but for the first ones: every second one is an exchange."""
    found: list[HistoryEntry] = []
    previous = START
    for version in range(1, count + 1):
        entry = HistoryEntry(AT + timedelta(seconds=version), version, "worker-1", "batch.sending", "sending")
        if version % 2 == 0:
            digests = {"request_sha256": f"{version:064x}", "response_sha256": f"{version + 1:064x}"}
            entry = replace(entry, batch_number=1, response_status=200, duration_ms=12, **digests)  # type: ignore[arg-type] # texts
        if version > unchained:
            entry = chained(replace(entry, salt=f"{version:032x}"), previous)
            previous = entry.sha256
        found.append(entry)
    return found


def proven(grades: int = 5, *, unchained: int = 0, **facts: Any) -> Proven:
    """A run that certifies so many grades; ``facts`` are the certificate's, when they are others."""
    manifest = Manifest(RUN, leaves(grades))
    forms = tuple(entry_form(entry) for entry in entries(6, unchained=unchained))
    head = str(forms[-1].get("sha256", ""))
    differences, state = facts.pop("differences", {}), facts.pop("state", "reconciled")
    certificate = Certificate(
        run=RUN,
        state=state,
        started_by="somebody",
        started_at="2026-11-29T14:00:00.000000Z",
        as_of="2026-11-29T14:00:00.000000Z",
        finished_at="2026-11-29T15:00:00.000000Z",
        contract=Contract("1", "direct"),
        counts=Counts(grades, grades, 0, 1, 1),
        differences=differences,
        shortcomings=shortcomings_of(is_reconciled=state == "reconciled", differences=differences, unchained=unchained),
        merkle_root=root_of_leaves(manifest.grades),
        exchanges=exchanges_of(forms),
        history=Chain(len(forms), check_chain(forms, start=START, head=head), head),
    )
    return Proven(sealed(replace(certificate, **facts)), manifest, History(RUN, forms))
