"""A system that keeps a copy of a school by its changes, and the school as it is, to hold the copy against."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edu import audit_log, clock
from edu.dynamo.mapping import from_attributes, from_item
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.copies import EVERY_KIND, CopiedKind, CopiedName, CopiedRecord
from evaluations.domain.evaluation import Evaluation, Score
from evaluations.domain.roster import KINDS, Entity, name_of
from evaluations.domain.school import School

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from evaluations.domain.copies import ChangedRecord
    from evaluations.services.copies.feed import ChangePage
    from tests.support.cloud import Cloud


def admin_of(school_id: str) -> Principal:
    """An administrator of the school."""
    return Principal("admin-copia", Role.SCHOOL_ADMIN, school_id)


@contextmanager
def once_settled(more: timedelta = timedelta(0)) -> Iterator[datetime]:
    """Inside the block it is so late that what was written before it has settled, and nothing that is written after."""
    now = clock.now() + audit_log.SETTLED_AFTER + more
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: now)
        yield now


@dataclass
class Copy:
    """What such a system holds: the records, and the cursor with which it goes on."""

    school_id: str
    cursor: str | None = None
    kinds: frozenset[CopiedKind] = EVERY_KIND
    records: dict[CopiedName, CopiedRecord] = field(default_factory=dict)

    def begin_whole(self, limit: int = 50) -> Copy:
        """Take the roster over as it stands, and the first cursor."""
        self.take(self._ask(whole=True, limit=limit))
        return self

    def begin(self, since: datetime | None = None) -> Copy:
        """Take the first cursor."""
        self.cursor = self._ask(since=since, limit=1).cursor if since is None else self._all_of(since)
        return self

    def ask(self, limit: int = 50) -> ChangePage:
        """The next page, without taking it over."""
        return self._ask(cursor=self.cursor, limit=limit)

    def take(self, page: ChangePage) -> list[ChangedRecord]:
        """Take a page over."""
        for change in page.items:
            if change.record is None:
                self.records.pop(change.name, None)
            else:
                self.records[change.name] = change.record
        self.cursor = page.cursor
        return page.items

    def catch_up(self, limit: int = 50) -> list[ChangedRecord]:
        """Take over pages while there are more."""
        told: list[ChangedRecord] = []
        for _page in range(1000):
            page = self.ask(limit)
            told += self.take(page)
            if not page.more:
                return told
        raise AssertionError("the feed does not end")

    def _all_of(self, since: datetime) -> str:
        page = self._ask(since=since, limit=1)
        self.take(page)
        return page.cursor

    def _ask(self, **how: Any) -> ChangePage:
        with enter_school(self.school_id):
            return services.list_changes(actor=admin_of(self.school_id), kinds=self.kinds, **how)


def records_of(cloud: Cloud, school_id: str) -> dict[CopiedName, CopiedRecord]:
    """Every record of the school that copies hold, looked for behind the product's back."""
    found: dict[CopiedName, CopiedRecord] = {}
    for item in map(from_item, cloud.items_of(school_id)):
        entity = item["entity"]
        if entity in set(map(str, Entity)):
            record = from_attributes(KINDS[Entity(entity)], item)
            name = name_of(record)
            found[CopiedName(CopiedKind(entity), name.ids)] = record
        elif entity == "evaluation" and "deleted_at" not in item:
            evaluation = from_attributes(Evaluation, item)
            found[CopiedName(CopiedKind.EVALUATION, (evaluation.evaluation_id,))] = evaluation
        elif entity == "score":
            score = from_attributes(Score, item)
            found[CopiedName(CopiedKind.SCORE, (score.evaluation_id, score.student_id))] = score
        elif entity == "school":
            found[CopiedName(CopiedKind.SCHOOL, (school_id,))] = from_attributes(School, item)
    return found
