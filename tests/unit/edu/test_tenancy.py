"""Scopes nest, come back, and never travel to another thread or task; ids that could be holes are refused."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from edu.tenancy import (
    InvalidSchoolIdError,
    NoScopeError,
    Scope,
    ScopeKind,
    check_school_id,
    current_school_id,
    current_scope,
    enter_console,
    enter_lake,
    enter_platform,
    enter_school,
)

BAD_IDS = [
    *("", "a", "*", "?", "#", "a*", "a?", "a#b", "escuela-1#", "SCHOOL", "Escuela", "-ab", "a b", "a_b", "a.b", "a/b"),
    *("ab\n", "\nab", "ab\0", " ab", "ab ", "a" * 32, "ab" * 300),
    *("a\u0663", "a\uff11", "\u0430b", "\u0131d", "a\u00df", "e\u0301a", "\u212aab", "ab\u200b", "\ud800b"),
    *(None, 7, True, b"ab", ["ab"], {"ab": 1}),
]


def _school_or_none() -> str | None:
    try:
        return current_school_id()
    except NoScopeError:
        return None


@pytest.mark.parametrize("value", BAD_IDS)
def test_bad_school_id_refused_without_repeating_it(value: object) -> None:
    with pytest.raises(InvalidSchoolIdError) as raised:
        check_school_id(value)
    assert str(raised.value) == "malformed school id"


@pytest.mark.parametrize("value", ["ab", "a1", "0-", "a" * 31, "escuela-norte-2"])
def test_good_school_id_comes_back(value: str) -> None:
    assert check_school_id(value) == value


def test_bad_id_is_refused_before_any_scope_is_entered() -> None:
    with enter_school("norte"):
        with pytest.raises(InvalidSchoolIdError):
            enter_school("*")
        assert current_school_id() == "norte"


def test_outside_any_scope_is_an_error() -> None:
    with pytest.raises(NoScopeError):
        current_scope()
    with pytest.raises(NoScopeError):
        current_school_id()


def test_lake_is_entered_from_a_school_and_is_the_same_schools() -> None:
    with pytest.raises(NoScopeError), enter_lake():
        pass
    with enter_platform(), pytest.raises(NoScopeError), enter_lake():
        pass
    with enter_school("norte"):
        with enter_lake() as scope:
            assert scope == Scope(ScopeKind.LAKE, "norte")
            assert current_school_id() == "norte"
        assert current_scope().kind is ScopeKind.TENANT


@pytest.mark.parametrize("enter", [enter_platform, enter_console])
def test_platform_and_console_are_no_school(enter: type) -> None:
    with enter_school("norte"), enter(), pytest.raises(NoScopeError):
        current_school_id()


def test_scopes_nest_and_come_back() -> None:
    with enter_school("norte"):
        with enter_platform() as inner:
            assert current_scope() is inner
            assert inner.kind is ScopeKind.PLATFORM
            with enter_school("sur"):
                assert current_school_id() == "sur"
        assert current_school_id() == "norte"
    assert _school_or_none() is None


def test_scope_comes_back_after_an_exception() -> None:
    with enter_school("norte"):
        with pytest.raises(ZeroDivisionError), enter_school("sur"):
            _ = 1 / 0
        assert current_school_id() == "norte"


def test_thread_starts_without_scope_and_leaves_none_behind() -> None:
    def enter_there() -> tuple[str | None, str | None]:
        before = _school_or_none()
        with enter_school("sur"):
            return before, _school_or_none()

    with enter_school("norte"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(enter_there).result() == (None, "sur")
        assert pool.submit(_school_or_none).result() is None
        assert current_school_id() == "norte"


def test_asyncio_tasks_do_not_share_a_scope() -> None:
    async def work(school_id: str, turn: asyncio.Barrier) -> list[str]:
        seen = []
        with enter_school(school_id):
            for _ in range(20):
                await turn.wait()
                seen.append(current_school_id())
        return seen

    async def both() -> list[list[str]]:
        turn = asyncio.Barrier(2)
        found = await asyncio.gather(work("norte", turn), work("sur", turn))
        assert _school_or_none() is None
        return list(found)

    assert asyncio.run(both()) == [["norte"] * 20, ["sur"] * 20]
