"""The chain of a run's history: each entry holds the digest of the one before it, and the run that of the last.

So whoever changes, removes, doubles or swaps an entry must change all that follow and the run too; and a certificate
that was given out before names the last digest that there was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import TYPE_CHECKING

from govsync.domain.canonical import canonical_sha256, instant_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from govsync.domain.history import HistoryEntry

EntryForm = Mapping[str, str | int]
_SHA256 = "sha256"


class ChainBrokenError(ValueError):
    """A history is not the one that was written: ``version`` is the entry's, ``fault`` what is wrong with it."""

    def __init__(self, version: int, fault: str) -> None:
        self.version, self.fault = version, fault
        super().__init__(f"entry {version}: {fault}")


def chain_start(*, school_id: str, run_id: str) -> str:
    """What a run's first entry is chained to: no run's history passes for another's."""
    return canonical_sha256({"run_id": run_id, "school_id": school_id})


def chained(entry: HistoryEntry, previous_sha256: str) -> HistoryEntry:
    """The entry as the next link: ``previous_sha256`` is the last entry's digest, or ``chain_start``.

    Raises:
        ValueError: a text in it has no canonical form.
    """
    linked = replace(entry, previous_sha256=previous_sha256, sha256="")
    return replace(linked, sha256=canonical_sha256(entry_form(linked)))


def entry_form(entry: HistoryEntry) -> dict[str, str | int]:
    """An entry as JSON: its fields but the empty ones, so that a field that comes later changes no older digest."""
    values = ((field.name, getattr(entry, field.name)) for field in fields(entry))
    return {
        name: instant_text(value) if isinstance(value, datetime) else value
        for name, value in values
        if value is not None and value != ""
    }


def check_chain(entries: Sequence[EntryForm], *, start: str, head: str) -> int:
    """Check a whole history in the order of its versions, and return how many of its first entries are unchained.

    ``start`` is the run's ``chain_start``, ``head`` the digest of its last entry, empty when none is chained.

    Raises:
        ChainBrokenError: naming the first entry that is altered, missing, doubled or out of its place.
    """
    versions = {entry.get("version") for entry in entries}
    unchained, previous = 0, start
    for expected, entry in enumerate(entries, 1):
        _check_place(entry, expected, versions)
        if _SHA256 not in entry and previous == start:
            unchained += 1
            continue
        if entry.get(_SHA256) != canonical_sha256({name: entry[name] for name in entry if name != _SHA256}):
            raise ChainBrokenError(expected, "altered")
        if entry.get("previous_sha256") != previous:
            raise ChainBrokenError(expected, "not chained to the one before it")
        previous = str(entry[_SHA256])
    if head != (previous if unchained < len(entries) else ""):
        raise ChainBrokenError(len(entries) + 1, "missing: the run names another last entry")
    return unchained


def _check_place(entry: EntryForm, expected: int, versions: set[str | int | None]) -> None:
    version = entry.get("version")
    if version == expected:
        return
    if version == expected - 1:
        raise ChainBrokenError(expected - 1, "doubled")
    raise ChainBrokenError(expected, "out of its place" if expected in versions else "missing")
