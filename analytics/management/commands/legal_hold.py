"""``manage.py legal_hold``: what must be kept whatever the rules of retention and erasure say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.services import holding
from edu.commands import OperatorCommand, chosen_schools
from edu.erasure import holds
from edu.identity.principal import Principal, Role
from edu.logs import start_correlation
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from edu.erasure.holds import LegalHold


class Command(OperatorCommand):
    """Shows ids, months and instants; the reasons stand in the audit trail."""

    help = "Place a legal hold on a school, or on a student of it; release one; list them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, text in (("list", "every hold"), ("place", "forbid to erase and purge"), ("release", "end that")):
            each = actions.add_parser(name, help=text)
            each.add_argument("--school", required=True, help="the school's id")
            if name == "list":
                continue
            each.add_argument("--by", required=True, metavar="NAME", help="who decides; it is in the audit trail")
            each.add_argument("--reason", required=True, help="why, in one line; it stands in the audit trail")
            if name == "release":
                each.add_argument("--hold", required=True, help="its id, as list shows it")
            else:
                each.add_argument("--student", default="", help="the student's id; everybody without")
                each.add_argument("--from", dest="first", default="", metavar="YYYY-MM", help="the lake's first month")
                each.add_argument("--to", dest="last", default="", metavar="YYYY-MM", help="the lake's last month")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Do what was asked in the school's scope, and show the holds that it is about.

        Raises:
            NoSuchSchoolError, HoldNotFoundError: what was named is not there.
            InvalidHoldError: a month or the reason is none.
        """
        start_correlation()
        [school_id] = chosen_schools(options)
        with enter_school(school_id):
            for hold in getattr(self, f"_{options['action']}")(options):
                self.stdout.write(_line(hold))

    def _list(self, _options: dict[str, Any]) -> list[LegalHold]:
        return holds.list_holds()

    def _place(self, options: dict[str, Any]) -> list[LegalHold]:
        months = {"first": options["first"], "last": options["last"]}
        hold, objects = holding.place_hold(**_said(options), student_id=options["student"], **months)
        self.stdout.write(f"preserved objects={objects}")
        return [hold]

    def _release(self, options: dict[str, Any]) -> list[LegalHold]:
        return [holding.release_hold(**_said(options), hold_id=options["hold"])]


def _said(options: dict[str, Any]) -> dict[str, Any]:
    return {"actor": Principal(options["by"], Role.PLATFORM_OPERATOR, None), "reason": options["reason"]}


def _line(hold: LegalHold) -> str:
    covers = f"student={hold.student_id or '*'} from={hold.first or '-'} to={hold.last or '-'}"
    state = f"released={hold.released_at:%Y-%m-%dT%H:%M:%SZ}" if hold.released_at else "stands"
    return f"{hold.hold_id} {covers} placed={hold.placed_at:%Y-%m-%dT%H:%M:%SZ} {state}"
