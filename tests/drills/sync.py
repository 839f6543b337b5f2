"""``make drill-sync``: a term's grades go to a government that has a bad day, and workers get ``kill -9``.

Two workers, whose clocks are half a second apart, send the grades of many schools to the real simulator, which honours
no key: what is sent again has its effect again. It refuses, is silent, rejects some, loses some and lies about it, is
down for a while, and in the whole drill does everything that the catalogue of misbehaviour knows, once. Whoever writes
a kind of transition for the first time is killed right after it. People take up what is parked, and when the day is
over they start anew what ended in review. Then the government's own record, the table and the certificates must say
that each grade came exactly once (``tests.drills.sync_judges``). With ``--plant`` the workers are wrong on purpose:
then the drill must fail.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

if __name__ == "__main__":
    import tests.environment  # noqa: F401 - this run's own settings, before Django's

    django.setup()

from edu.jobs import repository as jobs
from govsync.domain.runs import SYNC
from tests.drills import sync_judges as judges
from tests.drills.sync_government import BadDay, all_habits, catalogue, standing
from tests.drills.sync_grades import DrillSchool, listing_of, new_tag, seed_school, seed_schools
from tests.drills.sync_lists import AS_EXPECTED, LISTS, send_with_each_list
from tests.drills.sync_people import People, say
from tests.drills.sync_processes import Workers, is_line_open
from tests.integration.govsync.line_support import forget_line
from tests.integration.govsync.support import REAL_WINDOW_S, running_government
from tests.support.cloud import acting_as, running_cloud
from tests.support.ports import free_port
from tests.support.results import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from govsync.domain.reconciliation import DifferenceKind
    from govsync.domain.runs import SyncRun
    from tests.integration.govsync.support import Government
    from tests.support.cloud import Cloud
    from tests.support.misbehaviour import Switches

PLANTS = ("resend-on-doubt", "new-batch-id-on-retry", "limiter-in-memory", "synced-before-the-answer")
SEED = 1
SUCCEEDED_WITHIN_S = 10.0
_TICK_S, _LOOK_EVERY_S, _SAY_EVERY_S = 0.05, 0.5, 20.0
_ROUNDS = 4
# What the short form must have met, before chance has its say.
_FIRST: Sequence[Switches] = (
    {"action": "drop", "on": "submit", "effect": True},
    {"action": "status", "on": "submit", "status": 503},
    {"action": "drop", "on": "submit", "effect": True},
    {"action": "answer", "on": "submit", "reject": 0.1},
    {"action": "answer", "on": "submit", "lose": 0.1},
    {"action": "drop", "on": "submit", "effect": True},
    {"action": "status", "on": "submit", "status": 503},
    {"action": "status", "on": "any", "status": 429, "retry_after_s": 2},
)


@dataclass(frozen=True)
class Plan:
    """How much of everything. ``faults`` of the catalogue (``None``: all), each ``every_s`` seconds at most."""

    schools: int = 50
    students: int = 200
    differing: int = 8
    kills: int = 100
    every_kind: bool = True
    hang_s: float = 3.0
    outage: tuple[float, float] = (120.0, 60.0)
    faults: int | None = None
    every_s: float = 2.5
    habits: bool = True
    lists: Sequence[str] = LISTS
    patience_s: float = 20.0
    most_s: float = 2400.0


SHORT = Plan(
    schools=4,
    students=45,
    differing=2,
    kills=6,
    every_kind=False,
    hang_s=1.0,
    outage=(15.0, 4.0),
    faults=4,
    every_s=2.0,
    habits=False,
    lists=("a grade nobody sent",),
    patience_s=3.0,
    most_s=480.0,
)


class Drill:
    """Workers, government and people, and one loop that looks after them."""

    def __init__(self, cloud: Cloud, government: Government, plan: Plan, seed: int, plant: str) -> None:
        self._cloud, self.government, self._plan = cloud, government, plan
        self._dice, self.tag = random.Random(seed), new_tag()  # noqa: S311 - a drill is repeatable
        self.workers = Workers(cloud, government, plant, plan.kills)
        self.schools = seed_schools(self.tag, schools=plan.schools, students=plan.students, differing=plan.differing)
        self.people = People(list(self.schools), plan.patience_s)
        faults = catalogue(self._dice)
        self.catalogue = len(faults)
        self._conditions = standing(listing_of(self.schools), hang_s=plan.hang_s, seed=seed, outage=plan.outage)
        habits = all_habits() if plan.habits else []
        self.day = BadDay(government, self._conditions, faults[: plan.faults], plan.every_s, habits)
        self._began_s = self._looked_at_s = self._said_at_s = time.monotonic()
        self._is_open = True

    def run(self) -> dict[str, Any]:
        """The bad day, what people mend afterwards, and the lists; then the figures."""
        self.workers.start()
        try:
            self.day.begin(_FIRST)
            self.people.start(self.schools)
            self._go_on_until(self.people.are_done)
            while not self.day.is_over and self._has_time():
                self._send_more()
            self._say("the day is over")
            day_s = round(time.monotonic() - self._began_s)
            self._mend()
            lists = send_with_each_list(self, self._plan.lists)
        finally:
            self.workers.stop()
        return self._figures(day_s, lists)

    def _send_more(self) -> None:
        """The day is not over, and every run has ended: people start anew what is wrong, or a school comes late."""
        if not self.people.start_again():
            self.people.start([self.add_school({})])
        self._go_on_until(self.people.are_done)

    def _mend(self) -> None:
        """Nothing goes wrong any more but the planted lists: people start anew until all is as planned."""
        self._calm(listing_of(self.schools))
        for _ in range(_ROUNDS):
            if not self.people.start_again():
                return
            self._go_on_until(self.people.are_done)

    def add_school(self, planted: Mapping[int, DifferenceKind]) -> DrillSchool:
        """A further school, of three grades."""
        school = seed_school(f"escuela-{self.tag}-z{len(self.people.schools)}", 3, planted, exams=1)
        self.people.schools.append(school)
        return school

    def send_with_list(self, name: str, school: DrillSchool, listing: dict[str, Any]) -> SyncRun:
        """Sync a school whose list is as told; its run, which has ended or is parked."""
        self._calm(listing)
        self.people.start([school])
        self._go_on_until(lambda: self.people.has_stopped(school))
        self._say(name)
        return self.people.latest[school.school_id]

    def end_runs(self) -> None:
        """Let people take up what is parked, until every run has ended."""
        self._calm({})
        self._go_on_until(self.people.are_done)

    def _calm(self, listing: dict[str, Any]) -> None:
        self.government.calm()
        self.government.set(honour_key=False, listing=listing)

    def _go_on_until(self, is_done: Callable[[], bool]) -> None:
        """Look after everything until then, or until the drill's time is used up."""
        while not is_done() and self._has_time():
            self.workers.look(is_open=self._is_open)
            if time.monotonic() - self._looked_at_s > _LOOK_EVERY_S:
                self._is_open = is_line_open()
                self._look_around()
            time.sleep(_TICK_S)

    def _has_time(self) -> bool:
        return time.monotonic() - self._began_s < self._plan.most_s

    def _look_around(self) -> None:
        self._looked_at_s = time.monotonic()
        self.people.look()
        self.people.shorten_waits()
        self.day.go_on(self._looked_at_s - self._began_s, is_open=self._is_open)
        if self._looked_at_s - self._said_at_s > _SAY_EVERY_S:
            self._say("going on")

    def _say(self, what: str) -> None:
        self._said_at_s = time.monotonic()
        ended = sum(run.finished for run in self.people.latest.values())
        counts = f"{self.day.given} faults, {self.workers.kills.total()} kills"
        line = "open" if self._is_open else "closed"
        after_s = self._said_at_s - self._began_s
        say(f"{after_s:.0f} s: {what}; {ended} of {len(self.people.latest)} runs ended, {counts}, line {line}")

    def _figures(self, day_s: int, lists: dict[str, str]) -> dict[str, Any]:
        everybody = self.people.schools
        by_school = judges.ended_runs(everybody)
        runs = [run for of_school in by_school for run in of_school]
        ended = [run for run in runs if run.state in judges.ENDS]
        requests = self.government.requests()
        return {
            "schools": len(everybody),
            "day_s": day_s,
            "all_s": round(time.monotonic() - self._began_s),
            **judges.effects(self.government, everybody, runs),
            "requests": len(requests),
            "runs": judges.endings(by_school[: len(self.schools)]),
            "table": judges.strangers(self._cloud, self.tag, everybody),
            "files": judges.certificates(ended, self._dice),
            "faults": self.day.given,
            "catalogue": self.catalogue,
            "lists": lists,
            "resumed_by_people": self.people.resumed,
            "waits_cut": self.people.waits_cut,
            "steps": dict(self.workers.steps),
            "kills": dict(self.workers.kills),
            "succeeded_after_s": sorted(self.workers.successions_s, reverse=True),
        }


