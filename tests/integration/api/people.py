"""A school with records to hit, the tokens of its people, and generated requests turned towards those records."""

from __future__ import annotations

import uuid
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from analytics import services as analytics
from analytics.queries.pass_rates import PassRates
from analytics.services.exporting import making
from edu import clock
from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.teaching import MOST_ASSIGNMENTS, Capacity
from tests.integration.evaluations.conftest import ApiClient, account_of
from tests.integration.evaluations.gradebook import record, set_evaluation
from tests.support.cloud import acting_as
from tests.support.schools import CLOSED_TERM, OPEN_TERM, import_school
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from tests.support.schools import TestSchool

_STUDENTS = 20
_CORRECTED, _VOIDED = "student-000", "student-001"
_IDS = frozenset(
    {
        *("evaluation_id", "student_id", "section_id", "term_id", "term", "teacher_id", "assignment_id", "export_id"),
        *("section", "course", "run_id"),
    }
)
_FRESH = frozenset({"Idempotency-Key", "If-Match", "If-None-Match"})
_MADE = {"assignment_id": "", "starts_on": "", "ends_on": ""}  # of teachers: another each time
_SHARED = "len-5a"  # where assignments are ended; they are made in the other section


@dataclass(frozen=True)
class People:
    """Tokens by role, and values by field with which a request has a chance to succeed."""

    tokens: dict[Role, str]
    values: dict[str, Any]
    next_evaluation: Callable[[], str]
    next_student: Callable[[], str]
    next_day: Callable[[], str]
    next_assignment: Callable[[], str]
    sent: Counter[str] = field(default_factory=Counter)

    def headers(self, role: Role) -> dict[str, str]:
        """The headers of this role's person."""
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    def sender(self, case: Any) -> dict[str, str]:
        """The headers of one of the staff, always the same for the same request."""
        return self.headers((Role.TEACHER, Role.SCHOOL_ADMIN)[_digest(case) % 2])

    def requests(self, case: Any) -> Iterator[Any]:
        """The request as generated, at records that exist, and sensible besides.

        Turned towards them many become the same: then a read is sent once, and a write once more, which may be refused.
        A method that the address does not offer is refused wherever it is sent.
        """
        yield case
        if case.method == case.operation.method.upper():
            for only_ids in (True, False):
                if self._is_worth_sending(case, only_ids=only_ids):
                    yield self.aimed(case, only_ids=only_ids)

    def _is_worth_sending(self, case: Any, *, only_ids: bool) -> bool:
        values = self.values | (_MADE if "/teachers" in case.operation.path else {})
        headers = {name: value for name, value in (case.headers or {}).items() if name not in _FRESH}
        parts = (_with_values(part, values) for part in (case.path_parameters, case.query))
        body = _with_values(case.body, _only_ids(values) if only_ids else values)
        request = repr((case.operation.label, self.sender(case), *parts, headers, body))
        self.sent[request] += 1
        return self.sent[request] <= (1 if case.method == "GET" else 2)

    def aimed(self, case: Any, *, only_ids: bool = False) -> Any:
        """The same request at records that exist, with its headers fresh; the rest as sensible, or as generated."""
        values = self._values_for(case)
        kept = _only_ids(values) if only_ids else values
        places = _with_values(case.path_parameters, values)
        return case.operation.Case(
            method=case.method,
            path_parameters=places,
            query=_with_values(case.query, values),
            headers=self._fresh(case, places),
            body=_with_values(case.body, kept),
            media_type=case.media_type,
        )

    def _values_for(self, case: Any) -> dict[str, Any]:
        values = dict(self.values)
        path = case.operation.path
        if case.method in {"DELETE", "PATCH"}:
            values["evaluation_id"] = self.next_evaluation()
        if case.method == "POST" and path.endswith("/scores"):
            values["student_id"] = self.next_student()
        if path.endswith("/teachers"):
            values["starts_on"] = values["ends_on"] = self.next_day()
        if path.endswith("/end"):
            values |= {"section_id": _SHARED, "assignment_id": self.next_assignment(), "ends_on": None}
        if path.endswith("/void"):
            values["student_id"] = _VOIDED
        if path.endswith("/behavior"):
            values["value"] = 5.5  # an event's is a number, a score's is text
        if "/terms/" in path:
            values["term_id"] = CLOSED_TERM  # opened and closed again, so that the others find theirs open
        return values

    def _fresh(self, case: Any, places: Any) -> Any:
        """An Idempotency-Key nobody used and the version that stands now, where the request has these headers."""
        headers = dict(case.headers or {})
        if "Idempotency-Key" in headers:
            headers["Idempotency-Key"] = uuid.uuid4().hex
        if {"If-Match", "If-None-Match"} <= headers.keys():
            del headers["If-None-Match"]  # one condition only
        if "If-Match" in headers and isinstance(places, dict) and "evaluation_id" in places:
            path = f"/evaluations/{places['evaluation_id']}"
            if "student_id" in places:
                path += f"/scores/{places['student_id']}"
            headers["If-Match"] = ApiClient(self.tokens[Role.TEACHER]).get(path).headers.get("ETag", '"1"')
        elif "If-Match" in headers and isinstance(places, dict) and "section_id" in places:
            path = f"/sections/{places['section_id']}/teachers"
            headers["If-Match"] = ApiClient(self.tokens[Role.SCHOOL_ADMIN]).get(path).headers.get("ETag", '"1"')
        return headers


