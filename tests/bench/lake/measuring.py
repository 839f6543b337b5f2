"""The whole measurement, of any size: people, lake, hot table, questions."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analytics.domain.datasets import Dataset, Month
from edu.tenancy import enter_school
from tests.bench.lake.alarms import measure_rule
from tests.bench.lake.asking import TIMES, ask, middle
from tests.bench.lake.filling import put_lake, seed_people
from tests.bench.lake.generator import WrittenSchool, write_lake
from tests.bench.lake.hot_table import HotTable
from tests.bench.lake.questions import questions
from tests.bench.lake.schools import AS_OF, LakeSchool, lake_schools
from tests.bench.lake.telling import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.bench.lake.hot_table import Paged

SEED = 2026
SEEDED = 2  # schools whose people are in the table


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is generated, and how much of it there must be."""

    schools: int
    students: int
    events: int
    scores: int


FULL = Scale(schools=50, students=5000, events=5_000_000, scores=1_000_000)


@dataclass(frozen=True, slots=True)
class Filled:
    """What was generated and lies in the cloud; ``pseudonyms`` by school, of those whose people are in the table."""

    schools: tuple[LakeSchool, ...]
    pseudonyms: Mapping[str, Mapping[str, str]]
    written: tuple[WrittenSchool, ...]
    figures: Mapping[str, Any]


def measure(scale: Scale, folder: Path) -> dict[str, Any]:
    """Fill the cloud that is running and ask it everything; the figures, with the bars that were ``met``."""
    filled = fill(lake_schools(seed=SEED, schools=scale.schools, students=scale.students), folder)
    school, written = filled.schools[0], filled.written[0]
    pseudonyms = filled.pseudonyms[school.school.school_id]
    hot = page_hot_table(HotTable(school, pseudonyms, written, folder), school)
    with enter_school(school.school.school_id):
        asked = ask(questions(school, pseudonyms), written, folder, hot)
    rule = measure_rule(filled.schools[:SEEDED], filled.pseudonyms)
    enough = {
        f"at least {scale.events:,} events": filled.figures["events"] >= scale.events,
        f"at least {scale.scores:,} scores": filled.figures["scores"] >= scale.scores,
    }
    return {**filled.figures, **asked, "at_risk_rule": rule, "met": enough | asked["met"]}


def fill(schools: Sequence[LakeSchool], folder: Path) -> Filled:
    """Seed the people of the first schools, make everybody's lake in a directory, and put it into the bucket."""
    began = time.perf_counter()
    pseudonyms = {school.school.school_id: seed_people(school) for school in schools[:SEEDED]}
    say(f"people of {len(pseudonyms)} schools in the table: {time.perf_counter() - began:.0f} s")
    began = time.perf_counter()
    written = tuple(write_lake(schools, pseudonyms, folder))
    generated_s = time.perf_counter() - began
    events, scores = (sum(getattr(school, what) for school in written) for what in ("events", "scores"))
    say(f"{events:,} events and {scores:,} scores of {len(schools)} schools: generated in {generated_s:.0f} s")
    months = [month for school in written for month in school.months]
    size, objects = sum(month.size for month in months), sum(len(month.keys) for month in months)
    put_s = put_lake(written, folder)
    say(f"{objects:,} objects of {size / 1e6:,.0f} MB: put in {put_s:.0f} s")
    figures = {
        "events": events,
        "scores": scores,
        "objects": objects,
        "megabytes": round(size / 1e6),
        "generated_s": round(generated_s, 1),
        "put_s": round(put_s, 1),
    }
    return Filled(tuple(schools), pseudonyms, written, figures)


def page_hot_table(table: HotTable, school: LakeSchool) -> dict[Dataset, Paged]:
    """Put a school's newest month and term into the table; what it takes to page each out again."""
    began, term_id = time.perf_counter(), school.term_on(AS_OF).term_id
    table.fill(Month(AS_OF.year, AS_OF.month), term_id, AS_OF)
    filled_s = time.perf_counter() - began
    paged = {
        Dataset.EVENTS: middle(table.page_events() for _ in range(TIMES)),
        Dataset.GRADES: middle(table.page_scores(term_id) for _ in range(TIMES)),
    }
    counts = " and ".join(f"{found.records:,} of {dataset.value}" for dataset, found in paged.items())
    say(f"hot table of one school: {counts}, written in {filled_s:.0f} s")
    return paged
