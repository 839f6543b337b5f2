"""The one function that moves a run: what it writes, what it refuses, and that nobody writes beside it."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from edu.dynamo.transactions import Transaction
from edu.tenancy import enter_school
from govsync.client import Exchange
from govsync.domain.answers import NotTaken
from govsync.domain.batches import prepare_batch
from govsync.domain.chain import chain_start, check_chain, entry_form
from govsync.domain.grades import SubmittedGrade
from govsync.domain.runs import new_run
from govsync.domain.states import BatchState, RunState, TransitionError
from govsync.repository import runs
from govsync.services import transitions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from govsync.domain.history import HistoryEntry
    from govsync.domain.runs import SyncRun

ROOT = Path(__file__).resolve().parents[3]
RUN = new_run(
    term_id="2026-q4", ordinal=1, started_at=datetime(2026, 12, 1, tzinfo=UTC), started_by="somebody", shape="direct"
)
PLACE = {"school_id": "norte", "term_id": "2026-q4", "run_id": RUN.run_id}
PREPARED = prepare_batch(1, [SubmittedGrade("e", "s", 1, "c", "absent")], **PLACE)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[SyncRun, HistoryEntry, list[Any]]]]:
    """What was staged, in order, in the scope of a school."""
    found: list[tuple[SyncRun, HistoryEntry, list[Any]]] = []

    def stage(run: SyncRun, entry: HistoryEntry, batches: Any = ()) -> Any:
        found.append((run, entry, list(batches)))
        return mock.create_autospec(Transaction, instance=True)

    monkeypatch.setattr(runs, "stage", stage)
    with enter_school(PLACE["school_id"]):
        yield found


def test_move_writes_the_next_version_its_entry_and_the_batch(written: list[Any]) -> None:
    sending = transitions.move(
        RUN, RunState.SENDING, "batch.prepared", actor="worker", batch=PREPARED, batches=1, open_batches=(1,)
    )
    claimed = PREPARED.moved(BatchState.SENDING)
    exchange = Exchange("digest", 503, 12, NotTaken("http_503"), "answer", "submit")
    sent = transitions.move(sending, RunState.SENDING, "batch.sending", actor="worker", batch=claimed)
    waiting = claimed.moved(BatchState.WAITING)
    transitions.move(
        sent, RunState.SENDING, "batch.waiting", actor="worker", batch=waiting, exchange=exchange, detail="http_503"
    )
    assert [(run.version, entry.version, batches) for run, entry, batches in written] == [
        (2, 2, [PREPARED]),
        (3, 3, [claimed]),
        (4, 4, [waiting]),
    ]
    entries = [entry for _, entry, _ in written]
    assert [entry.request_sha256 for entry in entries] == [PREPARED.batch_id, PREPARED.batch_id, "digest"]
    assert [(entry.batch_number, entry.response_status, entry.duration_ms, entry.detail) for entry in entries] == [
        (1, None, None, ""),
        (1, None, None, ""),
        (1, 503, 12, "http_503"),
    ]
    assert [entry.response_sha256 for entry in entries] == [None, None, "answer"]


def test_each_entry_is_chained_to_the_one_before_it_and_the_run_names_the_last(written: list[Any]) -> None:
    transitions.start(RUN)
    started = written[0][0]
    sending = transitions.move(
        started, RunState.SENDING, "batch.prepared", actor="worker", batch=PREPARED, batches=1, open_batches=(1,)
    )
    transitions.move(
        sending, RunState.SENDING, "batch.sending", actor="worker", batch=PREPARED.moved(BatchState.SENDING)
    )
    entries = [entry_form(entry) for _, entry, _ in written]
    start = chain_start(school_id=PLACE["school_id"], run_id=RUN.run_id)
    assert check_chain(entries, start=start, head=written[-1][0].history_sha256) == 0
    assert [run.history_sha256 for run, _, _ in written] == [entry["sha256"] for entry in entries]
    assert len({entry["salt"] for entry in entries}) == 3


def test_interrupted_batch_names_no_request(written: list[Any]) -> None:
    sending = RUN.moved(RunState.SENDING)
    lost = PREPARED.moved(BatchState.SENDING).moved(BatchState.UNKNOWN)
    transitions.move(sending, RunState.SENDING, "batch.interrupted", actor="worker", batch=lost)
    assert written[0][1].request_sha256 is None


@pytest.mark.parametrize(
    ("to", "event", "batch"),
    [
        (RunState.RECONCILED, "run.reconciled", None),
        (RunState.RECONCILING, "run.page_read", None),
        (RunState.SENDING, "batch.prepared", None),
        (RunState.SENDING, "batch.sending", PREPARED),
        (RunState.SENDING, "batch.made_up", PREPARED),
    ],
)
def test_what_the_table_does_not_have_is_refused_before_any_write(
    written: list[Any], to: RunState, event: str, batch: Any
) -> None:
    with pytest.raises(TransitionError):
        transitions.move(RUN, to, event, actor="worker", batch=batch)
    assert written == []


def test_run_begins_at_its_beginning(written: list[Any]) -> None:
    transitions.start(RUN)
    with pytest.raises(TransitionError):
        transitions.start(RUN.moved(RunState.SENDING))
    assert [(run.version, entry.event, entry.actor) for run, entry, _ in written] == [(1, "run.started", "somebody")]


def test_nobody_else_writes_a_run_or_a_batch() -> None:
    assert set(_callers_of("stage", "commit")) == {"govsync/services/transitions.py"}


def _callers_of(*names: str) -> Iterator[str]:
    """The modules of the sync that name one of these functions of ``repository.runs``."""
    for path in (ROOT / "govsync").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == "runs" and node.attr in names:
                    yield path.relative_to(ROOT).as_posix()
            elif isinstance(node, ast.ImportFrom) and node.module == "govsync.repository.runs":
                yield from (path.relative_to(ROOT).as_posix() for alias in node.names if alias.name in names)
