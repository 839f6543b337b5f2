"""What a zip may do to whoever opens it, and does not do here."""

from __future__ import annotations

import io
import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from evaluations.roster_files import archives
from evaluations.roster_files.archives import check_bounds, is_zip, read_paths, unpack
from evaluations.roster_files.problems import Report
from tests.support.roster_sets import zip_of

if TYPE_CHECKING:
    from pathlib import Path


def faults(content: bytes) -> list[str]:
    report = Report()
    assert is_zip(content)
    unpack(content, report)
    return [f"{problem.place} {problem.rule}" for problem in report.problems]


@pytest.mark.parametrize(
    "name", ["../users.csv", "/etc/users.csv", "a/../../users.csv", "C:/users.csv", "a\\users.csv", "a/b/users.csv"]
)
def test_path_that_leads_elsewhere_is_refused_by_number(name: str) -> None:
    assert faults(zip_of({"good.csv": b"a", name: b"b"})) == ["archive:2: unsafe_path"]


def test_link_is_refused() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        link = zipfile.ZipInfo("users.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert faults(written.getvalue()) == ["archive:1: unsafe_path"]


def test_archive_under_a_password_is_refused() -> None:
    content = bytearray(zip_of({"users.csv": b"a"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert faults(bytes(content)) == ["archive:1: encrypted"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_way_of_packing_that_is_rare_is_refused(method: int) -> None:
    assert faults(zip_of({"users.csv": b"a"}, method=method)) == ["archive:1: bad_archive"]


def test_same_file_twice_is_refused() -> None:
    assert faults(zip_of({"users.csv": b"a", "folder/users.csv": b"b"})) == ["archive:2: repeated"]


def test_bomb_is_read_up_to_the_bound_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 10_000)
    bomb = zip_of({"users.csv": b"0" * 5000, "classes.csv": b"0" * 10_000_000})
    assert len(bomb) < 20_000
    assert faults(bomb) == ["archive:2: too_large"]


def test_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILES", 3)
    assert faults(zip_of({f"{n}.csv": b"" for n in range(4)})) == ["archive too_large"]


def test_size_that_lies_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry says 5 bytes; what it unpacks to is what counts."""
    monkeypatch.setattr(archives, "MAX_BYTES", 100)
    content = zip_of({"users.csv": b"0" * 10_000})
    lying = content.replace((10_000).to_bytes(4, "little"), (5).to_bytes(4, "little"))
    assert lying != content
    assert faults(lying) in (["archive:1: too_large"], ["archive:1: bad_archive"])


@pytest.mark.parametrize("cut", [30, 60, -25, -5])
def test_broken_archive_is_named(cut: int) -> None:
    content = zip_of({"users.csv": os.urandom(100)})
    assert faults(content[:cut]) == ["archive bad_archive"]


def test_nothing_and_too_much_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 10)
    for files in ({}, {"a.csv": b"0" * 11}):
        report = Report()
        assert not check_bounds(files, report)
        assert len(report.problems) == 1


def test_folder_is_read_without_links_and_within_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "users.csv").write_bytes(b"0" * 30)
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "link.csv").symlink_to("/etc/hostname")
    (tmp_path / "other.csv").write_bytes(b"1" * 30)
    assert read_paths([folder, tmp_path / "other.csv"]) == {"users.csv": b"0" * 30, "other.csv": b"1" * 30}
    monkeypatch.setattr(archives, "MAX_BYTES", 40)
    assert sum(map(len, read_paths([folder, tmp_path / "other.csv"]).values())) == 41


def test_directory_of_very_many_entries_is_not_opened() -> None:
    crowded = zip_of({f"{n}.csv": b"" for n in range(1001)})
    assert faults(crowded) == ["archive too_large"]
