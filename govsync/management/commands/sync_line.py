"""``manage.py sync_line``: whose the lanes of the line to the government are, and whether it may be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edu.commands import OperatorCommand
from edu.texts import visible
from govsync import services

if TYPE_CHECKING:
    from datetime import datetime

    from govsync.domain.lanes import LaneLease
    from govsync.domain.line import Upstream


class Command(OperatorCommand):
    """Shows workers' names, times, codes and a school's id."""

    help = "Show the line to the government: its lanes and its state."

    def handle(self, *_args: object, **_options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print one line for each lane, and one for the state with its cause, its school and its end."""
        report = services.describe_line()
        for lane in report.lanes:
            self.stdout.write(_lane_line(lane))
        self.stdout.write(_upstream_line(report.upstream, is_open=report.is_open))


def _lane_line(lane: LaneLease) -> str:
    wish = f" wished_by={visible(lane.wished_by)}" if lane.wished_by else ""
    return f"lane {lane.name} owner={visible(lane.owner) or '-'}{wish}"


def _upstream_line(upstream: Upstream, *, is_open: bool) -> str:
    if is_open:
        return "upstream open"
    about = f"cause={visible(upstream.cause)} school={upstream.school_id or '-'}"
    return f"upstream {upstream.state} since={_text(upstream.since)} until={_text(upstream.until)} {about}"


def _text(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}" if instant else "-"
