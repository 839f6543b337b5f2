"""The committed contract is the code's, whole and valid; it and its pages are open to everybody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from edu.http.docs import contract, contract_bytes, contract_docs
from edu.http.views import ApiView

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITES = frozenset({"post", "put", "patch", "delete"})
OPEN_ROUTES = frozenset({"/api/v1/", "/api/v1/schema", "/api/v1/docs"})


def _operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in contract()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _names(operation: dict[str, Any]) -> set[str]:
    return {part.get("name") or part["$ref"].rpartition("/")[2] for part in operation["parameters"]}


def test_committed_file_is_what_the_code_says() -> None:
    committed = (settings.BASE_DIR / "docs" / "openapi.yaml").read_bytes()
    assert committed == contract_bytes("application/yaml"), "run: manage.py spectacular --file docs/openapi.yaml"


def test_schema_is_made_without_a_warning_and_always_the_same(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(made))
    assert made.read_bytes() == contract_bytes("application/yaml")


def _routes(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route.replace("<id:", "{").replace(">", "}"), pattern.callback


def test_every_method_of_every_route_is_an_operation() -> None:
    offered = {
        (route, method.lower())
        for route, view in _routes(get_resolver().url_patterns)
        if route.startswith("/api/") and route not in OPEN_ROUTES
        for method in view.view_class.capabilities
    }
    assert offered | {("/api/v1/behavior", "post")} == {(path, method) for path, method, _ in _operations()}


def test_operations_say_who_may_call_them_and_how_they_refuse() -> None:
    for _path, method, operation in _operations():
        assert "Roles: `" in operation["description"]
        assert operation["security"] == [{"idToken": []}]
        expected = {"400", "401", "403", "503"} | ({"422"} if method in WRITES else {"304"})
        assert expected <= set(operation["responses"]), operation["operationId"]
        if "If-Match" in _names(operation):
            assert {"412", "428"} <= set(operation["responses"])


def test_every_route_takes_only_what_it_declares() -> None:
    """One base refuses undeclared parameters; whoever does not stand on it would ignore them."""
    views = [view for route, view in _routes(get_resolver().url_patterns) if route.startswith("/api/")]
    assert all(issubclass(view.view_class, ApiView) for view in views if view is not contract_docs)
    for _path, method, operation in _operations():
        assert "422" in operation["responses"]
        if method in WRITES:
            assert "415" in operation["responses"]


def test_every_body_is_closed() -> None:
    schemas = contract()["components"]["schemas"]
    for _path, _method, operation in _operations():
        if "requestBody" in operation and operation["operationId"] != "send_events":
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            assert schemas[reference.rpartition("/")[2]]["additionalProperties"] is False
    for name in ("RowInput", "EventInput"):
        assert schemas[name]["additionalProperties"] is False


def test_answers_name_their_states_and_no_weight_is_negative() -> None:
    schemas = contract()["components"]["schemas"]
    assert schemas["StateEnum"]["enum"] == ["recorded", "absent", "exempt", "missing", "void"]
    assert schemas["Score"]["properties"]["state"]["$ref"].endswith("/StateEnum")
    assert schemas["Evaluation"]["properties"]["kind"]["$ref"].endswith("/KindEnum")
    for name in ("Evaluation", "EvaluationInput", "EvaluationChangeInput"):
        assert not schemas[name]["properties"]["weight"]["pattern"].startswith("^-")
    assert {"current", "yours"} <= schemas["Problem"]["properties"].keys()


def test_docs_page_without_scripts_leads_to_the_contract() -> None:
    assert '<a href="/api/v1/schema">' in Client().get("/api/v1/docs").content.decode().partition("<noscript>")[2]


def test_writes_take_an_idempotency_key_and_corrections_the_version() -> None:
    writes = {o["operationId"]: _names(o) for _path, method, o in _operations() if method in WRITES}
    del writes["send_events"]  # its events' own ids make it idempotent
    assert all("Idempotency-Key" in names for names in writes.values())
    versioned = {name for name, names in writes.items() if "If-Match" in names}
    assert versioned == {
        "edit_evaluation",
        "delete_evaluation",
        "cancel_evaluation",
        "reinstate_evaluation",
        "void_score",
        "assign_section_teacher",
        "end_section_teacher",
    }
    assert {name for name, names in writes.items() if "Nothing-Replaced" in names} == {"write_score"}


def test_put_of_a_score_takes_one_of_two_conditions_and_shows_both_ways() -> None:
    put = contract()["paths"]["/api/v1/evaluations/{evaluation_id}/scores/{student_id}"]["put"]
    conditions = [contract()["components"]["parameters"][name] for name in ("Replaced-Version", "Nothing-Replaced")]
    assert {"Replaced-Version", "Nothing-Replaced"} <= _names(put)
    assert [(one["name"], one["required"]) for one in conditions] == [("If-Match", False), ("If-None-Match", False)]
    assert set(put["requestBody"]["content"]["application/json"]["examples"]) == {"First", "Correction"}
    assert {"ETag", "Location"} <= put["responses"]["201"]["headers"].keys()
    assert "ETag" in put["responses"]["200"]["headers"]
    assert {"412", "428"} <= put["responses"].keys()


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/yaml"),
        ("application/json", "application/json"),
        ("application/vnd.oai.openapi+json", "application/vnd.oai.openapi+json"),
    ],
)
def test_contract_is_served_without_a_token(accept: str, content_type: str) -> None:
    answer = Client().get("/api/v1/schema", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
    again = Client().get("/api/v1/schema", headers={"Accept": accept, "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_contract_as_json_is_the_same_document() -> None:
    assert Client().get("/api/v1/schema?format=json").json() == json.loads(json.dumps(contract()))


def test_docs_page_names_only_files_of_ours_and_runs_nothing_inline() -> None:
    answer = Client().get("/api/v1/docs")
    page = answer.content.decode()
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "://" not in page
    assert "<style" not in page
    scripts = [part.partition('"')[0] for part in page.split('<script src="')[1:]]
    assert page.count("<script") == len(scripts) == 2
    assert all(finders.find(script.removeprefix(settings.STATIC_URL)) for script in scripts)


def test_docs_page_takes_no_writes() -> None:
    answer = Client(enforce_csrf_checks=True).post("/api/v1/docs")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_first_address_leads_to_every_other_without_a_token() -> None:
    answer = Client().get("/api/v1/")
    index = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert {Client().get(index[name]).status_code for name in ("documentation", "contract")} == {200}
    assert index["reads"]["list_sections"] == "/api/v1/sections"
    assert index["reads"]["list_scores"] == "/api/v1/evaluations/{evaluation_id}/scores"
    assert set(index["reads"].values()) == {path for path, method, _ in _operations() if method == "get"}


def test_address_without_its_last_slash_leads_there_too() -> None:
    answer = Client().get("/api/v1")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/api/v1/")


def test_first_address_takes_no_writes_and_no_parameters() -> None:
    assert Client().post("/api/v1/").status_code == 405
    assert Client().get("/api/v1/?x=1").json()["code"] == "invalid_input"
