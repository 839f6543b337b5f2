"""A static file is read once for all its readers, and nothing else is kept."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from edu.http.front.files import kept_file
from edu.http.front.wsgi import environ_of
from tests.support.asgi import scope_of

if TYPE_CHECKING:
    from pathlib import Path


def content(path: Path) -> bytes:
    with path.open("rb") as file:
        [whole] = kept_file(file)
    return whole


def test_readers_share_one_copy(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_bytes(b"one" * 100)
    assert content(path) is content(path)


def test_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_bytes(b"one")
    assert content(path) == b"one"
    path.write_bytes(b"other")
    assert content(path) == b"other"


def test_part_of_a_file_is_that_part(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_bytes(b"0123456789")
    with path.open("rb") as file:
        file.seek(7)
        assert list(kept_file(file)) == [b"789"]
    assert list(kept_file(io.BytesIO(b"no file"))) == [b"no file"]


def test_closing_the_answer_closes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_bytes(b"x")
    file = path.open("rb")
    kept_file(file).close()
    assert file.closed


@pytest.mark.parametrize(
    ("path", "kept"), [("/static/a.js", True), ("/admin/files/a.csv", False), ("/api/v1/x", False)]
)
def test_only_static_files_are_kept(path: str, kept: bool) -> None:  # noqa: FBT001
    environ: dict[str, Any] = environ_of(scope_of("GET", path), b"")
    assert ("wsgi.file_wrapper" in environ) is kept
