"""A pseudonym depends on the school, the student, the student's key and the secret, and needs all four."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from django.test import override_settings

from edu import student_keys
from edu.errors import ConfigurationError
from edu.pseudonyms import blinded, pseudonym_of, pseudonyms_of, standing_pseudonyms_of
from edu.tenancy import NoScopeError, enter_platform, enter_school

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

KEYS = b"the keys of one table"
ERASED = "student-erased"


def _key_of(student_id: str) -> bytes:
    return student_keys.ERASED if student_id == ERASED else hashlib.sha256(KEYS + student_id.encode()).digest()


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    def keys_of(student_ids: Iterable[str]) -> dict[str, bytes]:
        return {student_id: _key_of(student_id) for student_id in student_ids}

    monkeypatch.setattr(student_keys, "keys_of", keys_of)
    monkeypatch.setattr(student_keys, "standing_keys_of", keys_of)


def _pseudonym(school_id: str, student_id: str) -> str:
    with enter_school(school_id):
        return pseudonym_of(student_id)


def test_same_student_same_pseudonym_and_no_two_share_one() -> None:
    assert _pseudonym("norte", "student-1") == _pseudonym("norte", "student-1")
    made = {_pseudonym(school, f"student-{n}") for school in ("norte", "sur") for n in range(50)}
    assert len(made) == 100
    assert all(len(pseudonym) == 32 and "student" not in pseudonym for pseudonym in made)


def test_many_have_the_same_pseudonyms_as_one_by_one() -> None:
    students = [f"student-{n}" for n in range(5)]
    with enter_school("norte"):
        assert pseudonyms_of(students) == {student_id: pseudonym_of(student_id) for student_id in students}
        assert standing_pseudonyms_of(students) == pseudonyms_of(students)


@pytest.mark.parametrize("name", [pseudonym_of, blinded])
def test_another_secret_another_pseudonym(name: Callable[[str], str]) -> None:
    with enter_school("norte"):
        before = name("student-1")
        with override_settings(PSEUDONYM_KEY="another secret of the same school"):
            assert name("student-1") != before


def test_another_key_of_the_student_another_pseudonym(monkeypatch: pytest.MonkeyPatch) -> None:
    before = _pseudonym("norte", "student-1")
    monkeypatch.setattr(student_keys, "keys_of", lambda ids: dict.fromkeys(ids, b"another key"))
    assert _pseudonym("norte", "student-1") != before


def test_an_erased_student_has_a_new_pseudonym_each_time_and_none_that_stands() -> None:
    made = {_pseudonym("norte", ERASED) for _ in range(20)}
    assert len(made) == 20
    assert all(len(pseudonym) == 32 for pseudonym in made)
    with enter_school("norte"):
        assert standing_pseudonyms_of([ERASED, "student-1"]).keys() == {"student-1"}


def test_a_blinded_text_is_the_schools_own_and_needs_no_key_of_a_student(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(student_keys, "keys_of", None)
    with enter_school("norte"):
        own = blinded("national id 1")
        assert (own, len(own)) == (blinded("national id 1"), 32)
        assert own != blinded("national id 2")
    with enter_school("sur"):
        assert own != blinded("national id 1")


@pytest.mark.parametrize("name", [pseudonym_of, blinded])
def test_without_a_secret_there_is_no_pseudonym(name: Callable[[str], str]) -> None:
    with enter_school("norte"), override_settings(PSEUDONYM_KEY=""), pytest.raises(ConfigurationError):
        name("student-1")


@pytest.mark.parametrize("name", [pseudonym_of, blinded])
def test_outside_a_school_there_is_no_pseudonym(name: Callable[[str], str]) -> None:
    with pytest.raises(NoScopeError):
        name("student-1")
    with enter_platform(), pytest.raises(NoScopeError):
        name("student-1")
