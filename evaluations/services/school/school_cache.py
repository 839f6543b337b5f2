"""A school's rules, kept in memory for five minutes: how it grades, its terms, who teaches what.

Five minutes is how long another process may let somebody read whose place in a section was ended, or let in whom an
import replaced as its teacher. It is not how long a substitute writes who was sent home, a closed term takes grades, or
a term takes grades of another scale: the writing transaction itself looks at that (``term_locks``). Nor is anybody kept
out here for longer than anywhere else: before refusing, the section's and the school's records are read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from edu import clock, memory
from edu.errors import FieldError, InvalidInputError, NotFoundError
from evaluations.repository import roster, school_profile

if TYPE_CHECKING:
    from datetime import date

    from evaluations.domain.grading_policy import GradingPolicy
    from evaluations.domain.scales import GradingScale
    from evaluations.domain.school import School, Section, Term

_SCHOOL = "school"


def get_school() -> School:
    """The school in scope, at most five minutes old.

    Raises:
        NotFoundError: it has no record yet.
    """
    school: School = memory.remembered(_SCHOOL, school_profile.get_school)
    return school


def time_zone_of_school() -> str:
    """The IANA time zone of the school in scope; UTC for one that has no record yet."""
    try:
        return get_school().time_zone
    except NotFoundError:
        return "UTC"


def today() -> date:
    """The day that it is by the clocks of the school in scope."""
    return clock.now().astimezone(ZoneInfo(time_zone_of_school())).date()


def forget_school() -> None:
    """Drop what is remembered of the school's own record: this process has changed it, or knows better."""
    memory.forget(_SCHOOL)


def get_school_afresh() -> School:
    """The school in scope as its record says now. Same errors as ``get_school``."""
    forget_school()
    return get_school()


def get_section(section_id: str) -> Section:
    """A section of the school in scope, at most five minutes old.

    Raises:
        NotFoundError: there is none of this id.
    """
    section: Section = memory.remembered(_section(section_id), lambda: roster.get_section(section_id))
    return section


def forget_section(section_id: str) -> None:
    """Drop what is remembered of a section: this process has changed who teaches it, or knows better."""
    memory.forget(_section(section_id))


def get_section_afresh(section_id: str) -> Section:
    """A section as its record says now. Same errors as ``get_section``."""
    forget_section(section_id)
    return get_section(section_id)


def get_scale(term_id: str) -> GradingScale:
    """The scale that a term's grades are on, at most five minutes old: the term's own, or the school's."""
    return get_school().scale_in(term_id)


def get_policy(term_id: str) -> GradingPolicy | None:
    """How the term's scores become one grade, at most five minutes old; ``None`` for the plain weighted mean."""
    return get_school().policy_in(term_id)


def open_terms() -> list[Term]:
    """The terms that still take grades."""
    return [term for term in get_school().terms if not term.closed]


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


def _section(section_id: str) -> str:
    return f"section:{section_id}"
