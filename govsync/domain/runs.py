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
CONTRACT_VERSION = "1"  # of docs/GOVERNMENT-API.md
# Parked batches are taken up again by themselves after these waits, and then after the last of them each time.
ROUND_WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
# So many parked batches are no longer one batch's fault: nothing more is sent before somebody has looked.
MAX_PARKED = 20
# A school's term has no more pages than this, however small they are; a list that goes on is no list.
MAX_HELD_PAGES = 1000
FOLLOW_UP_AFTER = timedelta(minutes=5)
_RUN_ID = re.compile(rf"({values.ID})-r([1-9][0-9]{{0,3}})")


@dataclass(frozen=True)
class SyncRun:
    """The aggregate: its ``version`` guards the run and all that belongs to it, so one worker moves it at a time.

    It is about the grades as they were at ``as_of``, its start: what is recorded or corrected later is a follow-up's.
    It was held by the contract of this version and shape (``docs/GOVERNMENT-API.md``).

    ``batches`` counts those prepared; ``open_batches`` are the numbers of those not closed, the current one first, and
    more than one only when a batch was split or parked ones were taken up again; ``parked_batches`` are set apart.
    ``rounds`` counts how often parked ones were taken up. ``held_pages`` and ``held_cursor``: how far the government's
    own list has been read in this pass, ``seen_cursors`` (their digests) so that it comes to an end;
    ``attempt`` and ``retry_at``: exchanges in a row that brought no page of it, and when to try again; parked:
    when its next round is (``None``: a person's). ``doubted``: the list lacked grades, and was read once more.
    ``healed`` grades were sent again because the list lacked them, in
    ``passes`` passes. ``accepted`` and ``rejected`` count grades. ``comparison`` names the differences it ended with,
    ``manifest_sha256`` the grades that agreed: the root of their tree (``govsync.domain.certificate``);
    ``later``: grades changed since ``as_of``. ``reason``: why it is parked or was stopped. ``exchanges`` with the
    government took ``exchange_ms`` in all. ``history_sha256``: the digest of its last history entry.
    """

    run_id: str
    term_id: str
    ordinal: int
    state: RunState
    started_at: datetime
    started_by: str
    deadline_at: datetime
    as_of: datetime | None = None
    version: int = 1
    batches: int = 0
    open_batches: tuple[int, ...] = ()
    parked_batches: tuple[int, ...] = ()
    rounds: int = 0
    accepted: int = 0
    rejected: int = 0
    passes: int = 0
    doubted: bool = False
    healed: int = 0
    held_pages: int = 0
    held_cursor: str | None = None
    seen_cursors: tuple[str, ...] = ()
    held_complete: bool = False
    attempt: int = 0
    retry_at: datetime | None = None
    reason: str = ""
    exchanges: int = 0
    exchange_ms: int = 0
    differences: int = 0
    comparison: str | None = None
    certified: int = 0
    later: int = 0
    manifest_sha256: str | None = None
    finished_at: datetime | None = None
    contract_version: str = ""
    contract_shape: str = ""
    history_sha256: str = ""

    @property
    def cut_off(self) -> datetime:
        """The instant whose grades it is about; a run that began before there was one: its start."""
        return self.as_of or self.started_at

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return not RUN_TRANSITIONS[self.state]

    @property
    def was_stopped(self) -> bool:
        """Whether it ended before it compared anything: nothing more is sent before somebody has looked."""
        return self.state is RunState.NEEDS_REVIEW and self.comparison is None

    def next_round_at(self, now: datetime) -> datetime:
        """When its parked batches are taken up again if nobody does it before."""
        return now + ROUND_WAITS[min(self.rounds, len(ROUND_WAITS) - 1)]

    def moved(self, to: RunState, **changes: Any) -> SyncRun:  # noqa: ANN401 - any of the fields
        """The run in its next state, one version on.

        Raises:
            TransitionError: the table has no such step.
        """
        if to not in RUN_TRANSITIONS[self.state]:
            raise TransitionError(f"run: {self.state} -> {to}")
        return replace(self, state=to, version=self.version + 1, **changes)


def new_run(*, term_id: str, ordinal: int, started_at: datetime, started_by: str, shape: str) -> SyncRun:
    """A run at its beginning, of the grades as they are then; the law gives it 48 hours. ``shape``: the API's."""
    return SyncRun(
        run_id=run_id_of(term_id, ordinal),
        term_id=term_id,
        ordinal=ordinal,
        state=RunState.PREPARING,
        started_at=started_at,
        started_by=started_by,
        as_of=started_at,
        deadline_at=started_at + DEADLINE,
        contract_version=CONTRACT_VERSION,
        contract_shape=shape,
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
