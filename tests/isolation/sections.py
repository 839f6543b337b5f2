"""What every part of the matrix hands over: cells with an expectation and what was seen, gathered into sections.

A part is a module of ``tests.isolation`` (see ``parts.py``) with ``run(cloud) -> Section``. It may also have
``HOLES: tuple[Hole, ...]``: ways to break the isolation on purpose, each of which has to turn that part red.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.support.cloud import Cloud

ALLOWED, DENIED, NOT_FOUND, REFUSED = "allowed", "denied", "not found", "refused"


@dataclass(frozen=True)
class Cell:
    """One question and its answer. All text is the same in every run: no ids, times, ports or counts of a machine.

    ``row`` and ``column`` place it in the section's printed table (operation and form, route and role …); ``target``
    says whose data it went for. ``detail`` is shown only when the answer was not the expected one.
    """

    row: str
    column: str
    target: str
    expected: str
    observed: str
    detail: str = ""

    @property
    def as_expected(self) -> bool:
        """Whether the answer was the one expected."""
        return self.expected == self.observed

    def describe(self) -> str:
        """One line about it, for the list of what is unexpected."""
        said = f"{self.row} | {self.column} | {self.target}: expected {self.expected}, saw {self.observed}"
        return f"{said} ({self.detail})" if self.detail else said


@dataclass(frozen=True)
class Table:
    """A table printed in full, beside the counts of the cells."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """One part's result. ``problems`` are failures that are no cell (a route without cover, a state that changed)."""

    name: str
    title: str
    intro: str = ""
    cells: tuple[Cell, ...] = ()
    tables: tuple[Table, ...] = ()
    remarks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def unexpected(self) -> tuple[str, ...]:
        """Everything that makes this section red, one line each."""
        return self.problems + tuple(cell.describe() for cell in self.cells if not cell.as_expected)

    def counts(self) -> Counter[tuple[str, str]]:
        """How many cells there are for each row and expectation."""
        return Counter((cell.row, cell.expected) for cell in self.cells)


@dataclass(frozen=True)
class Hole:
    """A way to break the isolation on purpose.

    ``plant`` is entered with a deployed cloud before the part runs, and undoes itself after. ``template`` instead
    rewrites the template's text, which the stack is then updated to, with ``plant`` around the run, and back.
    ``without`` names a protection of the emulator (``EmulatorOptions``) and runs one of its own that lacks it.
    ``narrow`` is a shorter run than its part's, where the whole would take long and show the same.
    """

    name: str
    says: str
    plant: Callable[[Cloud], AbstractContextManager[None]]
    template: Callable[[str], str] | None = None
    without: str = ""
    narrow: Callable[[Cloud], Section] | None = None


def replaced(text: str, before: str, after: str) -> str:
    """The template's text with one thing changed, for a hole.

    Raises:
        ValueError: the text does not hold it, so nothing would be planted.
    """
    if before not in text:
        raise ValueError(f"the template no longer holds {before!r}")
    return text.replace(before, after, 1)
