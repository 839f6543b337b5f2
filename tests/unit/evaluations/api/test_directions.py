"""Right-to-left text. Hebrew letters stand for R, Arabic ones for AL, in the words of the Unicode annex."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.api.directions import has_right_to_left, levels_of, visual_runs

ALEF, BET, GIMEL = "\u05d0", "\u05d1", "\u05d2"
MIM, HA = "\u0645", "\u062d"


def shown(text: str) -> list[tuple[str, bool]]:
    return [(run.text, run.rtl) for run in visual_runs(text, levels_of(text))]


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("abc", [0, 0, 0]),
        ("a 1", [0, 0, 0]),
        (f"{ALEF}{BET}", [1, 1]),
        (f"a {ALEF}{BET} b", [0, 0, 1, 1, 0, 0]),
        (f"a {ALEF} {BET}", [0, 0, 1, 1, 1]),
        (f"{ALEF} a", [1, 1, 2]),
        (f"{ALEF} 12", [1, 1, 2, 2]),
        (f"{MIM} 1,5", [1, 1, 2, 2, 2]),  # after Arabic a number is Arabic, and its comma too
        (f"{ALEF} 1,5", [1, 1, 2, 2, 2]),
        (f"{ALEF} 1+5", [1, 1, 2, 2, 2]),
        (f"{MIM} 1+5", [1, 1, 2, 1, 2]),
        (f"a {MIM} 5%", [0, 0, 1, 1, 2, 0]),
        (f"a {ALEF} 5%", [0, 0, 1, 1, 2, 2]),
        (f"{ALEF}\u05b0{BET}", [1, 1, 1]),  # a vowel point
        (f"a ({ALEF})", [0, 0, 0, 1, 0]),
        (f"a, {MIM}{HA}, b", [0, 0, 0, 1, 1, 0, 0, 0]),
        ("", []),
    ],
)
def test_levels_are_the_annexs(text: str, levels: list[int]) -> None:
    assert levels_of(text) == levels


def test_parts_stand_as_the_eye_finds_them() -> None:
    assert shown("abc") == [("abc", False)]
    assert shown(f"a {ALEF}{BET} b") == [("a ", False), (f"{ALEF}{BET}", True), (" b", False)]
    assert shown(f"{ALEF}{BET} 12 {GIMEL}") == [(f" {GIMEL}", True), ("12", False), (f"{ALEF}{BET} ", True)]
    assert shown(f"{ALEF} abc") == [("abc", False), (f"{ALEF} ", True)]


@given(st.text(st.sampled_from(f"ab 1,.%()+-{ALEF}{BET}{MIM}{HA}\u0661\u0303\u05b0"), max_size=20))
def test_no_letter_is_lost_or_said_twice(text: str) -> None:
    runs = visual_runs(text, levels_of(text))
    assert sorted(chain.from_iterable(run.text for run in runs)) == sorted(text)
    if not has_right_to_left(text):
        assert "".join(run.text for run in runs) == text
