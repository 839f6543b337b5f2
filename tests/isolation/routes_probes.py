"""What no address list shows: cursors, versions and repeat keys of another school, two identities in one request."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edu.identity.principal import Role
from tests.isolation.routes_http import Answer, Ask, Caller, ask_api, ask_console, send
from tests.isolation.routes_school import LOGIN, ProbeSchool, new_client
from tests.isolation.sections import Cell
from tests.support.tokens import PASSWORD

if TYPE_CHECKING:
    from django.test import Client

ROW = "crossed requests"
_NEXT_PAGE = re.compile(r'href="\?([^"]*p=[^"]+)"')
_SESSION = "sessionid"
_ERRORS = (
    "/api/v1/nowhere/{evaluation_id}",
    "/api/v1/evaluations/{evaluation_id}%23",
    "/api/v1/evaluations/..%2f{evaluation_id}",
    "/api/v1/evaluations/{evaluation_id}/scores/{student_id}/x",
    "/api/v1/sections/{section_id}%00/students",
    "/admin/evaluations/evaluation/{evaluation_id}%2523/change/",
    "/admin/evaluations/evaluation/SCHOOL_23{school_id}/change/",
    "/admin/console/auditentry/{entry_key}~x/change/",
    "/admin/autocomplete/?term={student_id}",
    "/admin/r/1/{evaluation_id}/",
    "/static/{school_id}.js",
    "/static/..%2f..%2f{school_id}",
    "/{school_id}",
)


@dataclass
class Probes:
    """The cells so far, from the first school's side."""

    ours: ProbeSchool
    theirs: ProbeSchool
    cells: list[Cell] = field(default_factory=list)

    def note(self, what: str, expected: str, answer: Answer, sent: str, *, observed: str = "") -> None:
        """One cell; an answer that tells of the other school is a leak, whatever its status."""
        seen = "LEAK" if self.theirs.leaks_in(answer.text, sent) else observed or answer.category
        self.cells.append(Cell(ROW, what, "other school", expected, seen, f"status {answer.status}"))


def run(ours: ProbeSchool, theirs: ProbeSchool) -> list[Cell]:
    """Every probe, the first school's people against the second's things."""
    probes = Probes(ours, theirs)
    for probe in (
        *(_api_cursors, _console_cursor, _repeat_keys, _first_scores, _two_identities),
        *(_session_fixation, _cookies, _errors),
    ):
        probe(probes)
    return probes.cells


def _api_cursors(probes: Probes) -> None:
    """A page's cursor of another school, another listing, or changed by hand."""
    lists = {
        "evaluations": "/api/v1/sections/{section_id}/evaluations",
        "events": "/api/v1/students/{student_id}/events",
        "changes": "/api/v1/changes",
    }
    ours, theirs = (Caller(school, Role.SCHOOL_ADMIN) for school in (probes.ours, probes.theirs))
    cursors = {
        name: json.loads(ask_api(theirs, Ask("GET", path.format(**theirs.school.ids))).body)["next"]
        for name, path in lists.items()
    }
    own = json.loads(ask_api(ours, Ask("GET", lists["evaluations"].format(**ours.school.ids))).body)["next"]
    tries = {
        "cursor of the other school's evaluations": ("evaluations", cursors["evaluations"]),
        "cursor of the other school's events": ("events", cursors["events"]),
        "cursor of the other school's changes": ("changes", cursors["changes"]),
        "cursor of another listing": ("events", own),
        "cursor of another listing, for changes": ("changes", own),
        "cursor changed by one character": ("evaluations", own[:-1] + ("A" if own[-1] != "A" else "B")),
        "cursor that is none": ("evaluations", "SCHOOL#x"),
    }
    for what, (name, cursor) in tries.items():
        ask = Ask("GET", lists[name].format(**ours.school.ids), query=f"cursor={cursor.replace('#', '%23')}")
        probes.note(what, "refused", ask_api(ours, ask), ask.text)
    ask = Ask("GET", lists["evaluations"].format(**ours.school.ids), query=f"cursor={own}")
    probes.note("own cursor", "allowed", ask_api(ours, ask), ask.text)


