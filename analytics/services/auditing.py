"""The lake of a school against its table, a stretch of time at a time, and what is missing written again.

Of the grade book: what the audit trail says was written in that time. Of events: what the table still has (30 days)
and arrived in that time. What is younger than ``JUDGED_AFTER`` may still be on its way and is not judged.

Each night all events that the table still has are compared, what is missing is written, and an event that is about to
expire without its row in the lake is kept longer (``check_school``).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from analytics.domain.auditing import Fault, Findings, compare
from analytics.domain.datasets import Dataset, Month
from analytics.domain.lineage import Identity, identity_of
from analytics.domain.schemas import PARTITION_INSTANT
from analytics.lake import files, layout, merging, snapshots, store
from behavior.domain.events import CLOCK_SKEW, KEPT_FOR, OLDEST, PUT_OFF_WITHIN
from behavior.services import iterate_lake_rows, put_off_expiry
from edu import audit, audit_log, clock
from edu.dynamo.transactions import Transaction
from edu.identity.principal import Principal, Role
from edu.logs import get_logger
from edu.metrics import COUNT, embedded
from edu.pseudonyms import standing_pseudonyms_of
from edu.tenancy import enter_lake
from evaluations.services import iterate_student_ids, list_grades_of, list_written_grades

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator


DELIVERED_AFTER: Final = timedelta(minutes=20)  # the pipe's and Firehose's windows, and their first retries
JUDGED_AFTER: Final = audit_log.SETTLED_AFTER + DELIVERED_AFTER
_SPLIT_BYTES: Final = 16 * 2**20  # of files, from which on events are compared a sixteenth of the students at a time
_REFILLED_AT_MOST: Final = 250_000  # events of a look; what is left is missing still, and the next refill's
_LEAVES_EARLY: Final = timedelta(days=1)  # so near its end an event may be gone from the table already
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, without its end."""

    since: datetime
    until: datetime

    def holds(self, epoch_s: int) -> bool:
        """Whether an instant, in whole seconds since 1970, lies in it."""
        return self.since.timestamp() <= epoch_s < self.until.timestamp()


@dataclass(slots=True)
class Audited:
    """What was found in a dataset. ``gone``: of the erased. ``refilled``: rows written again.

    ``earlier``: when the oldest event that the table still has from before the time looked at arrived, if there is one.
    """

    dataset: Dataset
    findings: Findings = field(default_factory=Findings)
    gone: int = 0
    refilled: int = 0
    earlier: int | None = None
    _lacking: list[dict[str, Any]] = field(default_factory=list, repr=False)
    _absent: list[Identity] = field(default_factory=list, repr=False)


@dataclass(frozen=True, slots=True)
class Refill:
    """Who has what is missing written, and why; both stand in the school's audit trail."""

    actor: Principal
    reason: str


_NIGHTLY: Final = Refill(Principal("beat", Role.PLATFORM_OPERATOR, None), "nightly audit")


def settled_until() -> datetime:
    """What was written before it has reached the lake, or is missing there."""
    return clock.now() - JUDGED_AFTER


def events_kept_since() -> datetime:
    """An event that arrived before it may have left the table already."""
    return clock.now() - KEPT_FOR + _LEAVES_EARLY


def days_of(first: date, last: date) -> Iterator[Span]:
    """The UTC days from the first to the last, each as far as it can be judged."""
    settled = settled_until()
    for number in range((last - first).days + 1):
        since = datetime.combine(first + timedelta(days=number), time(), UTC)
        if since < settled:
            yield Span(since, min(since + timedelta(days=1), settled))


def check_school() -> int:
    """Compare what the lake should hold of the school in scope, write what is missing, and alarm what stays different.

    Of events all that the table still has and that arrived before today (UTC): a student's are read in one query,
    whatever the days. Of the grade book yesterday: its rows can be written again at any time. An event that is not in
    the lake after that, or of which nobody can tell because the lake cannot be read, is kept longer if it is about to
    expire. Returns how many rows differ. Idempotent.

    Raises like ``audit_span``, after the events were kept longer.
    """
    today = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    until = min(today, settled_until())
    events = _audit_or_keep(Span(today - KEPT_FOR - _LEAVES_EARLY, until))
    return _tell(events) + _tell(_audit(_audit_grades, Span(today - timedelta(days=1), until), _NIGHTLY))


