"""``manage.py erase_student``: a student is erased from everything that is kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edu.commands import OperatorCommand, WrongUseError, chosen_schools
from edu.erasure import erasing, records
from edu.identity.principal import Principal, Role
from edu.jobs.domain import StepEnd
from edu.logs import start_correlation
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from edu.erasure.records import Erasure


class Command(OperatorCommand):
    """Shows ids, instants and counts; nothing of anybody."""

    help = "Erase a student, show what that would meet and do, list a school's erasures, or do them again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("--school", required=True, help="the school's id")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--student", help="the student's id")
        which.add_argument("--list", action="store_true", help="the erasures of the school, one line each")
        which.add_argument(
            "--again", metavar="STUDENT", help="one who was erased, after a backup from before that was restored"
        )
        parser.add_argument("--by", metavar="NAME", default="manage.py", help="who decides; it is in the audit trail")
        parser.add_argument("--reason", default="", help="why, in one line; it stands in the audit trail")
        parser.add_argument("--dry-run", action="store_true", help="write nothing; show what would be done")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Destroy the student's key, then erase part after part; what was interrupted goes on.

        Raises:
            WrongUseError: the command line contradicts itself.
            NoSuchSchoolError, NotFoundError: what was named is not there.
            ErasureBlockedError: the law needs the student's grades for now. Nothing was written.
            InvalidInputError: the reason is missing.
        """
        start_correlation()
        [school_id] = chosen_schools(options)
        with enter_school(school_id):
            if options["list"]:
                self._list()
            elif options["dry_run"]:
                self._show(options["student"] or options["again"])
            else:
                self._erase(options)

    def _list(self) -> None:
        for erasure in records.list_erasures():
            job = erasing.find_job(erasure)
            state = "done" if job and job.finished_at else "open"
            self.stdout.write(f"{erasure.student_id} ordered={erasure.ordered_at:%Y-%m-%dT%H:%M:%SZ} {state}")

    def _show(self, student_id: str) -> None:
        obstacles, found = erasing.plan_erasure(student_id)
        for obstacle in obstacles:
            self.stdout.write(f"blocked {obstacle}")
        for name, count in found.items():
            self.stdout.write(f"{name} {count}")

    def _erase(self, options: dict[str, Any]) -> None:
        erasure = self._ordered(options)
        while (result := erasing.advance_erasure(job_id=erasure.job_id)).end is StepEnd.CONTINUE:
            pass
        if result.until:
            self.stdout.write(f"unlinked; the last look is a worker's, at {result.until:%Y-%m-%dT%H:%M:%SZ}")
        for name, count in (job.counts if (job := erasing.find_job(erasure)) else {}).items():
            self.stdout.write(f"{name} {count}")

    def _ordered(self, options: dict[str, Any]) -> Erasure:
        """The erasure to go on with, or a new one."""
        student_id, again = options["student"] or options["again"], bool(options["again"])
        begun = records.find_erasure(student_id)
        job = erasing.find_job(begun) if begun else None
        if again and begun is None:
            raise WrongUseError("--again is for who was erased")
        if begun and not again and not (job and job.finished_at):
            return begun
        actor = Principal(options["by"], Role.PLATFORM_OPERATOR, None)
        return erasing.order_erasure(actor=actor, student_id=student_id, reason=options["reason"], again=again)
