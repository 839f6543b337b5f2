"""A school's rules, kept in memory for five minutes: its scale, its terms, who teaches what.

Five minutes is how long another process may let a former teacher in. It is not how long a closed term takes grades, or
a term takes grades of another scale: the writing transaction itself looks at that (``term_gates``). Nor does a term
stay closed here for longer than anywhere else: before refusing, the school's record is read again.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.cache import caches
from django.utils.translation import gettext_lazy as _

from edu.errors import FieldError, InvalidInputError, NotFoundError
from edu.identity.capabilities import holds
from edu.tenancy import current_school_id
from evaluations.errors import ClosedTermError, NotAssignedError
from evaluations.permissions import SEE_SCORES_ANYWHERE, SET_EVALUATIONS_ANYWHERE, TEACH
from evaluations.repository import heads, roster
from evaluations.services import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from edu.identity.principal import Principal
    from evaluations.domain.scales import GradingScale
    from evaluations.domain.school import School, Section, Term
    from evaluations.repository.heads import Head


def get_school() -> School:
    """The school in scope, at most five minutes old.

    Raises:
        NotFoundError: it has no record yet.
    """
    school: School = _cached("school", roster.get_school)
    return school


def time_zone_of_school() -> str:
    """The IANA time zone of the school in scope; UTC for one that has no record yet."""
    try:
        return get_school().time_zone
    except NotFoundError:
        return "UTC"


def forget_school() -> None:
    """Drop what is remembered of the school's own record: this process has changed it, or knows better."""
    caches["rules"].delete(_key("school"))


def get_school_afresh() -> School:
    """The school in scope as its record says now. Same errors as ``get_school``."""
    forget_school()
    return get_school()


def get_section(section_id: str) -> Section:
    """A section of the school in scope, at most five minutes old.

    Raises:
        NotFoundError: there is none of this id.
    """
    section: Section = _cached(f"section:{section_id}", lambda: roster.get_section(section_id))
    return section


def get_head(evaluation_id: str) -> Head:
    """An evaluation as whoever writes its scores needs it: where it belongs, its kind, whether it has scores.

    It may be five minutes old. Of an evaluation that has scores none of this ever changes again; of one that has none
    only the kind may, or it may be deleted, and the transaction that writes its first score requires that neither
    happened (``repository.heads.mark_scored``).

    Raises:
        NotFoundError: there is none of this id, or no longer.
    """
    head: Head = _cached(f"head:{evaluation_id}", lambda: heads.get_head(evaluation_id))
    return head


def remember_head(head: Head) -> None:
    """Keep what this process has just written of an evaluation."""
    caches["rules"].set(_key(f"head:{head.evaluation.evaluation_id}"), head)


def forget_head(evaluation_id: str) -> None:
    """Drop what is remembered of an evaluation: it is no longer so."""
    caches["rules"].delete(_key(f"head:{evaluation_id}"))


def get_scale(term_id: str) -> GradingScale:
    """The scale that a term's grades are on, at most five minutes old: the term's own, or the school's."""
    return get_school().scale_in(term_id)


def open_terms() -> list[Term]:
    """The terms that still take grades."""
    return [term for term in get_school().terms if not term.closed]


def require_writer(actor: Principal, section: Section) -> None:
    """Only the section's teacher and the school's administrators set its evaluations.

    Raises:
        NotAssignedError: the actor is neither.
    """
    if not holds(actor, SET_EVALUATIONS_ANYWHERE):
        require_teacher(actor, section)


def require_score_reader(actor: Principal, section: Section) -> None:
    """Only the section's teacher and the school's administrators see its scores.

    Raises:
        NotAssignedError: the actor is neither.
    """
    if not holds(actor, SEE_SCORES_ANYWHERE):
        require_teacher(actor, section)


def teaches(actor: Principal, section: Section) -> bool:
    """Whether the section is the actor's own: an administrator may be a teacher too."""
    return holds(actor, TEACH) and actor.person_id == section.teacher_id


def require_teacher(actor: Principal, section: Section) -> None:
    """Only the section's teacher grades its students while the term is open.

    Raises:
        NotAssignedError: the actor is somebody else.
    """
    if not teaches(actor, section):
        raise NotAssignedError


def require_open_term(term_id: str, on: date | None = None) -> Term:
    """The term, when it takes grades (and contains the day ``on``).

    Raises:
        InvalidInputError: the school has no such term, or the day is outside it.
        ClosedTermError: it is closed.
    """
    term = get_term(term_id, field="term_id")
    if term.closed:
        term = get_term(term_id, afresh=True)  # another process may have opened it again
    if term.closed:
        raise ClosedTermError
    if on is not None:
        require_day_of(term, on)
    return term


def get_term(term_id: str, *, afresh: bool = False, field: str = "term") -> Term:
    """A term of the school, open or not, at most five minutes old or as its record says now.

    ``field`` is where the caller's client named it, for the error: a query's parameter unless said otherwise.

    Raises:
        InvalidInputError: the school has no such term.
    """
    school = get_school_afresh() if afresh else get_school()
    term = next((term for term in school.terms if term.term_id == term_id), None)
    if term is None:
        raise InvalidInputError(fields=[FieldError(field, "exists", _("This school has no such term"))])
    return term


def require_day_of(term: Term, day: date) -> None:
    """An evaluation is held on a day of its term.

    Raises:
        InvalidInputError: it is not.
    """
    if not term.contains(day):
        raise InvalidInputError(fields=[FieldError("held_on", "in_term", _("The date is outside the term"))])


def require_year_of(term: Term, section: Section) -> None:
    """A section is evaluated in the terms of its own school year: grades of another would be on no report card.

    Raises:
        InvalidInputError: the term is of another year.
    """
    if not term.may_have(section):
        message = _("The term is of another school year than the section")
        raise InvalidInputError(fields=[FieldError("term_id", "of_section_year", message)])


@contextmanager
def domain_rules() -> Iterator[None]:
    """Turn what the domain's classes refuse inside the block into an error that names the field.

    Raises:
        InvalidInputError: for the domain's ``ValueError("<field>: <reason>")``.
    """
    try:
        yield
    except ValueError as error:
        field = str(error).partition(":")[0]
        message = limits.BY_FIELD.get(field, _("This value is not valid"))
        raise InvalidInputError(fields=[FieldError(field, "invalid", message)]) from error


def _cached(name: str, load: Callable[[], Any]) -> Any:  # noqa: ANN401 - the cache holds any domain object
    cache, key = caches["rules"], _key(name)
    value = cache.get(key)
    if value is None:
        value = load()
        cache.set(key, value)
    return value


def _key(name: str) -> str:
    return f"{current_school_id()}:{name}"
