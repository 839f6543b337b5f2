"""A zip of the same files is the same but for its manifest's instant, and every file is what its manifest says."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from analytics.exports.archives import write_archive
from analytics.exports.parts import CsvPart, part_of

if TYPE_CHECKING:
    from pathlib import Path

    from analytics.exports.parts import Part

AT = datetime(2026, 11, 30, 8, tzinfo=UTC)


def parts_in(folder: Path) -> list[Part]:
    with CsvPart(folder, "orgs.csv") as part:
        part.add({"sourcedId": "sur", "name": 'Colegio "Sur", Ñuñoa\nsegunda línea'})
    parquet = folder / "events.parquet"
    parquet.write_bytes(b"PAR1" * 100)
    return [part.finished(), part_of("parquet/events.parquet", parquet, 7)]


def archive_of(folder: Path, name: str) -> Path:
    path = folder / name
    write_archive(path, parts_in(folder), school_id="sur", export_id="x", made_at=AT)
    return path


def test_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    assert archive_of(tmp_path, "a.zip").read_bytes() == archive_of(tmp_path, "b.zip").read_bytes()


def test_manifest_comes_first_and_says_what_is_there(tmp_path: Path) -> None:
    with zipfile.ZipFile(archive_of(tmp_path, "a.zip")) as archive:
        assert archive.namelist() == ["manifest.json", "oneroster/orgs.csv", "parquet/events.parquet"]
        manifest = json.loads(archive.read("manifest.json"))
        assert (manifest["made_at"][:19], manifest["school_id"]) == ("2026-11-30T08:00:00", "sur")
        for said in manifest["files"]:
            body = archive.read(said["name"])
            assert (len(body), hashlib.sha256(body).hexdigest()) == (said["bytes"], said["sha256"])
        assert [said["rows"] for said in manifest["files"]] == [1, 7]
        assert archive.getinfo("parquet/events.parquet").compress_type == zipfile.ZIP_STORED
        assert archive.getinfo("oneroster/orgs.csv").compress_type == zipfile.ZIP_DEFLATED


def test_row_with_a_column_that_the_file_has_not_is_refused(tmp_path: Path) -> None:
    with CsvPart(tmp_path, "orgs.csv") as part, pytest.raises(ValueError, match="colour"):
        part.add({"colour": "red"})
