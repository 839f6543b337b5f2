"""What is expected of the data plane, written down a second time and independently of the template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from edu.queues import DEAD_LETTERS_KEPT_DAYS, QUEUES, QueueDeclaration

DAY_S: Final = 86_400
LAKE_BACKSTOP_DAYS: Final = 1140  # three years after a month's end it is purged; this is for what that missed
_LAKE_RETENTION_DAYS: Final = {
    "events/": LAKE_BACKSTOP_DAYS,
    "grades/": LAKE_BACKSTOP_DAYS,
    "errors/": 90,
    "athena-results/": 7,
    "exports/": 7,
}
_CHANGE: Final = frozenset({"change_id", "op", "school_id", "student_pseudonym", "kind", "value"})
_LINEAGE: Final = frozenset({"schema_version", "sequence", "changed_at_epoch_s"})
_EVENT: Final = frozenset({"event_id", "occurred_at_epoch_s", "arrived_at_epoch_s", "arrived_at_ms"})
_SCORE: Final = frozenset(
    {
        *("evaluation_id", "section_id", "course_id", "term_id", "state", "version", "recorded_at_epoch_s"),
        *("entity", "late", "purpose", "weight", "held_on", "scale_id"),
    }
)


@dataclass(frozen=True)
class LakeStream:
    """One stream from the table to the lake: which items, to which folder, as which columns."""

    entities: tuple[str, ...]
    folder: str
    columns: frozenset[str]


@dataclass(frozen=True)
class Expected:
    """The properties that code, law or people rely on. ``protected``: deletion protection is on, as on AWS."""

    protected: bool = False
    ttl_attribute: str = "expires_at"
    stream_view: str = "NEW_AND_OLD_IMAGES"
    queues: tuple[QueueDeclaration, ...] = QUEUES
    dead_letter_retention_s: int = DEAD_LETTERS_KEPT_DAYS * DAY_S
    lake_retention_days: Mapping[str, int] = field(default_factory=lambda: dict(_LAKE_RETENTION_DAYS))
    attribute_is_mutable: Mapping[str, bool] = field(
        default_factory=lambda: {"custom:school_id": False, "custom:role": True, "custom:person_id": False}
    )
    client_write_attributes: tuple[str, ...] = ("locale",)
    events: LakeStream = LakeStream(("behavior_event",), "events", _CHANGE | _LINEAGE | _EVENT)
    grades: LakeStream = LakeStream(("score", "evaluation"), "grades", _CHANGE | _LINEAGE | _SCORE)
