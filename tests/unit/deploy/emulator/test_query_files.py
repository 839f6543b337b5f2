"""A query's own directory of links, the bounded cache behind it, and a file's name that gives its object's back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.emulator.extension import patching, query_files
from deploy.emulator.extension.query_engine import run_select
from deploy.emulator.extension.query_files import (
    BodyCache,
    Folders,
    QueryFolder,
    StoredObject,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "lake"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(query_files, "_root", lambda: tmp_path)
    _forget()
    s3 = patching.service("s3")
    s3._buckets[BUCKET] = {"objects": {}}
    yield tmp_path
    del s3._buckets[BUCKET]
    _forget()


def _forget() -> None:
    query_files._cache.cache_clear()
    query_files._spare_folders.cache_clear()


def put(key: str, body: bytes, etag: str = "1") -> StoredObject:
    objects: dict[str, Any] = patching.service("s3")._buckets[BUCKET]["objects"]
    objects[key] = {"body": body, "etag": etag, "size": len(body)}
    return StoredObject(BUCKET, key, etag, len(body))


def test_objects_are_those_of_the_folders_that_are_not_hidden() -> None:
    for key in ("e/b", "e/a/c", "e/_x", "e/.y", "e/_d/z", "e/folder/", "f/b"):
        put(key, b"1")
    listed = Folders(BUCKET).look()
    assert [found.key for found in listed.objects("e/", listed.under("e/"))] == ["e/a/c", "e/b"]
    assert list(Folders("none").look().objects("e/", ["e/"])) == []


def test_folders_are_those_that_hold_objects_and_narrow_what_is_found() -> None:
    for key in ("g/a/1", "g/a/2", "g/b/1", "g/0", "h/a/1"):
        put(key, b"1")
    listed = Folders(BUCKET).look()
    assert set(listed.under("g/")) == {"g/", "g/a/", "g/b/"}
    assert [found.key for found in listed.objects("g/", ["g/a/", "h/a/"])] == ["g/a/1", "g/a/2"]
    assert Folders("none").look().under("g/") == []


def test_what_comes_and_goes_between_two_looks_is_taken_in() -> None:
    for key in ("g/a/1", "g/a/2", "g/b/1", "g/0", "h/a/1"):
        put(key, b"1")
    listed = Folders(BUCKET).look()
    objects = patching.service("s3")._buckets[BUCKET]["objects"]
    del objects["g/b/1"], objects["g/a/1"]  # as many come as go, and more
    put("g/c/1", b"1")
    put("g/c/2", b"1")
    assert set(listed.look().under("g/")) == {"g/", "g/a/", "g/c/"}
    assert [found.key for found in listed.objects("g/", ["g/a/", "g/b/", "g/c/"])] == ["g/a/2", "g/c/1", "g/c/2"]
    objects.clear()
    assert listed.look().under("g/") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=6), max_size=8))
def test_a_look_finds_what_a_first_one_would(steps: list[list[tuple[bool, int]]]) -> None:
    objects = patching.service("s3")._buckets[BUCKET]["objects"]
    objects.clear()
    listed = Folders(BUCKET)
    for step in steps:
        for there, number in step:
            key = f"g/{number % 3}/{number}"
            if there:
                put(key, b"1")
            else:
                objects.pop(key, None)
        first = Folders(BUCKET).look()
        assert sorted(listed.look().under("g/")) == sorted(first.under("g/"))
        assert list(listed.objects("g/", listed.under("g/"))) == list(first.objects("g/", first.under("g/")))


def test_a_version_is_of_the_folders_under_its_prefix() -> None:
    put("g/a/1", b"1")
    listed = Folders(BUCKET).look()
    version = listed.version("g/")
    put("g/a/2", b"1")
    put("results/1/2", b"1")
    assert listed.look().version("g/") == version
    put("g/b/1", b"1")
    came = listed.look().version("g/")
    assert came != version
    del patching.service("s3")._buckets[BUCKET]["objects"]["g/b/1"]
    assert listed.look().version("g/") not in {came, version}


def test_files_are_numbered_and_gone_afterwards_and_the_directory_serves_again() -> None:
    keys = ["e/../../x", "/", "e/ñ@'\"", "e", "e/a", "x" * 1000]
    with QueryFolder() as folder:
        paths = [folder.place(put(key, key.encode())) for key in keys]
        assert [Path(path).name for path in paths] == ["1", "2", "3", "4", "5", "6"]
        assert [Path(path).read_bytes().decode() for path in paths] == keys
    assert list(Path(folder.path).iterdir()) == []
    with QueryFolder() as again, QueryFolder() as other:
        assert again.path == folder.path
        assert other.path != folder.path
        assert Path(again.place(put("y", b"y"))).name == "1"


def test_a_query_that_failed_leaves_nothing(root: Path) -> None:
    def place_all() -> None:
        with folder:
            folder.place(put("a", b"a"))
            folder.place(StoredObject(BUCKET, "gone", "1", 1))

    folder = QueryFolder()
    with pytest.raises(KeyError):
        place_all()
    assert list(Path(folder.path).iterdir()) == []
    assert Path(folder.path).is_relative_to(root)


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
        paths = [folder.place(put(f"{number}", b"1234")) for number in range(3)]
        assert [Path(path).read_bytes() for path in paths] == [b"1234"] * 3


def test_a_query_reaches_neither_the_cache_nor_another_querys_directory(tmp_path: Path) -> None:
    source = tmp_path / "source"
    duckdb.sql(f"COPY (SELECT 7 AS x) TO '{source}' (FORMAT parquet)")
    found = put("e/a", source.read_bytes())
    with QueryFolder() as folder, QueryFolder() as other:
        own, others = folder.place(found), other.place(found)
        cached = next((tmp_path / "objects").iterdir())
        assert Path(own).samefile(cached)
        assert run_select(f"SELECT x FROM read_parquet('{own}')", [folder.path])["rows"] == [[7]]
        for path in (others, cached, f"{folder.path}/../{Path(other.path).name}/1", source):
            with pytest.raises(duckdb.PermissionException):
                run_select(f"SELECT x FROM read_parquet('{path}')", [folder.path])
