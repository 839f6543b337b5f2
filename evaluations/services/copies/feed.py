"""A page of what changed in a school: read from its audit trail, told by the records as they stand now (ADR 0034)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from edu import audit_log, clock
from edu.errors import FieldError, InvalidInputError
from edu.identity.capabilities import require
from evaluations.domain.copies import EVERY_KIND, ChangedRecord, CopiedKind, CopiedName
from evaluations.domain.roster_imports import ImportState
from evaluations.errors import CopyTooOldError, ImportNotFoundError
from evaluations.permissions import SEE_CHANGES
from evaluations.repository import roster_imports
from evaluations.repository.limits import PAGE_SIZE
from evaluations.services.copies.positions import Plan, Position, Walk
from evaluations.services.copies.standing import ROSTER_KINDS, copied_name, find_standing
from evaluations.services.copies.subjects import import_of, name_of
from evaluations.services.copies.walking import FIRST, names_of_unit

if TYPE_CHECKING:
    from edu.audit import AuditEntry
    from edu.identity.principal import Principal

REACH = roster_imports.KEPT_FOR - timedelta(days=1)  # plans go after that, one part by one
_ENDED = frozenset({ImportState.APPLIED, ImportState.UNDONE})
_MOST_READS = 20  # of entries or parts of plans, for one page
_ENTRIES = 100  # a read, at least


@dataclass(frozen=True)
class ChangePage:
    """Records that changed, each once; ``cursor`` goes on behind them, and is always there.

    ``more``: there is something to read at once. ``until``: every change before this instant has been told.
    """

    items: list[ChangedRecord]
    cursor: str
    more: bool
    until: datetime


def list_changes(
    *,
    actor: Principal,
    kinds: frozenset[CopiedKind] = EVERY_KIND,
    since: datetime | None = None,
    whole: bool = False,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> ChangePage:
    """What changed behind ``cursor``, or from an instant on; with neither, from now on: then there is nothing yet.

    With ``whole`` and without a cursor, the school's record and its whole roster come first, as they stand.

    What was committed within the last forty minutes is told by a later page (``audit_log.SETTLED_AFTER``). A record may
    be told again, never too seldom. At most 20 reads of the log, of plans, or of units of the roster (up to four
    queries each); then a call for the school, and one for each 100 sections, others of the roster, evaluations and
    scores. Without a cursor one or two more: whether an import is being written, which is told once it has ended.

    Raises:
        ForbiddenError: the actor may not.
        InvalidInputError: ``since`` is in the future.
        InvalidCursorError: the cursor is not of these kinds and this school.
        CopyTooOldError: what changed first after that is no longer known; the copy has to be made anew.
        StoreUnavailableError: the table is busy; ask again.
    """
    require(actor, SEE_CHANGES)
    now, until = clock.now(), audit_log.settled_until()
    if since is not None and since > now:
        raise InvalidInputError(fields=[FieldError("since", "in_the_past", _("This instant is yet to come"))])
    if cursor is not None:
        position = Position.of_token(cursor, kinds)
    else:
        walk = Walk(unit=FIRST) if whole else None
        position = _beginning(until if since is None else since, walk, kinds)
    if position.told_until < now - REACH:
        raise CopyTooOldError
    page = _Reading(position, until, kinds, limit)
    page.read()
    found = find_standing(page.names)
    items = [ChangedRecord(name, changed_at, found.get(name)) for name, changed_at in page.names.items()]
    return ChangePage(items, page.position.token(kinds), page.more, min(until, page.position.told_until))


def _beginning(instant: datetime, walk: Walk | None, kinds: frozenset[CopiedKind]) -> Position:
    """Before everything of this instant, and waiting for an import that is being written: its entry may be behind.

    Whoever goes on with ``since`` from such a position reads that entry again.
    """
    position = Position.at(instant, walk)
    running = roster_imports.get_head().running if kinds & ROSTER_KINDS else ""
    if not running:
        return position
    started_at = roster_imports.get_import(running).started_at
    place = audit_log.place_of(min(started_at, instant))
    return replace(position, waits_for=Plan(import_id=running, place=place))


@dataclass
class _Reading:
    """A page as it fills up: the records by name, with the instant of their last change in it."""

    position: Position
    until: datetime
    kinds: frozenset[CopiedKind]
    limit: int
    names: dict[CopiedName, datetime] = field(default_factory=dict)
    more: bool = True

    def read(self) -> None:
        """Read until the page is full, everything is told, or it has cost enough."""
        for _read in range(_MOST_READS):
            if len(self.names) >= self.limit or not self.more:
                return
            if self.position.walk:
                self._go_through(self.position.walk)
                continue
            if self.position.waits_for:
                self._look_after(self.position.waits_for)
            if self.position.within:
                self._read_plan(self.position.within)
            else:
                self._read_entries()

    def _go_through(self, walk: Walk) -> None:
        """Tell a unit of the roster, or what is left of it."""
        at = audit_log.instant_of(self.position.after)
        names, following = names_of_unit(walk.unit)
        for name in sorted(names, key=str):
            if str(name) <= walk.told:
                continue
            if not self._has_room(name, at):
                return
            self.position = replace(self.position, walk=replace(walk, told=str(name)))
        self.position = replace(self.position, walk=Walk(unit=following) if following else None)

    def _read_entries(self) -> None:
        wanted = max(_ENTRIES, self.limit - len(self.names))
        entries = audit_log.read_entries(self.position.after, self.until, limit=wanted)
        for entry in entries:
            if not self._takes(entry):
                return
            self.position = self.position.moved(audit_log.place_of(entry))
            if self.position.within:
                return
        if len(entries) < wanted:
            self.position = self.position.moved(audit_log.place_of(self.until))
            self.more = False

    def _takes(self, entry: AuditEntry) -> bool:
        """Take what the entry is about into the page; ``False``: it has to wait for the next one."""
        if import_id := import_of(entry.subject):
            return self._takes_import(Plan(import_id=import_id, place=audit_log.place_of(entry)))
        name = name_of(entry.subject)
        return name is None or self._has_room(name, entry.at)

    def _takes_import(self, plan: Plan) -> bool:
        if not self.kinds & ROSTER_KINDS:
            return True
        record = roster_imports.get_import(plan.import_id)
        if record.is_running:
            waiting = self.position.waits_for
            if waiting is not None and waiting.import_id != plan.import_id:
                return False  # that one has ended in between: first what it wrote
            self.position = replace(self.position, waits_for=waiting or plan)
        elif record.state in _ENDED:
            self.position = replace(self.position, within=plan)
        return True

    def _look_after(self, waiting: Plan) -> None:
        """Tell what an import wrote that was still being written when its entry was read, if it has ended by now."""
        record = roster_imports.get_import(waiting.import_id)
        if not record.is_running and self.position.within is None:
            within = waiting if record.state in _ENDED else None
            self.position = replace(self.position, within=within, waits_for=None)

    def _read_plan(self, plan: Plan) -> None:
        if plan.chunk == roster_imports.get_import(plan.import_id).chunks:
            self.position = replace(self.position, within=None)
            return
        try:
            changes = roster_imports.get_chunk(plan.import_id, plan.chunk)
        except ImportNotFoundError as error:
            raise CopyTooOldError from error
        at = audit_log.instant_of(plan.place)
        for offset, change in enumerate(changes[plan.offset :], plan.offset):
            if not self._has_room(copied_name(change.name), at):
                self.position = replace(self.position, within=replace(plan, offset=offset))
                return
        self.position = replace(self.position, within=replace(plan, chunk=plan.chunk + 1, offset=0))

    def _has_room(self, name: CopiedName, at: datetime) -> bool:
        """Put a record into the page, if it is wanted; ``False``: the page is full."""
        if name.kind not in self.kinds:
            return True
        if name not in self.names and len(self.names) >= self.limit:
            return False
        self.names[name] = at
        return True
