"""The lake against the table in an emulated cloud: what is lost, doubled or foreign is named, and refilled."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from analytics.domain.auditing import Fault, refill_of
from analytics.domain.datasets import Dataset, Month
from analytics.lake import files, layout, snapshots, store
from analytics.lake.snapshots import Manifest
from analytics.services import auditing
from analytics.services.auditing import Audited, Refill, Span, audit_span
from analytics.services.compacting import compact_month
from edu import audit, clock
from edu.errors import LibretaError
from edu.identity.principal import Principal, Role
from edu.schools import RegisteredSchool, register_school
from edu.tenancy import enter_lake, enter_school
from evaluations import services as evaluations
from evaluations.domain.evaluation import ScoreState
from tests.support.cloud import acting_as
from tests.support.events import store as store_events
from tests.support.schools import set_exam
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

OPERATOR = Principal("manage.py", Role.PLATFORM_OPERATOR, None)
STREAMS = {"change_id", "op", "sequence", "changed_at_epoch_s"}


def this_month() -> Month:
    return Month(clock.now().year, clock.now().month)


def looked_at(school_id: str, *, refill: bool = False) -> dict[Dataset, Audited]:
    """All of the last two days, as far as this instant."""
    now = clock.now() + timedelta(seconds=2)
    with acting_as("operator"), enter_school(school_id):
        found = audit_span(Span(now - timedelta(days=1), now), refill=Refill(OPERATOR, "perdida") if refill else None)
    return {one.dataset: one for one in found}


def is_closed(school_id: str, **expected: int) -> bool:
    found = looked_at(school_id)
    numbers = {str(dataset): one.findings.expected for dataset, one in found.items()}
    return all(one.findings.is_closed for one in found.values()) and numbers == expected


def objects(school_id: str, dataset: Dataset) -> list[str]:
    with enter_school(school_id):
        return [found.key for found in snapshots.take_month(dataset, this_month()).objects]


def rows(school_id: str, dataset: Dataset) -> list[dict[str, Any]]:
    with enter_school(school_id):
        bodies = [store.get_object(key).body for key in objects(school_id, dataset)]
    return [row for body in bodies for row in files.read_parquet(dataset, body).to_pylist()]


def lose(school_id: str, dataset: Dataset) -> None:
    with acting_as("operator"), enter_school(school_id), enter_lake():
        store.delete_objects(objects(school_id, dataset))


def put(school_id: str, dataset: Dataset, name: str, written: list[dict[str, Any]]) -> None:
    with acting_as("operator"), enter_school(school_id), enter_lake():
        body = files.parquet_of(files.table_of(dataset, written))
        store.put_object(layout.month_folder(dataset, this_month()) + name, body)


@pytest.fixture
def filled(cloud: Cloud, school: TestSchool) -> TestSchool:
    """A school with 12 events, an evaluation that was edited, one that was deleted, and three scores, one corrected."""
    assert cloud
    happened = clock.now().isoformat()
    for student in school.students[:2]:
        sent: list[dict[str, object]] = [
            {"event_id": str(uuid.uuid4()), "kind": "late", "occurred_at": happened, "value": 1.5, "note": "x"}
            for _ in range(6)
        ]
        store_events(school.school_id, student.student_id, sent)
    with enter_school(school.school_id):
        kept, gone = (set_exam(school, weight=Decimal(weight)) for weight in ("10.50", "20.00"))
        evaluations.delete_evaluation(actor=school.teacher, evaluation_id=gone.evaluation_id, version=gone.version)
        for student in school.students:
            evaluations.record_score(
                actor=school.teacher,
                evaluation_id=kept.evaluation_id,
                student_id=student.student_id,
                state=ScoreState.RECORDED,
                value="6.0",
            )
    wait_until(lambda: is_closed(school.school_id, events=12, grades=5), what="all of it in the lake", timeout_s=90)
    return school


def test_planted_losses_are_named_exactly_refilled_as_the_pipe_writes_them_and_it_closes(filled: TestSchool) -> None:
    school_id = filled.school_id
    piped = {dataset: rows(school_id, dataset) for dataset in Dataset}
    for dataset in Dataset:
        lose(school_id, dataset)
    lost = looked_at(school_id)
    assert {str(one.dataset): one.findings.counts[Fault.MISSING] for one in lost.values()} == {
        "events": 12,
        "grades": 5,
    }
    events = {(row["student_pseudonym"], row["event_id"]) for row in piped[Dataset.EVENTS]}
    assert set(lost[Dataset.EVENTS].findings.named[Fault.MISSING]) == events
    done = looked_at(school_id, refill=True)
    assert all(one.findings.is_closed for one in done.values())
    assert {one.refilled for one in done.values()} == {12, 5}
    before = {dataset: objects(school_id, dataset) for dataset in Dataset}
    again = looked_at(school_id, refill=True)
    assert {one.refilled for one in again.values()} == {0}
    assert {dataset: objects(school_id, dataset) for dataset in Dataset} == before
    for dataset in Dataset:
        said = [comparable(row) for row in piped[dataset]]
        for row in rows(school_id, dataset):
            assert comparable(row) in said
    with enter_school(school_id):
        entries = audit.list_month(str(this_month())).items
    assert sorted(one.subject for one in entries if one.action == "lake.refilled") == [
        f"lake:events/{this_month()}",
        f"lake:grades/{this_month()}",
    ]


def comparable(row: dict[str, Any]) -> dict[str, Any]:
    """All that a refilled row shares with the pipe's; the table gives a weight of 20.00 back as 20."""
    shared = {name: value for name, value in row.items() if name not in STREAMS}
    return shared | {"weight": Decimal(shared["weight"])} if shared.get("weight") else shared


