from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edu import texts


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("Prueba\u00a0de\u202funidad", "Prueba de unidad"),  # a word processor's no-break spaces
        ("\u00a0 Prueba\t1 \u3000", "Prueba 1"),
        ("Pru\u00adeba", "Prueba"),
        ("\ufeffPrueba\u200e", "Prueba"),
        ("Nu\u0301n\u0303ez", "Núñez"),
        ("Familia 👩\u200d👩\u200d👧", "Familia 👩\u200d👩\u200d👧"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0646\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0646\u0645"),
        ("Nuevo \U0001fae8", "Nuevo \U0001fae8"),  # newer than Python 3.11's Unicode
        ("g\u0303", "g\u0303"),
    ],
)
def test_what_has_one_meaning_is_made_one(pasted: str, kept: str) -> None:
    assert texts.one_line(pasted) == kept
    assert texts.is_one_line(kept)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        *(("a\x07b", "U+0007"), ("a\0", "U+0000"), ("a\nb", "U+000A"), ("a\r\nb", "U+000D"), ("a\u2028b", "U+2028")),
        *(("a\u200bb", "U+200B"), ("a\u202eb", "U+202E"), ("\ud800", "U+D800"), ("\uf0b7 uno", "U+F0B7")),
        *(("\ufffe", "U+FFFE"), ("\U0010ffff", "U+10FFFF"), ("a\x7f", "U+007F")),
    ],
)
def test_what_has_none_is_named(text: str, named: str) -> None:
    with pytest.raises(texts.UnreadableError) as caught:
        texts.one_line(text)
    assert caught.value.character == named
    assert not texts.is_one_line(text)


@given(st.text())
def test_a_line_once_kept_stays_as_it_is(text: str) -> None:
    try:
        kept = texts.one_line(text)
    except texts.UnreadableError:
        return
    assert texts.one_line(kept) == kept
    assert texts.is_one_line(kept)
    assert kept == kept.strip()
    assert unicodedata.is_normalized("NFC", kept)
    assert len(kept.splitlines()) <= 1


@given(st.text().filter(lambda text: text == text.strip() and text.isprintable()))
def test_what_was_taken_before_is_still_a_line(text: str) -> None:
    assert texts.is_one_line(text)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\x0b", "\x0c", "\x85"])
def test_every_end_of_line_is_a_line_feed(end: str) -> None:
    assert texts.lines(f"uno{end}dos\ttres") == "uno\ndos\ttres"


@pytest.mark.parametrize(("text", "named"), [("a\x07", "U+0007"), ("a\x1b[31m", "U+001B"), ("\udfff", "U+DFFF")])
def test_lines_name_what_says_nothing(text: str, named: str) -> None:
    with pytest.raises(texts.UnreadableError) as caught:
        texts.lines(text)
    assert caught.value.character == named
