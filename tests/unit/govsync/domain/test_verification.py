"""What goes out can be checked by anybody: by our code, and by a checker that was written from its format alone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govsync.domain.certificate import Counts, Leaf, Manifest, prove, root_of_leaves, sealed, written
from govsync.domain.verification import VerificationError, read_document, verify
from tests.support import sync_verifier
from tests.unit.govsync.proofs import Proven, leaves, proven

if TYPE_CHECKING:
    from pathlib import Path

FILES = proven().files()


def fault(files: dict[str, bytes]) -> str:
    with pytest.raises(VerificationError) as caught:
        verify(files)
    return str(caught.value)


def second_opinion(folder: Path, files: dict[str, bytes]) -> bool:
    """What the checker says that was written from the page."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    try:
        sync_verifier.main([str(folder / name) for name in files])
    except SystemExit:
        return False
    return True


@pytest.mark.parametrize("grades", [0, 1, 2, 5, 8])
def test_both_checkers_take_what_is_whole(grades: int, tmp_path: Path) -> None:
    files = proven(grades).files()
    assert verify(files).is_agreement
    assert second_opinion(tmp_path, files)


@pytest.mark.parametrize("beside", ["manifest.json", "history.json", "proof.json"])
def test_certificate_stands_alone_and_with_each_other_file(beside: str) -> None:
    assert verify({"c": FILES["certificate.json"]}) == verify({"c": FILES["certificate.json"], beside: FILES[beside]})


def test_every_leaf_of_a_manifest_can_be_shown_without_the_others(tmp_path: Path) -> None:
    whole = proven(9)
    for leaf in whole.manifest.grades:
        proof = prove(whole.manifest, whole.certificate, evaluation_id=leaf.evaluation_id, student_id=leaf.student_id)
        files = {"certificate.json": written(whole.certificate), "proof.json": written(proof)}
        assert verify(files) == whole.certificate
        assert second_opinion(tmp_path, files)
        others = {other.student_id for other in whole.manifest.grades if other != leaf}
        assert not any(student.encode() in content for student in others for content in files.values())


@pytest.mark.parametrize("name", FILES)
def test_every_changed_byte_of_every_file_fails(name: str) -> None:
    for position, byte in enumerate(FILES[name]):
        for flipped in (0x01, 0x20):  # the second makes a capital of a small letter, and a space of a zero byte
            changed = bytearray(FILES[name])
            changed[position] = byte ^ flipped
            assert fault({"certificate.json": FILES["certificate.json"], name: bytes(changed)})


@settings(max_examples=300)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_changed_lost_or_added_bytes_fail_for_both_checkers(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    content = FILES[name]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 3)))
    put = data.draw(st.binary(max_size=3) | st.sampled_from([b" ", b"\n", b"0", b'"', b",", b"null"]))
    changed = content[:start] + put + content[end:]
    if changed == content:
        return
    files = {**FILES, name: changed}
    assert fault(files).startswith(name) or name == "certificate.json"
    assert not second_opinion(tmp_path_factory.mktemp("changed"), files)


@given(st.binary() | st.text().map(str.encode))
def test_reading_is_total(content: bytes) -> None:
    with pytest.raises(VerificationError):
        read_document("x", content)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"format":' * 50_000,
        b'{"format":"libreta-sync-manifest","format_version":1,"x":' + b"[" * 100_000,
        b'{"format":"libreta-sync-manifest","format_version":1}',
        b'{"format":"libreta-sync-manifest","format_version":2}',
        b'{"format":"libreta-sync-poem","format_version":1}',
        b"\xff\xfe{}",
    ],
)
def test_what_is_no_document_is_refused(content: bytes) -> None:
    with pytest.raises(VerificationError):
        read_document("x", content)


def test_exactly_one_certificate_is_needed() -> None:
    assert "exactly one" in fault({"manifest.json": FILES["manifest.json"]})
    assert "exactly one" in fault({"a": FILES["certificate.json"], "b": FILES["certificate.json"]})


def test_another_runs_file_is_refused(tmp_path: Path) -> None:
    other = Manifest(replace(proven().manifest.run, school_id="escuela-sur"), proven().manifest.grades)
    files = {**FILES, "manifest.json": written(other)}
    assert fault(files) == "manifest.json: it is another run's than the certificate"
    assert not second_opinion(tmp_path, files)


