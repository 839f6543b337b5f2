"""``manage.py lake_audit``: what the table wrote against what the lake holds, and what is missing written again."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from analytics.services import auditing
from analytics.services.auditing import Refill
from edu import clock
from edu.commands import CommandFailedError, OperatorCommand, WrongUseError, chosen_schools
from edu.errors import InvalidInputError
from edu.identity.principal import Principal, Role
from edu.logs import start_correlation
from edu.reasons import checked_reason
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from analytics.services.auditing import Audited, Span

_ACTOR = Principal("manage.py", Role.PLATFORM_OPERATOR, None)
_OPEN = 1


class Command(OperatorCommand):
    """Shows counts and identities: ids of events and evaluations, and pseudonyms. Nothing of what they say."""

    help = "Compare what the table wrote with what the lake holds, by school and UTC day; exit code 1 when they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--school", help="the school's id")
        which.add_argument("--all", action="store_true", help="every registered school")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="the first day (default: yesterday)")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="the last day (default: the first)")
        parser.add_argument("--refill", action="store_true", help="write what is missing, then compare again")
        parser.add_argument("--reason", default="", help="why; it stands in the schools' audit trails")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print a line for each school, day and dataset, and one for each row that is named.

        Raises:
            WrongUseError: the days are none that can be judged yet, or a refill has no reason.
            NoSuchSchoolError: there is none of this name.
            CommandFailedError: the table and the lake differ.
        """
        start_correlation()
        refill, spans = _refill(options), _days(options)
        is_closed = True
        for school_id in chosen_schools(options):
            with enter_school(school_id):
                for span in spans:
                    for audited in auditing.audit_span(span, refill=refill):
                        is_closed &= audited.findings.is_closed
                        self._tell(school_id, span, audited, as_json=options["json"])
        if not is_closed:
            raise CommandFailedError("the lake does not hold what the table wrote", _OPEN)

    def _tell(self, school_id: str, span: Span, audited: Audited, *, as_json: bool) -> None:
        found = audited.findings
        counts = {"expected": found.expected, "rows": found.rows}
        counts |= {str(fault): number for fault, number in sorted(found.counts.items())}
        counts |= {"unlinked": found.unlinked, "gone": audited.gone, "refilled": audited.refilled}
        state, day = "closed" if found.is_closed else "open", span.since.date().isoformat()
        named = {str(fault): names for fault, names in sorted(found.named.items())}
        if as_json:
            line = {"school": school_id, "day": day, "dataset": str(audited.dataset), "state": state}
            self.stdout.write(json.dumps({**line, **counts, "named": named}))
            return
        said = " ".join(f"{name}={number}" for name, number in counts.items())
        self.stdout.write(f"{school_id} {day} {audited.dataset} {state} {said}")
        for fault, names in named.items():
            for identity in names:
                self.stdout.write(f"  {fault} {'/'.join(str(part) or '-' for part in identity)}")


def _refill(options: dict[str, Any]) -> Refill | None:
    try:
        reason = checked_reason(options["reason"])
    except InvalidInputError:
        reason = ""
    if bool(reason) != options["refill"]:
        raise WrongUseError("--refill and --reason, in one short line, belong together")
    return Refill(_ACTOR, reason) if options["refill"] else None


def _days(options: dict[str, Any]) -> list[Span]:
    first = options["first"] or clock.now().date() - timedelta(days=1)
    spans = list(auditing.days_of(first, options["last"] or first))
    if not spans:
        raise WrongUseError("no such days, or none that can be judged yet")
    return spans
