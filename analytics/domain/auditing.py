"""The lake's rows against what the table wrote: what is missing, doubled, different, or there without a source.

A row counts by ``analytics.domain.lineage``. Columns that only the stream knows are not compared, nor those that a row
of an older schema leaves empty: it does not say otherwise, it says nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from analytics.domain.lineage import DELETED, REFILL, Identity, Row, identity_of, rank_of
from analytics.domain.schemas import SCHEMA_VERSION, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from analytics.domain.datasets import Dataset


LISTED: Final = 100
_OF_THE_STREAM: Final = frozenset({"change_id", "op", "schema_version", "sequence", "changed_at_epoch_s"})


class Fault(StrEnum):
    """What can be wrong with a row of the lake. ``DOUBLED`` misleads nobody: one of the rows counts."""

    MISSING = "missing"
    STALE = "stale"
    UNKNOWN = "unknown"
    DOUBLED = "doubled"


@dataclass(slots=True)
class Findings:
    """What was found, all counted and the first ``LISTED`` of each fault named by identity, which names no person.

    ``unlinked``: rows without a source in the table whose pseudonym is no student's, as those of the erased.
    """

    rows: int = 0
    expected: int = 0
    unlinked: int = 0
    counts: Counter[Fault] = field(default_factory=Counter)
    named: dict[Fault, list[Identity]] = field(default_factory=dict)

    @property
    def is_closed(self) -> bool:
        """Whether a reader of the lake reads what the table wrote."""
        return not self.faults

    @property
    def faults(self) -> int:
        """How many rows mislead a reader, or are not there to be read."""
        return sum(self.counts[fault] for fault in Fault if fault is not Fault.DOUBLED)

    def add(self, fault: Fault, identity: Identity) -> None:
        """Take one up."""
        self.counts[fault] += 1
        names = self.named.setdefault(fault, [])
        if len(names) < LISTED:
            names.append(identity)

    def take(self, other: Findings) -> None:
        """Take up all that another found."""
        self.rows += other.rows
        self.expected += other.expected
        self.unlinked += other.unlinked
        self.counts.update(other.counts)
        for fault, names in other.named.items():
            own = self.named.setdefault(fault, [])
            own.extend(names[: LISTED - len(own)])


@dataclass(slots=True)
class Compared:
    """A comparison. ``lacking``: the rows to write so that the lake says what the table does.

    ``absent``: the expected rows that the lake does not hold so, whether writing its row would help or not.
    ``sourceless``: of what the lake holds, what was not expected; the caller knows whether it has another source.
    """

    findings: Findings
    lacking: list[dict[str, Any]]
    sourceless: list[Row]
    absent: list[Row] = field(default_factory=list)


def compare(dataset: Dataset, expected: Iterable[Row], found: Iterable[Row]) -> Compared:
    """Compare what should be there with the rows of what a reader reads, in any order."""
    wanted = {identity_of(dataset, row): row for row in expected}
    winners: dict[Identity, Row] = {}
    numbers: Counter[Identity] = Counter()
    for row in found:
        identity = identity_of(dataset, row)
        numbers[identity] += 1
        if identity not in winners or rank_of(dataset, row) < rank_of(dataset, winners[identity]):
            winners[identity] = row
    findings = Findings(rows=numbers.total(), expected=len(wanted))
    compared = Compared(findings, [], [row for identity, row in winners.items() if identity not in wanted])
    for identity in sorted(identity for identity, number in numbers.items() if number > 1):
        findings.add(Fault.DOUBLED, identity)
    for identity in sorted(wanted):
        refill = refill_of(dataset, wanted[identity])
        if identity not in winners:
            findings.add(Fault.MISSING, identity)
            compared.absent.append(wanted[identity])
            compared.lacking.append(refill)
        elif not is_same(dataset, refill, winners[identity]):
            findings.add(Fault.STALE, identity)
            compared.absent.append(wanted[identity])
            if rank_of(dataset, refill) < rank_of(dataset, winners[identity]):
                compared.lacking.append(refill)
    return compared


def refill_of(dataset: Dataset, row: Row) -> dict[str, Any]:
    """A row as it is written from the table instead of from the stream: the same one, the same again."""
    names = [column.name for column in columns_of(dataset)]
    own = {"change_id": "", "op": REFILL, "schema_version": SCHEMA_VERSION, "sequence": "", "changed_at_epoch_s": None}
    return {name: own[name] if name in own else row[name] for name in names}


def is_same(dataset: Dataset, expected: Row, found: Row) -> bool:
    """Whether a row says what is expected. That an evaluation was deleted since is no contradiction."""
    passed_over = _OF_THE_STREAM
    if expected.get("entity") == "evaluation" and found.get("state") == DELETED:
        passed_over = passed_over | {"state"}
    names = [column.name for column in columns_of(dataset) if column.name not in passed_over]
    return all(_agrees(name, expected, found) for name in names)


def _agrees(name: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    one, other = expected[name], found.get(name)
    if other is None or one == other:
        return True
    return name == "weight" and _number(one) == _number(other) is not None


def _number(text: str) -> Decimal | None:
    """The table gives 25.00 back as 25."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
