"""``manage.py sync``: order a term's sync, see where it stands, decide what only people can, and export its proof."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from edu.commands import OperatorCommand, WrongUseError, chosen_schools
from edu.errors import InvalidInputError
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from govsync import services
from govsync.management import lines
from govsync.management.files import write_file

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from govsync.domain.runs import SyncRun

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.@-]{0,39}", re.ASCII)
_EXPORTER = Principal("manage.py", Role.PLATFORM_OPERATOR, None)


class Command(OperatorCommand):
    """Shows ids, counts and times; never a grade's value, which only an export's files hold.

    Giving an order twice does it once.
    """

    help = "The government sync: start, status, board, resume, retry, skip, export."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        actions = parser.add_subparsers(dest="action", required=True)
        start = actions.add_parser("start", help="start a term's sync, for one school or for all that have this term")
        start.add_argument("--term", required=True, help="the term's id, for instance 2026-t3")
        start.add_argument("--again", action="store_true", help="a further run, when the term's last one has ended")
        status = actions.add_parser("status", help="the runs of one school or of all, or one run step by step")
        status.add_argument("--run", help="with --school: one run, with its differences and its history")
        for each in (start, status):
            which = each.add_mutually_exclusive_group(required=True)
            which.add_argument("--school", help="the school's id")
            which.add_argument("--all", action="store_true", help="every registered school")
        actions.add_parser("board", help="every open run against its 48 hours, the most urgent first")
        for name, text in (
            ("resume", "take a parked run up again; with --batch one that the government contradicts itself about"),
            ("retry", "send the grades again that an ended run found missing there, in a further run"),
            ("skip", "decide with a second person that a parked batch is not sent"),
        ):
            each = actions.add_parser(name, help=text)
            each.add_argument("--school", required=True, help="the school's id")
            each.add_argument("--run", required=True, help="the run's id")
            each.add_argument("--by", required=True, metavar="NAME", help="who decides")
            each.add_argument("--reason", default="", help="why, in one line; it stands in the run's history")
            if name != "retry":
                each.add_argument("--batch", type=int, required=name == "skip", help="the parked batch's number")
            if name == "skip":
                each.add_argument("--approve", action="store_true", help="agree with somebody else's proposal")
        export = actions.add_parser("export", help="write what an ended run proves into files, each its owner's alone")
        export.add_argument("--school", required=True, help="the school's id")
        export.add_argument("--run", required=True, help="the run's id")
        export.add_argument("--to", required=True, type=Path, help="a folder that is there")
        export.add_argument(
            "--grade",
            nargs=2,
            metavar=("EVALUATION", "STUDENT"),
            help="only the certificate and the proof of this grade, which shows no other",
        )

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Do what was asked.

        ``start`` prints each run's id; exit code 1 when no school has the term, or when nothing was started although
        grades are pending: the term was sent already, and ``--again`` was not given. ``status`` prints one line for
        each run, latest first, and one for each term with the grades that the government has not acknowledged; for one
        run also what it found and did. ``export`` prints the name of each file written. 2 when what was named is not
        there, or is not where this can be done to it.
        """
        getattr(self, f"_{options['action']}")(options)

    def _start(self, options: dict[str, Any]) -> None:
        schools = chosen_schools(options)
        self._unsent: list[str] = []
        term_id, again = options["term"], options["again"]
        if options["school"]:
            self._start_school(options["school"], term_id, again=again)
        elif sum(self._has_started(school_id, term_id, again=again) for school_id in schools) == 0:
            raise CommandError(f"no school has the term {term_id}")
        if self._unsent:
            raise CommandError(f"grades are pending and nothing was started: {' '.join(self._unsent)}")

    def _has_started(self, school_id: str, term_id: str, *, again: bool) -> bool:
        """Whether this school has the term; calendars differ, so that many may not."""
        try:
            self._start_school(school_id, term_id, again=again)
        except InvalidInputError:
            self.stderr.write(f"{school_id}: no such term")
            return False
        return True

    def _start_school(self, school_id: str, term_id: str, *, again: bool) -> None:
        with enter_school(school_id):
            sent = None if again else services.find_sent(term_id=term_id)
            if sent is not None:
                self._say_sent(school_id, sent)
                return
            ordinal = services.next_ordinal(term_id=term_id)
            run = services.start_sync(term_id=term_id, actor="manage.py", ordinal=ordinal)
        self.stdout.write(f"{school_id} {run.run_id} {run.state}")

    def _say_sent(self, school_id: str, sent: SyncRun) -> None:
        pending = services.count_pending(term_id=sent.term_id)
        said = f"{school_id} {sent.run_id} {sent.state} already sent: nothing started; {pending} grades are pending"
        if pending.counted:
            self._unsent.append(school_id)
            said += "; use --again"
        self.stdout.write(said)

    def _status(self, options: dict[str, Any]) -> None:
        if options["run"] and not options["school"]:
            raise WrongUseError("--run contradicts --all: a run is one school's, name it with --school")
        schools = chosen_schools(options)
        if options["run"]:
            self._show_run(options["school"], options["run"])
            return
        for school_id in schools:
            with enter_school(school_id):
                for run in services.list_runs().items:
                    self.stdout.write(lines.line_of_run(school_id, run))
                for pending in services.list_pending_counts():
                    self.stdout.write(lines.line_of_pending(school_id, pending))

    def _show_run(self, school_id: str, run_id: str) -> None:
        with enter_school(school_id):
            report = services.describe_run(run_id=run_id)
            pending = services.count_pending(term_id=report.run.term_id)
        self.stdout.write(lines.line_of_run(school_id, report.run))
        self.stdout.write(lines.line_of_pending(school_id, pending))
        self.stdout.write(f"manifest sha256 {report.run.manifest_sha256 or '-'}")
        for batch in report.parked:
            self.stdout.write(lines.line_of_batch(batch))
        for found in report.differences:
            self.stdout.write(lines.line_of_difference(found))
        for entry in report.history:
            self.stdout.write(lines.line_of_step(entry))

    def _board(self, _options: dict[str, Any]) -> None:
        for line in services.list_board():
            self.stdout.write(lines.line_on_board(line))

    def _resume(self, options: dict[str, Any]) -> None:
        who = {"run_id": options["run"], "actor": _person(options), "reason": options["reason"]}
        with enter_school(self._school(options)):
            if options["batch"]:
                run = services.send_batch_again(number=options["batch"], **who)
            else:
                run = services.resume_run(**who)
        self.stdout.write(lines.line_of_run(options["school"], run))

    def _retry(self, options: dict[str, Any]) -> None:
        with enter_school(self._school(options)):
            found = services.retry_differences(run_id=options["run"], actor=_person(options), reason=options["reason"])
        self.stdout.write(f"{options['school']} {options['run']} grades_sent_again={found}")

    def _skip(self, options: dict[str, Any]) -> None:
        which = {"run_id": options["run"], "number": options["batch"], "actor": _person(options)}
        with enter_school(self._school(options)):
            if options["approve"]:
                run = services.approve_skip(**which)
            else:
                run = services.propose_skip(reason=options["reason"], **which)
        self.stdout.write(lines.line_of_run(options["school"], run))

    def _export(self, options: dict[str, Any]) -> None:
        folder: Path = options["to"]
        if not folder.is_dir():
            raise WrongUseError(f"--to: no such folder: {folder}")
        which = {"run_id": options["run"], "actor": _EXPORTER}
        with enter_school(self._school(options)):
            if options["grade"]:
                evaluation_id, student_id = options["grade"]
                files = services.export_grade(evaluation_id=evaluation_id, student_id=student_id, **which)
            else:
                files = services.export_run(**which)
        for name, content in files.items():
            try:
                write_file(folder / name, content)
            except OSError as error:
                raise WrongUseError(f"--to: {error}") from error
            self.stdout.write(str(folder / name))

    def _school(self, options: dict[str, Any]) -> str:
        [school_id] = chosen_schools(options)
        return school_id


def _person(options: dict[str, Any]) -> Principal:
    """Who decides, as the operator who runs the command says."""
    name = options["by"].strip()
    if not _NAME.fullmatch(name):
        raise WrongUseError("--by takes a name of 1 to 40 letters, digits, dots and hyphens")
    return Principal(name, Role.PLATFORM_OPERATOR, None)
