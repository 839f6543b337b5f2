"""This part's run: every request, every answer that is not its own, and what stands where afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.jobs.domain import StepEnd
from edu.tenancy import enter_school
from evaluations.services import list_pending_marks
from govsync import services
from govsync.domain.states import BatchState
from tests.integration.govsync.support import RUN_ID
from tests.isolation.government.ways import LIST, STALE, SUBMIT, WAYS, Asked, Way
from tests.isolation.government.world import World, of_shape, running_world
from tests.isolation.restoring import same_table_after
from tests.isolation.sections import Cell, Hole, Section
from tests.support.cloud import Cloud, acting_as
from tests.support.schools import OPEN_TERM
from tests.support.sync_holes import answer_not_bound

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from govsync.services import RunReport

_MOST_STEPS = 60
_UNTOUCHED = "unchanged"
_IN_DOUBT = frozenset({BatchState.UNKNOWN, BatchState.PARKED})


def run(cloud: Cloud, only: Collection[str] = (), of: Collection[Asked] = tuple(WAYS)) -> Section:
    """Every attack, or those of the ways named, ``of`` these requests. The table is left as it was found."""
    with same_table_after(cloud), acting_as("worker"), running_world(cloud) as world:
        cells = [cell for asked in of for cell in _attack(world, asked, only)]
    return Section(
        name="government",
        title="Answers of the government",
        intro=(
            "Each request of a run, in both shapes of the API, is answered by the simulated government with what "
            "belongs to another school, term, batch, cursor or run. Right after it: nothing of the other is in the "
            "own partitions, and nothing was decided by it. The school it belongs to is as it was. In the end, once "
            "the government answers rightly, the run has ended, each grade had one effect there, where the government "
            "honours no key, and still nothing of the other is kept. A list that answers the question and has the next "
            "school's grades in it is kept without their names and values."
        ),
        cells=tuple(cells),
    )


def _attack(world: World, asked: Asked, only: Collection[str]) -> Iterator[Cell]:
    with of_shape(asked.shape):
        for way in WAYS[asked]:
            if not only or way.name in only:
                yield from _attack_once(world, asked, way)


def _attack_once(world: World, asked: Asked, way: Way) -> list[Cell]:
    before = world.next_digest()
    school_id = world.new_school().school_id
    _set_up(world, asked, way)
    with enter_school(school_id):
        is_reached = _step_until_asked(world, asked, school_id)
        after = _after(world, asked, way, school_id) if is_reached else "NEVER ASKED"
        end = _end_of(world, school_id)
    touched = _UNTOUCHED if world.next_digest() == before else "CHANGED"
    right = "its own answer" if way.is_right else "nothing"
    return [
        Cell(asked.name, way.name, "own partitions, right after", right, after),
        Cell(asked.name, way.name, "own partitions, in the end", way.end, end),
        Cell(asked.name, way.name, "the next school's partitions", _UNTOUCHED, touched),
    ]


def _set_up(world: World, asked: Asked, way: Way) -> None:
    world.begin_anew()
    government, fault = world.government, way.fault(world.next_school)
    if way.is_others:
        if way.is_right:
            government.fail(action="answer", on=asked.on, surplus=1)
        world.next_school.ask_the_same(asked.on)
    government.set(honour_key=False, **asked.before.get("conditions", {}))
    government.fail_in_turn([*asked.before.get("faults", []), *([{"on": asked.on, **fault}] if fault else [])])


def _step_until_asked(world: World, asked: Asked, school_id: str) -> bool:
    """Steps until the run has asked what is attacked."""
    for _step in range(_MOST_STEPS):
        world.driver.step_once()
        if any(request["school_id"] == school_id for request in world.government.requests(asked.on)):
            return True
    return False


def _after(world: World, asked: Asked, way: Way, school_id: str) -> str:
    """What the answer left: nothing, or what it should not have."""
    report = services.describe_run(run_id=RUN_ID)
    found = [f"holds {kind}" for kind in world.foreign_in(school_id)]
    is_taken = _is_page_kept(report) if asked is LIST else _is_answer_taken(report, way)
    if way.is_right:
        return "; ".join(found) or ("its own answer" if is_taken else "NOT ITS OWN ANSWER")
    return "; ".join([*found, *(["TAKEN"] if is_taken and not way.takes else [])]) or "nothing"


def _is_page_kept(report: RunReport) -> bool:
    return report.run.held_pages > 0


def _is_answer_taken(report: RunReport, way: Way) -> bool:
    """Whether it decided on the batch, or said anything else of it that counts."""
    (batch, *halves) = report.batches
    in_doubt = {*_IN_DOUBT, *([BatchState.IN_PROGRESS] if way.takes else [])}
    pending = list_pending_marks(term_id=OPEN_TERM, limit=10)
    return bool(halves) or batch.state not in in_doubt or len(pending) < len(batch.grades)


def _end_of(world: World, school_id: str) -> str:
    for _step in range(_MOST_STEPS):
        if world.driver.step_once().end is StepEnd.FINISHED:
            break
    run = services.describe_run(run_id=RUN_ID).run
    effects = [grade for grade in world.government.grade_effects() if grade["school_id"] == school_id]
    found = [f"holds {kind}" for kind in world.foreign_in(school_id)]
    found += ["NOT ONE EFFECT EACH"] if [grade["times"] for grade in effects] != [1] * len(effects) else []
    return "; ".join([str(run.state), *found])


def _stale_alone(cloud: Cloud) -> Section:
    return run(cloud, only={STALE}, of=(SUBMIT, LIST))


HOLES = (
    Hole(
        "answer-not-bound",
        "the answer's echo is not compared with the question",
        lambda _cloud: answer_not_bound(),
        narrow=_stale_alone,
    ),
)
