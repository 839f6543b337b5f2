"""``make drill-lake``: events and grades come in a burst while workers and the cloud fail, and the lake is audited.

Devices send to the real door, whose messages the real consumers store; teachers record and correct scores. Consumers
get ``kill -9``, the emulated cloud is stopped and started with what it had, the lake is merged meanwhile. In the end
``lake_audit``'s comparison must close to zero for every school, with as many events as were acknowledged and as many
versions of grades as were written. Then rows are taken away and put twice: the audit must name exactly those, refill
what is missing, and close again, and find nothing more to do.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
import time
import uuid
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import django

import tests.environment  # noqa: F401 - before Django reads its settings

django.setup()

from datetime import timedelta  # noqa: E402 - Django's settings first
from decimal import Decimal  # noqa: E402

from analytics.domain.auditing import Fault  # noqa: E402
from analytics.domain.datasets import Dataset, Month  # noqa: E402
from analytics.domain.lineage import identity_of  # noqa: E402
from analytics.lake import files, layout, snapshots, store  # noqa: E402
from analytics.services import compacting  # noqa: E402
from analytics.services.auditing import Audited, Refill, Span, audit_span  # noqa: E402
from deploy.local.services import granian  # noqa: E402
from edu import clock  # noqa: E402
from edu.errors import LibretaError  # noqa: E402
from edu.identity.principal import Principal, Role  # noqa: E402
from edu.queues import BEHAVIOR  # noqa: E402
from edu.tenancy import enter_lake, enter_school  # noqa: E402
from evaluations import services as evaluations  # noqa: E402
from evaluations.domain.evaluation import ScoreState  # noqa: E402
from tests.drills.behavior import Device  # noqa: E402
from tests.support.cloud import acting_as, forget_sessions, running_cloud  # noqa: E402
from tests.support.issuer import CLIENT_ID, ISSUER, running_issuer  # noqa: E402
from tests.support.ports import free_port  # noqa: E402
from tests.support.processes import CONSUMER_IS_READY, SOURCE_ROOT, Process  # noqa: E402
from tests.support.queue_depth import depth_of  # noqa: E402
from tests.support.results import tell  # noqa: E402
from tests.support.schools import import_school, set_exam  # noqa: E402
from tests.support.waiting import wait_until  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud
    from tests.support.issuer import Issuer
    from tests.support.schools import TestSchool

OPERATOR: Final = Principal("drill", Role.PLATFORM_OPERATOR, None)
STUDENTS, CONSUMERS, VISIBILITY_S = 4, 2, "10"
_PATIENCE_S = 180.0


@dataclass(frozen=True)
class Plan:
    """How much of everything; ``sending_s`` in seconds, ``evaluations`` of each school, ``kills`` of consumers."""

    schools: int = 4
    events: int = 8000
    evaluations: int = 40
    kills: int = 10
    sending_s: float = 60.0


SHORT = Plan(schools=2, events=400, evaluations=4, kills=2, sending_s=6.0)


class Teacher:
    """Sets evaluations, records a score of each student in each, and corrects some, until all of it is written."""

    def __init__(self, school: TestSchool, count: int, seed: int) -> None:
        self._school, self._count = school, count
        self._dice = random.Random(seed)  # noqa: S311 - a drill is repeatable
        self.versions = 0

    def work(self) -> None:
        """Write everything, again and again where the cloud is away; ``versions`` counts what was written."""
        with enter_school(self._school.school_id):
            for number in range(self._count):
                evaluation = self._until_written(partial(self._set, number))
                for student in self._school.students:
                    self._grade(evaluation.evaluation_id, student.student_id)

    def _set(self, number: int) -> Any:
        return set_exam(self._school, title=f"Prueba {number}", weight=Decimal(1))

    def _grade(self, evaluation_id: str, student_id: str) -> None:
        ids: Any = {"evaluation_id": evaluation_id, "student_id": student_id}
        said: Any = {"actor": self._school.teacher, "state": ScoreState.RECORDED}
        score = self._until_written(lambda: evaluations.record_score(**ids, **said, value="5.0"))
        if self._dice.random() < 0.25:  # a quarter is corrected
            self._until_written(
                lambda: evaluations.correct_score(**ids, **said, value="6.5", version=score.version, reason="")
            )

    def _until_written(self, write: Any) -> Any:
        """A write whose answer was lost is found as written when it is tried again."""
        while True:
            try:
                found = write()
            except LibretaError as error:
                if not error.retryable:
                    raise
                time.sleep(self._dice.uniform(0.1, 0.5))
            else:
                self.versions += 1
                return found


class Drill:
    """The system under fire, and its judge."""

    def __init__(self, cloud: Cloud, issuer: Issuer, plan: Plan, seed: int) -> None:
        self._cloud, self._issuer, self._plan = cloud, issuer, plan
        self._dice = random.Random(seed)  # noqa: S311 - a drill is repeatable
        self._url = f"http://127.0.0.1:{free_port()}"
        self._schools = [import_school(f"colegio-{number:02}", students=STUDENTS) for number in range(plan.schools)]
        self._kills = self._restarts = 0

    def run(self) -> dict[str, Any]:
        """Burst, audit, plant, audit, refill, audit."""
        devices, teachers = self._burst()
        acknowledged = sum(len(device.acknowledged) for device in devices)
        written = sum(teacher.versions for teacher in teachers)
        began = time.monotonic()
        closed = self._closes(acknowledged)
        expected = self._expected()
        figures: dict[str, Any] = {
            "acknowledged": acknowledged,
            "answers": dict(sum((device.statuses for device in devices), Counter[str]())),
            "grade_writes": written,
            "kills": self._kills,
            "restarts": self._restarts,
            "closed_after_s": round(time.monotonic() - began, 1),
            "expected": expected,
            "merged": self._merge(),
        }
        met = {
            "every event was acknowledged in the end": acknowledged == self._share() * len(devices),
            "consumers were killed often enough": self._kills >= self._plan.kills,
            "the cloud was stopped and started": self._restarts == 1,
            "the audit closes after the burst": closed,
            "it expects each acknowledged event": expected["events"] == acknowledged,
            "it expects at least each grade that was written": expected["grades"] >= written,
            "it closes after a merge": self._is_closed(),
        }
        return figures | self._planted(met) | {"met": met}

    def _burst(self) -> tuple[list[Device], list[Teacher]]:
        devices = list(self._devices())
        teachers = [Teacher(school, self._plan.evaluations, n) for n, school in enumerate(self._schools)]
        queue = self._cloud.outputs["BehaviorQueueUrl"]
        sqs = self._cloud.root("sqs")
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": VISIBILITY_S})
        with ExitStack() as running:
            door = Process(
                [*granian("asgi", int(self._url.rsplit(":", 1)[1])), "behavior.door:app"], self._environment("web")
            )
            running.callback(door.stop)
            consumers = [self._consumer() for _ in range(CONSUMERS)]
            running.callback(_stop_all, consumers)
            threads = [
                threading.Thread(target=work) for work in (*(d.work for d in devices), *(t.work for t in teachers))
            ]
            for thread in threads:
                thread.start()
            self._break_while(threads, consumers)
            wait_until(lambda: self._is_drained(queue), what="the queue to be empty", timeout_s=_PATIENCE_S)
        return devices, teachers

    def _break_while(self, threads: list[threading.Thread], consumers: list[Process]) -> None:
        began = time.monotonic()
        while any(thread.is_alive() for thread in threads) or self._kills < self._plan.kills:
            time.sleep(self._plan.sending_s / (self._plan.kills + 1) * self._dice.uniform(0.5, 1.2))
            number = self._dice.randrange(len(consumers))
            consumers[number].kill()
            consumers[number] = self._consumer()
            self._kills += 1
            if not self._restarts and time.monotonic() - began > self._plan.sending_s / 3:
                self._cloud.emulator.stop()
                self._cloud.emulator.start()
                forget_sessions()
                self._restarts += 1
            with suppress(LibretaError):  # a merge that the cloud interrupts is tonight's to do again
                self._merge()

    def _is_drained(self, queue: str) -> bool:
        return depth_of(self._cloud.root("sqs"), queue) == 0

    def _devices(self) -> Iterator[Device]:
        for school in self._schools:
            for student in school.students:
                yield Device(
                    url=self._url,
                    token=self._issuer.token(
                        **{
                            "sub": str(uuid.UUID(int=self._dice.getrandbits(128), version=4)),
                            "custom:role": "student",
                            "custom:school_id": school.school_id,
                            "custom:person_id": student.student_id,
                        }
                    ),
                    dice=random.Random(self._dice.random()),  # noqa: S311 - as above
                    events=self._share(),
                    seconds=self._plan.sending_s,
                )

    def _share(self) -> int:
        return self._plan.events // (self._plan.schools * STUDENTS)

    def _consumer(self) -> Process:
        command = [sys.executable, str(SOURCE_ROOT / "manage.py"), BEHAVIOR.command]
        process = Process(command, self._environment("worker"))
        process.wait_until_ready(lambda: CONSUMER_IS_READY in process.log, "a consumer")
        return process

    def _environment(self, profile: str) -> dict[str, str]:
        told = {"JWKS_URL": self._issuer.url, "JWT_ISSUER": ISSUER, "USER_POOL_CLIENT_ID": CLIENT_ID}
        told |= {"EVENT_BATCH_S": "1", "EVENT_RETRY_S": "1", "LOG_LEVEL": "INFO"}
        environment = {f"LIBRETA_{name}": value for name, value in told.items()}
        return self._cloud.process_environment(profile, **(self._cloud.environment | environment))

    def _audit(self, *, refill: bool = False) -> dict[str, dict[Dataset, Audited]]:
        """Everything of the last day up to this instant, school by school."""
        now = clock.now() + timedelta(seconds=2)
        found: dict[str, dict[Dataset, Audited]] = {}
        for school in self._schools:
            with acting_as("operator"), enter_school(school.school_id):
                reason = Refill(OPERATOR, "drill") if refill else None
                audited = audit_span(Span(now - timedelta(days=1), now), refill=reason)
                found[school.school_id] = {one.dataset: one for one in audited}
        return found

    def _is_closed(self) -> bool:
        return all(one.findings.is_closed for found in self._audit().values() for one in found.values())

    def _closes(self, events: int) -> bool:
        """Whether it closes with all the events, once what is on its way has come."""
        with suppress(AssertionError):
            wait_until(
                lambda: self._is_closed() and self._expected()["events"] == events,
                what="the audit to close",
                timeout_s=_PATIENCE_S,
            )
            return True
        return False

    def _expected(self) -> dict[str, int]:
        totals = Counter[str]()
        for found in self._audit().values():
            for dataset, one in found.items():
                totals[str(dataset)] += one.findings.expected
        return dict(totals)

    def _merge(self) -> int:
        """Merge this month of every school; how many files there are afterwards."""
        count = 0
        for school in self._schools:
            with acting_as("worker"), enter_school(school.school_id):
                count += sum(compacting.compact_month(dataset, _this_month()).files_after for dataset in Dataset)
        return count

    def _planted(self, met: dict[str, bool]) -> dict[str, Any]:
        """Lose the merged files of the first school, put one of the second's rows twice, and look."""
        robbed, doubled = self._schools[0].school_id, self._schools[1].school_id
        lost = {dataset: self._lose_half(robbed, dataset) for dataset in Dataset}
        twice = self._put_again(doubled)
        found = self._audit()
        named = {dataset: set(one.findings.named.get(Fault.MISSING, ())) for dataset, one in found[robbed].items()}
        met["planted losses are found, all and only they"] = {
            dataset: one.findings.counts[Fault.MISSING] for dataset, one in found[robbed].items()
        } == {dataset: len(rows) for dataset, rows in lost.items()}
        met["they are named"] = all(named[dataset] <= lost[dataset] and named[dataset] for dataset in Dataset)
        met["a row put twice is named"] = (
            set(found[doubled][Dataset.EVENTS].findings.named.get(Fault.DOUBLED, ())) == twice
        )
        met["no other school is named"] = all(
            one.findings.is_closed for school, of in found.items() if school != robbed for one in of.values()
        )
        refilled = self._audit(refill=True)
        met["what was lost is refilled"] = {dataset: one.refilled for dataset, one in refilled[robbed].items()} == {
            dataset: len(rows) for dataset, rows in lost.items()
        }
        met["it closes again"] = self._is_closed()
        again = self._audit(refill=True)
        met["a second refill writes nothing"] = not any(one.refilled for of in again.values() for one in of.values())
        self._merge()
        met["it closes after the refill is merged"] = self._is_closed()
        return {"lost": {str(dataset): len(rows) for dataset, rows in lost.items()}, "doubled": len(twice)}

    def _lose_half(self, school_id: str, dataset: Dataset) -> set[tuple[Any, ...]]:
        """Take every second row out of the school's files of this month; what they were."""
        lost: set[tuple[Any, ...]] = set()
        with acting_as("worker"), enter_school(school_id), enter_lake():
            for found in snapshots.take_month(dataset, _this_month()).objects:
                rows = files.read_parquet(dataset, store.get_object(found.key).body).to_pylist()
                lost |= {identity_of(dataset, row) for row in rows[::2]}
                store.put_object(found.key, files.parquet_of(files.table_of(dataset, rows[1::2])))
        return lost

    def _put_again(self, school_id: str) -> set[tuple[Any, ...]]:
        with acting_as("worker"), enter_school(school_id), enter_lake():
            found = snapshots.take_month(Dataset.EVENTS, _this_month()).objects[0]
            rows = files.read_parquet(Dataset.EVENTS, store.get_object(found.key).body).to_pylist()[:5]
            body = files.parquet_of(files.table_of(Dataset.EVENTS, rows))
            store.put_object(f"{layout.month_folder(Dataset.EVENTS, _this_month())}again.parquet", body)
            return {identity_of(Dataset.EVENTS, row) for row in rows}


def _stop_all(processes: list[Process]) -> None:
    for process in processes:
        process.stop()


def _this_month() -> Month:
    return Month(clock.now().year, clock.now().month)


def main() -> int:
    """Run; the last line is ``RESULT`` with the figures, and the exit code tells whether every bar was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="the form that the tests run")
    plan = SHORT if parser.parse_args().short else Plan()
    with running_cloud(lasting=True) as cloud, running_issuer() as issuer, acting_as("worker"):
        figures = Drill(cloud, issuer, plan, seed=1).run()
    for bar, is_met in figures["met"].items():
        if not is_met:
            sys.stdout.write(f"missed: {bar}\n")
    return tell(json.loads(json.dumps(figures)))


if __name__ == "__main__":
    sys.exit(main())
