"""Giving out what a run proves, as files; each time it is noted in the school's audit trail, before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo.transactions import Transaction
from govsync.domain.certificate import written
from govsync.services.certifying import certify, prove_grade
from govsync.services.history_text import history_text

if TYPE_CHECKING:
    from edu.identity.principal import Principal
    from govsync.domain.certificate import Proof
    from govsync.services.certifying import CertifiedRun


def export_run(*, run_id: str, actor: Principal) -> dict[str, bytes]:
    """Everything that a finished run of the school in scope proves, by file name: certificate, grades and history.

    The same bytes each time. A run without agreement has a report where another has its certificate. Raises like
    ``certify``.
    """
    certified = certify(run_id=run_id)
    _audit(certified, actor)
    return _certificate_files(certified) | {
        f"{run_id}.manifest.json": written(certified.manifest),
        f"{run_id}.history.json": written(certified.history),
        f"{run_id}.history.txt": history_text(certified.report).encode(),
    }


def export_grade(*, run_id: str, evaluation_id: str, student_id: str, actor: Principal) -> dict[str, bytes]:
    """The certificate and the proof of one grade, by file name: nothing in them shows another grade.

    Raises:
        GradeNotCertifiedError: the run certifies no such grade. Else like ``certify``.
    """
    certified = certify(run_id=run_id)
    proof = prove_grade(certified, evaluation_id=evaluation_id, student_id=student_id)
    _audit(certified, actor, proof)
    return _certificate_files(certified) | {f"{run_id}.proof-{proof.index}.json": written(proof)}


def _certificate_files(certified: CertifiedRun) -> dict[str, bytes]:
    from govsync.services.certificate_pdf import render  # noqa: PLC0415 - reportlab: only who exports pays

    certificate = certified.certificate
    kind = "certificate" if certificate.is_agreement else "report"
    name = f"{certificate.run.run_id}.{kind}"
    return {f"{name}.json": written(certificate), f"{name}.pdf": render(certificate)}


def _audit(certified: CertifiedRun, actor: Principal, proof: Proof | None = None) -> None:
    """The entry keeps the certificate's digest: whoever holds a file can be told whether it is what was given out."""
    run = certified.report.run
    transaction = Transaction()
    audit.add_entry(
        transaction,
        actor=actor,
        action="sync_run.grade_exported" if proof else "sync_run.exported",
        subject=f"score:{proof.grade.evaluation_id}:{proof.grade.student_id}" if proof else f"sync_run:{run.run_id}",
        version=proof.grade.version if proof else run.version,
        digests=("", certified.certificate.sha256),
    )
    transaction.commit()
