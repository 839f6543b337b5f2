"""An import that is killed at rows of every kind ends in the same table as one that is not."""

from __future__ import annotations

import sys
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edu.dynamo.transactions import Transaction
from edu.tenancy import enter_school
from evaluations import services, tasks
from evaluations.domain.roster_imports import ImportState
from evaluations.repository import roster_imports
from evaluations.services.roster import advancing, applying, starting, undoing
from tests.integration.evaluations.roster_victim import STUDENTS
from tests.integration.evaluations.rosters import begin, finish, load, make_empty_school, principal, table_of
from tests.support.cloud import acting_as
from tests.support.depth import depth
from tests.support.processes import Process
from tests.support.roster_sets import RosterSet
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.support.cloud import Cloud

FILES = RosterSet(students=STUDENTS).files()
ROWS = 2 + 1 + 2 + STUDENTS * 3  # courses, teacher, classes, students with two places each
EVERY = depth(5, 10)  # so many rows further each process is killed
KILLED_AT = depth((1, 3, 4, 6, 9), (1, 3, 4, *range(6, ROWS, 10)))  # a course, a teacher, a class, a student, a place


class VanishedError(BaseException):
    """A process's end, which nothing in the product catches."""


@pytest.fixture(scope="module")
def clean(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """The table of a school into which the set was loaded without any trouble."""
    own = make_empty_school(f"escuela-{uuid.uuid4().hex[:8]}")
    load(own, FILES)
    return table_of(cloud, own)


def test_killed_again_and_again_in_one_import(cloud: Cloud, clean: dict[str, dict[str, Any]], school_id: str) -> None:
    """Process after process, each killed -9 some rows further, before the row's write or after it."""
    make_empty_school(school_id)
    killed = 0
    for number in range(ROWS // EVERY):
        command = [sys.executable, "-m", "tests.integration.evaluations.roster_victim", school_id, str(EVERY)]
        victim = Process([*command, "after" if number % 2 else "before"], cloud.process_environment("web"))
        wait_until(lambda victim=victim: not victim.is_running(), what="the victim's end", timeout_s=60)  # type: ignore[misc]
        assert "Traceback" not in victim.log, victim.log
        killed += 1
        with enter_school(school_id):
            assert roster_imports.get_head().running
    assert killed == ROWS // EVERY
    with enter_school(school_id):
        import_id = roster_imports.get_head().running
    assert finish(school_id, import_id).state is ImportState.APPLIED
    assert table_of(cloud, school_id) == clean


@pytest.mark.parametrize("after", [False, True])
def test_vanished_at_a_row_of_each_kind_and_begun_a_second_time(
    cloud: Cloud, clean: dict[str, dict[str, Any]], school_id: str, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    monkeypatch.setattr(starting, "_ACTIONS", 1)
    for row in KILLED_AT:
        own = make_empty_school(f"{school_id}-{row}")
        record = begin(own, FILES)
        rows = 0

        class Dying(Transaction):
            def commit(self, row: int = row) -> None:
                nonlocal rows
                rows += 1
                if after:
                    super().commit()
                if rows == row:
                    raise VanishedError
                if not after:
                    super().commit()

        with monkeypatch.context() as patch:
            patch.setattr(applying, "Transaction", Dying)
            with pytest.raises(VanishedError):
                finish(own, record.import_id)
        assert finish(own, record.import_id).state is ImportState.APPLIED
        assert table_of(cloud, own) == clean


def test_undoing_that_vanishes_ends_as_one_that_does_not(
    cloud: Cloud, school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = make_empty_school(school_id)
    before = table_of(cloud, own)
    monkeypatch.setattr(starting, "_ACTIONS", 7)
    record = load(own, FILES)
    with enter_school(own):
        services.undo_import(actor=principal(own), import_id=record.import_id, reason="otro archivo")
    undo = undoing.undo_chunk

    def dying(import_id: str, number: int) -> dict[str, int]:
        counts = undo(import_id, number)
        if number % 2:
            monkeypatch.setattr(undoing, "undo_chunk", undo)
            raise VanishedError
        return counts

    monkeypatch.setattr(undoing, "undo_chunk", dying)
    with pytest.raises(VanishedError):
        finish(own, record.import_id)
    ended = finish(own, record.import_id)
    assert (ended.state, ended.kept) == (ImportState.UNDONE, 0)
    assert table_of(cloud, own) == before


def test_import_that_nobody_moves_is_gone_on_with_by_a_worker(
    cloud: Cloud, clean: dict[str, dict[str, Any]], school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = make_empty_school(school_id)
    record = begin(own, FILES)
    sent: list[dict[str, str]] = []
    monkeypatch.setattr(tasks.advance_import, "apply_async", lambda *, kwargs: sent.append(kwargs))
    with acting_as("worker"):
        tasks.sweep_imports()
        assert [message for message in sent if message["school_id"] == own] == []  # it may be at it just now
        monkeypatch.setattr(advancing, "_STALLED_AFTER", timedelta(0))
        tasks.sweep_imports()
        [message] = [message for message in sent if message["school_id"] == own]
        assert message == {"school_id": own, "import_id": record.import_id}
        while sent:
            sent.clear()
            tasks.advance_import(**message)
        tasks.sweep_imports()
        assert [message for message in sent if message["school_id"] == own] == []
    assert table_of(cloud, own) == clean
