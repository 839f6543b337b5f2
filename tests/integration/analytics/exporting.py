"""A school that has something to take along, exports of it, and what is in them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from analytics import services
from analytics.domain.datasets import Dataset, Month
from analytics.lake import files, layout, store
from analytics.repository import exports
from analytics.services.exporting import making
from analytics.services.exporting.places import key_of
from edu import clock
from edu.identity.principal import Principal, Role
from edu.pseudonyms import pseudonym_of
from edu.tenancy import enter_lake, enter_school
from evaluations.domain.evaluation import ScoreState
from tests.integration.evaluations.gradebook import record, set_evaluation
from tests.support.cloud import acting_as

if TYPE_CHECKING:
    from tests.support.schools import TestSchool


def administrator(school_id: str) -> Principal:
    return Principal("admin-ana", Role.SCHOOL_ADMIN, school_id)


def fill(school: TestSchool, *, comment: str = "") -> None:
    """Two evaluations with scores of every state, and an event of which the lake has two rows."""
    with acting_as("worker"), enter_school(school.school_id):
        first, second = set_evaluation(school), set_evaluation(school, section_id="len-5a")
        record(school, first, "6.5")
        record(school, first, ScoreState.ABSENT, student=1)
        record(school, second, "4.0", student=2, section_id="len-5a")
        put_events(event_row("e-1", "student-000", value=comment or "1.5"), event_row("e-1", "student-000", late_ms=5))
        put_events(event_row("e-2", "nobody-any-more"))


def event_row(event_id: str, student_id: str, *, value: str = "2", late_ms: int = 0) -> dict[str, Any]:
    now_ms = 1_772_000_000_000
    return {
        "change_id": f"{event_id}-{late_ms}",
        "op": "INSERT",
        "event_id": event_id,
        "student_pseudonym": pseudonym_of(student_id),
        "kind": "late",
        "value": value,
        "occurred_at_epoch_s": now_ms // 1000,
        "arrived_at_epoch_s": now_ms // 1000,
        "arrived_at_ms": now_ms + late_ms,
        "sequence": "1",
    }


def put_events(*rows: dict[str, Any]) -> None:
    """Write a loose file of events of the school in scope."""
    body = files.parquet_of(files.table_of(Dataset.EVENTS, rows))
    month = Month.of(rows[0]["occurred_at_epoch_s"])
    with enter_lake():
        name = hashlib.sha256(body).hexdigest()[:16]
        store.put_object(f"{layout.month_folder(Dataset.EVENTS, month)}{name}.parquet", body)


def made(school_id: str) -> bytes:
    """The zip of an export that was just ordered and made."""
    with acting_as("worker"), enter_school(school_id):
        export = services.order_export(actor=administrator(school_id))
        making.make_export(export_id=export.export_id)
        return store_get(export.export_id)


def store_get(export_id: str) -> bytes:
    """The only zip that there is of an export, which is the one that its record names."""
    export = exports.get_export(export_id)
    with enter_lake():
        [found] = store.list_folder(f"{layout.exports_folder()}{export_id}")
    assert found.key == key_of(export_id, export.sha256)
    return store.get_object(found.key).body


def entries(zipped: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def oneroster_of(zipped: bytes) -> dict[str, bytes]:
    return {name: body for name, body in entries(zipped).items() if name.startswith("oneroster/")}


def rows_of(zipped: bytes, name: str) -> list[dict[str, Any]]:
    """The rows of a Parquet file."""
    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(entries(zipped)[name])).to_pylist()
    return found


def manifest_of(zipped: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(entries(zipped)["manifest.json"])
    return found


def year_of_now() -> int:
    return clock.now().year
