"""How each address is attacked: who may use it, with which ids and bodies. An address without an entry fails the run.

Entries say once more, by hand, what the views and the apps' ``permissions`` say: a change has to be made twice.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from edu.identity.principal import Role

Ids = Mapping[str, str]
ALLOWED, NOT_FOUND, FORBIDDEN, SIGN_IN = "allowed", "not found", "forbidden", "sign in"
NOT_OFFERED, REFUSED, REDIRECTED, HARMLESS = "not offered", "refused", "redirected", "harmless"
SENT_HOME = "sent to the index"  # how stock Django says that a record does not exist

STAFF_READERS = frozenset({Role.TEACHER, Role.SCHOOL_ADMIN, Role.AUDITOR})
WRITERS = frozenset({Role.TEACHER, Role.SCHOOL_ADMIN})
ADMINS = frozenset({Role.SCHOOL_ADMIN})
CONSOLE = frozenset({Role.SCHOOL_ADMIN, Role.AUDITOR, Role.PLATFORM_OPERATOR})
NOBODY: frozenset[Role] = frozenset()


@dataclass(frozen=True)
class Offer:
    """One method of an API address.

    ``body`` and ``query`` are made from ids; ``body_ids`` are the ids in the body that are swapped for another
    school's, to which the answer is ``foreign_body``. ``queries`` are tried besides, with own ids and with foreign
    ones. ``etag_of`` is where the version is read that ``If-Match`` names: by an insider of the ids' school. ``also``
    are statuses of a caller who was let in and came second; ``ids`` are ids of this method's own. ``not_now`` are roles
    that the address takes and a rule of the school refuses: 403 for their own, and 404 for another's, as for everybody.
    """

    roles: frozenset[Role]
    body: Callable[[Ids], Any] | None = None
    body_ids: tuple[str, ...] = ()
    foreign_body: str = REFUSED
    query: str = ""
    queries: tuple[str, ...] = ()
    etag_of: str = ""
    also: frozenset[int] = frozenset()
    ids: Mapping[str, str] = field(default_factory=dict)
    not_now: frozenset[Role] = frozenset()


@dataclass(frozen=True)
class Api:
    """An API address. ``shows``: a reader's own answer must hold the school's words, or the probe proves nothing."""

    offers: Mapping[str, Offer]
    shows: bool = True


@dataclass(frozen=True)
class Page:
    """A console address: what its ``roles`` get of their own school and of another's, the rest of the staff, others.

    ``named`` is what they get when the query names a school, if not the same; ``queries`` are tried with another
    school's ids. Methods but GET and HEAD must change nothing and tell nothing.
    """

    roles: frozenset[Role]
    path: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    own: str = ALLOWED
    foreign: str = SENT_HOME
    others: str = FORBIDDEN
    anonymous: str = SIGN_IN
    named: str = ""
    queries: tuple[str, ...] = ()
    shows: bool = False
    ends_session: bool = False


@dataclass(frozen=True)
class Open:
    """An address that knows no school: the same answer for everybody."""

    statuses: Mapping[str, int | str] = field(default_factory=dict)
    path: str = ""
    default: int = 405


Cover = Api | Page | Open


def cover_of(pattern: str) -> Cover | None:
    """The entry of a pattern as Django prints it; the console's list of apps may change without a new entry."""
    return COVERS.get(re.sub(r"\(\?P<app_label>[^)]*\)", "(?P<app_label>)", pattern))


def _exam(ids: Ids) -> dict[str, Any]:
    return {
        "term_id": ids["term_id"],
        "kind": "quiz",
        "title": "Control de isla",
        "weight": "1.00",
        "held_on": ids["open_day"],
    }


def _first_score(ids: Ids) -> dict[str, Any]:
    return {"student_id": ids["ungraded_student_id"], "state": "recorded", "value": "5.5"}


def _rows(ids: Ids) -> dict[str, Any]:
    return {"rows": [{"student_id": ids["ungraded_student_id"], "state": "recorded", "value": "4.5"}]}


def _correction(_ids: Ids) -> dict[str, Any]:
    return {"state": "recorded", "value": "6.2", "reason": "Suma mal hecha"}


def _retitling(_ids: Ids) -> dict[str, Any]:
    return {"title": "Otro título", "reason": "Así lo pide la prueba"}


def _reason(_ids: Ids) -> dict[str, Any]:
    return {"reason": "Así lo pide la prueba"}


def _co_teacher(ids: Ids) -> dict[str, Any]:
    return {"teacher_id": ids["colleague_id"], "capacity": "co_teacher"}


def _kind_switch(_ids: Ids) -> dict[str, Any]:
    return {"kind": "mood", "in_use": False}


