"""``manage.py seed_demo``: made-up schools with people, evaluations, scores and logins."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError, CommandParser

from edu import clock
from edu.commands import OperatorCommand
from edu.identity.cognito import Account, ensure_account
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from edu.values import whole_number
from evaluations import services
from evaluations.demo import generate
from evaluations.domain.teaching import Capacity
from evaluations.errors import EvaluationCancelledError
from evaluations.services import ImportedScores

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evaluations.demo import DemoSchool
    from evaluations.domain.evaluation import Evaluation, Score

_SEED = 2026
_IMPORTER = Principal("demo-import", Role.SCHOOL_ADMIN, None)
_LOGINS_PER_ROLE = 2
_MISTAKEN = "Se registró dos veces"


class Command(OperatorCommand):
    """Fills an empty system with data that looks real and belongs to nobody. Idempotent: a second run adds nothing."""

    help = "Make demo schools; print or write the logins of some of their people."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the command line."""
        parser.add_argument("--schools", type=whole_number, default=2, help="1 to 50 (default: %(default)s)")
        parser.add_argument("--students", type=whole_number, default=80, help="in all schools together, up to 5000")
        parser.add_argument("--logins-file", type=Path, help="write the logins there instead of printing them")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Import school by school, then make accounts."""
        today = clock.now().date()
        try:
            schools = generate(_SEED, options["schools"], options["students"], today=today, closed_terms=True)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        password = f"Demo-{secrets.token_urlsafe(9)}1a"
        accounts = [Account("operaciones", Role.PLATFORM_OPERATOR, None)]
        for demo in schools:
            self._import(demo)
            accounts += _accounts(demo)
        for account in accounts:
            ensure_account(account, password)
        self._hand_out(accounts, password, options["logins_file"])

    def _import(self, demo: DemoSchool) -> None:
        services.import_school(
            actor=_IMPORTER,
            school=demo.school,
            courses=demo.courses,
            teachers=demo.teachers,
            sections=demo.sections,
            students=demo.students,
            enrolments=demo.enrolments,
        )
        evaluations, written, different = {e.evaluation_id: e for e in demo.evaluations}, 0, 0
        with enter_school(demo.school.school_id):
            for evaluation_id, scores in groupby(demo.scores(), key=lambda score: score.evaluation_id):
                imported = _import_evaluation(evaluations[evaluation_id], scores)
                written, different = written + len(imported.created), different + len(imported.different)
            _cancel(demo.mistaken)
            self._assign(demo)
        counts = f"{len(demo.students)} students, {len(demo.sections)} sections, {written} new scores"
        counts += f", {different} different here and left as they are" if different else ""
        self.stdout.write(f"      {demo.school.school_id}: {counts}")
        self.stdout.flush()

    def _assign(self, demo: DemoSchool) -> None:
        """Have the other teachers teach, where nobody has changed that."""
        for one in demo.assignments:
            found = services.list_section_teachers(actor=_IMPORTER, section_id=one.section_id)
            if found.version == 1:
                services.assign_teacher(actor=_IMPORTER, version=1, **asdict(one))

    def _hand_out(self, accounts: list[Account], password: str, path: Path | None) -> None:
        people = [
            {"username": a.username, "role": str(a.role), "school_id": a.school_id or "", "person_id": a.person_id}
            for a in accounts
        ]
        text = json.dumps({"password": password, "people": people}, indent=2)
        if path is None:
            self.stdout.write(text)
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")


def _import_evaluation(evaluation: Evaluation, scores: Iterable[Score]) -> ImportedScores:
    try:
        return services.import_evaluation(actor=_IMPORTER, evaluation=evaluation, scores=scores)
    except EvaluationCancelledError:  # by an earlier run, or by somebody who tries things
        return ImportedScores()


def _cancel(evaluation_id: str) -> None:
    """Cancel it unless anybody has changed it, an earlier run for one."""
    evaluation = services.get_evaluation(actor=_IMPORTER, evaluation_id=evaluation_id)
    if evaluation.version == 1:
        services.cancel_evaluation(actor=_IMPORTER, evaluation_id=evaluation_id, version=1, reason=_MISTAKEN)


def _accounts(demo: DemoSchool) -> list[Account]:
    """Logins for some of a school's people; their names say role, number and school, nothing personal."""
    school_id = demo.school.school_id
    teaching = sorted({section.teacher_id for section in demo.sections})[:_LOGINS_PER_ROLE]
    standing_in = [one.teacher_id for one in demo.assignments if one.capacity is Capacity.SUBSTITUTE]
    students = [student.student_id for student in demo.students[:_LOGINS_PER_ROLE]]
    return [
        Account(f"direccion.{school_id}", Role.SCHOOL_ADMIN, school_id),
        Account(f"auditoria.{school_id}", Role.AUDITOR, school_id),
        *(Account(f"docente{n}.{school_id}", Role.TEACHER, school_id, who) for n, who in enumerate(teaching, 1)),
        *(Account(f"reemplazo{n}.{school_id}", Role.TEACHER, school_id, who) for n, who in enumerate(standing_in, 1)),
        *(Account(f"estudiante{n}.{school_id}", Role.STUDENT, school_id, who) for n, who in enumerate(students, 1)),
    ]
