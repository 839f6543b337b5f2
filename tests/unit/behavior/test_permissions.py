"""Who may do what with events: one role each, and the template's gateway says the same of sending them."""

from __future__ import annotations

import json
import re

from django.conf import settings

from behavior.permissions import READ_EVENTS, READ_PROFILES, REPORT_EVENTS
from edu.identity.capabilities import roles_of
from edu.identity.principal import Role

_CHOICE = re.compile(r"parseJson\('(\{[^']*\})'\)\.get\(\$context\.authorizer\.claims\.get\('custom:role'\)\)")


def test_students_report_events_and_administrators_read_them() -> None:
    assert roles_of(REPORT_EVENTS) == {Role.STUDENT}
    assert roles_of(READ_EVENTS) == {Role.SCHOOL_ADMIN}
    assert roles_of(READ_PROFILES) == {Role.SCHOOL_ADMIN, Role.TEACHER}


def test_gateway_lets_the_same_roles_send() -> None:
    template = (settings.BASE_DIR / "deploy" / "data-plane.yaml").read_text(encoding="utf-8")
    choices = _CHOICE.findall(template)
    asked_twice = [set(roles_of(REPORT_EVENTS))] * 2  # before SQS, and of its answer
    assert [set(json.loads(choice)) for choice in choices] == asked_twice
