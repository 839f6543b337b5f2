"""The fonts of a PDF, and how a text becomes glyphs of them.

A card whose every letter is in PDF's own fonts (Helvetica, WinAnsi) is written with them, and nothing is embedded. Any
other is written with DejaVu Sans (``evaluations/fonts``, with its licence), which has the rest of Latin, Guarani's
apostrophe and combining marks, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic, N'Ko; what is used of it is
embedded. HarfBuzz places marks and joins Arabic. Chinese, Japanese and Korean are left out on purpose: a font of them
has 16 MB and more. What neither has is written as its code point, ``[U+674E]``, and the card says so.
"""

from __future__ import annotations

import threading
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uharfbuzz  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import ShapeData, ShapedStr, TTFont  # type: ignore[import-untyped]

from evaluations.api.directions import has_right_to_left

if TYPE_CHECKING:
    from collections.abc import Iterable

_FONTS = Path(__file__).resolve().parent.parent / "fonts"
_ENCODING = "cp1252"  # Python's name of WinAnsi
_PRIVATE_USE = range(0xE000, 0xF900)
_INVISIBLE = frozenset({"Cf", "Cc"})  # joiners and the like: where a font has none, nothing is lost to the eye
_FIRST_VARIATION, _LAST_VARIATION = "\ufe00", "\ufe0f"
_LATIN_FEATURES = {"liga": False}  # fi as one glyph would be searched for in vain
_NUMBER = "[U+"
_MOST_NUMBERS = 12
_loading = threading.Lock()


@dataclass(frozen=True)
class Typeface:
    """The names of a plain and a bold font that are used together."""

    plain: str
    bold: str
    embedded: bool

    def has(self, character: str) -> bool:
        """Whether it has a glyph of its own for the character."""
        if self.embedded:
            return character in _letters(self.plain) and character in _letters(self.bold)
        try:
            character.encode(_ENCODING)
        except UnicodeEncodeError:
            return False
        return character.isprintable()


@dataclass(frozen=True)
class Glyphs:
    """A run of text as a canvas draws it, and how wide it is in points."""

    text: str
    width: float


BUILT_IN = Typeface("Helvetica", "Helvetica-Bold", embedded=False)
EMBEDDED = Typeface("DejaVuSans", "DejaVuSans-Bold", embedded=True)


def typeface_for(written: Iterable[str]) -> Typeface:
    """The typeface that a whole document is written with: one for all of it, so that no word looks different."""
    composed = (unicodedata.normalize("NFC", text) for text in written)
    return BUILT_IN if all(BUILT_IN.has(character) for text in composed for character in text) else EMBEDDED


def drawable(text: str, typeface: Typeface) -> str:
    """The text as the typeface can write it: a character that it lacks as its code point, up to a dozen of them.

    How many more there are is said at the end, ``[+108]``: eight letters for one would not fit on a page otherwise.
    """
    written, numbers = [], 0
    for character in unicodedata.normalize("NFC", text):
        shown = _drawable(character, typeface)
        numbers += shown.startswith(_NUMBER) and shown != character
        written.append(shown if shown == character or numbers <= _MOST_NUMBERS else "")
    return "".join(written) + (f"[+{numbers - _MOST_NUMBERS}]" if numbers > _MOST_NUMBERS else "")


def lacks(text: str, typeface: Typeface) -> bool:
    """Whether ``drawable`` writes code points instead of letters."""
    composed = unicodedata.normalize("NFC", text)
    return any(not typeface.has(character) and _drawable(character, typeface) for character in composed)


def glyphs_of(text: str, font: str, size_pt: float, *, rtl: bool) -> Glyphs:
    """A text of one direction as glyphs, from left to right."""
    if rtl or needs_shaping(text):
        return _shaped(text, font, size_pt, rtl=rtl)
    return Glyphs(text, pdfmetrics.stringWidth(text, font, size_pt))


def needs_shaping(text: str) -> bool:
    """Whether its letters change beside each other or carry marks."""
    return has_right_to_left(text) or any(unicodedata.category(character) in {"Mn", "Me"} for character in text)


def _drawable(character: str, typeface: Typeface) -> str:
    if typeface.has(character):
        return character
    if unicodedata.category(character) in _INVISIBLE or _FIRST_VARIATION <= character <= _LAST_VARIATION:
        return ""
    return f"{_NUMBER}{ord(character):04X}]"


def _shaped(text: str, font: str, size_pt: float, *, rtl: bool) -> Glyphs:
    """The text shaped by HarfBuzz: each glyph that is drawn, and its place in thousandths of the size."""
    face = _font(font)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if rtl else "ltr"
    uharfbuzz.shape(uharfbuzz.Font(face.hbFace), buffer, {} if rtl else _LATIN_FEATURES)
    drawn, places, width = "", [], 0.0
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        code = face.face.glyphToChar[info.codepoint][0]
        advance = face.pdfScale(place.x_advance)
        offsets = (face.pdfScale(place.x_offset), face.pdfScale(place.y_offset))
        drawn += chr(code)
        places.append(ShapeData(info.cluster, advance, 0, *offsets, face.face.charWidths[code]))
        width += advance
    return Glyphs(ShapedStr(drawn, places), width * size_pt / 1000)


def _font(name: str) -> Any:  # noqa: ANN401 - reportlab has no types
    with _loading:  # two threads with a font each would mix them in one document
        return _loaded(name)


@cache
def _loaded(name: str) -> Any:  # noqa: ANN401 - reportlab has no types
    """A font of ours, known to reportlab. Glyphs that stand for no character alone get one of private use, once.

    reportlab would give them out as they come, so that a card's bytes would depend on the cards before it.
    """
    font = TTFont(name, str(_FONTS / f"{name}.ttf"))
    metrics, face = uharfbuzz.Font(font.hbFace), font.face
    free = (code for code in _PRIVATE_USE if code not in face.charToGlyph)
    for glyph in range(face.numGlyphs):
        if glyph and glyph not in face.glyphToChar:
            code = next(free)
            face.charToGlyph[code] = glyph
            face.glyphToChar[glyph] = [code]
            face.charWidths[code] = font.pdfScale(metrics.get_glyph_h_advance(glyph))
    pdfmetrics.registerFont(font)
    return font


@cache
def _letters(name: str) -> frozenset[str]:
    """The characters that a font of ours has, without those of private use, which mean nothing to a reader."""
    return frozenset(chr(code) for code in _font(name).face.charToGlyph if code not in _PRIVATE_USE)
