"""One sync of one school's term, from the first pending grade to the proof that the government holds them all."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from edu import values
from edu.jobs.domain import JobKind
from govsync.domain.states import RUN_TRANSITIONS, RunState, TransitionError

# No run is ever given up: the law wants it ended, and past its deadline each sweep says that it is late.
SYNC = JobKind("sync", watchdog_s=900.0)
DEADLINE = timedelta(hours=48)
_RUN_ID = re.compile(rf"({values.ID})-r([1-9][0-9]{{0,3}})")


@dataclass(frozen=True)
class SyncRun:
    """The aggregate: its ``version`` guards the run and all that belongs to it, so one worker moves it at a time.

    ``batches`` counts those prepared; ``open_batches`` are the numbers of those not closed, the current one first, and
    more than one only when a batch was split. ``passes`` counts the times it came to reconciling. ``held_pages`` and
    ``held_cursor``: how far the government's own list has been read in this pass; ``attempt`` and ``retry_at``:
    exchanges in a row that brought no page of it, and when to try again. ``comparison`` names the differences it ended
    with.
    """

    run_id: str
    term_id: str
    ordinal: int
    state: RunState
    started_at: datetime
    started_by: str
    deadline_at: datetime
    version: int = 1
    batches: int = 0
    open_batches: tuple[int, ...] = ()
    accepted: int = 0
    rejected: int = 0
    passes: int = 0
    held_pages: int = 0
    held_cursor: str | None = None
    held_complete: bool = False
    attempt: int = 0
    retry_at: datetime | None = None
    differences: int = 0
    comparison: str | None = None
    certified: int = 0
    manifest_sha256: str | None = None
    finished_at: datetime | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return not RUN_TRANSITIONS[self.state]

    def moved(self, to: RunState, **changes: Any) -> SyncRun:  # noqa: ANN401 - any of the fields
        """The run in its next state, one version on.

        Raises:
            TransitionError: the table has no such step.
        """
        if to not in RUN_TRANSITIONS[self.state]:
            raise TransitionError(f"run: {self.state} -> {to}")
        return replace(self, state=to, version=self.version + 1, **changes)


def new_run(*, term_id: str, ordinal: int, started_at: datetime, started_by: str) -> SyncRun:
    """A run at its beginning; the law gives it 48 hours."""
    return SyncRun(
        run_id=run_id_of(term_id, ordinal),
        term_id=term_id,
        ordinal=ordinal,
        state=RunState.PREPARING,
        started_at=started_at,
        started_by=started_by,
        deadline_at=started_at + DEADLINE,
    )


def run_id_of(term_id: str, ordinal: int) -> str:
    """The id of a term's n-th run: starting it twice finds it there.

    Raises:
        ValueError: when the parts make no id that ``parse_run_id`` takes apart again.
    """
    run_id = f"{term_id}-r{ordinal}"
    if _RUN_ID.fullmatch(run_id) is None:
        raise ValueError("run id: malformed term or ordinal")
    return run_id


def parse_run_id(run_id: str) -> tuple[str, int]:
    """The term and the ordinal in a run's id.

    Raises:
        ValueError: it is no run's id.
    """
    match = _RUN_ID.fullmatch(run_id)
    if match is None:
        raise ValueError("malformed run id")
    return match[1], int(match[2])