def _console_model(
    path: str, *, roles: frozenset[Role], id_name: str, queries: tuple[str, ...], shared: bool = False
) -> dict[str, Cover]:
    """The six stock addresses of a read-only model. ``shared``: its records are every school's, like questions."""
    root, one = f"admin/{path}/", f"admin/{path}/<path:object_id>/"
    ids = {"object_id": id_name}
    return {
        root: Page(roles, named=REDIRECTED, queries=queries, shows=not shared),
        f"{root}add/": Page(NOBODY),
        f"{one}history/": Page(CONSOLE, ids=ids, own=NOT_FOUND, foreign=NOT_FOUND),
        f"{one}delete/": Page(NOBODY, ids=ids),
        f"{one}change/": Page(roles, ids=ids, foreign=ALLOWED if shared else SENT_HOME, shows=not shared),
        one: Page(CONSOLE, ids=ids, own=REDIRECTED, foreign=REDIRECTED),
    }


_EVALUATION = "/api/v1/evaluations/{evaluation_id}"
_SCORE = f"{_EVALUATION}/scores/{{student_id}}"
_TEACHERS = "/api/v1/sections/{section_id}/teachers"
_TERM_QUERIES = ("term={term_id}",)
_OF_SECTION = "term={term_id}&section={section_id}"
_SECOND = frozenset({404, 409, 412, 422})  # the one before did it already

API: dict[str, Cover] = {
    "api/v1/changes": Api(
        {"GET": Offer(ADMINS, query="since={open_day}T00:00:00Z", queries=("kinds=score,student", "whole=true"))}
    ),
    "api/v1/school": Api({"GET": Offer(STAFF_READERS)}),
    "api/v1/school/exports": Api({"GET": Offer(ADMINS), "POST": Offer(ADMINS, also=frozenset({409}))}, shows=False),
    "api/v1/school/exports/<id:export_id>": Api({"GET": Offer(ADMINS)}, shows=False),
    "api/v1/school/exports/<id:export_id>/download": Api({"GET": Offer(ADMINS)}, shows=False),
    "api/v1/sections": Api({"GET": Offer(STAFF_READERS)}),
    "api/v1/sections/<id:section_id>/students": Api({"GET": Offer(STAFF_READERS)}),
    "api/v1/sections/<id:section_id>/teachers": Api(
        {
            "GET": Offer(STAFF_READERS),
            "POST": Offer(
                ADMINS, body=_co_teacher, body_ids=("colleague_id",), etag_of=_TEACHERS, also=frozenset({412, 422})
            ),
        }
    ),
    "api/v1/sections/<id:section_id>/teachers/<id:assignment_id>/end": Api(
        {"POST": Offer(ADMINS, body=_reason, etag_of=_TEACHERS, also=_SECOND)}
    ),
    "api/v1/sections/<id:section_id>/evaluations": Api(
        {
            "GET": Offer(STAFF_READERS, queries=_TERM_QUERIES),
            "POST": Offer(WRITERS, body=_exam, body_ids=("term_id",)),
        }
    ),
    "api/v1/sections/<id:section_id>/scores": Api({"GET": Offer(WRITERS, query="term={term_id}")}),
    "api/v1/sections/<id:section_id>/consolidated": Api({"GET": Offer(WRITERS, query="term={term_id}")}),
    "api/v1/evaluations/<id:evaluation_id>": Api(
        {
            "GET": Offer(STAFF_READERS),
            "PATCH": Offer(WRITERS, body=_retitling, etag_of=_EVALUATION),
            "DELETE": Offer(
                WRITERS,
                body=_reason,
                etag_of=_EVALUATION,
                ids={"evaluation_id": "spare_evaluation_id"},
                also=_SECOND,
            ),
        }
    ),
    "api/v1/evaluations/<id:evaluation_id>/cancellation": Api(
        {"POST": Offer(WRITERS, body=_reason, etag_of=_EVALUATION, ids={"evaluation_id": "cancelled_evaluation_id"})},
    ),
    "api/v1/evaluations/<id:evaluation_id>/reinstatement": Api(
        {"POST": Offer(WRITERS, body=_reason, etag_of=_EVALUATION, ids={"evaluation_id": "cancelled_evaluation_id"})},
    ),
    "api/v1/evaluations/<id:evaluation_id>/history": Api({"GET": Offer(STAFF_READERS)}),
    "api/v1/evaluations/<id:evaluation_id>/scores": Api(
        {
            "GET": Offer(WRITERS),
            "POST": Offer(WRITERS, body=_first_score, body_ids=("ungraded_student_id",), not_now=ADMINS),
            "PUT": Offer(WRITERS, body=_rows, body_ids=("ungraded_student_id",), foreign_body=ALLOWED, not_now=ADMINS),
        },
    ),
    "api/v1/evaluations/<id:evaluation_id>/scores/<id:student_id>": Api(
        {"GET": Offer(WRITERS), "PUT": Offer(WRITERS, body=_correction, etag_of=_SCORE, not_now=ADMINS)}
    ),
    "api/v1/evaluations/<id:evaluation_id>/scores/<id:student_id>/void": Api(
        {"POST": Offer(WRITERS, body=_reason, etag_of=_SCORE, not_now=ADMINS)}, shows=False
    ),
    "api/v1/evaluations/<id:evaluation_id>/scores/<id:student_id>/history": Api({"GET": Offer(WRITERS)}, shows=False),
    "api/v1/students/<id:student_id>/scores": Api({"GET": Offer(WRITERS, queries=_TERM_QUERIES)}),
    "api/v1/students/<id:student_id>/report-card": Api(
        {"GET": Offer(WRITERS, queries=(*_TERM_QUERIES, "format=csv", "format=pdf"))}
    ),
    "api/v1/students/<id:student_id>/events": Api({"GET": Offer(ADMINS)}),
    "api/v1/students/<id:student_id>/behavior": Api({"GET": Offer(WRITERS)}, shows=False),
    "api/v1/behavior-kinds": Api({"GET": Offer(WRITERS), "PATCH": Offer(ADMINS, body=_kind_switch)}, shows=False),
    "api/v1/rejected-events": Api({"GET": Offer(ADMINS)}),
    "api/v1/analytics": Api({"GET": Offer(WRITERS)}, shows=False),
    "api/v1/analytics/runs/<id:run_id>": Api({"GET": Offer(WRITERS, also=frozenset({403}))}, shows=False),
    "api/v1/analytics/grade-distribution": Api({"GET": Offer(WRITERS, query=_OF_SECTION)}, shows=False),
    "api/v1/analytics/pass-rates": Api({"GET": Offer(ADMINS, query="term={term_id}")}, shows=False),
    "api/v1/analytics/progress": Api({"GET": Offer(ADMINS, queries=("course={course_id}",))}, shows=False),
    "api/v1/analytics/own-past": Api({"GET": Offer(ADMINS, query="term={term_id}")}, shows=False),
    "api/v1/analytics/behaviour-weeks": Api(
        {"GET": Offer(ADMINS, query="first_on={open_day}&last_on={open_day}", queries=("section={section_id}",))},
        shows=False,
    ),
    "api/v1/analytics/attendance-against-grades": Api({"GET": Offer(ADMINS, query="term={term_id}")}, shows=False),
    "api/v1/analytics/at-risk": Api({"GET": Offer(WRITERS, query=_OF_SECTION)}, shows=False),
    "api/v1/terms": Api({"GET": Offer(STAFF_READERS)}),
    "api/v1/terms/<id:term_id>/close": Api({"POST": Offer(ADMINS, also=_SECOND)}, shows=False),
    "api/v1/terms/<id:term_id>/reopen": Api({"POST": Offer(ADMINS, body=_reason, also=_SECOND)}, shows=False),
}

