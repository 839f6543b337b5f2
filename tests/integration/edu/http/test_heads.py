"""Heads over the limits cost next to nothing, on every address of both doors; and within them no field costs much."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edu.identity.principal import Role
from tests.integration.behavior.support import EVENTS_PATH
from tests.integration.edu.http.servers import SECTIONS, Knocking, Servers
from tests.support.raw_http import exchange, head

if TYPE_CHECKING:
    from collections.abc import Mapping

ADDRESSES = [
    *(("web", path) for path in ("/healthz", SECTIONS, "/admin/login/", "/static/edu/console.css", "/api/v1/schema")),
    *(("web", path) for path in ("/", "/nowhere")),
    *(("door", path) for path in ("/healthz", EVENTS_PATH, "/nowhere")),
]
HEADS: dict[str, Mapping[str, str]] = {
    "one long field": {"Content-Type": "application/json" + ";a" * 140_000},
    "the same, in many": {f"X-{n}": ";a" * 1400 for n in range(100)},
    "many short fields": {f"X-{n}": "a" for n in range(5000)},
    "more than 64": {f"X-{n}": "a" for n in range(65)},
    "long cookie": {"Cookie": "a=b;" * 70_000},
    "just over": {"X-A": "a" * 16_384},
    "media type": {"Content-Type": "application/json" + ";a" * 200},
    "long name": {"X" * 20_000: "a"},
}
LARGEST = 15_500
FIELDS = {
    "Accept": "a/b;q=0.5,",
    "Accept-Encoding": "gzip;q=0.5,",
    "Accept-Language": "es-PE;q=0.5,",
    "Cookie": "a=b;",
    "If-Match": '"1",',
    "If-None-Match": 'W/"1",',
    "Idempotency-Key": "a",
    "X-Correlation-Id": "a",
    "X-Forwarded-For": "10.0.0.1,",
    "X-Forwarded-Proto": "https,",
    "Range": "0-1,",
    "If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT,",
    "Referer": "http://a/",
    "Origin": "http://a/",
}


def _processor_s(pid: int) -> float:
    """What a process and its children have used (proc(5))."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_processor_s(int(child)) for child in children)


def _status(servers: Servers, door: str, data: bytes) -> int:
    return exchange(getattr(servers, door), data)[0].status


@pytest.mark.parametrize("name", HEADS)
def test_head_over_a_limit_is_refused_everywhere_and_cheaply(servers: Servers, name: str) -> None:
    pids = (servers.web_pid, servers.door_pid)
    before_s = sum(map(_processor_s, pids))
    statuses = {place: _status(servers, place[0], head("GET", place[1], HEADS[name])) for place in ADDRESSES}
    assert statuses == dict.fromkeys(ADDRESSES, 431)
    assert sum(map(_processor_s, pids)) - before_s < 0.3


@pytest.mark.parametrize("length", [16_384, 100_000])
def test_long_address_is_refused_everywhere(servers: Servers, length: int) -> None:
    for door, path in ADDRESSES:
        assert _status(servers, door, head("GET", f"{path}?{'a' * length}")) == 431


def test_refused_head_is_a_problem_for_programs(servers: Servers) -> None:
    response, body = exchange(servers.web, head("GET", SECTIONS, HEADS["more than 64"]))
    assert (response.status, response.headers["Content-Type"]) == (431, "application/problem+json")
    assert b'"head_too_large"' in body


@pytest.mark.parametrize("field", FIELDS)
def test_longest_field_within_the_limits_costs_little(servers: Servers, hostile: Knocking, field: str) -> None:
    """Ten requests to an API address, ten to the console, ten events: none takes as much as 30 ms of processor."""
    value = (FIELDS[field] * LARGEST)[: LARGEST - 2 * len(hostile.teacher)]
    api = head("GET", SECTIONS, {**hostile.headers(Role.TEACHER), "Content-Type": "", field: value})
    page = head("GET", "/admin/login/", {field: value})
    event = head("POST", EVENTS_PATH, {**hostile.headers(Role.STUDENT), field: value, "Content-Length": "2"}) + b"{}"
    for door, data in (("web", api), ("web", page), ("door", event)):
        pid = getattr(servers, f"{door}_pid")
        _status(servers, door, data)
        before_s = _processor_s(pid)
        statuses = {_status(servers, door, data) for _ in range(10)}
        assert _processor_s(pid) - before_s < 0.3, (door, statuses)
        assert all(status < 500 for status in statuses)