def judge(figures: dict[str, Any], plan: Plan) -> dict[str, bool]:
    """The issue's bars, and whether each is met."""
    worst_s = max((after_s for after_s, _step in figures["succeeded_after_s"]), default=0.0)
    kills, table, files = figures["kills"], figures["table"], figures["files"]
    return {
        "no grade has more than one effect": figures["doubled"] == figures["nobodys"] == 0,
        "every grade has one": figures["without_effect"] == 0,
        "nothing is acknowledged that had none": figures["acknowledged_without_effect"] == 0,
        "two requests in any second at most": figures["most_in_a_second"] <= 2,
        "nothing of a school is in another's partition": table["strangers"] == 0 and table["sync_held_page"] > 0,
        "each run found what was planted": figures["runs"]["planted_not_found"] == 0,
        "each school's last run ended as planned": figures["runs"]["not_as_planned"] == 0,
        "each list was read as it was": all(said == AS_EXPECTED for said in figures["lists"].values()),
        "every file verifies": files["not_verified"] == 0 and files["certificates"] > 0,
        "no file verifies with another byte": files["altered_and_verified"] == 0 < files["altered"],
        f"a killed worker's run moves within {SUCCEEDED_WITHIN_S:g} s": worst_s <= SUCCEEDED_WITHIN_S,
        "each kill was succeeded": len(figures["succeeded_after_s"]) == sum(kills.values()),
        "workers were killed at each kind of transition": (
            kills.keys() == figures["steps"].keys() if plan.every_kind else sum(kills.values()) >= plan.kills
        ),
        "the catalogue was gone through": figures["faults"]
        == (figures["catalogue"] if plan.faults is None else plan.faults),
    }