def _console_cursor(probes: Probes) -> None:
    path = "/admin/evaluations/evaluation/"
    theirs = Caller(probes.theirs, Role.SCHOOL_ADMIN)
    page = ask_console(theirs, Ask("GET", path, query="section=" + probes.theirs.ids["section_id"])).body
    found = _NEXT_PAGE.search(page)
    query = found[1].replace("&amp;", "&") if found else ""
    ask = Ask("GET", path, query=query)
    answer = ask_console(Caller(probes.ours, Role.SCHOOL_ADMIN), ask)
    probes.note("cursor of the other school's console list", "redirected", answer, ask.text)
    cursor_alone = re.sub(r"section=[^&]*&?", "", query)
    ask = Ask("GET", path, query=cursor_alone)
    answer = ask_console(Caller(probes.ours, Role.SCHOOL_ADMIN), ask)
    probes.note("cursor of the other school's console list, without filter", "redirected", answer, ask.text)


def _repeat_keys(probes: Probes) -> None:
    """The same Idempotency-Key in two schools, and by two people of one: each write is its own."""
    body = {"kind": "quiz", "title": "Clave repetida", "weight": "1.00"}
    headers = {"Idempotency-Key": f"clave-{probes.ours.id_word}"}
    seen: dict[str, str] = {}
    askers = {
        "the other school's teacher": Caller(probes.theirs, Role.TEACHER),
        "own teacher": Caller(probes.ours, Role.TEACHER),
        "own administrator": Caller(probes.ours, Role.SCHOOL_ADMIN),
    }
    for name, caller in askers.items():
        ids = caller.school.ids
        given = {**body, "term_id": ids["term_id"], "held_on": ids["open_day"]}
        ask = Ask("POST", f"/api/v1/sections/{ids['section_id']}/evaluations", given, headers)
        answer = ask_api(caller, ask)
        made = json.loads(answer.body).get("evaluation_id", "") if answer.category == "allowed" else "none"
        is_new = made not in seen.values()
        seen[name] = made
        observed = ("new write" if is_new else "REPLAYED") if made != "none" else ""
        if caller.school is probes.ours:
            probes.note(f"one Idempotency-Key, {name}", "new write", answer, ask.text, observed=observed)


def _first_scores(probes: Probes) -> None:
    """A first score put at its own address (``If-None-Match: *``), with the other school's ids in it."""
    caller, ours, theirs = Caller(probes.ours, Role.TEACHER), probes.ours.ids, probes.theirs.ids
    tries = {
        "evaluation": (theirs["evaluation_id"], ours["ungraded_student_id"], "not found"),
        "student": (ours["evaluation_id"], theirs["ungraded_student_id"], "refused"),
        "evaluation and student": (theirs["evaluation_id"], theirs["ungraded_student_id"], "not found"),
        "graded student": (theirs["evaluation_id"], theirs["student_id"], "not found"),
    }
    for whose, (evaluation_id, student_id, expected) in tries.items():
        path = f"/api/v1/evaluations/{evaluation_id}/scores/{student_id}"
        ask = Ask("PUT", path, {"value": "5.5"}, {"If-None-Match": "*"})
        probes.note(f"first score put with the other school's {whose}", expected, ask_api(caller, ask), ask.text)


def _two_identities(probes: Probes) -> None:
    """A console session of one school and a bearer token of the other, in one request: the address decides."""
    theirs_console = probes.theirs.consoles[Role.SCHOOL_ADMIN]
    token = probes.ours.tokens[Role.SCHOOL_ADMIN]
    both = {"Authorization": f"Bearer {token}"}
    answer = _get(theirs_console, "/api/v1/sections", both)
    probes.note(
        "API: the other's session, own token", "the token's school", answer, "", observed=_whose(probes, answer)
    )
    answer = _get(theirs_console, "/api/v1/sections", {})
    probes.note("API: the other's session, no token", "sign in", answer, "")
    answer = _get(theirs_console, "/api/v1/sections", {"Authorization": "Bearer x.y.z"})
    probes.note("API: the other's session, bad token", "sign in", answer, "")
    own_console = probes.ours.consoles[Role.SCHOOL_ADMIN]
    theirs = {"Authorization": f"Bearer {probes.theirs.tokens[Role.SCHOOL_ADMIN]}"}
    path = "/admin/evaluations/evaluation/"
    answer = _get(own_console, path, theirs)
    observed = _whose(probes, answer, "session")
    probes.note("console: own session, the other's token", "the session's school", answer, "", observed=observed)
    theirs_one = f"{path}{probes.theirs.ids['evaluation_id']}/change/"
    answer = _get(own_console, theirs_one, theirs)
    probes.note("console: own session, the other's token and id", "sent to the index", answer, theirs_one)
    answer = _get(new_client(), theirs_one, theirs)
    probes.note("console: no session, the other's token and id", "sign in", answer, theirs_one)


