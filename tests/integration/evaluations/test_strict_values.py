"""What the API takes for a number, a date, an id, a text: each in one form; and what it makes of pasted text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from tests.integration.evaluations.conftest import ApiClient

EVALUATIONS = "/sections/mat-5a/evaluations"


def broken(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code in {400, 422}, answer.content
    return [(error["field"], error["rule"]) for error in answer.json()["errors"]]


@pytest.mark.parametrize("weight", ["1_0", "1e1", " 5", "5 ", "+5", "\u0663", "\uff15", "5.", ".5", "5,5", True])
def test_weight_has_one_form(teacher: ApiClient, exam: dict[str, Any], weight: object) -> None:
    assert broken(teacher.post(EVALUATIONS, {**exam, "weight": weight})) == [("weight", "invalid")]


@pytest.mark.parametrize(("weight", "kept"), [(25, "25.00"), (0.5, "0.50"), ("007.5", "7.50")])
def test_weight_is_what_it_is_worth(teacher: ApiClient, exam: dict[str, Any], weight: object, kept: str) -> None:
    assert teacher.post(EVALUATIONS, {**exam, "weight": weight}).json()["weight"] == kept


@pytest.mark.parametrize("day", ["2026-W47-5", "{}{}{}", " {}-{}-{}", "{}-{}-{}\n"])
def test_date_has_one_form(teacher: ApiClient, exam: dict[str, Any], day: str) -> None:
    written = day.format(*exam["held_on"].split("-"))
    assert broken(teacher.post(EVALUATIONS, {**exam, "held_on": written})) == [("held_on", "invalid")]


@pytest.mark.parametrize("limit", ["1_0", "%2B5", "%205", "\u0663", "1e1", "5.0", "5%0A", ""])
def test_limit_has_one_form(teacher: ApiClient, limit: str) -> None:
    assert [field for field, _ in broken(teacher.get(f"{EVALUATIONS}?limit={limit}"))] == ["limit"]


@pytest.mark.parametrize("query", ["school_year=2_026", "school_year=%2B2026", "school_year=\uff12026", "term=%20t1"])
def test_query_of_a_card_has_one_form(teacher: ApiClient, query: str) -> None:
    answer = teacher.get(f"/students/student-001/report-card?{query}")
    assert broken(answer) == [(query.partition("=")[0], "invalid")]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"student_id": " student-000"}, "student_id"),
        ({"student_id": 5}, "student_id"),
        ({"late": "yes"}, "late"),
        ({"late": 1}, "late"),
        ({"reason": 7}, "reason"),
    ],
)
def test_score_takes_no_value_for_another(
    teacher: ApiClient, evaluation_id: str, changed: dict[str, Any], field: str
) -> None:
    score = {"student_id": "student-000", "value": "6.0", **changed}
    assert broken(teacher.post(f"/evaluations/{evaluation_id}/scores", score)) == [(field, "invalid")]


@pytest.mark.parametrize("version", ["1", "1_0", True, 1.5])
def test_version_of_a_row_is_a_json_number(teacher: ApiClient, evaluation_id: str, version: object) -> None:
    rows = {"rows": [{"student_id": "student-000", "value": "6.0", "version": version}]}
    [result] = teacher.send("PUT", f"/evaluations/{evaluation_id}/scores", rows).json()["results"]
    assert (result["outcome"], result["problem"]["field"]) == ("rejected", "version")


def test_pasted_title_is_kept_as_people_read_it(teacher: ApiClient, exam: dict[str, Any]) -> None:
    pasted = "\u00a0Prueba\u00a0de\u202ffracciones\u00ad\t1 👩\u200d🏫"
    kept = teacher.post(EVALUATIONS, {**exam, "title": pasted}).json()
    assert kept["title"] == "Prueba de fracciones 1 👩\u200d🏫"


def test_refused_title_names_the_character(teacher: ApiClient, exam: dict[str, Any]) -> None:
    answer = teacher.post(EVALUATIONS, {**exam, "title": "Prueba\u0007"})
    [error] = answer.json()["errors"]
    assert error["message"] == (
        "Envíe una línea de 1 a 120 caracteres, sin caracteres de control. No se puede leer este carácter: U+0007"
    )
    assert (error["field"], error["rule"], exam["term_id"]) == ("title", "invalid", OPEN_TERM)


def test_pasted_reason_is_kept_as_people_read_it(teacher: ApiClient, evaluation_id: str) -> None:
    path = f"/evaluations/{evaluation_id}/scores"
    teacher.post(path, {"student_id": "student-000", "value": "6.0"})
    change = {"state": "recorded", "value": "6.5", "reason": "Se\u00a0revisó\u00a0"}
    teacher.send("PUT", f"{path}/student-000", change, version=1)
    history = teacher.get(f"{path}/student-000/history").json()["results"]
    assert [entry["reason"] for entry in history if entry["reason"]] == ["Se revisó"]
