"""A school's runs, their batches and their history.

    SCHOOL#<id>#SYNC#<run>  RUN                                gsi1: SCHOOL#<id>#SYNCS / <started at>#<run>
    SCHOOL#<id>#SYNC#<run>  BATCH#<n>                          with the exact grades sent
    SCHOOL#<id>#SYNC#<run>  HISTORY#<instant>#<version>
    SCHOOL#<id>#SYNC#<run>  REJECTED#<evaluation>#<student>#<v>
    SCHOOL#<id>#SYNC#<run>  HELD#<n>                           a page of what the government says it holds
    SCHOOL#<id>#SYNC#<run>  DIFFERENCE#<comparison>#<evaluation>#<student>

The run's version guards all of them: each transition is one transaction that requires the version it was decided on,
and writes its history entry with it (``govsync.services.transitions`` is the only caller of ``stage``).
Differences may be more than a transaction holds: they are written before, under the digest of all of them, and count
only once the run names that digest. A slower worker's then belong to no run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu.dynamo import table
from edu.dynamo.keys import Key, joined, school_partition
from edu.dynamo.mapping import from_attributes, instant_text, to_attributes
from edu.dynamo.transactions import NOT_THERE, Transaction, version_is
from edu.jobs.repository import next_version
from govsync.domain.batches import Batch
from govsync.domain.grades import GradeKey, RejectedGrade, SubmittedGrade
from govsync.domain.history import HistoryEntry
from govsync.domain.reconciliation import Difference, differences_sha256
from govsync.domain.runs import SyncRun, run_id_of
from govsync.domain.states import BatchState
from govsync.errors import ReviewError, RunMovedError, RunNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edu.dynamo.mapping import Attributes
    from edu.dynamo.pages import Page

_RUN, _BATCH, _HISTORY, _REJECTED, _HELD, _DIFFERENCE = "RUN", "BATCH", "HISTORY", "REJECTED", "HELD", "DIFFERENCE"


@dataclass(frozen=True)
class _HeldPageItem:
    grades: tuple[SubmittedGrade, ...]


def find_run(run_id: str) -> SyncRun | None:
    """A run of the school in scope, or ``None``. Strongly consistent."""
    found = table.get_item(_key(run_id, _RUN))
    return from_attributes(SyncRun, found) if found else None


def get_run(run_id: str) -> SyncRun:
    """A run of the school in scope. Strongly consistent.

    Raises:
        RunNotFoundError: this school has no such run.
    """
    run = find_run(run_id)
    if run is None:
        raise RunNotFoundError
    return run


def list_runs(*, cursor: str | None = None, limit: int = 50) -> Page[SyncRun]:
    """The school's runs, latest first. Eventually consistent.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    query = table.Query(school_partition("SYNCS"), index=True, descending=True, limit=limit)
    return table.query_page(query, cursor=cursor).map(lambda item: from_attributes(SyncRun, item))


def get_batch(run_id: str, number: int) -> Batch:
    """A batch of a run. Strongly consistent.

    Raises:
        RunNotFoundError: there is none of this number.
    """
    found = table.get_item(_batch_key(run_id, number))
    if found is None:
        raise RunNotFoundError
    return from_attributes(Batch, found)


def get_batches(run_id: str, numbers: Sequence[int]) -> list[Batch]:
    """Some batches of a run, in their order. Strongly consistent."""
    found = table.get_items([_batch_key(run_id, number) for number in numbers], consistent=True)
    return sorted((from_attributes(Batch, item) for item in found), key=lambda batch: batch.number)


def list_batches(run_id: str) -> list[Batch]:
    """A run's batches in order. Strongly consistent."""
    return [from_attributes(Batch, item) for item in _items(run_id, _BATCH)]


def list_history(run_id: str) -> list[HistoryEntry]:
    """What happened to a run, first to last. Strongly consistent."""
    entries = (from_attributes(HistoryEntry, item) for item in _items(run_id, _HISTORY))
    return sorted(entries, key=lambda entry: entry.version)  # clocks of workers differ


def list_rejected(run_id: str) -> list[RejectedGrade]:
    """The grades of a run that the government will not take as they are. Strongly consistent."""
    return [from_attributes(RejectedGrade, item) for item in _items(run_id, _REJECTED)]


def list_set_apart(run: SyncRun) -> list[RejectedGrade]:
    """What a run does not send: what it was refused, and what people skipped in the term's earlier runs.

    Strongly consistent; a query for each run of the term.
    """
    earlier = (run_id_of(run.term_id, ordinal) for ordinal in range(1, run.ordinal))
    skipped = [grade for run_id in earlier for grade in list_rejected(run_id) if grade.is_skipped]
    return list_rejected(run.run_id) + skipped


