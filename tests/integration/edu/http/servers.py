"""Both doors as real processes, as ``make run`` starts them, and people to knock at them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path

import httpx

from edu.identity.principal import Role
from tests.integration.behavior.support import EVENTS_PATH, make_event
from tests.integration.evaluations.conftest import account_of
from tests.support.cloud import acting_as
from tests.support.schools import TestSchool, import_school
from tests.support.tokens import id_token_of

TIMEOUT_S = 5.0
SECTIONS = "/api/v1/sections"


@dataclass(frozen=True)
class Servers:
    """Where the teachers' API with the console, and the event door, answer."""

    web: str
    door: str
    web_pid: int
    door_pid: int
    temporary: Path  # where they would write files


@dataclass(frozen=True)
class Knocking:
    """A school's teacher and student."""

    school: TestSchool
    teacher: str
    student: str

    @classmethod
    def of_a_new_school(cls) -> Knocking:
        """A school of their own, imported, and both signed in."""
        with acting_as("worker"):
            school = import_school(f"escuela-{uuid.uuid4().hex[:8]}")
        return cls(school, cls.sign_in(school, Role.TEACHER), cls.sign_in(school, Role.STUDENT))

    @staticmethod
    def sign_in(school: TestSchool, role: Role) -> str:
        """The token of a school's person of this role."""
        person_id = {Role.TEACHER: "teacher-1", Role.STUDENT: "student-000"}.get(role, "")
        return id_token_of(account_of(school, role, person_id))

    def headers(self, role: Role) -> dict[str, str]:
        """The headers of a write of theirs, without its body's length."""
        token = self.teacher if role is Role.TEACHER else self.student
        return {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": uuid.uuid4().hex,
        }


def is_healthy(base_url: str) -> bool:
    """Whether the load balancer's question is answered."""
    return httpx.get(f"{base_url}/healthz", timeout=TIMEOUT_S, trust_env=False).is_success


def reads_sections(web: str, token: str) -> bool:
    """Whether a teacher is answered."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(web + SECTIONS, headers=headers, timeout=TIMEOUT_S, trust_env=False).is_success


def sends_event(door: str, student: Knocking) -> bool:
    """Whether a student's event is taken."""
    content = json.dumps(make_event())
    answer = httpx.post(
        door + EVENTS_PATH,
        content=content,
        headers=student.headers(Role.STUDENT),
        timeout=TIMEOUT_S,
        trust_env=False,
    )
    return answer.status_code == httpx.codes.ACCEPTED


def form_status(web: str) -> int:
    """What the console answers to a sign-in form without a token against forgery: 403, once it has read it."""
    return httpx.post(f"{web}/admin/login/", data={"username": "x"}, timeout=TIMEOUT_S, trust_env=False).status_code
