"""A school's kinds of events: the catalogue, what the school does not use, and the clocks of what is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from behavior.api.serializers import SchoolKindOutput
from behavior.domain.kinds import DEVICE_KINDS, KINDS
from edu import audit, clock, memory
from edu.identity.principal import Role
from edu.tenancy import enter_school
from tests.integration.behavior.support import make_event
from tests.integration.evaluations.conftest import ApiClient
from tests.support.events import store
from tests.support.tokens import id_token_of, make_account

if TYPE_CHECKING:
    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

PATH = "/behavior-kinds"


def client_of(school_id: str, role: Role) -> ApiClient:
    return ApiClient(id_token_of(make_account(f"{role}.{school_id}", role, school_id, "per-001")))


def test_catalogue_tells_who_reports_what_and_what_the_class_book_asks(school: TestSchool) -> None:
    answer = client_of(school.school_id, Role.TEACHER).get(PATH, **{"Accept-Language": "es"})
    shown = {one["kind"]: one for one in answer.json()["results"]}
    assert shown.keys() == KINDS.keys()
    assert all(one["in_use"] and one["off_since"] is None for one in shown.values())
    assert shown["negative_note"] == SchoolKindOutput.example  # what the contract shows is so
    assert {kind for kind, one in shown.items() if "device" in one["reporters"]} == DEVICE_KINDS


def test_what_the_school_does_not_use_is_set_aside_until_it_does_again(
    school: TestSchool, other_school: TestSchool
) -> None:
    admin = client_of(school.school_id, Role.SCHOOL_ADMIN)
    earlier = clock.now() - timedelta(minutes=2)
    sent = [make_event(kind="mood") for _ in range(4)]
    off = admin.send("PATCH", PATH, {"kind": "mood", "in_use": False})
    assert (off.status_code, off.json()["in_use"]) == (200, False)
    assert off.json()["off_since"] is not None
    store(school.school_id, "student-000", [sent[0], make_event()])
    store(school.school_id, "student-000", [sent[1]], arrived_at_ms=int(earlier.timestamp() * 1000))
    store(other_school.school_id, "student-000", [sent[2]])
    assert _kinds(admin) == ["mood", "participation"]
    assert _kinds(client_of(other_school.school_id, Role.SCHOOL_ADMIN)) == ["mood"]
    [rejected] = admin.get("/rejected-events").json()["results"]
    assert rejected["reason"] == "kind: not_used"
    assert sent[0]["event_id"] in rejected["content"]
    assert admin.send("PATCH", PATH, {"kind": "mood", "in_use": True}).json()["off_since"] is None
    store(school.school_id, "student-000", [sent[3]])
    assert _kinds(admin) == ["mood", "mood", "participation"]


def test_switch_is_audited_answered_again_and_written_once(school: TestSchool) -> None:
    admin = client_of(school.school_id, Role.SCHOOL_ADMIN)
    first, again = (admin.send("PATCH", PATH, {"kind": "mood", "in_use": False}, key="one") for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    same = admin.send("PATCH", PATH, {"kind": "mood", "in_use": False}, key="two")
    assert same.json()["off_since"] == first.json()["off_since"]
    assert admin.send("PATCH", PATH, {"kind": "late", "in_use": False}).status_code == 200
    with enter_school(school.school_id):
        entries = audit.list_of_subject("behavior_kind:mood").items
    assert [(entry.action, entry.version) for entry in entries] == [("behavior_kind.not_used", 1)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "nothing_such", "in_use": False}, "kind"),
        ({"kind": "mood"}, "in_use"),
        ({"kind": "mood", "in_use": False, "school_id": "otra"}, "school_id"),
    ],
)
def test_switch_of_no_kind_is_refused(school: TestSchool, body: dict[str, object], field: str) -> None:
    refused = client_of(school.school_id, Role.SCHOOL_ADMIN).send("PATCH", PATH, body)
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == [field]


@pytest.mark.parametrize(("role", "see", "switch"), [(Role.TEACHER, 200, 403), (Role.AUDITOR, 403, 403)])
def test_only_administrators_switch(school: TestSchool, role: Role, see: int, switch: int) -> None:
    client = client_of(school.school_id, role)
    assert client.get(PATH).status_code == see
    assert client.send("PATCH", PATH, {"kind": "mood", "in_use": False}).status_code == switch


def test_late_and_early_clocks_are_marked(cloud: Cloud, school: TestSchool) -> None:
    away = {"on_time": timedelta(0), "late": timedelta(hours=-2), "early": timedelta(minutes=10)}
    events = [make_event(occurred_at=(clock.now() + delta).isoformat()) for delta in away.values()]
    store(school.school_id, "student-000", events)
    admin = client_of(school.school_id, Role.SCHOOL_ADMIN)
    listed = admin.get("/students/student-000/events").json()["results"]
    assert [one["clock"] for one in listed] == ["early", "on_time", "late"]
    assert all(one["arrived_at"] for one in listed)
    items = [item for item in cloud.items_of(school.school_id) if item["entity"]["S"] == "behavior_event"]
    assert sorted(item["clock"]["S"] for item in items) == ["early", "late", "on_time"]
    [kind] = admin.get("/students/student-000/behavior").json()["kinds"]
    assert (kind["category"], kind["events"], kind["late_clocks"], kind["early_clocks"]) == ("participation", 3, 1, 1)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    memory.forget_everything()


def _kinds(client: ApiClient) -> list[str]:
    return sorted(one["kind"] for one in client.get("/students/student-000/events").json()["results"])
