from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from evaluations.api.pdf_text import Style, Words
from evaluations.api.typefaces import BUILT_IN, EMBEDDED, drawable, glyphs_of, lacks, typeface_for
from tests.unit.evaluations.api.pdf_reader import text_of

ARABIC = "\u0645\u062d\u0645\u062f"


def lines_of(text: str, width_pt: float, font: str = BUILT_IN.plain) -> list[str]:
    written = io.BytesIO()
    canvas = Canvas(written, pageCompression=0)
    words = Words(text, Style(font))
    _, height = words.wrap(width_pt, 1000)
    words.drawOn(canvas, 0, 500)
    canvas.save()
    assert height >= 12
    return text_of(written.getvalue()).split("\n")


def test_text_is_broken_between_words() -> None:
    assert lines_of("uno dos tres", 1000) == ["uno dos tres"]
    assert lines_of("uno dos tres", 35) == ["uno dos", "tres"]


def test_word_longer_than_a_line_is_broken_inside_and_never_before_its_mark() -> None:
    assert "".join(lines_of("x" * 100, 50)) == "x" * 100
    word = "g\u0303" * 30
    EMBEDDED.has("g")  # loads the font
    lines = lines_of(word, 50, EMBEDDED.plain)
    assert "".join(lines).replace("\n", "") == word
    assert not any(line.startswith("\u0303") for line in lines)


@given(st.text(st.sampled_from("ab ñ"), max_size=60), st.integers(1, 60))
def test_every_letter_is_drawn_in_any_width(text: str, width_pt: int) -> None:
    words = Words(text, Style(BUILT_IN.plain))
    words.wrap(width_pt, 1000)
    drawn = "".join(part.text for line in words._lines for part in line)
    assert drawn.replace(" ", "") == text.replace(" ", "")


def test_one_typeface_for_all_of_a_document() -> None:
    assert typeface_for(["Muñoz", "Müller — “Œuvre”"]) is BUILT_IN
    assert typeface_for(["Nu\u0301n\u0303ez"]) is BUILT_IN
    assert typeface_for(["Muñoz", "Wałęsa"]) is EMBEDDED


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("Müller-Ñáñez", "Müller-Ñáñez"),
        ("Nu\u0301n\u0303ez", "Núñez"),
        ("Tupã ỹ", "Tupã ỹ"),
        ("李", "[U+674E]"),
        ("a\ufe0f👩\u200d🏫", "a[U+1F469]\u200d[U+1F3EB]"),
        ("\uf0b7", "[U+F0B7]"),
        ("漢字" * 6 + "ł", "[U+6F22][U+5B57]" * 6 + "ł"),
        ("漢" * 120 + "ł", "[U+6F22]" * 12 + "ł[+108]"),
    ],
)
def test_what_the_font_lacks_is_written_as_its_number(written: str, drawn: str) -> None:
    kept = drawable(written, EMBEDDED)
    assert kept.replace("\ufe0f", "") == drawn
    assert lacks(written, EMBEDDED) is ("[" in drawn)


def test_arabic_is_joined() -> None:
    alone = sum(glyphs_of(letter, EMBEDDED.plain, 9, rtl=True).width for letter in ARABIC)
    joined = glyphs_of(ARABIC, EMBEDDED.plain, 9, rtl=True)
    assert joined.width < alone
    assert joined.text == "\ufeaa\ufee4\ufea4\ufee3"
    assert len(glyphs_of("\u0644\u0627", EMBEDDED.plain, 9, rtl=True).text) == 1  # lam and alef are one


def test_mark_stands_over_its_letter_and_takes_no_room() -> None:
    letter = glyphs_of("G", EMBEDDED.plain, 9, rtl=False)
    marked = glyphs_of("G\u0303", EMBEDDED.plain, 9, rtl=False)
    assert marked.width == pytest.approx(letter.width)
