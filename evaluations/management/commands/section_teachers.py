"""``manage.py section_teachers``: who teaches a section beside its teacher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edu.commands import OperatorCommand, WrongUseError, chosen_schools
from edu.logs import start_correlation
from edu.tenancy import enter_school
from edu.values import calendar_date, whole_number
from evaluations import services
from evaluations.domain.teaching import ASSIGNABLE, Capacity
from evaluations.management.operators import operator

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from datetime import date

    from evaluations.domain.teaching import TeachingAssignment
    from evaluations.services import SectionTeachers


class Command(OperatorCommand):
    """Shows ids and days; nothing of what anybody is called."""

    help = "List who teaches a section, have somebody share it or stand in, or end that."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, text in (
            ("list", "whose the section is, and who teaches it too: now, before or later"),
            ("assign", "have somebody share the section, or stand in from one day to another"),
            ("end", "end that now, or after an earlier last day"),
        ):
            each = actions.add_parser(name, help=text)
            each.add_argument("--school", required=True, help="the school's id")
            each.add_argument("--section", required=True, help="the section's id")
            if name == "list":
                continue
            each.add_argument("--by", required=True, metavar="NAME", help="who decides; it is in the audit trail")
            each.add_argument("--reason", default="", help="why, in one line; it stands in the audit trail")
            each.add_argument("--version", type=whole_number, required=True, help="the one that list showed")
            each.add_argument("--until", metavar="DAY", help="the last day, such as 2026-11-23, by the school's clocks")
            if name == "assign":
                each.add_argument("--teacher", required=True, help="the teacher's id")
                each.add_argument("--as", dest="capacity", required=True, choices=ASSIGNABLE)
                each.add_argument("--from", dest="since", metavar="DAY", help="the first day, by the school's clocks")
            else:
                each.add_argument("--assignment", required=True, help="its id, as list shows it")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Do what was asked in the school's scope, and show who teaches the section then.

        Raises:
            NoSuchSchoolError, NotFoundError: what was named is not there.
            WrongUseError: a day is none.
            InvalidInputError, StaleVersionError, AssignmentOverError: see the services. Nothing was written.
        """
        start_correlation()
        [school_id] = chosen_schools(options)
        with enter_school(school_id):
            found: SectionTeachers = getattr(self, f"_{options['action']}")(options)
        self.stdout.write(f"{found.section.section_id} version={found.version} teacher={found.section.teacher_id}")
        for one in found.section.assignments:
            self.stdout.write(_line(one, found.today))

    def _list(self, options: dict[str, Any]) -> SectionTeachers:
        return services.list_section_teachers(actor=operator("manage.py"), section_id=options["section"])

    def _assign(self, options: dict[str, Any]) -> SectionTeachers:
        return services.assign_teacher(
            **_said(options),
            teacher_id=options["teacher"],
            capacity=Capacity(options["capacity"]),
            starts_on=_day(options, "since", "--from"),
        )

    def _end(self, options: dict[str, Any]) -> SectionTeachers:
        return services.end_assignment(**_said(options), assignment_id=options["assignment"])


def _said(options: dict[str, Any]) -> dict[str, Any]:
    return {
        "actor": operator(options["by"]),
        "section_id": options["section"],
        "version": options["version"],
        "ends_on": _day(options, "until", "--until"),
        "reason": options["reason"],
    }


def _day(options: dict[str, Any], name: str, flag: str) -> date | None:
    if options[name] is None:
        return None
    try:
        return calendar_date(options[name])
    except ValueError as error:
        raise WrongUseError(f"{flag} is no day such as 2026-11-23") from error


def _line(one: TeachingAssignment, today: date) -> str:
    days = f"from={one.starts_on or '-'} until={one.ends_on or '-'}"
    state = "teaches" if one.covers(today) else "ended" if one.ended_at else "over" if one.is_over(today) else "to come"
    return f"{one.assignment_id} {one.capacity} teacher={one.teacher_id} {days} {state}"
