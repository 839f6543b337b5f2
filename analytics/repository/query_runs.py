"""Questions that were put to the lake, each with the query that answers it.

    SCHOOL#<id>#QUERIES   <run>     one question to one snapshot of the lake

A run's id is a digest of the query's text and parameters, so who asks the same again finds the answer that is there. An
item leaves the table after ``KEPT_FOR``, before the result leaves the bucket. Reads are strongly consistent. An item
holds what was asked, and no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from edu import clock
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes

KEPT_FOR: Final = timedelta(days=6)
ENTITY: Final = "query_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRun:
    """A question by its name and parameters (JSON), and its query in Athena; none after one has failed.

    ``attempt`` counts the queries that were started for it, from 1. ``people`` is a digest of the students and their
    sections, of whom it was asked last; empty where it is not asked of any.
    """

    run_id: str
    query_name: str
    question: str
    attempt: int
    started_at: datetime
    execution_id: str | None = None
    people: str = ""


def find_run(run_id: str) -> QueryRun | None:
    """A run of the school in scope that is not forgotten. Raises as ``edu.dynamo.table.get_item``."""
    found = table.get_item(_key(run_id))
    if found is None or found["expires_at"] <= clock.epoch_s():
        return None
    return from_attributes(QueryRun, found)


def put_run(run: QueryRun) -> None:
    """Write a run, over what there was of it: of two that start the same at once either will do. Idempotent."""
    expires_at = int((run.started_at + KEPT_FOR).timestamp())
    item = {**_key(run.run_id).as_attributes(), "entity": ENTITY, **to_attributes(run), "expires_at": expires_at}
    table.write_batch(table.BatchWrite(puts=[item]))


def _key(run_id: str) -> Key:
    return Key(school_partition("QUERIES"), run_id)
