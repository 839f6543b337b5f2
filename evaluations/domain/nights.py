"""When a school's night is: work that nobody waits for runs between 02:00 and 05:00 of the school's own clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_NIGHT_HOURS = range(2, 5)  # three chances: an hour that a change of clocks skips, or a stopped beat, costs one


def night_of(now: datetime, time_zone: str) -> str | None:
    """The local date (ISO) when it is night in the time zone, else ``None``."""
    local = local_time(now, time_zone)
    return local.date().isoformat() if local.hour in _NIGHT_HOURS else None


def local_time(now: datetime, time_zone: str) -> datetime:
    """The instant by the clocks of a time zone; an unknown one counts as UTC."""
    try:
        return now.astimezone(ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        return now.astimezone(UTC)
