"""``make bench-evaluations``: a teacher records scores over HTTP, beside two baselines taken in the same run.

(a) ``raw``: the same items in a bare ``TransactWriteItems`` by boto3, with the same school's credentials.
(b) ``plain``: the same transaction in a plain DRF and boto3 project (``tests/bench/plain_project.py``) under the same
server. Everything goes to one emulator on this machine; at 1, 8 and 16 callers the three take turns, round by round, so
that a slow minute of the machine is everybody's. A caller is a teacher in a section of their own; ``crowd`` is ours
with all callers as one teacher in one section, where they change each other's marks of stale grades.

What AWS does elsewhere the emulator does in the table's own process: it writes the lake's Parquet files and looks for
expired items. Both are put off for the whole run, or what one way has written would slow down the next. The streams
and pipes that feed the lake run as ever; each turn waits until they have worked off the one before.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import tempfile
import time
import uuid
from dataclasses import replace
from itertools import cycle, islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from deploy.emulator.process import EmulatorProcess
from deploy.local.layout import Layout, Ports, read_environment
from deploy.local.people import Logins, sign_in
from deploy.local.run import LocalSystem
from deploy.local.services import Service, granian
from tests.bench.items import actions_template, run_actions
from tests.bench.load import percentiles, run, wait_until_idle
from tests.support.ports import free_port
from tests.support.results import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONCURRENCY = (1, 8, 16)
WAYS = ("raw", "plain", "ours", "crowd")
ROUNDS = 5
EACH = {1: 80, 8: 60, 16: 20}  # writes of one caller in one round
WARM_UP = 10
_LATER_S = 3600.0
ADDED_P50_MS, RATIO_P50, RATIO_P95, P95_MS, COLD_MS = 4.0, 1.6, 2.0, 120.0, 300.0
_UNLIMITED = {"LIBRETA_API_READS": "1000000/minute", "LIBRETA_API_WRITES": "1000000/minute"}


class Caller:
    """One teacher's kept-alive connection."""

    def __init__(self, base_url: str, token: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=60)
        self._token = token

    def request(self, method: str, path: str, data: dict[str, Any] | None = None) -> Any:
        """Send JSON and read JSON; anything but 2xx fails the run."""
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        self._connection.request(method, path, json.dumps(data) if data is not None else None, headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status // 100 != 2:
            raise RuntimeError(f"{method} {answer.status}: {body[:300]!r}")
        return json.loads(body)


class Teacher:
    """A teacher with a section: makes evaluations and goes down the list of students, one score a call."""

    def __init__(self, base_url: str, token: str, section_id: str) -> None:
        self.base_url, self.token, self._section_url = base_url, token, f"/api/v1/sections/{section_id}"
        caller = self.caller()
        self.students = [s["student_id"] for s in caller.request("GET", f"{self._section_url}/students")["results"]]
        latest = caller.request("GET", f"{self._section_url}/evaluations")["results"][0]
        self._exam = {name: latest[name] for name in ("term_id", "kind", "title", "weight", "held_on")}
        scores = caller.request("GET", f"/api/v1/evaluations/{latest['evaluation_id']}/scores")["results"]
        self.value = next(score["value"] for score in scores if score["value"])

    def caller(self) -> Caller:
        """A connection of their own."""
        return Caller(self.base_url, self.token)

    def at_work(self, writes: int) -> Callable[[], Any]:
        """A function that records one more score a call, at most ``writes`` times."""
        places, caller = iter(self.places(writes)), self.caller()

        def write() -> None:
            path, student = next(places)
            caller.request("POST", path, {"student_id": student, "value": self.value})

        return write

    def places(self, count: int) -> list[tuple[str, str]]:
        """Places for new scores: enough evaluations, made before the clock runs, times the section's students."""
        caller, found = self.caller(), list[tuple[str, str]]()
        while len(found) < count:
            made = caller.request("POST", f"{self._section_url}/evaluations", self._exam)
            found += [(f"/api/v1/evaluations/{made['evaluation_id']}/scores", student) for student in self.students]
        return found[:count]


class Bench:
    """The ways of writing a score, ready to be called."""

    def __init__(self, system: LocalSystem) -> None:
        self._system, layout = system, system.layout
        self._stack = read_environment(layout.state_dir / "stack.env")
        self._web = layout.ports.url("web")
        self._teachers = list(self._teachers_of(Logins(layout)))
        self._keys = self._tenant_keys()
        self._raw = self._raw_client()

    def _teachers_of(self, logins: Logins) -> Iterator[Teacher]:
        """Every teacher of the demo's schools with each of their sections, a new teacher before a second section."""
        emulator, client_id = self._system.layout.ports.url("emulator"), self._stack["LIBRETA_USER_POOL_CLIENT_ID"]
        people = [person for person in logins.people if person.role == "teacher"]
        self._school_id = people[0].school_id
        tokens = [sign_in(emulator, client_id, person, logins.password) for person in people]
        sections = [Caller(self._web, token).request("GET", "/api/v1/sections")["results"] for token in tokens]
        for same_place in zip_longest(*sections):
            for token, section in zip(tokens, same_place, strict=True):
                if section:
                    yield Teacher(self._web, token, section["section_id"])

    def cold_ms(self) -> float:
        """A school's first write in a fresh web process: no credentials, no keys, no rules, no connections yet."""
        teacher = self._teachers[0]
        [(path, student)] = teacher.places(1)
        web = next(service for service in self._system.services if service.name == "web")
        web.stop()
        web.start(self._system.layout, self._system.environment)
        web.wait_until_ready(self._system.layout)
        caller, began = teacher.caller(), time.perf_counter()
        caller.request("POST", path, {"student_id": student, "value": teacher.value})
        return (time.perf_counter() - began) * 1000

    def start_plain(self) -> Service:
        """Start the plain project beside ours, with the template of our own transaction."""
        write = self._teachers[0].at_work(2)
        write()  # an evaluation's first score changes the evaluation too
        template = actions_template(
            self._system.emulator.client("dynamodb"),
            self._stack["LIBRETA_TABLE_NAME"],
            write=write,
        )
        self._template, port = template, free_port()
        self._plain = f"http://127.0.0.1:{port}"
        command = [*granian("wsgi", port), "tests.bench.plain_project:application"]
        plain = Service("plain", command, health_url="")
        aws = {
            "AWS_ACCESS_KEY_ID": self._keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self._keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self._keys["SessionToken"],
        }
        environment = {name: v for name, v in self._system.environment.items() if name != "AWS_PROFILE"}
        plain.start(self._system.layout, {**environment, **self._stack, **aws, "BENCH_ACTIONS": template})
        return plain

    def calls(self, way: str, callers: int, writes: int) -> list[Callable[[], Any]]:
        """``callers`` functions that each write one score a call, at most ``writes`` times."""
        if way == "raw":
            return [lambda: run_actions(self._raw, self._template)] * callers
        if way == "plain":
            teacher = self._teachers[0]
            made = [Caller(self._plain, teacher.token) for _ in range(callers)]
            body = {"student_id": teacher.students[0], "value": teacher.value}
            return [lambda caller=caller: caller.request("POST", "/scores", body) for caller in made]  # type: ignore[misc]
        teachers = self._teachers[:1] if way == "crowd" else self._teachers
        return [teacher.at_work(writes) for teacher in islice(cycle(teachers), callers)]

    def wait_until_quiet(self) -> None:
        """Wait until the emulator has nothing to do."""
        pid = self._system.emulator.pid
        assert pid is not None
        wait_until_idle(pid)

    def _tenant_keys(self) -> dict[str, str]:
        os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(self._system.layout.state_dir / "aws-credentials")
        endpoint = self._system.layout.ports.url("emulator")
        sts = boto3.Session(profile_name="web").client("sts", endpoint_url=endpoint, region_name="us-east-1")
        tags: Any = [{"Key": "school_id", "Value": self._school_id}]
        role = self._stack["LIBRETA_TENANT_ROLE_ARN"]
        keys: Any = sts.assume_role(RoleArn=role, RoleSessionName="bench", Tags=tags)["Credentials"]
        found: dict[str, str] = keys
        return found

    def _raw_client(self) -> Any:
        return boto3.client(
            "dynamodb",
            endpoint_url=self._system.layout.ports.url("emulator"),
            region_name="us-east-1",
            aws_access_key_id=self._keys["AccessKeyId"],
            aws_secret_access_key=self._keys["SecretAccessKey"],
            aws_session_token=self._keys["SessionToken"],
            config=Config(max_pool_connections=max(CONCURRENCY)),
        )


def measure(bench: Bench) -> dict[str, Any]:
    """All ways at every concurrency, in turns."""
    figures: dict[str, Any] = {}
    for callers in CONCURRENCY:
        each, durations = EACH[callers], {way: list[float]() for way in WAYS}
        for _round in range(ROUNDS):
            for way in WAYS:
                calls = bench.calls(way, callers, each + WARM_UP)
                bench.wait_until_quiet()
                durations[way] += run(calls, each=each, warm_up=WARM_UP)
        for way in WAYS:
            found = percentiles(durations[way])
            figures |= {f"{way}_{callers}_p{percent}_ms": round(ms, 2) for percent, ms in found.items()}
            shown = "  ".join(f"p{percent} {ms:7.2f}" for percent, ms in found.items())
            sys.stdout.write(f"{callers:>3} callers  {way:<6} {shown} ms\n")
            sys.stdout.flush()
    return figures


def judge(figures: dict[str, Any]) -> dict[str, Any]:
    """The issue's bars, and whether each is met."""
    added = figures["ours_1_p50_ms"] - figures["raw_1_p50_ms"]
    ratio_alone = figures["ours_1_p50_ms"] / figures["raw_1_p50_ms"]
    ratio = figures["ours_8_p95_ms"] / figures["raw_8_p95_ms"]
    return {
        "added_p50_ms_at_1": round(added, 2),
        "ratio_p50_at_1": round(ratio_alone, 3),
        "ratio_p95_at_8": round(ratio, 2),
        "crowd_ratio_p95_at_8": round(figures["crowd_8_p95_ms"] / figures["raw_8_p95_ms"], 2),
        "ratio_to_plain_p95_at_8": round(figures["ours_8_p95_ms"] / figures["plain_8_p95_ms"], 2),
        "met": {
            f"adds at most {ADDED_P50_MS:g} ms at 1": added <= ADDED_P50_MS,
            f"p50 at 1 at most {RATIO_P50:g} x raw": ratio_alone <= RATIO_P50,
            f"p95 at 8 at most {RATIO_P95:g} x raw": ratio <= RATIO_P95,
            f"p95 at 8 under {P95_MS:g} ms": figures["ours_8_p95_ms"] < P95_MS,
            f"cold under {COLD_MS:g} ms": figures["cold_ms"] < COLD_MS,
        },
    }


def main() -> int:
    """Measure; the last line is ``RESULT`` with the figures, and the exit code tells whether every bar was met."""
    with tempfile.TemporaryDirectory(prefix="libreta-bench-") as state_dir:
        layout = Layout(Path(state_dir), Ports(free_port(), free_port(), free_port(), free_port()))
        system, plain = LocalSystem(layout), None
        options = replace(system.emulator.options, persist=False, delivery_interval_s=_LATER_S, ttl_interval_s=_LATER_S)
        system.emulator = EmulatorProcess(options)
        system.environment |= _UNLIMITED
        system.services = [service for service in system.services if service.name == "web"]
        try:
            system.start()
            bench = Bench(system)
            cold = {"cold_ms": round(bench.cold_ms(), 1)}
            plain = bench.start_plain()
            figures = measure(bench) | cold
        finally:
            if plain:
                plain.stop()
            system.stop()
    figures |= judge(figures)
    return tell(figures)


if __name__ == "__main__":
    sys.exit(main())
