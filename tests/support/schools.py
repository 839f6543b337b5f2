"""A small school with everything an evaluation needs, and its people's identities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from edu import clock
from edu.identity.principal import Principal, Role
from edu.pseudonyms import pseudonyms_of
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import Evaluation, EvaluationKind
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.domain.school import Course, Enrolment, School, Section, Student, Teacher, Term

OPEN_TERM, CLOSED_TERM = "term-open", "term-closed"
_EXAM_WEIGHT = Decimal(10)


@dataclass(frozen=True)
class TestSchool:
    """One imported school: section ``mat-5a`` with its students, taught by ``teacher``; ``len-5a`` by a colleague."""

    __test__ = False

    school: School
    students: tuple[Student, ...]

    @property
    def school_id(self) -> str:
        """The school's id."""
        return self.school.school_id

    @property
    def teacher(self) -> Principal:
        """Who teaches ``mat-5a``."""
        return self.person(Role.TEACHER, "teacher-1")

    @property
    def colleague(self) -> Principal:
        """Who teaches ``len-5a`` only."""
        return self.person(Role.TEACHER, "teacher-2")

    def person(self, role: Role, person_id: str = "") -> Principal:
        """Somebody of this school."""
        return Principal(f"{role}-{person_id or 'x'}", role, self.school_id, person_id)


def import_school(school_id: str, *, students: int = 3, scale: str = "1-7") -> TestSchool:
    """Write a school into the table, and remember its students' keys, as a process does after its first writes.

    The signing service must be one that may assume ``platform``.
    """
    people = tuple(
        Student(
            student_id=f"student-{n:03d}",
            given_name=f"Íñigo {n}",
            family_name=f"Muñoz {school_id}",
            national_id=f"{n:08d}-X",
            birth_on=date(2014, 3, 1) + timedelta(days=n),
            grade_level=5,
        )
        for n in range(students)
    )
    today = clock.now().date()
    school = School(
        school_id=school_id,
        name=f"Escuela {school_id}",
        country="CL",
        time_zone="America/Santiago",
        locale="es-CL",
        scale=STANDARD_SCALES[scale],
        terms=(_term(CLOSED_TERM, today - timedelta(days=120)), _term(OPEN_TERM, today - timedelta(days=20))),
    )
    sections = tuple(
        Section(section_id=f"{course}-5a", course_id=f"{course}-5", school_year=2026, name=name, teacher_id=teacher)
        for course, name, teacher in (("mat", "5º A Matemática", "teacher-1"), ("len", "5º A Lenguaje", "teacher-2"))
    )
    services.import_school(
        actor=Principal("import", Role.SCHOOL_ADMIN, school_id),
        school=school,
        courses=[Course(course_id=f"{c}-5", name=c, grade_level=5) for c in ("mat", "len")],
        teachers=[Teacher(teacher_id=f"teacher-{n}", given_name="Ana", family_name="Pérez") for n in (1, 2)],
        sections=sections,
        students=people,
        enrolments=[Enrolment(section_id=s.section_id, student_id=p.student_id) for s in sections for p in people],
    )
    with enter_school(school_id):
        pseudonyms_of(person.student_id for person in people)
    return TestSchool(school, people)


def set_exam(
    school: TestSchool, *, title: str = "Prueba", weight: Decimal = _EXAM_WEIGHT, held_on: date | None = None
) -> Evaluation:
    """Set an exam in ``mat-5a``, held today unless another day is said. In the school's scope."""
    return services.create_evaluation(
        actor=school.teacher,
        section_id="mat-5a",
        term_id=OPEN_TERM,
        kind=EvaluationKind.EXAM,
        title=title,
        weight=weight,
        held_on=held_on or clock.now().date(),
    )


def _term(term_id: str, starts_on: date) -> Term:
    term = Term(
        term_id=term_id,
        name=term_id,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=60),
        closed=False,
        school_year=2026,
    )
    return replace(term, closed=term_id == CLOSED_TERM)
