"""``make demo``: the flows against the running system, each step as its person would do it."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import django
import httpx
from django.core.management import CommandError, call_command

from deploy.local.layout import Layout, LocalSystemError, Ports, read_environment
from deploy.local.people import Api, Browser, Login, Logins, sign_in
from edu.errors import LibretaError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_WAIT_S = 120
_POLL_S = 0.5
_ANSWER_S = 10
_SCORES = 3


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Demo:
    """One walk through the running system."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.web = layout.ports.url("web")
        self.events_url = f"{layout.ports.url('events')}/api/v1/behavior"
        self.logins = Logins(layout)
        self.teacher = self.logins.one("teacher")
        self.school_id = self.teacher.school_id
        self.figures: dict[str, Any] = {"school": self.school_id}
        self.now = datetime.now(UTC)
        self.client_id = read_environment(layout.state_dir / "stack.env").get("LIBRETA_USER_POOL_CLIENT_ID", "")
        self.term_id = ""

    def walk(self) -> None:
        """All flows, in order.

        Raises:
            LocalSystemError: something is not as it should be.
        """
        require_answers(self.layout.ports)
        _prepare_commands()
        before = self._lake_counts()
        evaluation = self.teacher_records()
        event_id = self.student_reports()
        self.government_receives()
        self.lake_holds(before)
        self.admin_sees(evaluation)
        self.auditor_sees(evaluation, event_id)

    def teacher_records(self) -> dict[str, Any]:
        """A teacher sets an evaluation, records three scores and reads them back."""
        say(f"1. Teacher {self.teacher.username}")
        api = self._api(self.teacher)
        section = api.get(f"{self.web}/api/v1/sections")["results"][0]
        students = api.get(f"{self.web}/api/v1/sections/{section['section_id']}/students")["results"]
        latest = api.get(f"{self.web}/api/v1/sections/{section['section_id']}/evaluations")["results"][0]
        self.term_id = latest["term_id"]
        exam = {
            "term_id": self.term_id,
            "kind": "quiz",
            "title": f"Control de demostración {self.now:%d/%m %H:%M:%S}",
            "weight": "5",
            "held_on": latest["held_on"],
        }
        evaluation: dict[str, Any] = api.post(f"{self.web}/api/v1/sections/{section['section_id']}/evaluations", exam)
        scores_url = f"{self.web}/api/v1/evaluations/{evaluation['evaluation_id']}/scores"
        value = self._some_value(api, latest["evaluation_id"])
        times_ms = [self._record(api, scores_url, student["student_id"], value) for student in students[:_SCORES]]
        read_back = api.get(scores_url)["results"]
        if [score["value"] for score in read_back] != [value] * len(times_ms):
            raise LocalSystemError("the scores read back are not those recorded")
        say(f"   evaluation {evaluation['evaluation_id']} in {section['name']}: {len(read_back)} scores, read back")
        say(f"   each recorded in {', '.join(f'{t:.0f}' for t in times_ms)} ms")
        self.figures |= {"evaluation": evaluation["evaluation_id"], "score_ms": [round(t, 1) for t in times_ms]}
        return evaluation

    def student_reports(self) -> str:
        """A student's device sends an event; a worker stores it."""
        student = self.logins.one("student", self.school_id)
        say(f"2. Student {student.username}")
        event = {
            "event_id": str(uuid.uuid4()),
            "kind": "participation",
            "occurred_at": (self.now - timedelta(seconds=1)).isoformat(timespec="seconds"),
            "value": 1,
        }
        started = time.monotonic()
        self._api(student).post(self.events_url, event, expect=202)
        accepted_ms = (time.monotonic() - started) * 1000
        admin = self._api(self.logins.one("school_admin", self.school_id))
        url = f"{self.web}/api/v1/students/{student.person_id}/events"
        self._wait(lambda: event["event_id"] in {e["event_id"] for e in admin.get(url)["results"]}, "the worker")
        stored_s = time.monotonic() - started
        kinds = admin.get(f"{self.web}/api/v1/behavior-kinds")["results"]
        used = sum(kind["in_use"] for kind in kinds)
        say(f"   a kind that devices report: one of {len(kinds)} in the catalogue, of which the school uses {used}")
        say(f"   event {event['event_id']}: 202 after {accepted_ms:.0f} ms, in the table after {stored_s:.1f} s")
        self.figures |= {"event": event["event_id"], "accepted_ms": round(accepted_ms, 1)}
        return str(event["event_id"])

    def government_receives(self) -> None:
        """The term's grades go to the government and are reconciled."""
        say(f"3. Government sync of {self.school_id}, term {self.term_id}")
        started = time.monotonic()
        line = self._manage("sync", "start", "--school", self.school_id, "--term", self.term_id, "--again")
        run_id = line.split()[1]
        status = self._wait(lambda: self._ended(run_id), "the sync", timeout_s=600)
        if status.split()[2] != "reconciled":
            raise LocalSystemError(f"the sync ended otherwise: {status}")
        took_s = time.monotonic() - started
        say(f"   {status}")
        say(f"   reconciled after {took_s:.0f} s")
        self.figures |= {"sync_run": run_id, "sync_s": round(took_s, 1)}

    def lake_holds(self, before: dict[str, int]) -> None:
        """What was written has reached Parquet files, and an Athena query counts it."""
        say("4. Lake: stream, pipe, Firehose, Parquet, Athena")
        expected = {"events": before["events"] + 1, "grades": before["grades"] + _SCORES}
        wanted = f"the lake to hold {expected['events']} events and {expected['grades']} grades"
        counts = self._wait(lambda: self._reached(expected), wanted)
        say(f"   {counts['events']} events and {counts['grades']} grades of this month")
        self.figures |= {"lake": counts}

    def admin_sees(self, evaluation: dict[str, Any]) -> None:
        """A school administrator finds the evaluation in the console."""
        admin = self.logins.one("school_admin", self.school_id)
        say(f"5. Console: {admin.username}")
        browser = self._browser(admin)
        page = browser.page(f"/admin/evaluations/evaluation/?section={evaluation['section_id']}")
        if evaluation["title"] not in page:
            raise LocalSystemError("the console does not list the evaluation")
        say(f"   sees «{evaluation['title']}»")

    def auditor_sees(self, evaluation: dict[str, Any], event_id: str) -> None:
        """An auditor finds who recorded what, and nothing else of it."""
        auditor = self.logins.one("auditor", self.school_id)
        say(f"6. Console: {auditor.username}")
        page = self._browser(auditor).page("/admin/console/auditentry/")
        subject = f"score:{evaluation['evaluation_id']}"
        if subject not in page or event_id in page:
            raise LocalSystemError("the audit trail does not show the scores' entries")
        say(f"   sees the audit entries of {subject}:…")

    def _record(self, api: Api, url: str, student_id: str, value: str) -> float:
        started = time.monotonic()
        api.post(url, {"student_id": student_id, "value": value})
        return (time.monotonic() - started) * 1000

    def _some_value(self, api: Api, evaluation_id: str) -> str:
        """A grade on this school's scale: one it has given before."""
        scores = api.get(f"{self.web}/api/v1/evaluations/{evaluation_id}/scores")["results"]
        return next(str(score["value"]) for score in scores if score["value"])

    def _ended(self, run_id: str) -> str:
        lines = self._manage("sync", "status", "--school", self.school_id).splitlines()
        line = next((line for line in lines if run_id in line.split()), "")
        return line if line.split()[2:3] in (["reconciled"], ["needs_review"]) else ""

    def _reached(self, expected: dict[str, int]) -> dict[str, int]:
        counts = self._lake_counts()
        return counts if all(counts[name] >= expected[name] for name in expected) else {}

    def _lake_counts(self) -> dict[str, int]:
        month = ("--year", str(self.now.year), "--month", str(self.now.month))
        printed = self._manage("lake_count", "--school", self.school_id, *month)
        return {name: int(n) for name, n in re.findall(r"^(events|grades)\s+(\d+)", printed, re.MULTILINE)}

    def _manage(self, *arguments: str) -> str:
        """Run a command of ``manage.py`` as the operator would; in this process, for a new one takes seconds."""
        printed = io.StringIO()
        try:
            call_command(*arguments, stdout=printed)
        except (CommandError, LibretaError) as error:
            raise LocalSystemError(f"manage.py {arguments[0]} failed: {error}") from error
        return printed.getvalue()

    def _api(self, login: Login) -> Api:
        return Api(sign_in(self.layout.ports.url("emulator"), self.client_id, login, self.logins.password))

    def _browser(self, login: Login) -> Browser:
        browser = Browser(self.web)
        browser.log_in(login, self.logins.password)
        return browser

    def _wait(self, found: Callable[[], T], what: str, timeout_s: float = _WAIT_S) -> T:
        deadline = time.monotonic() + timeout_s
        while not (value := found()):
            if time.monotonic() > deadline:
                raise LocalSystemError(f"waited {timeout_s:g} s in vain for {what}")
            time.sleep(_POLL_S)
        return value


