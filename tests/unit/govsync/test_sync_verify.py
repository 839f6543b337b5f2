"""``manage.py sync_verify`` as somebody runs it who has the files, this code and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from govsync.management.commands import sync_verify
from tests.unit.govsync.proofs import proven

ROOT = Path(__file__).resolve().parents[3]


def run(*files: Path | str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "manage.py"), "sync_verify", *map(str, files)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def written(tmp_path: Path) -> dict[str, Path]:
    """A proven run's files."""
    for name, content in proven().files().items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in proven().files()}


def test_needs_no_setting_and_reads_none(written: dict[str, Path]) -> None:
    for environment in ({}, {"DJANGO_SETTINGS_MODULE": "no.such.settings", "LIBRETA_CLOUD": "nonsense"}):
        done = run(*written.values(), **environment)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-1] == f"agreement: 5 grades, certificate {proven().certificate.sha256}"


def test_changed_byte_is_exit_code_1_and_one_line(written: dict[str, Path]) -> None:
    path = written["manifest.json"]
    path.write_bytes(path.read_bytes().replace(b'"value":"3.5"', b'"value":"3.6"'))
    done = run(*written.values())
    assert done.returncode == 1
    assert done.stderr == f"not_verified: {path}: its grades do not have the certificate's root\n"


def test_report_is_no_agreement(tmp_path: Path) -> None:
    report = proven(differences={"missing": 2}, state="needs_review").files()["certificate.json"]
    (tmp_path / "report.json").write_bytes(report)
    done = run(tmp_path / "report.json")
    assert done.returncode == 1
    assert done.stderr == "no_agreement: the files are intact, but a report: not_reconciled, differences\n"


@pytest.mark.parametrize("name", ["not-there", "", "/", "a\nb\x1b"])
def test_file_that_cannot_be_read_is_named_in_one_line(name: str) -> None:
    done = run(name)
    assert done.returncode == 1
    assert done.stderr.startswith("not_verified: ")
    assert done.stderr.count("\n") == 1
    assert done.stderr.strip().isprintable()


def test_file_without_end_is_not_read_whole(monkeypatch: pytest.MonkeyPatch, written: dict[str, Path]) -> None:
    monkeypatch.setattr(sync_verify, "MAX_FILE_BYTES", 100)
    with pytest.raises(sync_verify.NotVerifiedError, match="too large"):
        sync_verify.Command().handle(files=[str(written["certificate.json"])])


def test_without_a_file_it_says_how_it_is_used() -> None:
    assert run().returncode == 2