def test_part_of_a_loss_makes_one_file_of_the_same_bytes_whenever_it_is_made(filled: TestSchool) -> None:
    school_id = filled.school_id
    made = []
    for _ in range(2):
        lose(school_id, Dataset.EVENTS)
        looked_at(school_id, refill=True)
        (key,) = objects(school_id, Dataset.EVENTS)
        with enter_school(school_id):
            made.append((key, store.get_object(key).body))
    assert made[0] == made[1]


def test_rows_that_are_lost_again_after_a_merge_took_up_their_refill_are_refilled_again(filled: TestSchool) -> None:
    """A name that a manifest says is merged counts no more."""
    school_id = filled.school_id
    lose(school_id, Dataset.EVENTS)
    looked_at(school_id, refill=True)
    with acting_as("operator"), enter_school(school_id):
        compact_month(Dataset.EVENTS, this_month())
        with enter_lake():
            seen = snapshots.take_month(Dataset.EVENTS, this_month())
            assert seen.manifest
            assert any(name.startswith(layout.REFILLED) for name in seen.manifest.merged)
            snapshots.write_manifest(seen, Manifest(2, (), seen.manifest.merged, 0))
    assert looked_at(school_id)[Dataset.EVENTS].findings.counts[Fault.MISSING] == 12
    done = looked_at(school_id, refill=True)[Dataset.EVENTS]
    assert (done.refilled, done.findings.is_closed) == (12, True)


def test_worker_refills_a_loss_of_yesterday(filled: TestSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    school_id, now = filled.school_id, clock.now()
    monkeypatch.setattr(auditing, "clock", SimpleNamespace(now=lambda: now + timedelta(days=1)))
    with acting_as("worker"), enter_school(school_id):
        assert auditing.check_school() == 0
    lose(school_id, Dataset.GRADES)
    with acting_as("worker"), enter_school(school_id):
        assert auditing.check_school() == 0
    assert len(rows(school_id, Dataset.GRADES)) == 5


def test_duplicates_foreign_rows_and_others_content_are_told_apart(filled: TestSchool) -> None:
    school_id = filled.school_id
    first, second, *_rest = rows(school_id, Dataset.EVENTS)
    put(school_id, Dataset.EVENTS, "copy.parquet", [first])
    put(school_id, Dataset.EVENTS, "foreign.parquet", [first | {"event_id": "nobody-sent-it"}])
    put(school_id, Dataset.EVENTS, "erased.parquet", [first | {"student_pseudonym": "f" * 32}])
    put(school_id, Dataset.EVENTS, "wrong.parquet", [second | {"sequence": "1", "value": "9"}])
    found = looked_at(school_id)[Dataset.EVENTS].findings
    names = [(row["student_pseudonym"], row["event_id"]) for row in (first, second)]
    assert found.named == {
        Fault.DOUBLED: sorted(names),
        Fault.UNKNOWN: [(first["student_pseudonym"], "nobody-sent-it")],
        Fault.STALE: [names[1]],
    }
    assert found.unlinked == 1
    refilled = looked_at(school_id, refill=True)[Dataset.EVENTS]
    assert refilled.refilled == 1
    assert refilled.findings.counts[Fault.STALE] == 0


def test_events_of_many_files_are_compared_a_sixteenth_at_a_time(
    filled: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "_SPLIT_BYTES", 0)
    assert is_closed(filled.school_id, events=12, grades=5)
    lose(filled.school_id, Dataset.EVENTS)
    assert looked_at(filled.school_id)[Dataset.EVENTS].findings.counts[Fault.MISSING] == 12


def test_foreign_grade_is_unknown(filled: TestSchool) -> None:
    first = next(row for row in rows(filled.school_id, Dataset.GRADES) if row["entity"] == "score")
    put(filled.school_id, Dataset.GRADES, "foreign.parquet", [refill_of(Dataset.GRADES, first | {"version": 9})])
    found = looked_at(filled.school_id)[Dataset.GRADES].findings
    assert found.counts[Fault.UNKNOWN] == 1
    assert found.named[Fault.UNKNOWN][0][3] == 9


def test_neighbours_lake_and_table_are_not_looked_at(filled: TestSchool, other_school_id: str) -> None:
    assert filled
    assert is_closed(other_school_id, events=0, grades=0)


def test_command_tells_a_loss_by_its_exit_code_and_zero_once_it_is_refilled(
    filled: TestSchool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    school_id = filled.school_id
    with acting_as("worker"):
        register_school(RegisteredSchool(school_id, "PE", "America/Lima"))
    monkeypatch.setattr(auditing, "JUDGED_AFTER", timedelta(seconds=-2))
    today = clock.now().date()

    def said(**more: Any) -> list[dict[str, Any]]:
        with acting_as("operator"):
            call_command("lake_audit", school=school_id, first=today, last=today, json=True, **more)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert {line["state"] for line in said()} == {"closed"}
    lose(school_id, Dataset.EVENTS)
    with pytest.raises((CommandError, LibretaError), match="does not hold"):
        said()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["dataset"], line["state"], line.get("missing")) for line in told] == [
        ("grades", "closed", None),
        ("events", "open", 12),
    ]
    assert {line["state"] for line in said(refill=True, reason="drill")} == {"closed"}
    with pytest.raises((CommandError, LibretaError), match="--reason"):
        said(refill=True)
