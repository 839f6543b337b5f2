"""Two schools before one simulated government: whose run is attacked, and who must be neither seen nor touched."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest import mock

from django.conf import settings

from edu.tenancy import enter_school
from govsync import client, services
from govsync.domain.batches import Batch, canonical_body
from govsync.repository import runs
from tests.integration.govsync.support import (
    API_KEY,
    RUN_ID,
    Driver,
    Government,
    record_grades,
    running_government,
    shifted_clock,
)
from tests.isolation.routes import digest_of
from tests.support.cloud import Cloud
from tests.support.ports import free_port
from tests.support.schools import OPEN_TERM, TestSchool, import_school

if TYPE_CHECKING:
    from govsync.client import Shape

_OWN_VALUES, _NEXT_VALUES = ("5.5", "6.0"), ("2.1", "2.2")
_PLACE_FIELDS = ("school_id", "term_id")


@dataclass(frozen=True)
class NextSchool:
    """A school whose run has ended well, with what would tell of it elsewhere."""

    school_id: str
    batch: Batch
    held: list[dict[str, Any]]
    ticket: str

    @property
    def place(self) -> dict[str, str]:
        """Its school and term, as questions have them."""
        return {"school_id": self.school_id, "term_id": OPEN_TERM}

    @property
    def echo(self) -> dict[str, str]:
        """What an answer about its batch says of its question."""
        return {"batch_id": self.batch.batch_id, **self.place}

    @property
    def results(self) -> list[dict[str, Any]]:
        """The decision on its batch."""
        return [
            {**dict(zip(("evaluation_id", "student_id", "version"), grade.key, strict=True)), "status": "accepted"}
            for grade in self.batch.grades
        ]

    @property
    def marks(self) -> dict[str, str]:
        """Texts that are its own alone, and of what kind each is."""
        grades = self.batch.grades
        return {
            self.school_id: "A SCHOOL",
            self.batch.batch_id: "A BATCH",
            **dict.fromkeys((grade.evaluation_id for grade in grades), "AN EVALUATION"),
            **dict.fromkeys((grade.student_id for grade in grades), "A STUDENT"),
            **dict.fromkeys(_NEXT_VALUES, "A VALUE"),
        }

    def send(self) -> None:
        """Send its batch."""
        body = canonical_body(self.batch.number, self.batch.grades, **self.place, run_id=RUN_ID)
        client.government().submit(self.batch, body, **self.place)

    def ask_the_same(self, on: str) -> None:
        """Ask what its neighbour is about to ask."""
        government = client.government()
        if on == "held":
            government.list_held(school_id=self.school_id, term_id=OPEN_TERM, cursor=None)
        elif on == "submit":
            self.send()
        else:
            receipt = self.ticket if settings.GOV_API_SHAPE == client.Shape.UPLOAD and on == "ask" else ""
            government.ask(replace(self.batch, receipt=receipt), **self.place)


@dataclass(frozen=True)
class World:
    """The government and the next school; own schools are made one for each attack."""

    cloud: Cloud
    driver: Driver
    next_school: NextSchool
    token: str
    numbers: Iterator[int] = field(default_factory=partial(count, 1))

    @property
    def government(self) -> Government:
        """The simulator."""
        return self.driver.government

    def begin_anew(self) -> None:
        """The government as it was when it had heard of the next school alone."""
        self.government.clear()
        with of_shape(client.Shape.UPLOAD):
            self.next_school.send()

    def next_digest(self) -> str:
        """A digest of all that the next school has."""
        return digest_of(self.cloud, self.next_school.school_id)

    def new_school(self) -> TestSchool:
        """A school with a started run of two grades."""
        return _started(f"{self.token}-{next(self.numbers)}", _OWN_VALUES)

    def foreign_in(self, school_id: str) -> list[str]:
        """What of the next school stands in a school's partitions, root looking."""
        texts = [text for item in self.cloud.items_of(school_id) for text in _texts(item)]
        marks = self.next_school.marks
        return sorted({kind for mark, kind in marks.items() if any(_holds(text, mark) for text in texts)})


@contextmanager
def running_world(cloud: Cloud) -> Iterator[World]:
    """A government, and a school that it holds the grades of."""
    token = f"obra-{uuid.uuid4().hex[:6]}"
    with (
        TemporaryDirectory() as folder,
        running_government(free_port(), Path(folder) / "state.sqlite", 0.0) as government,
        shifted_clock() as shifted,
        mock.patch.multiple(settings, GOV_API_URL=government.url, GOV_API_KEY=API_KEY, GOV_API_KEY_SECRET=""),
    ):
        driver = Driver(government, shifted)
        yield World(cloud, driver, _next_school(f"{token}-next", driver), token)


@contextmanager
def of_shape(shape: Shape) -> Iterator[None]:
    """The government has this shape."""
    with mock.patch.object(settings, "GOV_API_SHAPE", str(shape)):
        yield


def _next_school(school_id: str, driver: Driver) -> NextSchool:
    """Its students are not those that other schools have too, and its batch has a receipt."""
    with of_shape(client.Shape.UPLOAD):
        _started(school_id, _NEXT_VALUES, students=4)
        with enter_school(school_id):
            driver.finish()
    with enter_school(school_id):
        batch = runs.get_batch(RUN_ID, 1)
    held = [
        {name: value for name, value in grade.items() if name not in _PLACE_FIELDS}
        for grade in driver.government.held(school_id=school_id)
    ]
    return NextSchool(school_id, batch, held, batch.receipt)


def _started(school_id: str, values: tuple[str, ...], students: int = 2) -> TestSchool:
    school = import_school(school_id, students=students)
    graded = replace(school, students=school.students[-len(values) :])
    with enter_school(school_id):
        record_grades(graded, *values)
        services.start_sync(term_id=OPEN_TERM, actor="somebody")
    return graded


def _texts(value: Any) -> Iterator[str]:
    """Every text in an item, wherever it stands."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield str(value)


def _holds(text: str, mark: str) -> bool:
    """A value is a text of its own; an id may be a part of one."""
    return text == mark if mark in _NEXT_VALUES else mark in text
