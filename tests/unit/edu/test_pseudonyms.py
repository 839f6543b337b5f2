"""A pseudonym depends on the school, the student and the secret, and needs all three."""

from __future__ import annotations

import pytest
from django.test import override_settings

from edu.errors import ConfigurationError
from edu.pseudonyms import pseudonym_of
from edu.tenancy import NoScopeError, enter_platform, enter_school


def _pseudonym(school_id: str, student_id: str) -> str:
    with enter_school(school_id):
        return pseudonym_of(student_id)


def test_same_student_same_pseudonym_and_no_two_share_one() -> None:
    assert _pseudonym("norte", "student-1") == _pseudonym("norte", "student-1")
    made = {_pseudonym(school, f"student-{n}") for school in ("norte", "sur") for n in range(50)}
    assert len(made) == 100
    assert all(len(pseudonym) == 32 and "student" not in pseudonym for pseudonym in made)


def test_another_secret_another_pseudonym() -> None:
    before = _pseudonym("norte", "student-1")
    with override_settings(PSEUDONYM_KEY="another secret of the same school"):
        assert _pseudonym("norte", "student-1") != before


def test_without_a_secret_there_is_no_pseudonym() -> None:
    with override_settings(PSEUDONYM_KEY=""), pytest.raises(ConfigurationError):
        _pseudonym("norte", "student-1")


def test_outside_a_school_there_is_no_pseudonym() -> None:
    with pytest.raises(NoScopeError):
        pseudonym_of("student-1")
    with enter_platform(), pytest.raises(NoScopeError):
        pseudonym_of("student-1")