@pytest.mark.parametrize(
    "grades",
    [leaves(5)[::-1], (leaves(5)[0], *leaves(5)[:4]), leaves(4), (*leaves(4), replace(leaves(5)[4], value="1"))],
)
def test_other_grades_are_refused_by_both(grades: tuple[Leaf, ...], tmp_path: Path) -> None:
    files = {**FILES, "manifest.json": written(replace(proven().manifest, grades=grades))}
    assert fault(files).startswith("manifest.json: it")
    assert not second_opinion(tmp_path, files)


def test_doubled_grade_is_refused_although_the_root_is_of_it(tmp_path: Path) -> None:
    twice = (leaves(1)[0], replace(leaves(1)[0], version=2))
    certificate = sealed(replace(proven().certificate, counts=Counts(2, 2, 0, 1, 1), merkle_root=root_of_leaves(twice)))
    files = {"c": written(certificate), "m": written(replace(proven().manifest, grades=twice))}
    assert fault(files) == "m: its grades are not in order, or one is there twice"
    assert not second_opinion(tmp_path, files)


def test_proof_of_another_place_in_the_tree_is_refused(tmp_path: Path) -> None:
    whole = proven(5)
    [leaf, *_] = whole.manifest.grades
    proof = prove(whole.manifest, whole.certificate, evaluation_id=leaf.evaluation_id, student_id=leaf.student_id)
    for change in ({"index": 1}, {"size": 6}, {"index": 5}, {"index": -1}, {"certificate_sha256": "0" * 64}):
        files = {"c": written(whole.certificate), "p": written(replace(proof, **change))}
        assert fault(files).startswith("p: ")
        assert not second_opinion(tmp_path, files)


@pytest.mark.parametrize(
    ("facts", "shortcomings"),
    [
        ({"differences": {"missing": 2}, "state": "needs_review"}, ("not_reconciled", "differences")),
        ({"state": "needs_review"}, ("not_reconciled",)),
        ({"unchained": 2}, ("unchained_history",)),
        ({"unchained": 6}, ("unchained_history",)),
    ],
)
def test_run_without_agreement_gets_a_report(
    facts: dict[str, object], shortcomings: tuple[str, ...], tmp_path: Path
) -> None:
    whole: Proven = proven(**facts)  # type: ignore[arg-type] # facts of several types
    assert verify(whole.files()).shortcomings == shortcomings
    assert not whole.certificate.is_agreement
    assert not second_opinion(tmp_path, whole.files())


def test_report_cannot_call_itself_a_certificate(tmp_path: Path) -> None:
    report = proven(differences={"missing": 2}, state="needs_review").certificate
    for facts in ({"shortcomings": ()}, {"shortcomings": ("differences",)}):
        forged = sealed(replace(report, **facts))
        assert fault({"c": written(forged)}) == "c: it says more than its facts do"
        assert not second_opinion(tmp_path, {"c": written(forged)})


def test_neither_certificate_nor_proof_gives_another_grade_away() -> None:
    """Whoever knows everything of a grade but its value finds it in no digest: leaves and exchanges are salted."""
    whole = proven(2)
    first, second = whole.manifest.grades
    proof = prove(whole.manifest, whole.certificate, evaluation_id=first.evaluation_id, student_id=first.student_id)
    unsalted = [replace(second, salt="", value=f"{tens}.{ones}") for tens in range(8) for ones in range(10)]
    assert not {root_of_leaves([guess]) for guess in unsalted} & {*proof.path, whole.certificate.merkle_root}
    digests = {str(entry["request_sha256"]) for entry in whole.history.entries if "request_sha256" in entry}
    assert digests
    assert not any(digest.encode() in written(whole.certificate) for digest in digests)


def test_second_checker_imports_nothing_of_ours() -> None:
    checked = (
        "import sys; from runpy import run_path; run_path(sys.argv[1]); "
        "sys.exit(any(name.split('.')[0] in {'govsync', 'edu', 'rfc8785', 'msgspec'} for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-I", "-c", checked, str(sync_verifier.__file__)], check=True)
