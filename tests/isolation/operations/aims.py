"""What an attack aims at: partitions of the own school, of others, and all that looks like the own one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OWN, OTHER = "school-1", "school-2"
SORT_KEY, COMPANION = "probe", "companion"


@dataclass(frozen=True)
class Target:
    """A partition and how the report calls it."""

    name: str
    partition: str


@dataclass(frozen=True)
class Aim:
    """One attack: the table, the attacker's own partition (for mixed batches), and the partition aimed at."""

    table: str
    table_arn: str
    own: str
    at: str

    def key(self) -> dict[str, Any]:
        """The item aimed at."""
        return {"pk": {"S": self.at}, "sk": {"S": SORT_KEY}}

    def companion(self) -> dict[str, Any]:
        """An item of the attacker's own, never the one aimed at."""
        return {"pk": {"S": self.own}, "sk": {"S": COMPANION}}


OWN_TARGETS = (
    Target("own, bare", f"SCHOOL#{OWN}"),
    Target("own, sub-partition", f"SCHOOL#{OWN}#STUDENT"),
    Target("own, two levels", f"SCHOOL#{OWN}#STUDENT#ana"),
    Target("own, trailing #", f"SCHOOL#{OWN}#"),
    Target("own, naming another", f"SCHOOL#{OWN}#SCHOOL#{OTHER}"),
    Target("own, dots that lead elsewhere", f"SCHOOL#{OWN}#../{OTHER}"),
)
OTHER_TARGETS = (
    Target("other, bare", f"SCHOOL#{OTHER}"),
    Target("other, sub-partition", f"SCHOOL#{OTHER}#STUDENT"),
    Target("other, naming the own", f"SCHOOL#{OTHER}#SCHOOL#{OWN}"),
)
LOOKALIKES = (
    Target("own id goes on, bare", f"SCHOOL#{OWN}0"),
    Target("own id goes on, sub-partition", f"SCHOOL#{OWN}0#STUDENT"),
    Target("own id goes on without #", f"SCHOOL#{OWN}STUDENT"),
    Target("own id and a dash", f"SCHOOL#{OWN}-"),
    Target("own id cut short", f"SCHOOL#{OWN[:-1]}"),
    Target("upper case", f"SCHOOL#{OWN.upper()}"),
    Target("lower-case prefix", f"school#{OWN}"),
    Target("prefix alone with #", "SCHOOL#"),
    Target("prefix alone", "SCHOOL"),
    Target("prefix without #", f"SCHOOL{OWN}"),
    Target("prefix with two #", f"SCHOOL##{OWN}"),
    Target("id alone", OWN),
    Target("leading space", f" SCHOOL#{OWN}"),
    Target("trailing space", f"SCHOOL#{OWN} "),
    Target("trailing line end", f"SCHOOL#{OWN}\n"),
    Target("trailing NUL", f"SCHOOL#{OWN}\x00"),
    Target("wildcard * for the id", "SCHOOL#*"),
    Target("wildcard * after the id", f"SCHOOL#{OWN}*"),
    Target("wildcard ? in the id", "SCHOOL#school-?#STUDENT"),
    Target("lone *", "*"),
    Target("policy variable as text", "SCHOOL#${aws:PrincipalTag/school_id}"),
    Target("fullwidth digit", "SCHOOL#school-\uff11"),
    Target("superscript digit", "SCHOOL#school-\u00b9"),
    Target("Cyrillic letter", "SCHOOL#s\u0441hool-1"),
    Target("non-breaking hyphen", "SCHOOL#school\u20111"),
    Target("zero-width space", f"SCHOOL#{OWN}\u200b"),
    Target("fullwidth #", f"SCHOOL\uff03{OWN}"),
    Target("fullwidth # after the id", f"SCHOOL#{OWN}\uff03STUDENT"),
    Target("empty", ""),
)
PLATFORM_TARGETS = (
    Target("list of schools", "PLATFORM#SCHOOLS"),
    Target("a school's entry", "PLATFORM#SCHOOLS#x"),
    Target("due jobs", "PLATFORM#JOBS#DUE"),
    Target("the platform's jobs", "PLATFORM#JOBS"),
    Target("sync's line", "PLATFORM#SYNC#LINE"),
    Target("sync, bare", "PLATFORM#SYNC"),
    Target("events' ledger", "PLATFORM#EVENTS#LEDGER#2026-11-23T10"),
)
CONSOLE_TARGETS = (
    Target("console session", "PLATFORM#SESSION#abc"),
    Target("console throttle", "PLATFORM#THROTTLE#abc"),
)
PLATFORM_LOOKALIKES = (
    Target("platform, another record", "PLATFORM#OTHER"),
    Target("platform, name goes on", "PLATFORM#SCHOOLSX"),
    Target("platform, bare", "PLATFORM"),
    Target("platform sync, name goes on", "PLATFORM#SYNCX"),
    Target("platform jobs, name goes on", "PLATFORM#JOBSX"),
    Target("platform events, name goes on", "PLATFORM#EVENTSX"),
    Target("console session without #", "PLATFORM#SESSION"),
    Target("platform, lower case", "platform#schools"),
)
ALL = (
    *OWN_TARGETS,
    *OTHER_TARGETS,
    *LOOKALIKES,
    *PLATFORM_TARGETS,
    *CONSOLE_TARGETS,
    *PLATFORM_LOOKALIKES,
)
# Where each form aims in the brief matrix: what is the own, another's, and what begins as either does.
TYPICAL = (
    OWN_TARGETS[1],
    OTHER_TARGETS[1],
    LOOKALIKES[1],
    PLATFORM_TARGETS[0],
    PLATFORM_LOOKALIKES[1],
    CONSOLE_TARGETS[0],
)
