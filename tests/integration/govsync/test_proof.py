"""What a run proves, from the real table: files that verify offline, and nothing certified of what was altered."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from edu import audit, clock
from edu.commands import WrongUseError
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.tenancy import enter_school
from evaluations import services as evaluations
from evaluations.domain.evaluation import ScoreState
from govsync import services
from govsync.domain.states import RunState
from govsync.domain.verification import verify
from govsync.errors import (
    GradeNotCertifiedError,
    HistoryAlteredError,
    ManifestAlteredError,
    RunNotFoundError,
    RunOpenError,
)
from govsync.repository import certificates
from govsync.services.certifying import certify
from tests.integration.govsync.support import RUN_ID, record_grades
from tests.support import sync_verifier
from tests.support.schools import OPEN_TERM
from tests.unit.govsync.proofs import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.dynamo.mapping import Attributes
    from tests.integration.govsync.support import Driver
    from tests.support.schools import TestSchool

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def evaluation_id(driver: Driver, school: TestSchool) -> str:
    """An exam of three grades, which a run has sent and found reconciled."""
    found = record_grades(school, "5.5", "", "6.9")
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    assert driver.finish().run.state is RunState.RECONCILED
    return found


def export(school: TestSchool, folder: Path, *grade: str) -> dict[str, bytes]:
    folder.mkdir(exist_ok=True)
    one = ["--grade", *grade] if grade else []
    where = ["--school", school.school_id, "--run", RUN_ID, "--to", str(folder)]
    call_command("sync", "export", *where, *one, stdout=io.StringIO())
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def is_verified(folder: Path) -> bool:
    """Whether both checkers say so, ours in a process without any setting."""
    files = [str(path) for path in folder.glob("*.json")]
    ours = subprocess.run([sys.executable, ROOT / "manage.py", "sync_verify", *files], env={}, check=False)
    second = subprocess.run([sys.executable, str(sync_verifier.__file__), *files], env={}, check=False)
    assert ours.returncode == second.returncode
    return ours.returncode == 0


def items(kind: str) -> Iterator[Attributes]:
    return table.query_all(table.Query(school_partition("SYNC", RUN_ID), prefix=f"{kind}#", consistent=True))


def put(*changed: Attributes) -> None:
    table.write_batch(table.BatchWrite(puts=changed))


def test_exported_files_verify_offline_and_are_their_owners_alone(
    evaluation_id: str, school: TestSchool, tmp_path: Path
) -> None:
    files = export(school, tmp_path / "all")
    assert sorted(files) == [
        f"{RUN_ID}.{name}"
        for name in ("certificate.json", "certificate.pdf", "history.json", "history.txt", "manifest.json")
    ]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "all").iterdir()} == {0o600}
    assert is_verified(tmp_path / "all")
    certificate = verify({name: content for name, content in files.items() if name.endswith(".json")})
    assert (certificate.counts.grades, certificate.started_by, certificate.differences) == (3, "somebody", {})
    assert len(certificate.exchanges) >= 2
    assert all(exchange.request_hmac for exchange in certificate.exchanges)
    for content in (files[f"{RUN_ID}.certificate.json"], files[f"{RUN_ID}.history.txt"]):
        assert evaluation_id.encode() not in content
        assert b"student-" not in content


def test_export_gives_the_same_bytes_again_though_grades_were_corrected_since(
    evaluation_id: str, school: TestSchool, tmp_path: Path
) -> None:
    first = export(school, tmp_path / "a")
    evaluations.correct_score(
        actor=school.teacher,
        evaluation_id=evaluation_id,
        student_id="student-000",
        version=1,
        state=ScoreState.RECORDED,
        value="1.0",
    )
    assert export(school, tmp_path / "a") == first


def test_one_grade_is_shown_without_the_others(evaluation_id: str, school: TestSchool, tmp_path: Path) -> None:
    files = export(school, tmp_path / "one", evaluation_id, "student-002")
    assert sorted(files) == [f"{RUN_ID}.{name}" for name in ("certificate.json", "certificate.pdf", "proof-2.json")]
    assert is_verified(tmp_path / "one")
    assert not any(other in content for content in files.values() for other in (b"student-000", b"student-001"))
    with pytest.raises(GradeNotCertifiedError):
        export(school, tmp_path / "one", evaluation_id, "student-009")


def test_changed_grade_in_an_exported_file_fails(evaluation_id: str, school: TestSchool, tmp_path: Path) -> None:
    assert evaluation_id
    files = export(school, tmp_path / "all")
    path = tmp_path / "all" / f"{RUN_ID}.manifest.json"
    path.write_bytes(files[path.name].replace(b'"5.5"', b'"6.5"'))
    assert not is_verified(tmp_path / "all")


def test_each_export_stands_in_the_audit_trail_with_the_certificates_digest(
    evaluation_id: str, school: TestSchool, tmp_path: Path
) -> None:
    files = export(school, tmp_path / "all")
    export(school, tmp_path / "one", evaluation_id, "student-000")
    certificate = verify({"c": files[f"{RUN_ID}.certificate.json"]})
    grade, run, *_before = audit.list_month(f"{clock.now():%Y-%m}").items
    assert (run.action, run.subject, run.actor) == ("sync_run.exported", f"sync_run:{RUN_ID}", "manage.py")
    assert (grade.action, grade.subject) == ("sync_run.grade_exported", f"score:{evaluation_id}:student-000")
    assert run.after_digest == grade.after_digest == certificate.sha256


def test_run_with_differences_gets_a_report(driver: Driver, school: TestSchool, tmp_path: Path) -> None:
    record_grades(school, "5.5", "6.0")
    driver.government.fail(action="answer", on="submit", lose=0.5, times=2)
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    assert driver.finish().run.state is RunState.NEEDS_REVIEW
    files = export(school, tmp_path / "all")
    report = verify({name: content for name, content in files.items() if name.endswith(".json")})
    assert (report.is_agreement, report.counts.grades, report.differences) == (False, 1, {"missing": 1})
    assert f"{RUN_ID}.report.json" in files
    assert f"{RUN_ID}.certificate.json" not in files
    assert not is_verified(tmp_path / "all")


def test_run_that_has_not_ended_certifies_nothing(driver: Driver, school: TestSchool, tmp_path: Path) -> None:
    record_grades(school, "5.5")
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    driver.step_until("run.all_sent")
    with pytest.raises(RunOpenError):
        export(school, tmp_path / "none")
    assert not list((tmp_path / "none").iterdir())


@pytest.mark.parametrize("position", range(3))
def test_nothing_is_certified_of_a_history_that_was_edited(evaluation_id: str, position: int) -> None:
    assert evaluation_id
    entry = list(items("HISTORY"))[position]
    put({**entry, "actor": "somebody-else"})
    with pytest.raises(HistoryAlteredError, match=f"entry {position + 1}: altered"):
        certify(run_id=RUN_ID)


def test_nothing_is_certified_of_a_history_that_lacks_an_entry(evaluation_id: str) -> None:
    assert evaluation_id
    certified = certify(run_id=RUN_ID)
    assert certified.certificate.history.entries == len(list(items("HISTORY"))) == certified.report.run.version
    for entry in list(items("HISTORY")):
        table.write_batch(table.BatchWrite(deletes=[Key(entry["pk"], entry["sk"])]))
        with pytest.raises(HistoryAlteredError, match="missing"):
            certify(run_id=RUN_ID)
        put(entry)


def test_nothing_is_certified_of_grades_that_were_changed_or_lost(evaluation_id: str) -> None:
    assert evaluation_id
    [kept] = items("MANIFEST")
    for changed in (kept["leaves"][:-1], [{**kept["leaves"][0], "value": "7.0"}, *kept["leaves"][1:]], []):
        put({**kept, "leaves": changed})
        with pytest.raises(ManifestAlteredError):
            certify(run_id=RUN_ID)


def test_manifest_of_any_size_comes_back_in_order(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """More items than one call writes, and more than nine, whose numbers must sort as numbers."""
    assert driver
    monkeypatch.setattr(certificates, "MAX_ITEM_BYTES", 1)
    root = certificates.put_manifest(RUN_ID, leaves(40))
    assert len(list(items("MANIFEST"))) == 40
    assert certificates.list_manifest(RUN_ID, root) == list(leaves(40))


def test_manifest_of_thousands_of_grades_fits_its_items(driver: Driver) -> None:
    assert driver
    root = certificates.put_manifest(RUN_ID, leaves(5000))
    assert 1 < len(list(items("MANIFEST"))) < 10
    assert certificates.list_manifest(RUN_ID, root) == list(leaves(5000))


def test_another_school_sees_no_run(
    evaluation_id: str, school: TestSchool, other_school: TestSchool, tmp_path: Path
) -> None:
    assert evaluation_id
    with enter_school(other_school.school_id), pytest.raises(RunNotFoundError):
        certify(run_id=RUN_ID)
    with pytest.raises(RunNotFoundError):
        export(other_school, tmp_path / "theirs")
    assert export(school, tmp_path / "ours")


def test_folder_that_is_not_there_is_wrong_use(evaluation_id: str, school: TestSchool, tmp_path: Path) -> None:
    assert evaluation_id
    with pytest.raises(WrongUseError, match="no such folder"):
        call_command("sync", "export", "--school", school.school_id, "--run", RUN_ID, "--to", str(tmp_path / "no"))
    (tmp_path / "taken" / f"{RUN_ID}.certificate.json").mkdir(parents=True)
    with pytest.raises(WrongUseError, match="--to"):
        export(school, tmp_path / "taken")
    assert [path.name for path in (tmp_path / "taken").iterdir()] == [f"{RUN_ID}.certificate.json"]
