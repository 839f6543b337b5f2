"""Every address x method x role x foreign id, over the real handlers (issue 3, point 3)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

from edu import audit_log
from tests.isolation import routes_holes, routes_probes
from tests.isolation.routes_cover import ALLOWED, COVERS, HARMLESS, Api, Cover, Page, cover_of
from tests.isolation.routes_doors import Doors
from tests.isolation.routes_http import Answer, ask_api, ask_console
from tests.isolation.routes_resolver import Route, all_routes
from tests.isolation.routes_school import ProbeSchool, seed_pair, sign_in_staff
from tests.isolation.routes_tries import Try, attacks, own_uses
from tests.isolation.sections import Cell, Hole, Section
from tests.support.cloud import Cloud

if TYPE_CHECKING:
    from collections.abc import Collection

LEAK, CHANGED = "LEAK", "changed the other school"
CHANGE_PAGES = "admin/evaluations/evaluation/<path:object_id>/change/"
_SERVER_ERROR = 500


def run(cloud: Cloud, only: Collection[str] = (), pair: tuple[ProbeSchool, ProbeSchool] | None = None) -> Section:
    """Ask everything: the other school's ids first, from both sides; then one's own, which may change things.

    With ``only``, just the patterns that contain one of these, and no probes; ``pair``: of schools that are there. What
    was seeded just now is told as a change at once: else there would be nothing to leak.
    """
    with patch.object(audit_log, "SETTLED_AFTER", timedelta(0)):
        return _run(cloud, only, *(pair or seed_pair()))


def _run(cloud: Cloud, only: Collection[str], first: ProbeSchool, second: ProbeSchool) -> Section:
    matrix = Matrix(cloud)
    asked = [route for route in all_routes() if not only or any(part in route.pattern for part in only)]
    routes = [(route, cover) for route in asked if (cover := cover_of(route.pattern))]
    for caller_school, other in ((first, second), (second, first)):
        for route, cover in routes:
            matrix.attack(route, cover, caller_school, other)
    if not only:
        matrix.cells += routes_probes.run(first, second)
        doors = Doors(cloud, first, second)
        doors.run()
        matrix.cells += doors.cells
        matrix.problems += doors.problems
    for route, cover in routes:
        matrix.use_own(route, cover, first, second)
    return Section(
        name="routes",
        title="Addresses x methods x roles x foreign ids",
        intro=_INTRO,
        cells=tuple(matrix.cells),
        problems=tuple(matrix.problems + uncovered()),
    )


_INTRO = (
    "Every pattern of Django's URL resolver (API and console), with every method, as nobody and as each of the five "
    "roles of each of two schools. With the other school's ids the answer must be the one for ids that do not exist, "
    "hold none of the other school's words in body, headers or cookies, and leave its items as they were (a digest of "
    "all of them, read as root, before and after). Then what no list of addresses shows (cursors, repeat keys, two "
    "identities in one request, sessions, error pages), and the two doors of events beside Django."
)


def uncovered() -> list[str]:
    """Addresses that the matrix does not know, and entries whose address is gone."""
    patterns = [route.pattern for route in all_routes()]
    known = {pattern for pattern in COVERS if any(cover_of(one) is COVERS[pattern] for one in patterns)}
    return [f"route without cover: {pattern}" for pattern in patterns if cover_of(pattern) is None] + [
        f"cover of a route that is gone: {pattern}" for pattern in COVERS if pattern not in known
    ]


@dataclass
class Matrix:
    """The cells so far, and what went wrong beside them."""

    cloud: Cloud
    cells: list[Cell] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def attack(self, route: Route, cover: Cover, ours: ProbeSchool, theirs: ProbeSchool) -> None:
        """Everybody of our school, with the other's ids."""
        before = digest_of(self.cloud, theirs.school_id)
        for one in attacks(route, cover, ours, theirs):
            self._judge(route, cover, one, theirs)
        if digest_of(self.cloud, theirs.school_id) != before:
            self.problems.append(f"{route.pattern}: {CHANGED}")
        if isinstance(cover, Page) and cover.ends_session:
            sign_in_staff(ours)

    def use_own(self, route: Route, cover: Cover, ours: ProbeSchool, theirs: ProbeSchool) -> None:
        """Everybody of our school with its own ids: the roles, and that there is something to leak."""
        before = digest_of(self.cloud, theirs.school_id)
        answers = [self._judge(route, cover, one, theirs) for one in own_uses(route, cover, ours, theirs)]
        if digest_of(self.cloud, theirs.school_id) != before:
            self.problems.append(f"{route.pattern}: {CHANGED}")
        if getattr(cover, "shows", False) and not any(ours.leaks_in(answer.text, "") for answer in answers):
            self.problems.append(f"{route.pattern}: shows nothing of its own school, so the probe is blind")
        if isinstance(cover, Page) and cover.ends_session:
            sign_in_staff(ours)
        self.problems += _never_done(route, cover, self.cells)

    def _judge(self, route: Route, cover: Cover, one: Try, theirs: ProbeSchool) -> Answer:
        ask_as = ask_console if isinstance(cover, Page) else ask_api
        answer = ask_as(one.caller, one.ask)
        observed = _observed(answer, one)
        if theirs.leaks_in(answer.text, one.ask.text):
            observed = LEAK
        self.cells.append(
            Cell(
                row=f"/{route.pattern}",
                column=f"{one.ask.method} {one.caller.name}",
                target=one.target,
                expected=one.expected,
                observed=observed,
                detail=f"status {answer.status}",
            )
        )
        return answer


def _observed(answer: Answer, one: Try) -> str:
    if one.expected == HARMLESS and answer.status < _SERVER_ERROR:
        return HARMLESS
    if one.expected.isdecimal():
        return str(answer.status)
    if one.expected == ALLOWED and answer.status in one.also:
        return ALLOWED
    return answer.category


def _never_done(route: Route, cover: Cover, cells: list[Cell]) -> list[str]:
    """Offers that no role of those allowed got through: then their refusals prove nothing."""
    if not isinstance(cover, Api):
        return []
    done = {cell.column.split()[0] for cell in cells if cell.row == f"/{route.pattern}" and cell.detail[7] == "2"}
    return [f"{route.pattern}: {method} never succeeded" for method in cover.offers if method not in done]


def _only_change_pages(cloud: Cloud) -> Section:
    return run(cloud, [CHANGE_PAGES])


def _only_covers(_cloud: Cloud) -> Section:
    return Section(name="routes", title="Covers", problems=tuple(uncovered()))


HOLES = (
    Hole(
        "admin-without-tenant",
        "an admin query set that looks in every school",
        routes_holes.admin_without_tenant,
        narrow=_only_change_pages,
    ),
    Hole(
        "route-without-cover",
        "a new address that the matrix does not know",
        routes_holes.route_without_cover,
        narrow=_only_covers,
    ),
)


def digest_of(cloud: Cloud, school_id: str) -> str:
    """A digest of every item of a school, read as root."""
    return hashlib.sha256(items_of(cloud, school_id).encode()).hexdigest()


def items_of(cloud: Cloud, school_id: str) -> str:
    """Every item of a school as text, read as root."""
    return "\n".join(sorted(json.dumps(item, sort_keys=True, default=repr) for item in cloud.items_of(school_id)))