def require_answers(ports: Ports) -> None:
    """Check that somebody answers at every door the walk goes through.

    Raises:
        LocalSystemError: nobody answers at one; it names the address and the setting that moves it.
    """
    for name in ("emulator", "web", "events"):
        url = ports.url(name)
        try:
            httpx.get(url, timeout=_ANSWER_S)
        except httpx.HTTPError as error:
            told = f"nothing answers at {url}: start the system with `make run`"
            raise LocalSystemError(f"{told}, or set {Ports.setting(name)} if it uses another port") from error


def _prepare_commands() -> None:
    """Settings and apps, as ``manage.py`` has them; of the logs only what is wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")
    os.environ.setdefault("LIBRETA_LOG_LEVEL", "WARNING")
    try:
        django.setup()
    except LibretaError as error:
        raise LocalSystemError(str(error)) from error


def main() -> int:
    """Walk; the last line is ``RESULT`` with the figures, and the exit code is 0 only when everything was seen."""
    started = time.monotonic()
    figures: dict[str, Any] = {}
    try:
        demo = Demo(Layout.of_running())
        figures = demo.figures
        demo.walk()
        figures["passed"] = True
    except LocalSystemError as error:
        figures["passed"] = False
        sys.stderr.write(f"make demo: {error}\n")
    except httpx.RequestError as error:
        figures["passed"] = False
        sys.stderr.write(f"make demo: {error.request.url} gave no answer ({type(error).__name__})\n")
    except KeyboardInterrupt:
        figures["passed"] = False
        sys.stderr.write("make demo: stopped\n")
    figures["seconds"] = round(time.monotonic() - started, 1)
    say(f"RESULT {json.dumps(figures)}")
    return 0 if figures["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
