"""What a school's devices and staff reported over three years: a table of the lake's events in order of arrival."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from analytics.domain.datasets import Dataset
from analytics.domain.schemas import SCHEMA_VERSION
from analytics.lake.files import schema_of
from evaluations.demo.randomness import stream
from tests.bench.lake import columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.bench.lake.schools import LakeSchool
    from tests.bench.lake.trouble import HiddenStudent

_CHECK_IN, _LATE, _ABSENT, _EXCUSED, _FIRST_ACTIVITY = range(5)  # places in KINDS
# What students do on a day beside coming, how often each in a thousand, and between which two numbers its value lies.
_ACTIVITIES: Sequence[tuple[str, int, tuple[float, float] | None]] = (
    ("participation", 250, (1, 5)),
    ("task_done", 180, None),
    ("task_opened", 170, None),
    ("screen_time", 140, (5, 120)),
    ("question", 80, None),
    ("app_opened", 60, None),
    ("mood", 60, (1, 5)),
    ("group_work", 35, (1, 5)),
    ("positive_note", 8, None),
    ("negative_note", 7, None),
    ("left_early", 5, None),
    ("help_request", 3, None),
    ("guardian_summons", 1, None),
    ("written_warning", 1, None),
)
ACTIVITIES_A_DAY = 1.05
KINDS = ("check_in", "late", "absent", "absence_excused", *(name for name, _, _ in _ACTIVITIES))
_EXCUSED_SHARE, _TOLD_SHARE, _OFFLINE_SHARE = 0.45, 0.98, 0.03
_OPENS_AT = time(7, 40)
_DAY_S, _OFFLINE_MS = 9 * 3600, 20 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class _Day:
    """A day of classes, when its school opens (seconds since 1970), and the chance of the day."""

    on: date
    year: int
    opens_at: float
    rng: Random


class _Rows:
    """The columns that chance fills."""

    def __init__(self, rng: Random) -> None:
        self._draw = rng.random
        self.students: list[int] = []
        self.kinds: list[int] = []
        self.occurred_at_epoch_s: list[int] = []
        self.arrived_at_ms: list[int] = []
        self.values: list[str] = []

    def add(self, student: int, kind: int, at_epoch_s: float, value: str = "") -> None:
        """An event, that arrives seconds after it occurred, or when its device is on the net again."""
        self.students.append(student)
        self.kinds.append(kind)
        self.occurred_at_epoch_s.append(int(at_epoch_s))
        late_ms = self._draw() * (_OFFLINE_MS if self._draw() < _OFFLINE_SHARE else 3000)
        self.arrived_at_ms.append(int(at_epoch_s * 1000 + late_ms))
        self.values.append(value)


def events_of(
    school: LakeSchool, hidden: Mapping[str, HiddenStudent], pseudonyms: Mapping[str, str], as_of: date
) -> pa.Table:
    """All events of a school whose classes they were in, to the end of the lake's last day."""
    students = [hidden[student.student_id] for student in school.students]
    school_id, rows = school.school.school_id, _Rows(stream(school.seed, school.school.school_id, "arrivals"))
    zone = ZoneInfo(school.school.time_zone)
    for year in school.years:
        for day in year.class_days(school.seed, school_id, as_of):
            rng = stream(school.seed, school_id, day, "day")
            opens_at = datetime.combine(day, _OPENS_AT, zone).astimezone(UTC).timestamp()
            today = _Day(day, year.year, opens_at, rng)
            _activities(rows, today, _attendance(rows, today, students))
    return _table(school, rows, [pseudonyms[one.student_id] for one in students])


def _attendance(rows: _Rows, day: _Day, students: Sequence[HiddenStudent]) -> list[int]:
    """Who comes, who comes late, and who does not; the places of those who are there."""
    draw, present = day.rng.random, []
    for place, student in enumerate(students):
        if draw() < student.absence_on(day.on, day.year):
            rows.add(place, _ABSENT, day.opens_at + 3600 + 600 * draw())
            if draw() < _EXCUSED_SHARE:
                rows.add(place, _EXCUSED, day.opens_at + 7200 + 18000 * draw())
            continue
        present.append(place)
        comes_at = day.opens_at + 1200 * draw()
        if draw() < student.lateness_on(day.on, day.year):
            late_min = 5 + 40 * draw()
            comes_at += 60 * late_min
            rows.add(place, _LATE, comes_at, f"{late_min:.0f}")
        if draw() < _TOLD_SHARE:
            rows.add(place, _CHECK_IN, comes_at)
    return present


def _activities(rows: _Rows, day: _Day, present: Sequence[int]) -> None:
    if not present:
        return
    rng, draw = day.rng, day.rng.random
    count = int(len(present) * ACTIVITIES_A_DAY + draw())
    weights = list(accumulate(often for _, often, _ in _ACTIVITIES))
    numbers = range(len(_ACTIVITIES))
    for student, number in zip(
        rng.choices(present, k=count), rng.choices(numbers, cum_weights=weights, k=count), strict=True
    ):
        bounds = _ACTIVITIES[number][2]
        value = f"{bounds[0] + (bounds[1] - bounds[0]) * draw():.1f}" if bounds else ""
        rows.add(student, _FIRST_ACTIVITY + number, day.opens_at + 1200 + _DAY_S * draw(), value)


def _table(school: LakeSchool, rows: _Rows, pseudonyms: Sequence[str]) -> pa.Table:
    """The rows in the order in which they arrived, with what says where each comes from."""
    school_id, count = school.school.school_id, len(rows.students)
    arrived_at_ms = pa.array(rows.arrived_at_ms, pa.int64())
    order = pc.sort_indices(arrived_at_ms)
    arrived_at_ms = pc.take(arrived_at_ms, order)
    filled: dict[str, Any] = {
        "change_id": columns.hex_texts(count, school.seed, school_id, "event changes"),
        "op": columns.same("INSERT", count, pa.string()),
        "school_id": columns.same(school_id, count, pa.string()),
        "event_id": columns.uuid_texts(count, school.seed, school_id, "events"),
        "student_pseudonym": pc.take(columns.chosen(pseudonyms, rows.students), order),
        "kind": pc.take(columns.chosen(KINDS, rows.kinds), order),
        "value": pc.take(pa.array(rows.values, pa.string()), order),
        "occurred_at_epoch_s": pc.take(pa.array(rows.occurred_at_epoch_s, pa.int64()), order),
        "arrived_at_epoch_s": pc.cast(pc.divide(arrived_at_ms, 1000), pa.int64()),
        "schema_version": columns.same(SCHEMA_VERSION, count, pa.int32()),
        "sequence": columns.sequences(count),
        "changed_at_epoch_s": pc.divide(pc.cast(pc.add(arrived_at_ms, 400), pa.float64()), 1000.0),
        "arrived_at_ms": arrived_at_ms,
    }
    schema = schema_of(Dataset.EVENTS)
    return pa.Table.from_arrays([filled[field.name] for field in schema], schema=schema)
