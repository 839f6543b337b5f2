"""How the reader's language writes numbers and tables."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import get_language

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)


@dataclass(frozen=True)
class Convention:
    """What stands between a table's cells, and between a number's whole and its decimals."""

    delimiter: str
    decimal_mark: str

    def number(self, text: str) -> str:
        """A number of ours as this language writes it; any other text as it is."""
        return text.replace(".", self.decimal_mark) if is_number(text) else text


_SPANISH, _ENGLISH = Convention(";", ","), Convention(",", ".")


def current() -> Convention:
    """The convention of the language in force: Spanish unless it is English."""
    return _ENGLISH if (get_language() or "").startswith("en") else _SPANISH


def is_number(text: str) -> bool:
    """Whether the text is a number as the product stores it."""
    return _NUMBER.fullmatch(text) is not None
