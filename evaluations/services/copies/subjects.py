"""Which records an entry of the audit trail is about, by its subject (``<entity>:<id>[:<id>]``)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from edu.tenancy import current_school_id
from evaluations.domain.copies import IDS, CopiedKind, CopiedName

if TYPE_CHECKING:
    from collections.abc import Mapping

_IMPORT: Final = "import"  # of many records: its plan names them
_KINDS: Mapping[str, CopiedKind] = MappingProxyType({str(kind): kind for kind in CopiedKind if kind != "school"})
_OF_THE_SCHOOL: Final = frozenset({"school", "term"})  # its terms stand in the school's own record
PASSED_OVER: Final = frozenset(  # about no copied record
    {"behavior_kind", "dead_letter", "export", "lake", "legal_hold", "sync_run"}
)
KNOWN: Final = frozenset(_KINDS) | _OF_THE_SCHOOL | {_IMPORT}


def name_of(subject: str) -> CopiedName | None:
    """The record that an entry with this subject is about; ``None`` for one that is about none of ours, or of many."""
    entity, *ids = subject.split(":")
    if entity in _OF_THE_SCHOOL:
        return CopiedName(CopiedKind.SCHOOL, (current_school_id(),))
    kind = _KINDS.get(entity)
    if kind is None:
        return None
    return CopiedName(kind, tuple(ids[: len(IDS[kind])]))


def import_of(subject: str) -> str:
    """The id of the import that the subject names; empty for any other subject."""
    entity, _, import_id = subject.partition(":")
    return import_id if entity == _IMPORT else ""