def list_acknowledged(run_id: str) -> list[GradeKey]:
    """The grades, at their versions, that the government accepted in a run. Strongly consistent; reads every batch."""
    rejected = {(grade.batch_number, grade.key) for grade in list_rejected(run_id)}
    batches = (from_attributes(Batch, item) for item in _items(run_id, _BATCH))
    decided = (batch for batch in batches if batch.state is BatchState.ACKNOWLEDGED)
    return [grade.key for batch in decided for grade in batch.grades if (batch.number, grade.key) not in rejected]


def list_differences(run_id: str, comparison: str) -> list[Difference]:
    """What a comparison of a run found to differ; a run names the one it ended with. Strongly consistent."""
    items = _items(run_id, joined(_DIFFERENCE, comparison))
    return [from_attributes(Difference, item) for item in items]


def list_held(run: SyncRun) -> list[SubmittedGrade]:
    """The grades the government listed in the run's current pass. Strongly consistent."""
    keys = [_held_key(run.run_id, page) for page in range(run.held_pages)]
    pages = [from_attributes(_HeldPageItem, item) for item in table.get_items(keys, consistent=True)]
    return [grade for page in pages for grade in page.grades]


def stage(run: SyncRun, entry: HistoryEntry, batches: Iterable[Batch] = ()) -> Transaction:
    """A transaction that writes a run's next version, its history entry and batches, to add to and then commit."""
    transaction = Transaction()
    transaction.put(_run_item(run), next_version(run.version), otherwise=RunMovedError)
    name = joined(_HISTORY, instant_text(entry.at), f"{entry.version:06d}")
    item = {**_key(run.run_id, name).as_attributes(), "entity": "sync_history", **to_attributes(entry)}
    transaction.put(item, NOT_THERE, otherwise=RunMovedError)
    for batch in batches:
        key = _batch_key(run.run_id, batch.number)
        transaction.put({**key.as_attributes(), "entity": "sync_batch", **to_attributes(batch)})
    return transaction


def require_unmoved(transaction: Transaction, run: SyncRun) -> None:
    """Require that nobody has moved the run since it was read; else RunMovedError."""
    transaction.check(_key(run.run_id, _RUN), version_is(run.version), otherwise=RunMovedError)


def require_latest(transaction: Transaction, run: SyncRun) -> None:
    """Require that the term's next run has not begun; else ReviewError."""
    following = run_id_of(run.term_id, run.ordinal + 1)
    transaction.check(_key(following, _RUN), NOT_THERE, otherwise=ReviewError)


def add_rejected(transaction: Transaction, run_id: str, grade: RejectedGrade) -> None:
    """Note a rejected grade, in the transaction of the decision on its batch."""
    name = joined(_REJECTED, grade.evaluation_id, grade.student_id, str(grade.version))
    transaction.put({**_key(run_id, name).as_attributes(), "entity": "sync_rejected_grade", **to_attributes(grade)})


def add_skipped(transaction: Transaction, run_id: str, batch: Batch, reason: str) -> None:
    """Note every grade of a batch that people decided not to send, in the transaction of that decision."""
    for grade in batch.grades:
        add_rejected(transaction, run_id, RejectedGrade(*grade.key, reason, batch.number))


def add_held_page(transaction: Transaction, run_id: str, page: int, grades: tuple[SubmittedGrade, ...]) -> None:
    """Keep a page of the government's own list, in the transaction that counts it."""
    item = {"entity": "sync_held_page", **to_attributes(_HeldPageItem(grades))}
    transaction.put({**_held_key(run_id, page).as_attributes(), **item})


def put_differences(run_id: str, differences: Iterable[Difference]) -> str:
    """Write what a comparison found, and return its name: the differences are the run's once it is moved with that.

    Not a transaction: safe to repeat whole, and beside another worker whose comparison found others.
    """
    found = list(differences)
    comparison = differences_sha256(found)
    items: list[Attributes] = []
    for difference in found:
        key = _key(run_id, joined(_DIFFERENCE, comparison, difference.evaluation_id, difference.student_id))
        items.append({**key.as_attributes(), "entity": "sync_difference", **to_attributes(difference)})
    table.write_batch(table.BatchWrite(puts=items))
    return comparison


def _run_item(run: SyncRun) -> Attributes:
    return {
        **_key(run.run_id, _RUN).as_attributes(),
        "gsi1pk": school_partition("SYNCS"),
        "gsi1sk": joined(instant_text(run.started_at), run.run_id),
        "entity": "sync_run",
        **to_attributes(run),
    }


def _items(run_id: str, kind: str) -> Iterable[Attributes]:
    return table.query_all(table.Query(school_partition("SYNC", run_id), prefix=f"{kind}#", consistent=True))


def _key(run_id: str, sort_key: str) -> Key:
    return Key(school_partition("SYNC", run_id), sort_key)


def _batch_key(run_id: str, number: int) -> Key:
    return _key(run_id, joined(_BATCH, f"{number:05d}"))


def _held_key(run_id: str, page: int) -> Key:
    return _key(run_id, joined(_HELD, f"{page:05d}"))
