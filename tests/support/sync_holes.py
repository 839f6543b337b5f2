"""A sync that is wrong on purpose, in one way each: a test, and the matrix of isolation, must turn red by it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from unittest import mock

from evaluations.services import acknowledge_grades
from govsync.client import batch_answers, listing, meaning, page_answers
from govsync.domain import outcomes
from govsync.domain.answers import NotTaken
from govsync.domain.batches import RETRY_WAITS_S, Batch, batch_id_of, canonical_body
from govsync.domain.lanes import LANES, LaneLease
from govsync.domain.states import BatchState
from govsync.services import lanes, sending, transitions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from govsync.client.questions import PageQuestion
    from govsync.client.transport import Response
    from govsync.domain.answers import HeldPage


@dataclass(frozen=True)
class Hole:
    """A way to break the sync. ``plant`` is entered before it runs, and undoes itself after."""

    name: str
    says: str
    plant: Callable[[], AbstractContextManager[None]]


@contextmanager
def _new_batch_id_on_retry() -> Iterator[None]:
    """The bytes have something new in them each time, and the id is of the bytes."""
    last: list[bytes] = []
    right = Batch.sending

    def fresh_body(*given: Any, **place: Any) -> bytes:
        body = json.loads(canonical_body(*given, **place)) | {"try": uuid.uuid4().hex}
        last[:] = [json.dumps(body).encode()]
        return last[0]

    def under_its_id(self: Batch, now: datetime) -> Batch:
        return replace(right(self, now), batch_id=batch_id_of(last[0]))

    with mock.patch.object(sending, "canonical_body", fresh_body), mock.patch.object(Batch, "sending", under_its_id):
        yield


class _OwnTable:
    """Lanes that are there for one worker alone."""

    def __init__(self, worker: str) -> None:
        self._leases = [LaneLease(name, worker, 1) for name in LANES]
        self._is_seen = False

    def list_lanes(self) -> list[LaneLease]:
        """Free at first, then its own."""
        before, self._is_seen = self._is_seen, True
        return self._leases if before else [LaneLease(lease.name) for lease in self._leases]

    def take_lane(self, *_given: Any, **_beat: int) -> bool:
        """It always succeeds."""
        return True

    renew_lane = give_lane = wish_for_lane = take_lane


@contextmanager
def _limiter_in_memory() -> Iterator[None]:
    own: dict[str, _OwnTable] = {}
    right = lanes.Lanes.beat

    def beat(self: lanes.Lanes) -> bool:
        table = own.setdefault(self.worker, _OwnTable(self.worker))
        with mock.patch.object(lanes, "repository", table):
            return right(self)

    with mock.patch.object(lanes.Lanes, "beat", beat):
        yield


@contextmanager
def _synced_before_the_answer() -> Iterator[None]:
    """The marks go in the transaction that says that the batch goes out."""
    right = transitions.move

    def move(run: Any, to: Any, event: str, **more: Any) -> Any:
        if event == "batch.sending":
            keys = [grade.key for grade in more["batch"].grades]
            more["also"] = lambda transaction: acknowledge_grades(transaction, run.term_id, keys)
        return right(run, to, event, **more)

    with mock.patch.object(transitions, "move", move):
        yield


@contextmanager
def _refused_and_skipped() -> Iterator[None]:
    """What was refused is over and done with, and nobody is told which grades."""

    def skipped(batch: Batch, reason: str, _now: datetime) -> outcomes.Outcome:
        return outcomes.Outcome(batch.moved(BatchState.ACKNOWLEDGED, accepted=len(batch.grades)), reason)

    with mock.patch.object(outcomes, "_refused", skipped):
        yield


@contextmanager
def _resent_on_503() -> Iterator[None]:
    """A 503 means that nothing happened, whoever says it and in whatever words."""
    right = meaning._unknown

    def no_effect(response: Response) -> Any:
        found = right(response)
        is_busy = response.status == HTTPStatus.SERVICE_UNAVAILABLE
        return NotTaken(found.reason, found.asked_s) if is_busy else found

    with mock.patch.object(meaning, "_unknown", no_effect):
        yield


@contextmanager
def _waits_for_ever() -> Iterator[None]:
    """There is always one more try."""
    with mock.patch.object(outcomes, "retry_wait_s", lambda attempt: float(RETRY_WAITS_S[min(attempt, 3) - 1])):
        yield


@contextmanager
def answer_not_bound() -> Iterator[None]:
    """What an answer says of its question is not compared with the question."""
    right = page_answers.read_page

    def as_it_says(response: Response, question: PageQuestion) -> HeldPage:
        said = json.loads(response.body)
        own = {name: said.get(name) for name in ("school_id", "term_id", "cursor")}
        return right(response, replace(question, **own))

    rows = tuple(replace(row, read=as_it_says) if row.read is right else row for row in meaning.PAGE_ROWS)
    with ExitStack() as planted:
        planted.enter_context(mock.patch.object(batch_answers, "_require_bound"))
        planted.enter_context(mock.patch.object(listing, "PAGE_ROWS", rows))
        yield


HOLES = {
    hole.name: hole
    for hole in (
        Hole("new-batch-id-on-retry", "a batch that is sent again has another id", _new_batch_id_on_retry),
        Hole("limiter-in-memory", "each worker has lanes of its own", _limiter_in_memory),
        Hole("synced-before-the-answer", "marks go before the government has decided", _synced_before_the_answer),
        Hole("4xx-skipped", "a refused batch is left behind as if it was done", _refused_and_skipped),
        Hole("resend-on-503", "a plain 503 is taken for 'no effect'", _resent_on_503),
        Hole("unbounded-wait", "the tries of a batch never end", _waits_for_ever),
        Hole("answer-not-bound", "the answer's echo is not compared with the question", answer_not_bound),
    )
}
