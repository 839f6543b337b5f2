"""The same answers without a lake: what a school has in the hot table, read page by page with the repositories."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from analytics.domain.datasets import Dataset, Month
from analytics.lake.files import read_parquet
from behavior.domain.events import Arrival, Event
from behavior.repository import events
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import ScoreState
from evaluations.repository import stored_evaluations, stored_scores
from tests.bench.lake.filling import IMPORTER
from tests.bench.lake.gradebook import evaluations_of
from tests.support.cloud import acting_as

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from evaluations.domain.evaluation import Evaluation, Score
    from tests.bench.lake.generator import WrittenSchool
    from tests.bench.lake.schools import LakeSchool

_Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Paged:
    """How many records were read, and how long that took."""

    records: int
    seconds: float


class HotTable:
    """A school's newest month of events and one term's scores in the table."""

    def __init__(self, school: LakeSchool, pseudonyms: Mapping[str, str], written: WrittenSchool, folder: Path) -> None:
        self._school, self._written, self._folder = school, written, folder
        self._names = {pseudonym: student_id for student_id, pseudonym in pseudonyms.items()}

    def fill(self, month: Month, term_id: str, as_of: date) -> None:
        """Write them there as they stand in the lake."""
        with acting_as("worker"), enter_school(self._school.school.school_id):
            events.put_new_arrivals(self._arrivals(month))
        scores = self._first_scores(term_id)
        with enter_school(self._school.school.school_id):
            for evaluation, _, _ in evaluations_of(self._school, as_of):
                if evaluation.term_id == term_id:
                    given = list(self._scores(evaluation, scores))
                    services.import_evaluation(actor=IMPORTER, evaluation=evaluation, scores=given)

    def page_events(self) -> Paged:
        """Read every event of every student."""
        began = time.perf_counter()
        with enter_school(self._school.school.school_id):
            count = sum(1 for one in self._school.students for _ in events.all_events(one.student_id))
        return Paged(count, time.perf_counter() - began)

    def page_scores(self, term_id: str) -> Paged:
        """Read every score of every evaluation of the term, section by section."""
        began = time.perf_counter()
        with enter_school(self._school.school.school_id):
            count = sum(
                len(stored_scores.list_scores(evaluation.evaluation_id))
                for section in self._school.years[-1].sections
                for evaluation in _evaluations_of(section.section_id, term_id)
            )
        return Paged(count, time.perf_counter() - began)

    def _arrivals(self, month: Month) -> list[Arrival]:
        rows = {(row["student_pseudonym"], row["event_id"]): row for row in self._rows(Dataset.EVENTS, month)}
        return [
            Arrival(
                student_id=self._names[row["student_pseudonym"]],
                event=Event(
                    event_id=row["event_id"],
                    kind=row["kind"],
                    occurred_at=datetime.fromtimestamp(row["occurred_at_epoch_s"], UTC),
                    value=Decimal(row["value"]) if row["value"] else None,
                ),
                arrived_at=datetime.fromtimestamp(row["arrived_at_ms"] / 1000, UTC),
            )
            for row in rows.values()
        ]

    def _first_scores(self, term_id: str) -> dict[str, _Rows]:
        """The first version of each score of the term, by evaluation."""
        found: dict[str, _Rows] = {}
        seen = set()
        for row in self._rows(Dataset.GRADES):
            place = (row["evaluation_id"], row["student_pseudonym"])
            if row["entity"] == "score" and row["version"] == 1 and row["term_id"] == term_id and place not in seen:
                found.setdefault(row["evaluation_id"], []).append(row)
                seen.add(place)
        return found

    def _scores(self, evaluation: Evaluation, scores: Mapping[str, _Rows]) -> Iterator[Score]:
        for row in scores.get(evaluation.evaluation_id, ()):
            yield evaluation.first_score(
                self._names[row["student_pseudonym"]],
                state=ScoreState(row["state"]),
                value=row["value"] or None,
                late=bool(row["late"]),
                by=evaluation.created_by,
                at=datetime.fromtimestamp(row["recorded_at_epoch_s"], UTC),
            )

    def _rows(self, dataset: Dataset, month: Month | None = None) -> Iterator[dict[str, Any]]:
        for found in self._written.months:
            if found.dataset is dataset and month in {None, found.month}:
                for key in found.keys:
                    yield from read_parquet(dataset, (self._folder / key).read_bytes()).to_pylist()


def _evaluations_of(section_id: str, term_id: str) -> Iterator[Evaluation]:
    cursor: str | None = None
    while True:
        page = stored_evaluations.list_of_section(section_id, term_id=term_id, cursor=cursor)
        yield from page.items
        cursor = page.cursor
        if not cursor:
            return
