"""Two schools worth leaking: each with a word in every name, title and note that no request ever sends.

Ids hold a second word. A request names ids, and an error may repeat what was sent; so the first word must never come
back from the other school, and the second only in the ids that were sent.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from django.contrib.admin.utils import quote
from django.test import Client

from analytics import services as analytics
from analytics.queries.pass_rates import PassRates
from analytics.services.exporting import making
from edu import audit, clock
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import Evaluation, EvaluationKind, Score, ScoreState
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.domain.school import Course, Enrolment, School, Section, Student, Teacher, Term
from evaluations.domain.teaching import Capacity
from tests.support.browsers import Browser
from tests.support.cloud import acting_as
from tests.support.events import store as store_events
from tests.support.tokens import PASSWORD, id_token_of, make_account

HOST = "localhost"
LOGIN = "/admin/login/"
STAFF = (Role.SCHOOL_ADMIN, Role.AUDITOR, Role.PLATFORM_OPERATOR)
_MORE_THAN_A_PAGE = 52
_OPEN_DAYS_AGO, _CLOSED_DAYS_AGO, _TERM_DAYS = 20, 150, 80


@dataclass
class ProbeSchool:
    """A seeded school, who can ask for it, and the ids by which its things are asked for."""

    school_id: str
    word: str
    id_word: str
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[Role, str] = field(default_factory=dict)
    consoles: dict[Role, Client] = field(default_factory=dict)

    def leaks_in(self, text: str, sent: str) -> bool:
        """Whether ``text`` tells something of this school that the request (``sent``) did not say itself."""
        lowered = text.lower()
        for known in self.ids.values():
            if known in sent or path_id(known) in sent:
                lowered = lowered.replace(known.lower(), "").replace(path_id(known).lower(), "")
        return self.word in lowered or self.id_word in lowered


def seed_pair() -> tuple[ProbeSchool, ProbeSchool]:
    """Two schools, the second's id the first's with one more character; with tokens and signed-in consoles."""
    school_id = f"ruta-{uuid.uuid4().hex[:6]}"
    first, second = _seed(school_id), _seed(f"{school_id}0")
    for school in (first, second):
        _sign_everybody_in(school)
    return first, second


def _seed(school_id: str) -> ProbeSchool:
    probe = ProbeSchool(school_id, word=f"voz{uuid.uuid4().hex[:10]}", id_word=f"id{uuid.uuid4().hex[:10]}")
    made = {"school_id": school_id}
    made |= {name: f"{prefix}-{probe.id_word}" for name, prefix in _ID_PREFIXES.items()}
    made["open_day"] = clock.now().date().isoformat()
    probe.ids = made
    terms = _terms(probe)
    with acting_as("worker"):
        services.import_school(
            actor=Principal("import", Role.SCHOOL_ADMIN, school_id),
            school=School(
                school_id=school_id,
                name=f"Escuela {probe.word}",
                country="CL",
                time_zone="America/Santiago",
                locale="es-CL",
                scale=STANDARD_SCALES["1-7"],
                terms=terms,
            ),
            courses=[Course(course_id=made["course_id"], name=f"Curso {probe.word}", grade_level=5)],
            teachers=[
                Teacher(teacher_id=made[name], given_name=f"Ana {probe.word}", family_name=f"Soto {probe.word}")
                for name in ("teacher_id", "colleague_id", "substitute_id")
            ],
            sections=[_section(probe)],
            students=[_student(probe, "student_id"), _student(probe, "ungraded_student_id")],
            enrolments=[
                Enrolment(section_id=made["section_id"], student_id=made[name])
                for name in ("student_id", "ungraded_student_id")
            ],
        )
    _seed_grades(probe, terms[1])
    _seed_substitute(probe)
    _seed_events(probe)
    _seed_export(probe)
    _seed_run(probe)
    return probe


def _seed_export(probe: ProbeSchool) -> None:
    """An export that was made."""
    with acting_as("worker"), enter_school(probe.school_id):
        actor = Principal("export", Role.SCHOOL_ADMIN, probe.school_id)
        probe.ids["export_id"] = analytics.order_export(actor=actor).export_id
        making.make_export(export_id=probe.ids["export_id"])


def _seed_run(probe: ProbeSchool) -> None:
    """A question that the school's administrator put to its lake."""
    admin = Principal("seed", Role.SCHOOL_ADMIN, probe.school_id)
    with enter_school(probe.school_id):
        asked = analytics.ask(actor=admin, question=PassRates(probe.ids["term_id"]), wait_s=20)
    probe.ids |= {"run_id": asked.run_id, "question": asked.question.NAME}


_ID_PREFIXES = {
    "section_id": "sec",
    "course_id": "cur",
    "teacher_id": "doc",
    "colleague_id": "col",
    "substitute_id": "sup",
    "student_id": "est",
    "ungraded_student_id": "nov",
    "term_id": "per",
    "closed_term_id": "cer",
    "evaluation_id": "eva",
    "spare_evaluation_id": "rep",
    "cancelled_evaluation_id": "anu",
}


_NAMED_EVALUATIONS = ("cancelled_evaluation_id", "spare_evaluation_id", "evaluation_id")