_PUBLIC: Mapping[str, int | str] = {"GET": 200, "HEAD": 200, "OPTIONS": HARMLESS}

COVERS: dict[str, Cover] = {
    "": Open(default=302, path="/"),
    "i18n/setlang/": Open(default=302),
    "api/v1/": Open(_PUBLIC),
    "api/v1/schema": Open(_PUBLIC),
    "api/v1/docs": Open(_PUBLIC),
    "admin/": Page(CONSOLE, queries=("q={evaluation_id}", "school_id={school_id}")),
    "admin/login/": Page(CONSOLE, own=HARMLESS, anonymous=ALLOWED),
    "admin/logout/": Page(CONSOLE, own=NOT_OFFERED, anonymous=SENT_HOME, ends_session=True),
    "admin/jsi18n/": Page(CONSOLE, queries=("q={evaluation_id}",)),
    "admin/^(?P<app_label>)/$": Page(
        frozenset({Role.SCHOOL_ADMIN, Role.AUDITOR}), path="/admin/evaluations/", others=NOT_FOUND
    ),
    "admin/(?P<url>.*)$": Page(CONSOLE, path="/admin/nowhere/{evaluation_id}/", own=NOT_FOUND),
    **_console_model(
        "console/auditentry",
        roles=frozenset({Role.AUDITOR}),
        id_name="entry_key",
        queries=("month={month}", "q={evaluation_id}", "subject={evaluation_id}", "subject__contains={evaluation_id}"),
    ),
    **_console_model(
        "evaluations/evaluation",
        roles=frozenset({Role.SCHOOL_ADMIN, Role.AUDITOR}),
        id_name="evaluation_id",
        queries=(
            "section={section_id}",
            "q={evaluation_id}",
            "section_id__exact={section_id}",
            "_to_field=pk&pk={evaluation_id}",
        ),
    ),
    **_console_model(
        "analytics/lakequestion",
        roles=ADMINS,
        id_name="question",
        queries=("q={evaluation_id}", "term={term_id}"),
        shared=True,
    ),
    **API,
}


def fresh_key() -> str:
    """An Idempotency-Key that nobody used."""
    return uuid.uuid4().hex
