r"""Texts that people paste, as they are kept: what has one meaning is made one, what has none is named.

A no-break space of a word processor is a space, and ``\r\n`` is a line's end. A bell, a zero-width space, half of a
surrogate pair or a letter of some font's private use says nothing to whoever reads it later: it is refused, by its code
point, for whoever sent it cannot see it either.
"""

from __future__ import annotations

import re
import unicodedata

_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85]")
_NOT_SEEN = str.maketrans("", "", "\u00ad\u200e\u200f\ufeff")  # soft hyphen, marks of direction, byte order mark
_JOINERS = frozenset("\u200c\u200d")  # Persian is spelt with the one, emoji of families with the other
_UNREADABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


class UnreadableError(ValueError):
    """A text holds a character that says nothing; ``character`` names it like ``U+0007``."""

    def __init__(self, character: str) -> None:
        self.character = f"U+{ord(character):04X}"
        super().__init__(f"unreadable character {self.character}")


def one_line(text: str) -> str:
    """A line without outer spaces, in Unicode's composed form: any kind of space is a space.

    Raises:
        UnreadableError: a character says nothing in a line. An end of line is one.
    """
    return unicodedata.normalize("NFC", _line(text))


def is_one_line(text: str) -> bool:
    """Whether ``one_line`` finds nothing to do but to compose letters, which older texts may lack."""
    try:
        return _line(text) == text
    except UnreadableError:
        return False


def lines(text: str) -> str:
    """A text of several lines: every end of line becomes a line feed, and all else stays as it is.

    Raises:
        UnreadableError: for control characters but tab and line feed, and halves of surrogate pairs, which no encoding
            can carry.
    """
    text = _LINE_END.sub("\n", text)
    for character in text:
        if character not in "\t\n" and unicodedata.category(character) in {"Cc", "Cs"}:
            raise UnreadableError(character)
    return text


def visible(text: str) -> str:
    r"""Any text as one line in which nothing is hidden: what is not printable, and ``\``, as its escape (``\x1b``)."""
    return "".join(
        character if character.isprintable() and character != "\\" else _escape(character) for character in text
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _line(text: str) -> str:
    spaced = "".join(" " if _is_space(character) else character for character in text.translate(_NOT_SEEN))
    for character in spaced:
        if _is_unreadable(character):
            raise UnreadableError(character)
    return spaced.strip()


def _is_space(character: str) -> bool:
    return character == "\t" or unicodedata.category(character) == "Zs"


def _is_unreadable(character: str) -> bool:
    """Whether it says nothing. A letter or emoji that is newer than our Unicode is no such one; a noncharacter is."""
    category = unicodedata.category(character)
    if category == "Cn":
        return 0xFDD0 <= ord(character) <= 0xFDEF or ord(character) & 0xFFFE == 0xFFFE  # noqa: PLR2004 - Unicode, 23.7
    return category in _UNREADABLE and character not in _JOINERS