def make_people(school_id: str) -> People:
    """Import a school, write grades into it and sign its people in."""
    with acting_as("worker"):
        school = import_school(school_id, students=_STUDENTS)
    with enter_school(school_id):
        graded = set_evaluation(school)
        record(school, graded, "6.5")
        record(school, graded, "3.0", student=1)
        run = analytics.ask(actor=school.person(Role.SCHOOL_ADMIN), question=PassRates(OPEN_TERM), wait_s=20)
    accounts = {
        Role.TEACHER: account_of(school, Role.TEACHER, "teacher-1"),
        Role.SCHOOL_ADMIN: account_of(school, Role.SCHOOL_ADMIN),
        Role.STUDENT: account_of(school, Role.STUDENT, _CORRECTED),
    }
    numbers, days = count(2), count()
    today = clock.now().date()
    return People(
        tokens={role: id_token_of(account) for role, account in accounts.items()},
        values=_sensible(school) | {"evaluation_id": graded, "export_id": _made_export(school), "run_id": run.run_id},
        next_evaluation=lambda: _another_evaluation(school),
        next_student=lambda: f"student-{next(numbers) % _STUDENTS:03d}",
        next_day=lambda: _day_after(today, next(days)),
        next_assignment=lambda: _standing_assignment(school),
    )


def _made_export(school: TestSchool) -> str:
    with acting_as("worker"), enter_school(school.school_id):
        export = analytics.order_export(actor=school.person(Role.SCHOOL_ADMIN))
        making.make_export(export_id=export.export_id)
    return export.export_id


def _sensible(school: TestSchool) -> dict[str, str]:
    term = next(term for term in school.school.terms if term.term_id == OPEN_TERM)
    return {
        "student_id": _CORRECTED,
        "section_id": "mat-5a",
        "term_id": OPEN_TERM,
        "term": OPEN_TERM,
        "state": "recorded",
        "value": "5.5",
        "reason": "Error de suma",
        "kind": "quiz",
        "title": "Control",
        "weight": "2",
        "held_on": term.starts_on.isoformat(),
        "teacher_id": "teacher-2",
        "capacity": "co_teacher",
        "occurred_at": clock.now().isoformat(),
        "section": "mat-5a",
        "course": "mat-5",
        "first_on": term.starts_on.isoformat(),
        "last_on": term.starts_on.isoformat(),
    }


def _another_evaluation(school: TestSchool) -> str:
    with enter_school(school.school_id):
        return set_evaluation(school, "1")


def _day_after(today: date, number: int) -> str:
    return (today + timedelta(days=1 + number)).isoformat()


def _standing_assignment(school: TestSchool) -> str:
    """Somebody who shares the section, for a request that ends that."""
    admin = school.person(Role.SCHOOL_ADMIN)
    with enter_school(school.school_id):
        found = services.list_section_teachers(actor=admin, section_id=_SHARED)
        others = found.section.others or ()
        if len(others) < MOST_ASSIGNMENTS and all(one.is_over(found.today) for one in others):
            found = services.assign_teacher(
                actor=admin,
                section_id=_SHARED,
                version=found.version,
                teacher_id="teacher-1",
                capacity=Capacity.CO_TEACHER,
            )
    return (found.section.others or ())[-1].assignment_id


def _only_ids(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in _IDS}


def _digest(case: Any) -> int:
    return zlib.crc32(repr((case.path_parameters, case.query, dict(case.headers or {}), case.body)).encode())


def _with_values(part: Any, values: Mapping[str, Any]) -> Any:
    """The part with the fields it has replaced, at any depth; what is no object or list stays."""
    match part:
        case dict():
            return {
                name: values[name] if name in values else _with_values(inner, values) for name, inner in part.items()
            }
        case list():
            return [_with_values(inner, values) for inner in part]
        case _:
            return part