def _audit_or_keep(span: Span) -> Audited:
    try:
        seen = _audit_hot(span)
    except Exception:
        put_off_expiry(dict.fromkeys(_pseudonyms().values()))
        raise
    try:
        after = _refilled(_audit_hot, span, seen, _NIGHTLY)
    except Exception:
        _tell(seen)
        _put_off_absent(seen)
        raise
    _put_off_absent(after)
    return after


def _audit_hot(span: Span) -> Audited:
    """Events of that time, and those from before it that the table still has."""
    audited = _audit_events(span)
    if audited.earlier is not None:
        older = _audit_events(Span(datetime.fromtimestamp(audited.earlier, UTC), span.since))
        audited.findings.take(older.findings)
        audited._lacking += older._lacking  # noqa: SLF001 - its own module
        audited._absent += older._absent  # noqa: SLF001 - its own module
    return audited


def _put_off_absent(audited: Audited) -> None:
    if not audited._absent:  # noqa: SLF001 - its own module
        return
    students = _pseudonyms()
    by_student: dict[str, set[str]] = defaultdict(set)
    for pseudonym, event_id in audited._absent:  # noqa: SLF001 - its own module
        if pseudonym in students:  # or erased meanwhile
            by_student[students[pseudonym]].add(event_id)
    put_off_expiry(by_student)


def _tell(audited: Audited) -> int:
    found = audited.findings
    told = embedded("LakeRowsMissing", found.faults, COUNT)
    _log.info("lake audited", dataset=str(audited.dataset), expected=found.expected, refilled=audited.refilled, **told)
    return found.faults


def audit_span(
    span: Span, *, refill: Refill | None = None, datasets: Collection[Dataset] = tuple(Dataset)
) -> list[Audited]:
    """Compare what the school in scope wrote in that time, with ``refill`` write what is missing, and compare again.

    Only of ``datasets``. Idempotent: the same missing rows make the same file. What is found is what stands after the
    refill. Of events as many rows are in memory as a sixteenth of the students has, and at most 250,000 are refilled at
    once; of the grade book all of the span.

    Raises:
        LakeChangingError, LakeDamagedError: see ``analytics.lake.snapshots``.
        StoreUnavailableError, AccessDeniedError: see ``edu.dynamo.errors``.
    """
    looks = {Dataset.GRADES: _audit_grades, Dataset.EVENTS: _audit_events}
    return [_audit(look, span, refill) for dataset, look in looks.items() if dataset in datasets]


def audit_kept_events(until: datetime, *, refill: Refill) -> Audited:
    """As ``audit_span``, of all events that the table still has and that arrived before ``until``, whenever.

    Of one event the stream may tell again weeks after it arrived, as when its expiry is put off.
    """
    span = Span(clock.now() - KEPT_FOR - _LEAVES_EARLY, until)
    return _refilled(_audit_hot, span, _audit_hot(span), refill)


def _audit(look: Callable[[Span], Audited], span: Span, refill: Refill | None) -> Audited:
    seen = look(span)
    return seen if refill is None else _refilled(look, span, seen, refill)


def _refilled(look: Callable[[Span], Audited], span: Span, seen: Audited, refill: Refill) -> Audited:
    """What stands after the rows that were seen to be missing were written."""
    if not seen._lacking:  # noqa: SLF001 - its own module
        return seen
    refilled = _write(seen.dataset, seen._lacking, refill)  # noqa: SLF001 - its own module
    after = look(span)
    after.refilled = refilled
    return after


def _audit_grades(span: Span) -> Audited:
    written = list_written_grades(since=span.since, until=span.until)
    months = {Month.of(row["recorded_at_epoch_s"]) for row in written.rows} | set(_months(span.since, span.until))
    wanted = {identity_of(Dataset.GRADES, row) for row in written.rows}
    tables = _tables(Dataset.GRADES, months)
    found = [
        row
        for table in tables
        for row in table.to_pylist()
        if identity_of(Dataset.GRADES, row) in wanted or span.holds(row["recorded_at_epoch_s"])
    ]
    compared = compare(Dataset.GRADES, written.rows, found)
    sources = list_grades_of(evaluation_ids={row["evaluation_id"] for row in compared.sourceless})
    known = {identity_of(Dataset.GRADES, row) for row in sources}
    linked = {"", *_pseudonyms()} if compared.sourceless else set()
    for row in compared.sourceless:
        if identity_of(Dataset.GRADES, row) not in known:
            _take_sourceless(compared.findings, Dataset.GRADES, row, linked)
    return Audited(Dataset.GRADES, compared.findings, written.gone, _lacking=compared.lacking)


