"""What a warm write costs: one call to the table, and nothing else of what is slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import urllib3.connection

from edu.aws import credentials
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import EvaluationKind
from evaluations.repository import stored_scores
from evaluations.services.grading import evaluation_cache
from tests.support.calls import counted_calls

if TYPE_CHECKING:
    import pytest

    from edu.tenancy import Scope
    from tests.integration.evaluations.conftest import ApiClient
    from tests.support.schools import TestSchool


def _record(teacher: ApiClient, evaluation_id: str, student_id: str) -> None:
    answer = teacher.post(f"/evaluations/{evaluation_id}/scores", {"student_id": student_id, "value": "6.5"})
    assert answer.status_code == 201


def test_warm_score_is_one_call(teacher: ApiClient, evaluation_id: str) -> None:
    with counted_calls() as calls:
        _record(teacher, evaluation_id, "student-001")
    assert calls == ["TransactWriteItems"]


def test_warm_evaluation_is_one_call(teacher: ApiClient, evaluation_id: str, exam: dict[str, Any]) -> None:
    assert evaluation_id
    with counted_calls() as calls:
        assert teacher.post("/sections/mat-5a/evaluations", exam).status_code == 201
    assert calls == ["TransactWriteItems"]


def test_score_in_an_evaluation_deleted_elsewhere_is_not_found(
    teacher: ApiClient, evaluation_id: str, school: TestSchool
) -> None:
    """This process remembers the evaluation as it made it; another has deleted it since."""
    with enter_school(school.school_id):
        stored = evaluation_cache.get_stored(evaluation_id)
        services.delete_evaluation(actor=school.teacher, evaluation_id=evaluation_id, version=1)
        evaluation_cache.remember(stored)
    answer = teacher.post(f"/evaluations/{evaluation_id}/scores", {"student_id": "student-001", "value": "6.5"})
    assert answer.status_code == 404


def test_score_in_an_evaluation_whose_kind_changed_elsewhere_has_the_new_kind(
    teacher: ApiClient, evaluation_id: str, school: TestSchool
) -> None:
    with enter_school(school.school_id):
        stored = evaluation_cache.get_stored(evaluation_id)
        services.edit_evaluation(actor=school.teacher, evaluation_id=evaluation_id, version=1, kind=EvaluationKind.ORAL)
        evaluation_cache.remember(stored)
    _record(teacher, evaluation_id, "student-001")
    with enter_school(school.school_id):
        assert stored_scores.get_score(evaluation_id, "student-001").kind is EvaluationKind.ORAL


def test_warm_score_asks_no_sts_opens_no_connection_and_builds_no_client(
    teacher: ApiClient, evaluation_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _record(teacher, evaluation_id, "student-000")
    _record(teacher, evaluation_id, "student-001")
    seen: list[str] = []

    def assume_role(scope: Scope) -> Any:
        seen.append("AssumeRole")
        return credentials.assume_role(scope)

    connect = urllib3.connection.HTTPConnection.connect

    def counted_connect(connection: urllib3.connection.HTTPConnection) -> None:
        seen.append("connection")
        connect(connection)

    client = boto3.Session.client

    def counted_client(session: boto3.Session, *arguments: Any, **named: Any) -> Any:
        seen.append("client")
        return client(session, *arguments, **named)

    monkeypatch.setattr(credentials.sessions, "_fetch", assume_role)
    monkeypatch.setattr(urllib3.connection.HTTPConnection, "connect", counted_connect)
    monkeypatch.setattr(boto3.Session, "client", counted_client)
    _record(teacher, evaluation_id, "student-002")
    assert seen == []
    credentials.sessions.forget_all()
    assert teacher.get(f"/evaluations/{evaluation_id}/scores/student-002").status_code == 200
    assert "AssumeRole" in seen, "what counts must be able to count"
