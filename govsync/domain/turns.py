"""Which run has the next turn on the line. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edu.jobs.domain import DueJob

    RunKey = tuple[str, str | None, str]

# Every so many turns the run that waited longest has one, whatever its deadline: none starves.
FAIR_TURN = 10
_NEVER = datetime.max.replace(tzinfo=UTC)


def choose_run(ready: Sequence[DueJob], last_turns: Mapping[RunKey, datetime], turn: int) -> DueJob | None:
    """The run of the ``turn``-th turn: the earliest deadline, or the longest waiting; ``None`` when none is ready.

    A run waits from the instant it was due, or from its last turn if that was later.
    """

    def waits_since(entry: DueJob) -> datetime:
        return max(entry.due_at, last_turns.get(entry.key, entry.due_at))

    if turn % FAIR_TURN == 0:
        return min(ready, key=waits_since, default=None)
    return min(ready, key=lambda entry: (entry.deadline_at or _NEVER, waits_since(entry)), default=None)
