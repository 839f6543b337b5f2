"""Every list of the catalogue once: a small school is synced with each, and its run must end as that list deserves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govsync.domain.reconciliation import DifferenceKind
from govsync.domain.states import RunState
from tests.drills.sync_people import found_differences
from tests.support.misbehaviour import lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.drills.sync import Drill

_WELL: frozenset[DifferenceKind] = frozenset()
# The kinds of differences that a run ends with; ``None``: it is parked, for this is no list.
EXPECTED: Mapping[str, frozenset[DifferenceKind] | None] = {
    "not listed": frozenset({DifferenceKind.MISSING}),
    "listed twice": frozenset({DifferenceKind.DUPLICATE}),
    "listed twice with another value": frozenset({DifferenceKind.DUPLICATE}),
    "listed twice with another version": frozenset({DifferenceKind.DUPLICATE}),
    "another value": frozenset({DifferenceKind.OTHER_CONTENT}),
    "another version": frozenset({DifferenceKind.OTHER_VERSION}),
    "another course": frozenset({DifferenceKind.OTHER_CONTENT}),
    "a grade nobody sent": frozenset({DifferenceKind.UNEXPECTED}),
    "overlapping pages": frozenset({DifferenceKind.DUPLICATE}),
    "a page larger than asked for": _WELL,
    "pages of one grade": _WELL,
    "an empty last cursor": _WELL,
    "no last cursor": _WELL,
    "cursors that go round": None,
    "a list without end": None,
}
LISTS = tuple(EXPECTED)
AS_EXPECTED = "as expected"


def send_with_each_list(drill: Drill, names: Iterable[str]) -> dict[str, str]:
    """What each list led to: ``AS_EXPECTED``, or what it did instead."""
    return {name: _send(drill, name) for name in names}


def _send(drill: Drill, name: str) -> str:
    expected = EXPECTED[name]
    is_hidden = expected is not None and DifferenceKind.MISSING in expected
    school = drill.add_school({0: DifferenceKind.MISSING} if is_hidden else {})
    run = drill.send_with_list(name, school, lists(school.students[0])[name])
    if expected is None:
        drill.end_runs()
        return AS_EXPECTED if run.state is RunState.PARKED else str(run.state)
    kinds = frozenset(kind for _evaluation, _student, kind in found_differences(school, run.run_id))
    state = RunState.NEEDS_REVIEW if expected else RunState.RECONCILED
    return AS_EXPECTED if (run.state, kinds) == (state, expected) else f"{run.state} {sorted(kinds)}"
