"""The changes over HTTP: one page after the other, and each request that is none told why."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edu import clock
from edu.identity.principal import Role
from evaluations.services.copies import feed
from tests.integration.evaluations.conftest import ApiClient, account_of, problem_of, refused
from tests.integration.evaluations.copies import once_settled
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.support.schools import TestSchool


def written(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def changed(client: ApiClient, query: str) -> dict[str, Any]:
    answer = client.get(f"/changes?{query}")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_integrator_keeps_a_copy(teacher: ApiClient, admin: ApiClient, score_path: str) -> None:
    begun = changed(admin, "")
    assert (begun["results"], begun["more"]) == ([], False)
    teacher.send("PUT", score_path, {"value": "5.0"}, version=1)
    with once_settled():
        page = changed(admin, f"cursor={begun['next']}&limit=500")
    [told] = [one for one in page["results"] if one["changed"] == "score"]
    _, evaluation_id, _, student_id = score_path.strip("/").split("/")
    assert told["key"] == {"evaluation_id": evaluation_id, "student_id": student_id}
    assert (told["deleted"], told["score"]["value"], told["score"]["version"]) == (False, "5.0", 2)
    assert (told["score"]["section_id"], page["more"]) == ("mat-5a", False)


def test_records_are_told_as_their_listings_tell_them(admin: ApiClient, evaluation_id: str, score_path: str) -> None:
    assert score_path
    with once_settled() as now:
        page = changed(admin, f"since={written(now - timedelta(days=1))}&limit=500")
    told: dict[str, list[dict[str, Any]]] = {}
    for one in page["results"]:
        told.setdefault(one["changed"], []).append(one[one["changed"]])
    sections = admin.get("/sections").json()["results"]
    assert [one["others"] for one in told["section"]] == [[], []]
    without_teacher = [{n: v for n, v in one.items() if n not in {"teacher_id", "others"}} for one in told["section"]]
    assert sorted(without_teacher, key=str) == sorted(sections, key=str)
    students = admin.get("/sections/mat-5a/students").json()["results"]
    assert sorted(told["student"], key=str) == sorted(students, key=str)
    assert told["evaluation"] == [admin.get(f"/evaluations/{evaluation_id}").json()]
    [school] = told["school"]
    assert school.pop("terms") == admin.get("/terms").json()["results"]
    assert school == admin.get("/school").json()
    assert {one["teacher_id"] for one in told["teacher"]} == {"teacher-1", "teacher-2"}
    assert {(one["section_id"], one["ends_on"]) for one in told["enrolment"]} == {("mat-5a", None), ("len-5a", None)}
    assert {one["course_id"] for one in told["course"]} == {"mat-5", "len-5"}


def test_who_shares_a_section_is_told_with_it(admin: ApiClient) -> None:
    begun = changed(admin, "")
    given = {"teacher_id": "teacher-2", "capacity": "co_teacher"}
    answer = admin.send("POST", "/sections/mat-5a/teachers", given, version=1)
    assert answer.status_code == 201, answer.content
    with once_settled():
        results = changed(admin, f"cursor={begun['next']}&limit=500")["results"]
    [told] = [one for one in results if one["key"] == {"section_id": "mat-5a"}]
    [other] = told["section"]["others"]
    assert (other["teacher_id"], other["capacity"], other["ended_at"]) == ("teacher-2", "co_teacher", None)


def test_first_copy_begins_with_the_whole_roster(admin: ApiClient) -> None:
    page = changed(admin, "whole=true&limit=500")
    assert {one["changed"] for one in page["results"]} == {
        *("school", "course", "teacher", "section", "student", "enrolment"),
    }
    assert not page["more"]
    assert changed(admin, f"cursor={page['next']}&limit=500")["results"] == []


def test_deleted_evaluation_is_a_key_and_no_record(teacher: ApiClient, admin: ApiClient, evaluation_id: str) -> None:
    assert teacher.send("DELETE", f"/evaluations/{evaluation_id}", {}, version=1).status_code == 204
    with once_settled() as now:
        page = changed(admin, f"since={written(now - timedelta(hours=1))}&kinds=evaluation")
    [told] = page["results"]
    assert told.keys() == {"changed", "key", "changed_at", "deleted"}
    assert (told["key"], told["deleted"]) == ({"evaluation_id": evaluation_id}, True)


@pytest.mark.parametrize(
    ("query", "field", "rule"),
    [
        ("since=2026-11-29T12:00:00", "since", "invalid"),
        ("since=2026-11-29", "since", "invalid"),
        ("since=ayer", "since", "invalid"),
        ("since=", "since", "invalid"),
        ("since=2100-01-01T00:00:00Z", "since", "in_the_past"),
        ("kinds=nota", "kinds", "kinds"),
        ("kinds=score,", "kinds", "kinds"),
        ("kinds=", "kinds", "kinds"),
        ("limit=0", "limit", "min_value"),
        ("limit=501", "limit", "max_value"),
        ("since=2026-11-29T12:00:00Z&cursor=x", "since", "not_with_cursor"),
        ("whole=true&cursor=x", "whole", "not_with_cursor"),
        ("whole=yes", "whole", "invalid_choice"),
        ("changed_since=2026-11-29T12:00:00Z", "changed_since", "unknown_parameter"),
    ],
)
def test_request_that_is_none_is_told_why(admin: ApiClient, query: str, field: str, rule: str) -> None:
    answer = admin.get(f"/changes?{query}")
    assert refused(answer) == (422, "invalid_input")
    [error] = problem_of(answer)["errors"]
    assert (error["field"], error["rule"]) == (field, rule)


def test_cursor_is_of_its_kinds_and_of_no_other_listing(admin: ApiClient) -> None:
    cursor = changed(admin, "kinds=score,student")["next"]
    assert changed(admin, f"kinds=student,score&cursor={cursor}")["results"] == []
    for query in (f"cursor={cursor}", f"kinds=score&cursor={cursor}", "cursor=x"):
        assert refused(admin.get(f"/changes?{query}")) == (400, "invalid_cursor")


def test_instant_too_long_ago_asks_for_a_new_copy(admin: ApiClient) -> None:
    long_ago = written(clock.now() - feed.REACH - timedelta(minutes=1))
    answer = admin.get(f"/changes?since={long_ago}")
    assert refused(answer) == (410, "copy_too_old")
    assert problem_of(answer)["title"] == "Ya no se sabe qué cambió desde entonces; haga la copia de nuevo"


@pytest.mark.parametrize("role", [Role.TEACHER, Role.AUDITOR, Role.STUDENT])
def test_only_administrators_may_ask(school: TestSchool, role: Role) -> None:
    client = ApiClient(id_token_of(account_of(school, role, "teacher-1")))
    assert refused(client.get("/changes"))[0] == 403


def test_answer_is_the_readers_own_to_keep_and_to_ask_again(admin: ApiClient) -> None:
    answer = admin.get("/changes")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["ETag"].startswith('W/"')
