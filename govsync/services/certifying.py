"""What a finished run proves, from what it wrote until its end: nothing of it is of today."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu.tenancy import current_school_id
from govsync.domain.canonical import instant_text
from govsync.domain.certificate import (
    Certificate,
    Chain,
    Contract,
    Counts,
    History,
    Leaf,
    Manifest,
    Proof,
    RunName,
    exchanges_of,
    prove,
    root_of_leaves,
    salted,
    sealed,
    shortcomings_of,
)
from govsync.domain.chain import ChainBrokenError, chain_start, check_chain, entry_form
from govsync.domain.states import RunState
from govsync.errors import GradeNotCertifiedError, HistoryAlteredError, ManifestAlteredError, RunOpenError
from govsync.repository import certificates
from govsync.services.reading import RunReport, describe_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from govsync.domain.grades import SubmittedGrade
    from govsync.domain.runs import SyncRun

_SALT_BYTES = 16


@dataclass(frozen=True)
class CertifiedRun:
    """A run's certificate or report, the grades and the history that it is about, and what a person reads of it."""

    certificate: Certificate
    manifest: Manifest
    history: History
    report: RunReport


def keep_manifest(*, run_id: str, grades: Iterable[SubmittedGrade]) -> str:
    """Keep the grades on which both sides agree, at the run's end; returns what the run must name, their tree's root.

    ``grades`` in canonical order. Safe to repeat: the grades kept before are then no run's.
    """
    return certificates.put_manifest(run_id, [salted(grade, secrets.token_hex(_SALT_BYTES)) for grade in grades])


def certify(*, run_id: str) -> CertifiedRun:
    """What a finished run of the school in scope proves: the same each time. Strongly consistent.

    A run that ended without agreement has a report for its certificate, which says why.

    Raises:
        RunNotFoundError: this school has no such run.
        RunOpenError: it has not ended.
        HistoryAlteredError: its history is not the one that was written.
        ManifestAlteredError: the grades kept for it are not those it ended with.
    """
    report = describe_run(run_id=run_id)
    if not report.run.finished:
        raise RunOpenError(run_id)
    name = RunName(current_school_id(), report.run.term_id, run_id)
    entries = tuple(entry_form(entry) for entry in report.history)
    manifest, history = Manifest(name, _leaves_of(report.run)), History(name, entries)
    return CertifiedRun(sealed(_facts(report, manifest, history)), manifest, history, report)


def prove_grade(certified: CertifiedRun, *, evaluation_id: str, student_id: str) -> Proof:
    """The proof that one grade is among the certified ones, which shows no other.

    Raises:
        GradeNotCertifiedError: it is not.
    """
    try:
        return prove(certified.manifest, certified.certificate, evaluation_id=evaluation_id, student_id=student_id)
    except LookupError as error:
        raise GradeNotCertifiedError from error


def _leaves_of(run: SyncRun) -> tuple[Leaf, ...]:
    """The run's grades as kept; one that ended before it compared anything has none."""
    if run.manifest_sha256 is None:
        return ()
    leaves = certificates.list_manifest(run.run_id, run.manifest_sha256)
    if root_of_leaves(leaves) != run.manifest_sha256:
        raise ManifestAlteredError(run.run_id)
    return tuple(leaves)


def _chain_of(run: SyncRun, history: History) -> Chain:
    start = chain_start(school_id=history.run.school_id, run_id=run.run_id)
    try:
        unchained = check_chain(history.entries, start=start, head=run.history_sha256)
    except ChainBrokenError as error:
        raise HistoryAlteredError(str(error)) from error
    return Chain(len(history.entries), unchained, run.history_sha256)


def _facts(report: RunReport, manifest: Manifest, history: History) -> Certificate:
    run, chain = report.run, _chain_of(report.run, history)
    differences = Counter(str(difference.kind) for difference in report.differences)
    return Certificate(
        run=manifest.run,
        state=str(run.state),
        started_by=run.started_by,
        started_at=instant_text(run.started_at),
        as_of=instant_text(run.cut_off),
        finished_at=instant_text(run.finished_at or report.history[-1].at),
        contract=Contract(run.contract_version, run.contract_shape),
        counts=Counts(len(manifest.grades), run.accepted, run.rejected, run.batches, run.held_pages),
        differences=dict(differences),
        shortcomings=shortcomings_of(
            is_reconciled=run.state is RunState.RECONCILED, differences=differences, unchained=chain.unchained
        ),
        merkle_root=root_of_leaves(manifest.grades),
        exchanges=exchanges_of(history.entries),
        history=chain,
    )
