"""Who teaches a section beside its teacher: co-teachers, and substitutes from one day to another.

A change is one transaction: the section's record, all its term locks, which refuse whoever was judged by the record
before (``term_locks``), and the audit entry. When it is done no process takes a score from who was ended, and a new
substitute writes at once. Reasons stand in the audit trail alone: why a teacher is away is for who may read that.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from edu import audit, clock
from edu.dynamo.transactions import Transaction
from edu.errors import ConflictError, FieldError, InvalidInputError, NotFoundError
from edu.idempotency import Reply
from edu.identity.capabilities import holds, require
from evaluations.domain.school import School, Section
from evaluations.domain.teaching import MOST_ASSIGNMENTS, Capacity, TeachingAssignment
from evaluations.errors import AssignmentOverError, StaleVersionError
from evaluations.permissions import ASSIGN_TEACHERS, SEE_EVERY_SECTION
from evaluations.repository import roster, school_profile, section_teachers, term_locks
from evaluations.repository.section_teachers import StaffedSection
from evaluations.services import inputs
from evaluations.services.grading import access, audit_trail
from evaluations.services.school import school_cache

if TYPE_CHECKING:
    from edu.identity.principal import Principal

_ATTEMPTS = 5


class _LocksMovedError(ConflictError):
    """A section's first write of a term added its lock in between, or the school's terms were changed."""


@dataclass(frozen=True)
class SectionTeachers:
    """Who teaches a section, on a day of the school; ``names`` of its teachers by id, as far as the school has them."""

    section: Section
    today: date
    names: dict[str, str] = field(repr=False)

    @property
    def version(self) -> int:
        """Which version of the section's other teachers this is; the first is 1."""
        return self.section.version_of_others


def list_section_teachers(*, actor: Principal, section_id: str) -> SectionTeachers:
    """Whose the section is, and who shares it or stands in, now, before or later. Two calls to the table.

    Raises:
        NotFoundError: no such section in this school.
        NotAssignedError: a teacher of another section asks.
    """
    section = section_teachers.get_staffed(section_id).section
    if not holds(actor, SEE_EVERY_SECTION) and not holds(actor, ASSIGN_TEACHERS):
        access.require_teacher(actor, section)
    return _shown(section)


def assign_teacher(
    *,
    actor: Principal,
    section_id: str,
    version: int,
    teacher_id: str,
    capacity: Capacity,
    starts_on: date | None = None,
    ends_on: date | None = None,
    reason: str = "",
    reply: Reply[SectionTeachers] | None = None,
) -> SectionTeachers:
    """Have somebody teach the section beside its teacher, from a day on and until one, both included.

    Raises:
        ForbiddenError: the actor may not.
        NotFoundError: no such section in this school.
        InvalidInputError: no such teacher in this school, or it is the section's own; the days are in the wrong order,
            over already, or overlap another assignment of the same person; a substitute without both days or without a
            reason; or the section has as many assignments as it can have.
        StaleVersionError: the section's other teachers were changed since ``version``.
        IdempotentReplay: the same request was answered before.
    """
    require(actor, ASSIGN_TEACHERS)
    inputs.checked_reason(reason)

    def assigned(section: Section) -> Section:
        others = section.assignments
        with inputs.domain_rules():
            new = TeachingAssignment(
                assignment_id=uuid.uuid4().hex,
                teacher_id=teacher_id,
                capacity=capacity,
                starts_on=starts_on,
                ends_on=ends_on,
            )
        if broken := _broken_rule(section, new):
            raise InvalidInputError(fields=[broken])
        if capacity is Capacity.SUBSTITUTE and not reason:
            raise inputs.missing_reason()
        return _with_others(section, (*others, new))

    change = _Change("assigned", assigned, version, reason, reply, new_teacher_id=teacher_id)
    return _change(actor, section_id, change)


def end_assignment(
    *,
    actor: Principal,
    section_id: str,
    assignment_id: str,
    version: int,
    reason: str,
    ends_on: date | None = None,
    reply: Reply[SectionTeachers] | None = None,
) -> SectionTeachers:
    """End somebody's teaching of the section: at once, or after its new last day ``ends_on``. The record of it stays.

    Raises:
        ForbiddenError: the actor may not.
        NotFoundError: no such section in this school, or no such assignment in it.
        AssignmentOverError: it is over already.
        InvalidInputError: the reason is missing; or the day is past, before its first, or after its last.
        StaleVersionError, IdempotentReplay: as ``assign_teacher``.
    """
    require(actor, ASSIGN_TEACHERS)
    if not inputs.checked_reason(reason):
        raise inputs.missing_reason()

    def ended(section: Section) -> Section:
        others, today = section.assignments, school_cache.today()
        standing = _assignment_of(section, assignment_id)
        if standing.is_over(today):
            raise AssignmentOverError
        after = replace(standing, ended_at=clock.now()) if ends_on is None else _shortened(standing, ends_on, today)
        return _with_others(section, tuple(after if one is standing else one for one in others))

    change = _Change("ended", ended, version, reason, reply, assignment_id=assignment_id)
    return _change(actor, section_id, change)