def _terms(probe: ProbeSchool) -> tuple[Term, Term]:
    today = clock.now().date()

    def term(name: str, days_ago: int) -> Term:
        starts_on = today - timedelta(days=days_ago)
        return Term(
            term_id=probe.ids[name],
            name=f"Periodo {probe.word}",
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=_TERM_DAYS),
            closed=False,
            school_year=clock.now().year,
        )

    return replace(term("closed_term_id", _CLOSED_DAYS_AGO), closed=True), term("term_id", _OPEN_DAYS_AGO)


def _section(probe: ProbeSchool) -> Section:
    return Section(
        section_id=probe.ids["section_id"],
        course_id=probe.ids["course_id"],
        school_year=clock.now().year,
        name=f"5º {probe.word}",
        teacher_id=probe.ids["teacher_id"],
    )


def _student(probe: ProbeSchool, name: str) -> Student:
    return Student(
        student_id=probe.ids[name],
        given_name=f"Íñigo {probe.word}",
        family_name=f"Muñoz {probe.word}",
        national_id=f"{probe.word.upper()}-K",
        birth_on=clock.now().date().replace(year=2014, day=1),
        grade_level=5,
    )


def _seed_grades(probe: ProbeSchool, term: Term) -> None:
    """Evaluations enough for a second page; the named ones are the latest."""
    actor = Principal(f"sub-{probe.id_word}", Role.SCHOOL_ADMIN, probe.school_id)
    numbered = [f"{number:02d}-{probe.id_word}" for number in range(_MORE_THAN_A_PAGE)]
    with enter_school(probe.school_id):
        for position, evaluation_id in enumerate([*numbered, *(probe.ids[name] for name in _NAMED_EVALUATIONS)]):
            evaluation = Evaluation(
                evaluation_id=evaluation_id,
                section_id=probe.ids["section_id"],
                course_id=probe.ids["course_id"],
                term_id=term.term_id,
                kind=EvaluationKind.EXAM,
                title=f"Prueba {probe.word}",
                weight=Decimal("1.00"),
                held_on=term.starts_on + timedelta(days=min(position // 4, _OPEN_DAYS_AGO)),
                version=1,
                created_by=actor.subject,
                created_at=clock.now(),
            )
            is_scored = evaluation_id == probe.ids["evaluation_id"]
            scores = [_score(evaluation, probe.ids["student_id"])] if is_scored else []
            services.import_evaluation(actor=actor, evaluation=evaluation, scores=scores)
        month = clock.now().strftime("%Y-%m")
        entry = audit.list_month(month, limit=1).items[0]
    probe.ids["entry_key"] = audit.entry_key_of(entry)
    probe.ids["month"] = month


def _seed_substitute(probe: ProbeSchool) -> None:
    """Somebody who stands in, which an administrator may end."""
    today = clock.now().date()
    with enter_school(probe.school_id):
        found = services.assign_teacher(
            actor=Principal(f"sub-{probe.id_word}", Role.SCHOOL_ADMIN, probe.school_id),
            section_id=probe.ids["section_id"],
            version=1,
            teacher_id=probe.ids["substitute_id"],
            capacity=Capacity.SUBSTITUTE,
            starts_on=today - timedelta(days=1),
            ends_on=today + timedelta(days=10),
            reason=f"Licencia {probe.word}",
        )
    [assignment] = found.section.others or ()
    probe.ids["assignment_id"] = assignment.assignment_id


def _score(evaluation: Evaluation, student_id: str) -> Score:
    return Score(
        evaluation_id=evaluation.evaluation_id,
        student_id=student_id,
        section_id=evaluation.section_id,
        course_id=evaluation.course_id,
        term_id=evaluation.term_id,
        kind=evaluation.kind,
        state=ScoreState.RECORDED,
        value="6.1",
        version=1,
        recorded_by=evaluation.created_by,
        recorded_at=clock.now(),
    )


def _seed_events(probe: ProbeSchool) -> None:
    now = clock.now().isoformat()
    events: list[object] = [
        {"event_id": str(uuid.uuid4()), "kind": "participation", "occurred_at": now, "note": f"Nota {probe.word}"}
        for _ in range(_MORE_THAN_A_PAGE)
    ]
    store_events(probe.school_id, probe.ids["student_id"], [*events, {"mal": probe.word}])


def _sign_everybody_in(probe: ProbeSchool) -> None:
    persons = {Role.TEACHER: probe.ids["teacher_id"], Role.STUDENT: probe.ids["student_id"]}
    for role in Role:
        school_id = None if role is Role.PLATFORM_OPERATOR else probe.school_id
        account = make_account(f"{role}.{probe.school_id}", role, school_id, persons.get(role, ""))
        probe.tokens[role] = id_token_of(account)
    sign_in_staff(probe)


def sign_in_staff(probe: ProbeSchool) -> None:
    """A fresh console session for each role that has one."""
    probe.consoles = {role: signed_in(f"{role}.{probe.school_id}") for role in STAFF}


def signed_in(username: str) -> Client:
    """A browser that has signed in at the console."""
    client = new_client()
    answer = client.post(f"{LOGIN}?next=/admin/", {"username": username, "password": PASSWORD})
    assert answer.status_code == 302, "the console let a member of staff of the matrix not in"
    return client


def new_client() -> Client:
    """A browser without anything, which is shown errors as a client sees them."""
    return Browser(raise_request_exception=False, SERVER_NAME=HOST)


def path_id(value: str) -> str:
    """An id as the console's addresses spell it."""
    return str(quote(value))
