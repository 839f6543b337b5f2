"""The certificate on paper."""

from __future__ import annotations

import pytest
from django.utils import translation

from govsync.services.certificate_pdf import render
from tests.unit.evaluations.api.pdf_reader import text_of
from tests.unit.govsync.proofs import leaves, proven


def test_paper_has_the_facts_the_root_and_the_digest() -> None:
    certificate = proven().certificate
    shown = text_of(render(certificate, compress=False))
    for fact in (
        "Certificado de una sincronización con el gobierno",
        "Certificate of a sync with the government",
        certificate.run.school_id,
        certificate.run.run_id,
        certificate.as_of,
        certificate.merkle_root,
        certificate.history.head_sha256,
        certificate.sha256,
    ):
        assert fact in shown


def test_paper_of_a_report_certifies_nothing() -> None:
    report = proven(differences={"missing": 2}, state="needs_review").certificate
    shown = text_of(render(report, compress=False))
    assert "Informe de una sincronización con el gobierno, sin acuerdo" in shown
    assert "missing: 2" in shown
    assert "Certifica" not in shown


def test_same_certificate_gives_the_same_bytes_in_any_language() -> None:
    first = render(proven().certificate)
    with translation.override("en"):
        assert render(proven().certificate) == first


@pytest.mark.parametrize("person", ["<b>x</b>&amp;", "x\n\x1b[2J", "李小龙", "x" * 300, "\\"])
def test_any_text_is_written_as_text(person: str) -> None:
    shown = text_of(render(proven(started_by=person).certificate, compress=False)).replace("\n", "")
    for part in person.encode("cp1252", "backslashreplace").decode("cp1252").split("\n"):
        assert part.replace("\x1b", r"\x1b").strip("\\") in shown


def test_paper_has_no_grade() -> None:
    shown = text_of(render(proven(3).certificate, compress=False))
    assert not any(leaf.student_id in shown or leaf.salt in shown for leaf in leaves(3))