def _whose(probes: Probes, answer: Answer, by: str = "token") -> str:
    return f"the {by}'s school" if probes.ours.leaks_in(answer.text, "") else answer.category


def _session_fixation(probes: Probes) -> None:
    """A session id put into the victim's browser beforehand is worth nothing after the sign-in."""
    planted = "a" * 32
    victim = new_client()
    victim.cookies[_SESSION] = planted
    username = f"{Role.SCHOOL_ADMIN}.{probes.ours.school_id}"
    victim.post(f"{LOGIN}?next=/admin/", {"username": username, "password": PASSWORD})
    changed = victim.cookies[_SESSION].value not in {"", planted}
    attacker = new_client()
    attacker.cookies[_SESSION] = planted
    answer = _get(attacker, "/admin/", {})
    probes.note("session id planted before the sign-in", "sign in", answer, "")
    answer = _get(victim, "/admin/", {})
    observed = "allowed" if changed and answer.category == "allowed" else "KEPT THE PLANTED ID"
    probes.note("session id after the sign-in is new", "allowed", answer, "", observed=observed)
    _sign_in_over_anothers_session(probes)


def _sign_in_over_anothers_session(probes: Probes) -> None:
    """One browser, two people one after the other: nothing of the first is left to the second."""
    browser = new_client()
    for school in (probes.theirs, probes.ours):
        username = f"{Role.SCHOOL_ADMIN}.{school.school_id}"
        browser.post(f"{LOGIN}?next=/admin/", {"username": username, "password": PASSWORD})
    answer = _get(browser, "/admin/evaluations/evaluation/", {})
    observed = _whose(probes, answer, "session")
    probes.note("sign-in over the other school's session", "the session's school", answer, "", observed=observed)


def _cookies(probes: Probes) -> None:
    """The language cookie, and made-up ones, decide nothing."""
    path = f"/api/v1/evaluations/{probes.theirs.ids['evaluation_id']}"
    for name, value in {
        "django_language": probes.theirs.school_id,
        "school_id": probes.theirs.school_id,
        _SESSION: probes.theirs.consoles[Role.SCHOOL_ADMIN].cookies[_SESSION].value,
    }.items():
        client = new_client()
        client.cookies[name] = value
        headers = {"Authorization": f"Bearer {probes.ours.tokens[Role.SCHOOL_ADMIN]}"}
        probes.note(f"cookie {name} of the other school", "not found", _get(client, path, headers), path)


def _errors(probes: Probes) -> None:
    """Pages that say no repeat at most what was sent."""
    for template in _ERRORS:
        path = template.format(**{name: value.replace(":", "_3A") for name, value in probes.theirs.ids.items()})
        headers = {"Authorization": f"Bearer {probes.ours.tokens[Role.SCHOOL_ADMIN]}"}
        answer = _get(probes.ours.consoles[Role.SCHOOL_ADMIN], path, headers)
        observed = "harmless" if answer.status in {302, 400, 403, 404} else f"status {answer.status}"
        probes.note(f"error page of {template}", "harmless", answer, path, observed=observed)


def _get(client: Client, path: str, headers: dict[str, str]) -> Answer:
    answer = send(client, Ask("GET", path), headers)
    client.cookies.pop("messages", None)  # what it says of this request is not for the next page to repeat
    return answer
