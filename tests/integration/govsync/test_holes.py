"""Each bug that the sync's guards are there for, planted: the one test named here turns red by it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

from govsync import services
from govsync.client import Shape
from govsync.domain.answers import ContractBroken
from tests.integration.govsync import test_faults, test_run
from tests.integration.govsync.client import test_shapes
from tests.integration.govsync.support import record_grades
from tests.support.schools import OPEN_TERM
from tests.support.sync_holes import HOLES
from tests.unit.govsync.domain import test_outcomes
from tests.unit.govsync.services import test_lanes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.govsync.support import Driver
    from tests.support.schools import TestSchool

CASES: dict[str, dict[str, Any]] = {
    "resend-on-503": {"form": {"body": {}}},
    "answer-not-bound": {
        "shape": Shape.DIRECT,
        "fault": {"action": "stale"},
        "answer": ContractBroken("answers_another_question"),
    },
}
NOTICED_BY: dict[str, Callable[..., None]] = {
    "new-batch-id-on-retry": test_faults.test_batch_that_is_sent_again_keeps_its_id,
    "limiter-in-memory": test_lanes.test_two_workers_have_two_lanes_between_them,
    "synced-before-the-answer": test_faults.test_worker_lost_between_effect_and_acknowledgement_sends_nothing_twice,
    "4xx-skipped": test_run.test_batches_of_one_that_are_refused_are_rejected,
    "resend-on-503": test_faults.test_plain_503_after_the_effect_is_asked_about,
    "unbounded-wait": test_outcomes.test_waits_are_5_15_and_45_seconds_and_then_it_is_parked,
    "answer-not-bound": test_shapes.test_page_that_is_not_as_agreed_is_never_kept,
}


@pytest.fixture
def started(driver: Driver, school: TestSchool) -> Driver:
    """A started run of three grades."""
    record_grades(school, "5.5", "6.0", "6.9")
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    return driver


@pytest.mark.parametrize("name", HOLES)
def test_planted_bug_turns_its_test_red(name: str, request: pytest.FixtureRequest) -> None:
    noticed_by = NOTICED_BY[name]
    case = CASES.get(name, {})
    needed = inspect.signature(noticed_by).parameters.keys() - case.keys()
    given = case | {fixture: request.getfixturevalue(fixture) for fixture in needed}
    with HOLES[name].plant(), pytest.raises(AssertionError):
        noticed_by(**given)
