"""The matrix as text: condensed for the terminal, and in full as ``docs/ISOLATION.md``. Without dates or timings."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.isolation.runner import holes, short_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.isolation.runner import Planted
    from tests.isolation.sections import Section, Table

PATH = Path(__file__).resolve().parents[2] / "docs" / "ISOLATION.md"
_SHOWN = 20
_HEAD = """# Isolation between schools: the matrix

Written by `make isolation` (`python -m tests.isolation`); do not edit. ADR 0009 says what it proves and what it cannot.
A cell is one question with the answer it must have; the run is red when any cell has another, when anything changed
that may not, or when the evaluator and the emulator disagree.
"""


def condensed(sections: Iterable[Section]) -> str:
    """For the terminal: counts by row and expectation, then whatever is unexpected."""
    lines: list[str] = []
    for section in sections:
        lines += ["", f"== {section.title}: {len(section.cells)} cells, {len(section.unexpected)} unexpected"]
        rows = counts(section)
        width = max((len(row[0]) for row in rows), default=0)
        lines += [f"   {row[0]:<{width}}  forms {row[1]:>4}   {row[2]}" for row in rows]
        lines += [f"   !! {text[:400]}" for text in section.unexpected[:_SHOWN]]
        hidden = len(section.unexpected) - _SHOWN
        lines += [f"   !! and {hidden} more"] if hidden > 0 else []
    return "\n".join(lines)


def counts(section: Section) -> list[tuple[str, str, str]]:
    """For each row of a section: how many columns it has, and how many cells for each expectation."""
    columns: dict[str, set[str]] = defaultdict(set)
    expected: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for cell in section.cells:
        columns[cell.row].add(cell.column)
        is_list = cell.expected[:1].isupper()  # names of actions, which a table of the section shows
        expected[cell.row]["as the table says" if is_list else cell.expected] += 1
    return [
        (row, str(len(columns[row])), ", ".join(f"{word}: {n}" for word, n in sorted(expected[row].items())))
        for row in sorted(columns)
    ]


def document(sections: Sequence[Section]) -> str:
    """The whole report."""
    lines = [_HEAD, *_table(("part", "cells", "as expected", "unexpected"), _totals(sections))]
    for section in sections:
        lines += ["", f"## {section.title}", "", *([section.intro, ""] if section.intro else [])]
        lines += _table(("asked", "forms", "cells by the answer they must have"), counts(section))
        for table in section.tables:
            lines += ["", f"### {table.title}", "", *_rendered(table)]
        lines += ["", *(f"- {remark}" for remark in section.remarks)] if section.remarks else []
        lines += (
            ["", "**Unexpected:**", *(f"- {text[:400]}" for text in section.unexpected)] if section.unexpected else []
        )
    lines += [
        "",
        "## Planted holes",
        "",
        "`python -m tests.isolation --plant-all` breaks each of these on purpose, runs",
    ]
    lines += ["the part that has to notice, and fails unless it turns red.", ""]
    lines += _table(
        ("hole", "part", "what is broken"), [(n, short_name(part), h.says) for n, (part, h) in holes().items()]
    )
    return "\n".join(lines) + "\n"


def _totals(sections: Sequence[Section]) -> Iterator[tuple[str, ...]]:
    for section in sections:
        as_expected = sum(cell.as_expected for cell in section.cells)
        yield section.title, str(len(section.cells)), str(as_expected), str(len(section.unexpected))
    cells = sum(len(section.cells) for section in sections)
    yield "all", str(cells), str(_right(sections)), str(sum(len(section.unexpected) for section in sections))


def _right(sections: Iterable[Section]) -> int:
    return sum(cell.as_expected for section in sections for cell in section.cells)


def _rendered(table: Table) -> list[str]:
    return _table(table.header, table.rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    body = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", *body]


def result(sections: Sequence[Section], planted: Sequence[Planted]) -> str:
    """The last line of a run, for programs."""
    outcome = {
        "cells": sum(len(section.cells) for section in sections),
        "as_expected": _right(sections),
        "unexpected": sum(len(section.unexpected) for section in sections),
        "parts": {section.name: len(section.cells) for section in sections},
        "holes_red": [one.hole.name for one in planted if one.is_red],
        "holes_unnoticed": [one.hole.name for one in planted if not one.is_red],
    }
    return f"RESULT {json.dumps(outcome, sort_keys=True)}"
