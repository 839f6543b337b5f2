"""Text of a query and what is bound in it, put together piece by piece.

What a person chose is bound: a ``?`` in the text, and its value as an SQL literal, which is how Athena takes execution
parameters. It takes them in a WHERE alone (Athena's guide, "Use parameterized queries"). ``literal`` is the only place
where a text becomes SQL; what the code writes by itself (the school in scope, the lake's addresses, a scale's words)
goes the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edu.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_BOUND_CHARS: Final = 1024  # Athena's own bound for an execution parameter


class UnboundTextError(InvalidInputError):
    """A text that no query can hold: too long, or with characters that are none."""

    code = "unbound_text"


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of a query: ``parameters`` are the literals of its question marks, in order."""

    text: str
    parameters: tuple[str, ...] = ()


def literal(text: str) -> str:
    """The text as an SQL literal: between single quotes, with each of its own doubled.

    Raises:
        UnboundTextError: it has a control character, or half a surrogate pair.
    """
    if any(ord(char) < ord(" ") or char == "\x7f" or "\ud800" <= char <= "\udfff" for char in text):
        raise UnboundTextError
    return "'" + text.replace("'", "''") + "'"


def bind(*values: str | float) -> Sql:
    """Values as question marks between commas. Raises UnboundTextError as ``literal``, and for a text too long."""
    written = tuple(literal(value) if isinstance(value, str) else repr(value) for value in values)
    if any(len(one) > _MOST_BOUND_CHARS for one in written):
        raise UnboundTextError
    return Sql(", ".join("?" * len(values)), written)


def compose(template: str, *pieces: Sql | str) -> Sql:
    """The template with each ``{}`` replaced by a piece, in order; their parameters come in the order of the text."""
    made = [piece if isinstance(piece, Sql) else Sql(piece) for piece in pieces]
    return Sql(
        template.format(*(piece.text for piece in made)),
        tuple(value for piece in made for value in piece.parameters),
    )


def values_of(name: str, columns: str, rows: Iterable[Iterable[str]]) -> str:
    """A table of the query's own for its WITH, of cells that are SQL already."""
    listed = ", ".join(f"({', '.join(row)})" for row in rows)
    return f"{name} AS (SELECT * FROM (VALUES {listed}) AS listed ({columns}))"  # noqa: S608 - cells are SQL already
