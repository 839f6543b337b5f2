"""Which runs want attention and when: what the sweep reads, over all schools.

    PLATFORM#SYNC#DUE   <school>#<run>

An entry is written before its run and removed after the run has ended, so no crash loses a run. It holds only the
school's id, the run's id and two times. Functions enter the platform's scope by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from edu.dynamo import table
from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.keys import Key, joined, platform_partition
from edu.dynamo.mapping import from_attributes, instant_text, to_attributes
from edu.dynamo.transactions import ALWAYS, Condition, Transaction
from edu.tenancy import enter_platform


@dataclass(frozen=True)
class DueRun:
    """A school's run that should be looked at, not before ``due_at``, and should have ended by ``deadline_at``."""

    school_id: str
    run_id: str
    due_at: datetime
    deadline_at: datetime


def put_due(due: DueRun) -> None:
    """Say when a run is to be looked at, whatever was said before."""
    _put(due, ALWAYS)


def postpone(seen: DueRun, until: datetime) -> bool:
    """Move an entry as it was seen; ``False`` when somebody changed it since (two sweeps never take the same one)."""
    unchanged = Condition("due_at = :seen", {":seen": instant_text(seen.due_at)})
    try:
        _put(replace(seen, due_at=until), unchanged)
    except ConditionFailedError:
        return False
    return True


def remove_due(school_id: str, run_id: str) -> None:
    """Take a run off the list. Idempotent."""
    with enter_platform():
        transaction = Transaction()
        transaction.delete(_key(school_id, run_id))
        transaction.commit()


def list_open() -> list[DueRun]:
    """The whole list, one short entry for each open run of any school. Strongly consistent."""
    query = table.Query(platform_partition("SYNC", "DUE"), consistent=True, limit=1000)
    with enter_platform():
        return [from_attributes(DueRun, item) for item in table.query_all(query)]


def _put(due: DueRun, condition: Condition) -> None:
    item = {**_key(due.school_id, due.run_id).as_attributes(), "entity": "sync_due", **to_attributes(due)}
    with enter_platform():
        transaction = Transaction()
        transaction.put(item, condition)
        transaction.commit()


def _key(school_id: str, run_id: str) -> Key:
    return Key(platform_partition("SYNC", "DUE"), joined(school_id, run_id))
