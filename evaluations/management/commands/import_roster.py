"""``manage.py import_roster``: a school's people from files, seen before they are written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from edu.commands import CommandFailedError, OperatorCommand, chosen_schools
from edu.logs import start_correlation
from edu.tenancy import enter_school
from evaluations import services
from evaluations.errors import ImportRefusedError
from evaluations.management import import_lines as lines
from evaluations.management.operators import operator
from evaluations.roster_files.archives import read_paths
from evaluations.roster_files.cells import DateOrder

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from evaluations.domain.roster_imports import RosterImport

REFUSED = 1  # the exit code when the files cannot be imported
_FILES = "a zip, a workbook (xlsx) or a CSV file; or the folder or the files of a set"


class Command(OperatorCommand):
    """Shows ids, counts, and places in files; nothing of what anybody is called."""

    help = "See what files would change in a school's roster; write it; decide about what was held; undo it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, text in (
            ("preview", "what the files would change; writes nothing"),
            ("commit", "write what a preview showed, or hold it for approval"),
            ("approve", "write what is held"),
            ("discard", "give up what is held"),
            ("resume", "go on with an import that was interrupted"),
            ("undo", "put back what stood before an import, but for what was changed or used since"),
            ("status", "the school's latest imports, or one with what undoing it left"),
        ):
            each = actions.add_parser(name, help=text)
            each.add_argument("--school", required=True, help="the school's id")
            if name in {"preview", "commit"}:
                each.add_argument("files", nargs="+", type=Path, help=_FILES)
                each.add_argument("--dates", choices=list(map(str, DateOrder)), help="how 1/05/2026 is meant")
                each.add_argument("--end-missing", action="store_true", help="enrolments that are not named end")
            else:
                each.add_argument("--import", dest="import_id", required=name != "status", help="the import's id")
            if name in {"commit", "approve"}:
                each.add_argument("--digest", required=True, help="the preview's: nothing else is written")
            if name in {"discard", "undo"}:
                each.add_argument("--reason", default="", help="why, in one line; it stands in the audit trail")
            if name not in {"preview", "resume", "status"}:
                each.add_argument("--by", required=True, metavar="NAME", help="who decides")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Do what was asked in the school's scope, with a line for each step.

        Raises:
            NoSuchSchoolError, ImportNotFoundError: what was named is not there.
            CommandFailedError: the files break rules, each told in a line.
            PreviewOutdatedError, ImportRunningError, ImportDecidedError, ImportTooOldError: see the services.
        """
        start_correlation()
        [school_id] = chosen_schools(options)
        self._actor = operator(options.get("by") or "manage.py")
        with enter_school(school_id):
            getattr(self, f"_{options['action']}")(options)

    def _preview(self, options: dict[str, Any]) -> None:
        try:
            preview = services.preview_import(
                actor=self._actor, files=read_paths(options["files"]), options=_said(options)
            )
        except ImportRefusedError as error:
            raise self._told(error) from error
        for line in lines.lines_of_preview(preview):
            self.stdout.write(line)

    def _commit(self, options: dict[str, Any]) -> None:
        try:
            record = services.commit_import(
                actor=self._actor,
                files=read_paths(options["files"]),
                options=_said(options),
                digest=options["digest"],
            )
        except ImportRefusedError as error:
            raise self._told(error) from error
        self._go_on_with(record)

    def _approve(self, options: dict[str, Any]) -> None:
        who = {"actor": self._actor, "import_id": options["import_id"]}
        self._go_on_with(services.approve_import(**who, digest=options["digest"]))

    def _discard(self, options: dict[str, Any]) -> None:
        who = {"actor": self._actor, "import_id": options["import_id"]}
        self._show(services.discard_import(**who, reason=options["reason"]))

    def _undo(self, options: dict[str, Any]) -> None:
        who = {"actor": self._actor, "import_id": options["import_id"]}
        self._go_on_with(services.undo_import(**who, reason=options["reason"]))
        self._show_kept(options["import_id"])

    def _resume(self, options: dict[str, Any]) -> None:
        more = True
        while more:
            progress = services.advance_import(import_id=options["import_id"])
            more = progress.more
            self.stdout.write(lines.line_of_progress(progress))
            self.stdout.flush()

    def _status(self, options: dict[str, Any]) -> None:
        for record in services.list_imports(actor=self._actor).items:
            if options["import_id"] in {None, record.import_id}:
                self._show(record)
        if options["import_id"]:
            self._show_kept(options["import_id"])

    def _go_on_with(self, record: RosterImport) -> None:
        self._show(record)
        if record.is_running:
            self._resume({"import_id": record.import_id})

    def _show(self, record: RosterImport) -> None:
        self.stdout.write(lines.line_of_import(record))

    def _show_kept(self, import_id: str) -> None:
        for name in services.list_kept(actor=self._actor, import_id=import_id):
            self.stdout.write(f"kept {name}")

    def _told(self, error: ImportRefusedError) -> CommandFailedError:
        """Say what is wrong with the files, a line each."""
        for line in lines.lines_of_refusal(error):
            self.stdout.write(line)
        return CommandFailedError(f"the files break rules in {len(error.fields)} places; nothing was written", REFUSED)


def _said(options: dict[str, Any]) -> services.ImportOptions:
    order = DateOrder(options["dates"]) if options["dates"] else None
    return services.ImportOptions(date_order=order, end_missing=options["end_missing"])
