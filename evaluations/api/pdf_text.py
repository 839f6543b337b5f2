"""A text on a PDF page: broken into lines of a width, each in its directions. It is text, and never markup."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportlab.platypus import Flowable  # type: ignore[import-untyped]

from evaluations.api.directions import has_right_to_left, levels_of, visual_runs
from evaluations.api.typefaces import glyphs_of

if TYPE_CHECKING:
    from evaluations.api.typefaces import Glyphs

_NARROWEST = 0.2  # a letter's width in sizes of its font; those that are narrower do not come in rows


@dataclass(frozen=True)
class Style:
    """How a text is written; sizes in points."""

    font: str
    size_pt: float = 9
    leading_pt: float = 12
    centred: bool = False
    most_lines: int | None = None  # past it the last is "…"


class Words(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A paragraph of letters that the style's font has (``typefaces.drawable``)."""

    def __init__(self, text: str, style: Style) -> None:
        super().__init__()
        self._text, self._style = text, style
        self._wrapped_for_pt = -1.0
        self._levels = levels_of(text) if has_right_to_left(text) else [0] * len(text)

    def wrap(self, width_pt: float, _height_pt: float) -> tuple[float, float]:
        """The room that the text takes in this width. Tables ask for it again and again."""
        if width_pt != self._wrapped_for_pt:
            lines = self._broken(width_pt)
            self._lines = [self._glyphs(*line) for line in lines[: self._style.most_lines]]
            if len(lines) > len(self._lines):
                self._lines[-1] = [glyphs_of("…", self._style.font, self._style.size_pt, rtl=False)]
        self.width = self._wrapped_for_pt = width_pt
        self.height = self._style.leading_pt * len(self._lines)
        return self.width, self.height

    def draw(self) -> None:
        """Write the lines, from the top."""
        for number, line in enumerate(self._lines):
            room = self.width - sum(part.width for part in line)
            x_pt = room / 2 if self._style.centred else 0
            self._write(line, x_pt, self.height - self._style.leading_pt * number - self._style.size_pt)

    def _write(self, line: list[Glyphs], x_pt: float, y_pt: float) -> None:
        canvas: Any = self.canv
        for part in line:
            drawn = canvas.beginText(x_pt, y_pt)
            drawn.setFont(self._style.font, self._style.size_pt, self._style.leading_pt)
            drawn.textOut(part.text)
            canvas.drawText(drawn)
            x_pt += part.width

    def _broken(self, width_pt: float) -> list[tuple[int, int]]:
        """Where each line begins and ends: between words, or inside one that is longer than a line."""
        lines, start, end = [], 0, 0
        for word_start, word_end in self._words():
            if end > start and not self._fits(start, word_end, width_pt):
                lines.append((start, end))
                start = word_start
            end = word_end
            while start < end and not self._fits(start, end, width_pt):
                cut = self._cut(start, end, width_pt)
                lines.append((start, cut))
                start = cut
        return [*lines, (start, end)] if end > start or not lines else lines

    def _words(self) -> list[tuple[int, int]]:
        found, start = [], 0
        for word in self._text.split(" "):
            if word:
                found.append((start, start + len(word)))
            start += len(word) + 1
        return found

    def _cut(self, start: int, end: int, width_pt: float) -> int:
        """The end of a beginning that fits: one letter at least, and never between a letter and its marks.

        Found by halving: whoever chose the text must not choose the time that it takes.
        """
        fits, too_long = start + 1, min(end, start + 1 + self._most_letters(width_pt))
        while too_long - fits > 1:
            middle = (fits + too_long) // 2
            fits, too_long = (middle, too_long) if self._fits(start, middle, width_pt) else (fits, middle)
        cut = fits
        while start + 1 < cut < end and self._is_mark(cut):
            cut -= 1
        if cut < end and self._is_mark(cut):  # one letter, and more marks than fit
            cut = next((position for position in range(cut, end) if not self._is_mark(position)), end)
        return cut

    def _is_mark(self, position: int) -> bool:
        return unicodedata.combining(self._text[position]) > 0

    def _fits(self, start: int, end: int, width_pt: float) -> bool:
        if end - start > self._most_letters(width_pt):
            return False
        return sum(part.width for part in self._glyphs(start, end)) <= width_pt

    def _most_letters(self, width_pt: float) -> int:
        return 1 + int(width_pt / (_NARROWEST * self._style.size_pt))

    def _glyphs(self, start: int, end: int) -> list[Glyphs]:
        runs = visual_runs(self._text[start:end], self._levels[start:end])
        return [glyphs_of(run.text, self._style.font, self._style.size_pt, rtl=run.rtl) for run in runs]