def _audit_events(span: Span) -> Audited:
    months = _months(span.since - OLDEST, span.until + CLOCK_SKEW)
    size = snapshots.take(Dataset.EVENTS, months).size
    students = _pseudonyms()
    may_expire_before = (clock.now() - KEPT_FOR + PUT_OFF_WITHIN).timestamp() + 1
    kept_since = events_kept_since().timestamp()
    audited = Audited(Dataset.EVENTS)
    for prefix in "0123456789abcdef" if size > _SPLIT_BYTES else [""]:
        own = {pseudonym: one for pseudonym, one in students.items() if pseudonym.startswith(prefix)}
        expected = []
        for row in iterate_lake_rows(student_ids=own.values()):
            arrived_at = int(row["arrived_at_epoch_s"])
            if span.holds(arrived_at):
                expected.append(row)
            elif arrived_at < span.since.timestamp():
                audited.earlier = min(arrived_at, audited.earlier or arrived_at)
        wanted = {identity_of(Dataset.EVENTS, row) for row in expected}
        found = [
            row
            for table in _tables(Dataset.EVENTS, months)
            for row in merging.in_bucket(table, prefix).to_pylist()
            if span.holds(row["arrived_at_epoch_s"]) or identity_of(Dataset.EVENTS, row) in wanted
        ]
        compared = compare(Dataset.EVENTS, expected, found)
        for row in compared.sourceless:
            if row["arrived_at_epoch_s"] >= kept_since:
                _take_sourceless(compared.findings, Dataset.EVENTS, row, set(own))
        audited.findings.take(compared.findings)
        room = _REFILLED_AT_MOST - len(audited._lacking)  # noqa: SLF001 - its own module
        audited._lacking += compared.lacking[:room]  # noqa: SLF001 - its own module
        old = (row for row in compared.absent if row["arrived_at_epoch_s"] < may_expire_before)
        audited._absent += (identity_of(Dataset.EVENTS, row) for row in old)  # noqa: SLF001 - its own module
    return audited


def _take_sourceless(findings: Findings, dataset: Dataset, row: Any, linked: set[str]) -> None:  # noqa: ANN401 - a row
    if row["student_pseudonym"] in linked:
        findings.add(Fault.UNKNOWN, identity_of(dataset, row))
    else:
        findings.unlinked += 1


def _write(dataset: Dataset, rows: list[dict[str, Any]], refill: Refill) -> int:
    """Write rows, a file a month, each after its entry in the audit trail."""
    by_month: dict[Month, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_month[Month.of(row[PARTITION_INSTANT[dataset]])].append(row)
    for month, own in sorted(by_month.items()):
        own.sort(key=lambda row: identity_of(dataset, row))
        body = files.parquet_of(files.table_of(dataset, own))
        _add_entry(f"lake:{dataset}/{month}", refill)
        manifest = snapshots.take_month(dataset, month).manifest
        name = layout.refilled_name(manifest.generation if manifest else 0, hashlib.sha256(body).hexdigest())
        with enter_lake():
            store.put_object(layout.month_folder(dataset, month) + name, body)
        _log.info("lake refilled", dataset=str(dataset), month=str(month), rows=len(own))
    return len(rows)


def _add_entry(subject: str, refill: Refill) -> None:
    transaction = Transaction()
    audit.add_entry(
        transaction,
        actor=refill.actor,
        action="lake.refilled",
        subject=subject,
        version=1,
        digests=("", ""),
        reason=refill.reason,
    )
    transaction.commit()


def _tables(dataset: Dataset, months: Iterable[Month]) -> Iterator[pa.Table]:
    """The rows of what a reader reads now, file by file. Those of a file that cannot be read are found missing."""
    for found in snapshots.take(dataset, sorted(months)).objects:
        try:
            table = files.read_parquet(dataset, store.get_object(found.key).body)
        except pa.ArrowInvalid:
            _log.error("a file of the lake cannot be read", key=found.key)
            continue
        yield table.filter(pc.is_valid(table.column(PARTITION_INSTANT[dataset])))


def _months(first: datetime, last: datetime) -> tuple[Month, ...]:
    return Month.between(*(Month.of(int(one.astimezone(UTC).timestamp())) for one in (first, last)))


def _pseudonyms() -> dict[str, str]:
    """The roster's students by their pseudonyms; the erased have none."""
    return {
        pseudonym: student_id
        for student_ids in iterate_student_ids()
        for student_id, pseudonym in standing_pseudonyms_of(student_ids).items()
    }