def drill(cloud: Cloud, plan: Plan, plant: str = "", seed: int = SEED) -> dict[str, Any]:
    """One run from nothing; its figures, and which bars are met. Signing as the worker."""
    _forget(cloud)
    with tempfile.TemporaryDirectory(prefix="libreta-drill-") as folder:
        state = Path(folder) / "state.sqlite"
        with running_government(free_port(), state, REAL_WINDOW_S) as government:
            figures = Drill(cloud, government, plan, seed, plant).run()
    _forget(cloud)
    return figures | {"met": judge(figures, plan)}


def _forget(cloud: Cloud) -> None:
    """The line as new, and nobody's run on the due list."""
    forget_line(cloud)
    for entry in jobs.list_due(SYNC.name):
        jobs.remove_due(entry)


def main() -> int:
    """Run it; the last line is ``RESULT`` with the figures, the exit code tells whether every bar was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plant", choices=PLANTS, default="", help="run with a hole: the drill must fail")
    parser.add_argument("--short", action="store_true", help="the form that the tests run")
    parser.add_argument("--seed", type=int, default=SEED, help="what chance begins with (default: %(default)s)")
    options = parser.parse_args()
    with running_cloud() as cloud, acting_as("worker"):
        figures = drill(cloud, SHORT if options.short else Plan(), options.plant, options.seed)
    for bar, met in figures["met"].items():
        say(f"{'met' if met else 'MISSED'}: {bar}")
    return tell(figures)


if __name__ == "__main__":
    sys.exit(main())
