"""A query's own directory of links, the bounded cache behind it, and a file's name that gives its object's back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from deploy.emulator.extension import patching, query_files
from deploy.emulator.extension.query_engine import run_select
from deploy.emulator.extension.query_files import (
    BodyCache,
    QueryFolder,
    StoredObject,
    folders_under,
    objects_under,
    path_sql,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "lake"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(query_files, "_root", lambda: tmp_path)
    query_files._cache.cache_clear()
    s3 = patching.service("s3")
    s3._buckets[BUCKET] = {"objects": {}}
    yield tmp_path
    del s3._buckets[BUCKET]
    query_files._cache.cache_clear()


def put(key: str, body: bytes, etag: str = "1") -> StoredObject:
    objects: dict[str, Any] = patching.service("s3")._buckets[BUCKET]["objects"]
    objects[key] = {"body": body, "etag": etag, "size": len(body)}
    return StoredObject(BUCKET, key, etag, len(body))


def test_objects_are_those_under_the_prefix_that_are_not_hidden() -> None:
    for key in ("e/b", "e/a/c", "e/_x", "e/.y", "e/_d/z", "e/folder/", "f/b"):
        put(key, b"1")
    assert [found.key for found in objects_under(BUCKET, "e/")] == ["e/a/c", "e/b"]
    assert list(objects_under("none", "e/")) == []


def test_folders_are_those_that_hold_objects_and_narrow_what_is_found() -> None:
    for key in ("g/a/1", "g/a/2", "g/b/1", "g/0", "h/a/1"):
        put(key, b"1")
    assert folders_under(BUCKET, "g/") == {"g/", "g/a/", "g/b/"}
    assert [found.key for found in objects_under(BUCKET, "g/", {"g/a/", "h/a/"})] == ["g/a/1", "g/a/2"]
    assert folders_under("none", "g/") == set()


@pytest.mark.parametrize(
    "key", ["e/a.parquet", "e/../../x", "/", "e/a b+c%2F?*[1].parquet", "e/ñ@'\"", "e/" + "x" * 900, "e//./", "a" * 200]
)
def test_a_files_name_gives_the_objects_back_and_stays_inside(key: str) -> None:
    with QueryFolder() as folder:
        path = folder.place(0, put(key, b"body"), {"year": "2026", "school": "a/b", "none": None})
        assert Path(path).read_bytes() == b"body"
        assert Path(path).resolve().is_relative_to(folder.path)
        found = duckdb.execute(f"SELECT {path_sql(BUCKET, 'name')} FROM (SELECT ? AS name)", [path]).fetchall()
    assert found == [(f"s3://{BUCKET}/{key}",)]
    assert not Path(folder.path).exists()


def test_keys_that_are_one_anothers_folder_live_beside_each_other() -> None:
    with QueryFolder() as folder:
        for key in ("e", "e/a", "e/a/b", "x" * 200, "x" * 200 + "y"):
            folder.place(0, put(key, key.encode()), {})


def test_a_version_is_written_once_and_the_least_lately_used_goes(tmp_path: Path) -> None:
    cache = BodyCache(tmp_path, 10)
    one, two, three = (put(key, b"1234") for key in ("one", "two", "three"))
    first = cache.file_of(one)
    assert cache.file_of(one) == first
    cache.file_of(two)
    cache.file_of(one)
    cache.file_of(three)
    assert cache.bytes == 8
    assert cache.file_of(one) == first, "used after two"
    assert cache.file_of(put("one", b"new", etag="2")) != first
    assert len(list(tmp_path.iterdir())) <= 3


def test_a_linked_object_outlives_its_place_in_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_files, "LARGEST_CACHE_BYTES", 1)
    with QueryFolder() as folder:
        paths = [folder.place(0, put(f"{number}", b"1234"), {}) for number in range(3)]
        assert [Path(path).read_bytes() for path in paths] == [b"1234"] * 3


def test_a_query_reaches_neither_the_cache_nor_another_querys_directory(tmp_path: Path) -> None:
    source = tmp_path / "source"
    duckdb.sql(f"COPY (SELECT 7 AS x) TO '{source}' (FORMAT parquet)")
    found = put("e/a", source.read_bytes())
    with QueryFolder() as folder, QueryFolder() as other:
        own, others = folder.place(0, found, {}), other.place(0, found, {})
        cached = next((tmp_path / "objects").iterdir())
        assert Path(own).samefile(cached)
        assert run_select(f"SELECT x FROM read_parquet('{own}')", [folder.path])["rows"] == [[7]]
        for path in (others, cached, f"{folder.path}/../{Path(other.path).name}/0//@/e%2Fa@", source):
            with pytest.raises(duckdb.PermissionException):
                run_select(f"SELECT x FROM read_parquet('{path}')", [folder.path])
