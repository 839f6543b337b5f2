"""Whatever is written, whenever it is committed and however the copy is read: in the end it is the school."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edu import audit_log, clock
from edu.dynamo.transactions import Transaction
from edu.errors import LibretaError
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import Score
from evaluations.domain.roster import RosterContent
from evaluations.domain.school import Enrolment, Student
from evaluations.services.roster.loading import _compared as compared
from evaluations.services.roster.starting import start_import
from tests.integration.evaluations.copies import Copy, admin_of, records_of
from tests.integration.evaluations.gradebook import correct, record, set_evaluation
from tests.support.cloud import acting_as
from tests.support.depth import depth
from tests.support.schools import TestSchool, import_school

if TYPE_CHECKING:
    from tests.support.cloud import Cloud

_REAL_NOW, _SERVER_ERROR = clock.now, 500
_LATEST = timedelta(minutes=31)  # after its instant: so late may a write that was sent in time be committed
_ANY = st.integers(0, 99)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["record", "correct", "correct_late", "void", "edit", "delete"]), _ANY),
        st.tuples(
            st.sampled_from(["set", "correct_late", "arrive", "begin_import", "advance_import", "undo_import"]), _ANY
        ),
        st.tuples(st.just("wait"), st.sampled_from([0, 1, 20, 300, 900, 1000])),
        st.tuples(st.sampled_from(["read", "read_and_crash"]), st.integers(1, 7)),
        st.tuples(st.just("poll"), st.integers(1, 20)),
    ),
    min_size=8,
    max_size=25,
)


@dataclass
class World:
    """A school to which things happen, its clock, and a copy of it."""

    school: TestSchool
    copy: Copy
    now: datetime
    evaluations: list[str] = field(default_factory=list)
    scores: dict[tuple[str, str], Score] = field(default_factory=dict)
    on_their_way: list[tuple[datetime, Transaction]] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)

    def do(self, what: str, how: int) -> None:
        """One step; what the school's rules refuse changes nothing."""
        try:
            getattr(self, f"do_{what}")(how)
        except LibretaError as error:
            if error.status >= _SERVER_ERROR:
                raise

    def do_set(self, _how: int) -> None:
        self.evaluations.append(set_evaluation(self.school))

    def do_record(self, how: int) -> None:
        if self.evaluations:
            evaluation_id = self.evaluations[how % len(self.evaluations)]
            self._keep(record(self.school, evaluation_id, "6.5", student=how % 3))

    def do_correct(self, how: int) -> None:
        if self.scores:
            self._keep(correct(self.school, self._score(how), f"{how % 6 + 1}.0"))

    def do_correct_late(self, how: int) -> None:
        """A correction that is sent now and committed by a later step."""
        if not self.scores:
            return
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Transaction, "commit", lambda sent: self.on_their_way.append((self.now, sent)))
            correct(self.school, self._score(how), f"{how % 6 + 1}.5")

    def do_arrive(self, _how: int) -> None:
        for _sent_at, transaction in self.on_their_way:
            transaction._sent_by = None
            try:
                transaction.commit()
            except LibretaError:
                continue  # somebody was faster: nothing was written
        self.on_their_way.clear()
        for key in self.scores:
            with enter_school(self.school.school_id):
                self.scores[key] = services.get_score(
                    actor=self.school.teacher, evaluation_id=key[0], student_id=key[1]
                )

    def do_void(self, how: int) -> None:
        if self.scores:
            score = self._score(how)
            place: dict[str, Any] = {"evaluation_id": score.evaluation_id, "student_id": score.student_id}
            self._keep(
                services.void_score(actor=self.school.teacher, version=score.version, reason="se repite", **place)
            )

    def do_edit(self, how: int) -> None:
        if self.evaluations:
            evaluation_id = self.evaluations[how % len(self.evaluations)]
            standing = services.get_evaluation(actor=self.school.teacher, evaluation_id=evaluation_id)
            change: dict[str, Any] = {"title": f"Prueba {how}", "reason": "otro nombre"}
            services.edit_evaluation(
                actor=self.school.teacher, evaluation_id=evaluation_id, version=standing.version, **change
            )

    def do_delete(self, how: int) -> None:
        if self.evaluations:
            evaluation_id = self.evaluations[how % len(self.evaluations)]
            standing = services.get_evaluation(actor=self.school.teacher, evaluation_id=evaluation_id)
            services.delete_evaluation(actor=self.school.teacher, evaluation_id=evaluation_id, version=standing.version)
            self.evaluations.remove(evaluation_id)

    def do_begin_import(self, how: int) -> None:
        """One that changes a student, brings one in, and ends or begins places, in parts of a kind each."""
        if not self.imports or not self._advanced().more:
            new = Student(student_id=f"nuevo-{how}", given_name="Rosa", family_name=f"Quispe {len(self.imports)}")
            place = Enrolment(section_id="len-5a", student_id=f"student-00{how % 3}")
            content = RosterContent(
                students=(new, self._renamed(how % 3)),
                enrolments=(Enrolment(section_id="mat-5a", student_id=new.student_id), *([] if how % 2 else [place])),
                left=(place,) if how % 2 else (),
                complete=frozenset(),
            )
            begun = start_import(actor=admin_of(self.school.school_id), preview=compared(content), hold=False)
            self.imports.append(begun.import_id)

    def do_advance_import(self, _how: int) -> None:
        if self.imports:
            self._advanced()

    def do_undo_import(self, _how: int) -> None:
        if self.imports and not self._advanced().more:
            services.undo_import(
                actor=admin_of(self.school.school_id), import_id=self.imports[-1], reason="no era este curso"
            )

    def do_wait(self, how: int) -> None:
        """Time goes by; what is on its way arrives before it is too late for it."""
        until = self.now + timedelta(seconds=how)
        if any(until - sent_at > _LATEST for sent_at, _ in self.on_their_way):
            self.do_arrive(0)
        self.now = until

    def do_read(self, how: int) -> None:
        self.copy.take(self.copy.ask(limit=how))

    def do_read_and_crash(self, how: int) -> None:
        """The page is taken over, and its cursor is lost."""
        kept = self.copy.cursor
        self.copy.take(self.copy.ask(limit=how))
        self.copy.cursor = kept

    def do_poll(self, how: int) -> None:
        """The copy is kept up to date every minute."""
        for _minute in range(how):
            self.do_wait(60)
            self.copy.catch_up(limit=7)

    def end(self) -> None:
        """Everything arrives, imports end, time goes by, and the copy catches up."""
        self.do_arrive(0)
        while self.imports and self._advanced().more:
            pass
        self.now += audit_log.SETTLED_AFTER + timedelta(seconds=1)
        self.copy.catch_up(limit=5)

    def _advanced(self) -> services.Progress:
        return services.advance_import(import_id=self.imports[-1], limit=1)

    def _keep(self, score: Score) -> None:
        self.scores[score.evaluation_id, score.student_id] = score

    def _score(self, how: int) -> Score:
        return sorted(self.scores.values(), key=lambda one: (one.evaluation_id, one.student_id))[how % len(self.scores)]

    def _renamed(self, number: int) -> Student:
        return Student(
            student_id=f"student-00{number}",
            given_name="Íñigo",
            family_name=f"Otro {len(self.imports)}",
            birth_on=date(2014, 3, 1),
        )


@settings(
    max_examples=depth(5, 12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS, before_midnight=st.sampled_from([None, 60, 1200]), whole=st.booleans())
def test_copy_is_the_school_in_the_end(
    cloud: Cloud, steps: list[tuple[str, int]], before_midnight: int | None, *, whole: bool
) -> None:
    """Also around the first of a month, where the log goes on in another partition."""
    start = _start(before_midnight)
    school_id = f"copia-{uuid.uuid4().hex[:8]}"
    with pytest.MonkeyPatch.context() as patch, acting_as("worker"):
        patch.setattr(clock, "now", lambda: start)
        world = World(import_school(school_id), Copy(school_id), start)
        patch.setattr(clock, "now", lambda: world.now)
        world.copy.begin_whole(limit=4) if whole else world.copy.begin(since=start - timedelta(hours=1))
        with enter_school(school_id):
            for what, how in [("set", 0), ("record", 0), ("record", 1), *steps]:
                world.do(what, how)
            world.end()
        assert world.copy.records == records_of(cloud, school_id)


def _start(before_midnight: int | None) -> datetime:
    """Now, or so many seconds before the next month."""
    now = _REAL_NOW()
    if before_midnight is None:
        return now
    first = (now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)
    return first - timedelta(seconds=before_midnight)
