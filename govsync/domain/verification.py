"""Checking a certificate and what goes with it, from the files alone. Pure: no settings, table, clock or network.

A file counts only if it is, byte by byte, what this format would write: so no byte of it is without meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from govsync.domain.certificate import (
    FORMAT_VERSION,
    Certificate,
    Document,
    Format,
    History,
    Manifest,
    Proof,
    certificate_sha256,
    exchanges_of,
    leaf_bytes,
    root_of_leaves,
    shortcomings_of,
    written,
)
from govsync.domain.chain import chain_start, check_chain
from govsync.domain.merkle import root_by_proof
from govsync.domain.states import RunState

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS: Mapping[str, type[Document]] = {
    Format.CERTIFICATE: Certificate,
    Format.REPORT: Certificate,
    Format.MANIFEST: Manifest,
    Format.HISTORY: History,
    Format.PROOF: Proof,
}


class VerificationError(ValueError):
    """A file does not hold what it says: ``name`` is the file's, ``fault`` what is wrong with it."""

    def __init__(self, name: str, fault: str) -> None:
        self.name, self.fault = name, fault
        super().__init__(f"{name}: {fault}")


@dataclass(frozen=True)
class _Head:
    format: str
    format_version: int


def verify(files: Mapping[str, bytes]) -> Certificate:
    """Check one certificate (or report) and any manifest, history and proofs that go with it; returns the certificate.

    A report that is intact passes: whoever wants an agreement asks it ``is_agreement``.

    Raises:
        VerificationError: naming the first file that is wrong, and how.
    """
    documents = {name: read_document(name, content) for name, content in files.items()}
    certificates = [(name, found) for name, found in documents.items() if isinstance(found, Certificate)]
    if len(certificates) != 1:
        names = ", ".join(name for name, _found in certificates) or "none"
        raise VerificationError(names, "exactly one certificate or report must be given")
    [(_name, certificate)] = certificates
    for name, found in documents.items():
        fault = _fault_of(found, certificate)
        if fault:
            raise VerificationError(name, fault)
    return certificate


def read_document(name: str, content: bytes) -> Document:
    """A file as its document. Total: every byte string ends in a document or in one error.

    Raises:
        VerificationError: it is none, or is not written as the format says.
    """
    try:
        head = msgspec.json.decode(content, type=_Head)
        kind = _KINDS.get(head.format)
        if kind is None or head.format_version != FORMAT_VERSION:
            raise VerificationError(name, "unknown format or version of it")
        document = msgspec.json.decode(content, type=kind)
        is_canonical = written(document) == content
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise VerificationError(name, "no such document") from error
    if not is_canonical:
        raise VerificationError(name, "not written as the format says: not canonical, or with something added")
    return document


def _fault_of(found: Document, certificate: Certificate) -> str:
    try:
        return _fault_of_certificate(found) if isinstance(found, Certificate) else _fault_beside(found, certificate)
    except LookupError:
        return "an entry lacks what every entry has"
    except ValueError as error:
        return str(error)


def _fault_of_certificate(certificate: Certificate) -> str:
    if certificate.sha256 != certificate_sha256(certificate):
        return "its content is not what its sha256 was made of"
    shortcomings = shortcomings_of(
        is_reconciled=certificate.state == RunState.RECONCILED,
        differences=certificate.differences,
        unchained=certificate.history.unchained,
    )
    if certificate.shortcomings != shortcomings or certificate.is_agreement == bool(shortcomings):
        return "it says more than its facts do"
    return ""


def _fault_beside(found: Manifest | History | Proof, certificate: Certificate) -> str:
    if found.run != certificate.run:
        return "it is another run's than the certificate"
    match found:
        case Manifest():
            return _fault_of_manifest(found, certificate)
        case History():
            return _fault_of_history(found, certificate)
        case Proof():
            return _fault_of_proof(found, certificate)


def _fault_of_manifest(manifest: Manifest, certificate: Certificate) -> str:
    if any(before.name >= after.name for before, after in pairwise(manifest.grades)):
        return "its grades are not in order, or one is there twice"
    if len(manifest.grades) != certificate.counts.grades:
        return f"it has {len(manifest.grades)} grades, the certificate {certificate.counts.grades}"
    if root_of_leaves(manifest.grades) != certificate.merkle_root:
        return "its grades do not have the certificate's root"
    return ""


def _fault_of_history(history: History, certificate: Certificate) -> str:
    start = chain_start(school_id=history.run.school_id, run_id=history.run.run_id)
    unchained = check_chain(history.entries, start=start, head=certificate.history.head_sha256)
    if (len(history.entries), unchained) != (certificate.history.entries, certificate.history.unchained):
        return "it has other entries than the certificate counts"
    if exchanges_of(history.entries) != certificate.exchanges:
        return "its exchanges are not the certificate's"
    return ""


def _fault_of_proof(proof: Proof, certificate: Certificate) -> str:
    if proof.certificate_sha256 != certificate.sha256:
        return "it is another certificate's"
    if proof.size != certificate.counts.grades:
        return f"it is about {proof.size} grades, the certificate about {certificate.counts.grades}"
    root = root_by_proof(leaf_bytes(proof.grade), index=proof.index, size=proof.size, path=proof.path)
    return "" if root == certificate.merkle_root else "its grade is not in the certificate's tree"
