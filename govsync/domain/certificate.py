"""What a finished run proves, as files that anybody can check: ``docs/SYNC-CERTIFICATE.md`` is their format.

A certificate says that both sides agree; where they do not, the same facts are a report. Neither holds a grade: they
hold the root of the tree over the manifest's leaves, one a grade. A leaf is salted, and so is what is said of a batch:
grades are so few values that a bare digest would give one away.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from govsync.domain import merkle
from govsync.domain.canonical import canonical, canonical_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable

    from govsync.domain.chain import EntryForm
    from govsync.domain.grades import SubmittedGrade

FORMAT_VERSION = 1


class Format(StrEnum):
    """Which of the files it is."""

    CERTIFICATE = "libreta-sync-certificate"
    REPORT = "libreta-sync-report"
    MANIFEST = "libreta-sync-manifest"
    HISTORY = "libreta-sync-history"
    PROOF = "libreta-sync-proof"


class Shortcoming(StrEnum):
    """Why a run gets a report and no certificate."""

    NOT_RECONCILED = "not_reconciled"
    DIFFERENCES = "differences"
    UNCHAINED_HISTORY = "unchained_history"


@dataclass(frozen=True)
class Leaf:
    """A grade on which both sides agree, with its salt: 32 random hexadecimal digits."""

    evaluation_id: str
    student_id: str
    version: int
    course_id: str
    state: str
    salt: str = field(repr=False)
    value: str | None = field(default=None, repr=False)

    @property
    def name(self) -> tuple[str, str]:
        """Evaluation and student: by it leaves are ordered, and none is there twice."""
        return (self.evaluation_id, self.student_id)


@dataclass(frozen=True)
class Contract:
    """The agreement with the government that the run was held by: its version, and the shape of the API."""

    version: str
    shape: str


@dataclass(frozen=True)
class Counts:
    """``grades``: those of the manifest, the tree's leaves; ``accepted`` and ``rejected`` as the answers said."""

    grades: int
    accepted: int
    rejected: int
    batches: int
    list_pages: int


@dataclass(frozen=True)
class ExchangeDigest:
    """A request about a batch or a page, and its answer: each an HMAC of its SHA-256 under the history entry's salt.

    ``None``: there was none yet, or the entry is from before there was a chain.
    """

    version: int
    at: str
    event: str
    batch_number: int | None
    response_status: int | None
    request_hmac: str | None
    response_hmac: str | None


@dataclass(frozen=True)
class Chain:
    """The history that the run had at its end: how many entries, how many of them unchained, and the last digest."""

    entries: int
    unchained: int
    head_sha256: str


@dataclass(frozen=True)
class RunName:
    """Which run of which school it is about."""

    school_id: str
    term_id: str
    run_id: str


@dataclass(frozen=True)
class Certificate:
    """A certificate, or with ``shortcomings`` a report. Instants are UTC texts; ``differences`` are counts by kind."""

    run: RunName
    state: str
    started_by: str
    started_at: str
    as_of: str
    finished_at: str
    contract: Contract
    counts: Counts
    differences: Mapping[str, int]
    shortcomings: tuple[str, ...]
    merkle_root: str
    exchanges: tuple[ExchangeDigest, ...]
    history: Chain
    format: str = ""
    format_version: int = FORMAT_VERSION
    sha256: str = ""

    @property
    def is_agreement(self) -> bool:
        """Whether it certifies that the government holds exactly the school's grades."""
        return self.format == Format.CERTIFICATE


@dataclass(frozen=True)
class Manifest:
    """The grades that a certificate is about, by evaluation and student."""

    run: RunName
    grades: tuple[Leaf, ...]
    format: str = Format.MANIFEST
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True)
class History:
    """The run's history, an entry a step, as it is hashed and with its digest."""

    run: RunName
    entries: tuple[Mapping[str, str | int], ...]
    format: str = Format.HISTORY
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True)
class Proof:
    """That one grade is in a certificate's tree: its place in it, and the hashes that lead from it to the root."""

    run: RunName
    certificate_sha256: str
    index: int
    size: int
    path: tuple[str, ...]
    grade: Leaf
    format: str = Format.PROOF
    format_version: int = FORMAT_VERSION


Document = Certificate | Manifest | History | Proof


def written(document: Document) -> bytes:
    """The document as its file: canonical JSON, and nothing after it.

    Raises:
        ValueError: a text in it has no canonical form.
    """
    return canonical(asdict(document))


def salted(grade: SubmittedGrade, salt: str) -> Leaf:
    """The grade as a leaf."""
    return Leaf(**asdict(grade), salt=salt)


def root_of_leaves(leaves: Iterable[Leaf]) -> str:
    """The root of the tree of these leaves, in this order."""
    return merkle.root_of(leaf_bytes(leaf) for leaf in leaves)


def leaf_bytes(leaf: Leaf) -> bytes:
    """What is hashed of a leaf: its canonical JSON."""
    return canonical(asdict(leaf))


def sealed(facts: Certificate) -> Certificate:
    """The facts as what they are, a certificate or a report, with their digest."""
    kind = Format.REPORT if facts.shortcomings else Format.CERTIFICATE
    named = replace(facts, format=str(kind), sha256="")
    return replace(named, sha256=certificate_sha256(named))


def certificate_sha256(certificate: Certificate) -> str:
    """The certificate's digest: over all of it but the digest itself."""
    content = asdict(certificate)
    del content["sha256"]
    return canonical_sha256(content)


def shortcomings_of(*, is_reconciled: bool, differences: Mapping[str, int], unchained: int) -> tuple[str, ...]:
    """Why these facts certify no agreement; empty when they do."""
    found = {
        Shortcoming.NOT_RECONCILED: not is_reconciled,
        Shortcoming.DIFFERENCES: bool(differences),
        Shortcoming.UNCHAINED_HISTORY: unchained > 0,
    }
    return tuple(str(shortcoming) for shortcoming, is_there in found.items() if is_there)


def exchanges_of(entries: Iterable[EntryForm]) -> tuple[ExchangeDigest, ...]:
    """What a certificate says of each exchange with the government that a history has."""
    return tuple(_exchange(entry) for entry in entries if "request_sha256" in entry)


def prove(manifest: Manifest, certificate: Certificate, *, evaluation_id: str, student_id: str) -> Proof:
    """The proof that one grade is among those of the certificate.

    Raises:
        LookupError: the manifest has no such grade.
    """
    found = [index for index, leaf in enumerate(manifest.grades) if leaf.name == (evaluation_id, student_id)]
    if not found:
        raise LookupError("no such grade in the manifest")
    return Proof(
        run=certificate.run,
        certificate_sha256=certificate.sha256,
        index=found[0],
        size=len(manifest.grades),
        path=tuple(merkle.proof_of(map(leaf_bytes, manifest.grades), found[0])),
        grade=manifest.grades[found[0]],
    )


def _exchange(entry: EntryForm) -> ExchangeDigest:
    batch_number, status = entry.get("batch_number"), entry.get("response_status")
    return ExchangeDigest(
        version=int(entry["version"]),
        at=str(entry["at"]),
        event=str(entry["event"]),
        batch_number=None if batch_number is None else int(batch_number),
        response_status=None if status is None else int(status),
        request_hmac=_under_salt(entry, "request_sha256"),
        response_hmac=_under_salt(entry, "response_sha256"),
    )


def _under_salt(entry: EntryForm, name: str) -> str | None:
    if "salt" not in entry or name not in entry:
        return None
    return hmac.new(str(entry["salt"]).encode(), str(entry[name]).encode(), hashlib.sha256).hexdigest()
