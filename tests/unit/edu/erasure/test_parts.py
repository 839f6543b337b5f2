"""Parts are erased in the order of their names, the late ones last, and each is registered once."""

from __future__ import annotations

import pytest

from edu.erasure import parts
from edu.erasure.parts import Part, list_parts, register_check, register_part


def _none(_student_id: str) -> int:
    return 0


def test_the_key_is_the_first_and_names_are_in_the_order_of_the_job() -> None:
    names = [part.name for part in list_parts()]
    assert names == sorted(names), "a job's units have names in ascending order"
    assert names[0] == "10-key"
    late = [part.late for part in list_parts()]
    assert late == sorted(late)


def test_every_app_that_holds_something_of_a_student_has_said_so() -> None:
    assert [part.name for part in list_parts()] == [
        *("10-key", "20-events", "30-scores", "40-imports", "50-person", "60-exports", "70-results"),
        *("90-late-events", "91-late-scores", "92-late-exports", "93-late-results"),
    ]
    assert sorted(parts._checks) == ["government", "grades", "legal_holds"]


def test_nothing_is_registered_twice() -> None:
    with pytest.raises(ValueError, match="10-key"):
        register_part(Part("10-key", _none, _none))
    with pytest.raises(ValueError, match="grades"):
        register_check("grades", lambda _student_id: [])