@dataclass(frozen=True)
class _Change:
    """What becomes of a section's other teachers (``apply``), seen at ``version``, why, and how that is answered."""

    verb: str
    apply: Callable[[Section], Section]
    version: int
    reason: str
    reply: Reply[SectionTeachers] | None
    new_teacher_id: str = ""
    assignment_id: str = ""


def _change(actor: Principal, section_id: str, change: _Change) -> SectionTeachers:
    for _attempt in range(_ATTEMPTS):
        before = section_teachers.get_staffed(section_id)
        if change.assignment_id:
            _assignment_of(before.section, change.assignment_id)  # what is not there has no version either
        if before.section.version_of_others != change.version:
            raise _stale(before.section, change.version)
        after = StaffedSection(change.apply(before.section), audit.new_salt())
        result = _shown(after.section)
        if change.new_teacher_id and change.new_teacher_id not in result.names:
            raise _unknown_teacher()
        try:
            _write(actor, before, after, change, result)
        except _LocksMovedError:
            continue
        school_cache.forget_section(section_id)
        return result
    raise ConflictError


def _write(
    actor: Principal, before: StaffedSection, after: StaffedSection, change: _Change, result: SectionTeachers
) -> None:
    transaction, profile = Transaction(), school_profile.get_profile()
    if change.reply:
        change.reply.remember(transaction, result)
    section_teachers.put_others(
        transaction,
        after,
        before.section,
        otherwise=lambda standing: _stale(standing, change.version) if standing else NotFoundError(),
    )
    if change.new_teacher_id:
        section_teachers.mark_assigned(transaction, change.new_teacher_id, otherwise=lambda _found: _unknown_teacher())
    term_locks.move_teachers(
        transaction, after.section, _locks_of(before.section, profile.school), otherwise=_LocksMovedError
    )
    school_profile.require_profile(transaction, profile, otherwise=_LocksMovedError)
    audit_trail.add_teachers(
        transaction, actor=actor, verb=change.verb, before=before, after=after, reason=change.reason
    )
    transaction.commit()


def _locks_of(section: Section, school: School) -> dict[str, bool]:
    """The terms in which the section has a lock, or may get one.

    It may have one in a term of another year: imports correct the year of a term, and of a section.
    """
    locked = term_locks.find_locked(section.section_id, [term.term_id for term in school.terms])
    return {
        term.term_id: term.term_id in locked
        for term in school.terms
        if term.term_id in locked or term.may_have(section)
    }


def _assignment_of(section: Section, assignment_id: str) -> TeachingAssignment:
    found = next((one for one in section.assignments if one.assignment_id == assignment_id), None)
    if found is None:
        raise NotFoundError
    return found


def _broken_rule(section: Section, new: TeachingAssignment) -> FieldError | None:
    """Why somebody cannot be assigned so."""
    others = section.assignments
    if new.teacher_id == section.teacher_id:
        return FieldError("teacher_id", "own_section", _("It is this person's own section"))
    if new.is_over(school_cache.today()):
        return FieldError("ends_on", "past", _("The last day is past"))
    if any(one.teacher_id == new.teacher_id and one.overlaps(new) for one in others):
        return FieldError("starts_on", "overlap", _("This person teaches the section on some of these days already"))
    if len(others) >= MOST_ASSIGNMENTS:
        return FieldError("teacher_id", "too_many", _("The section has had as many other teachers as can be noted"))
    return None


def _shortened(standing: TeachingAssignment, ends_on: date, today: date) -> TeachingAssignment:
    """The assignment with an earlier last day, which is still to come."""
    later = standing.ends_on is not None and ends_on > standing.ends_on
    if later or ends_on < max(today, standing.starts_on or today):
        message = _("Name a day from today on, within the days of the assignment")
        raise InvalidInputError(fields=[FieldError("ends_on", "within", message)])
    return replace(standing, ends_on=ends_on)


def _with_others(section: Section, others: tuple[TeachingAssignment, ...]) -> Section:
    return replace(section, others=others, teachers_version=section.version_of_others)


def _shown(section: Section) -> SectionTeachers:
    people = {section.teacher_id, *(one.teacher_id for one in section.assignments)}
    names = {found.teacher_id: f"{found.given_name} {found.family_name}" for found in roster.get_teachers(people)}
    return SectionTeachers(section, school_cache.today(), names)


def _unknown_teacher() -> InvalidInputError:
    return InvalidInputError(fields=[FieldError("teacher_id", "exists", _("This school has no such teacher"))])


def _stale(standing: Section, version: int) -> StaleVersionError:
    return StaleVersionError(current={"version": standing.version_of_others}, yours={"version": version})
