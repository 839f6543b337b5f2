"""What the contract says to who reads it first is true: its examples are taken, and its figures are the code's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # its stubs are a package of their own

from behavior.api.contract import EXAMPLE
from behavior.domain.events import MAX_EVENTS, parse_event
from behavior.door.application import MAX_BODY_BYTES
from edu import clock
from edu.http.docs import contract
from edu.http.guide import ANSWER, CLAIMS, GUIDE, SIGN_IN, TOKENS, WRITE
from edu.http.problems import MOST_ERRORS
from edu.http.serializers import StrictSerializer
from edu.identity.tokens import principal_from_claims
from evaluations.api import score_serializers
from evaluations.services.grading.section_entry import MAX_ROWS
from tests.unit.deploy import data_plane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rest_framework.serializers import Serializer

NODE = shutil.which("node")


def _bodies(kind: type[StrictSerializer] = StrictSerializer) -> Iterator[type[StrictSerializer]]:
    for inner in kind.__subclasses__():
        yield inner
        yield from _bodies(inner)


def _request_bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in contract()["paths"].values():
        for operation in path.values():
            if "requestBody" in operation:
                yield operation["operationId"], operation["requestBody"]["content"]["application/json"]


def _valid(schema: dict[str, Any], value: object) -> bool:
    return bool(Draft202012Validator({**schema, "components": contract()["components"]}).is_valid(value))


def test_every_request_body_has_an_example_that_its_schema_takes() -> None:
    found = dict(_request_bodies())
    assert {"create_evaluation", "edit_evaluation", "record_section", "send_events", "reopen_term"} <= found.keys()
    schemas = contract()["components"]["schemas"]
    for operation, content in found.items():
        examples = [one["value"] for one in content.get("examples", {}).values()]
        if not examples:
            examples = [schemas[content["schema"]["$ref"].rpartition("/")[2]]["example"]]
        assert all(_valid(content["schema"], example) for example in examples), operation
        assert not _valid(content["schema"], {**EXAMPLE, "x": 1}), operation


def test_every_example_is_what_its_schema_says() -> None:
    schemas = contract()["components"]["schemas"]
    examples = {name: schema["example"] for name, schema in schemas.items() if "example" in schema}
    answers = {"Evaluation", "Score", "StudentScore", "Row", "Section", "Student", "Term", "Event", "EventsAccepted"}
    assert answers | {"Problem"} <= examples.keys()
    assert [name for name, example in examples.items() if not _valid(schemas[name], example)] == []


@pytest.mark.parametrize("kind", list(_bodies()), ids=lambda kind: kind.__name__)
def test_example_is_taken_by_its_serializer(kind: type[StrictSerializer]) -> None:
    assert "example" in kind.__dict__
    serializer: Serializer[Any] = kind(data=kind.example)
    serializer.is_valid(raise_exception=True)


def test_example_event_is_taken_by_the_door() -> None:
    assert parse_event(EXAMPLE | {"occurred_at": clock.now().isoformat()}, now=clock.now()).kind == "participation"


def _client() -> dict[str, Any]:
    properties: dict[str, Any] = data_plane.load()["Resources"]["UserPoolClient"]["Properties"]
    return properties


def _sent(command: str) -> Any:
    found = re.search(r"-d '(.*)'$", command, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_commands_send_what_is_taken() -> None:
    assert SIGN_IN in TOKENS
    assert WRITE in GUIDE
    flows = _client()["ExplicitAuthFlows"]
    assert f"ALLOW_{_sent(SIGN_IN)['AuthFlow']}" in flows
    assert {"ALLOW_REFRESH_TOKEN_AUTH"} <= set(flows)
    assert "-X PUT" in WRITE
    assert "-H 'If-None-Match: *'" in WRITE
    score = score_serializers.CorrectionInput(data=_sent(WRITE))
    assert score.is_valid()


def test_token_is_told_as_it_is() -> None:
    client = _client()
    assert (client["IdTokenValidity"], client["TokenValidityUnits"]["IdToken"]) == (60, "minutes")
    assert (client["RefreshTokenValidity"], client["TokenValidityUnits"]["RefreshToken"]) == (1, "days")
    assert json.loads(ANSWER)["AuthenticationResult"]["ExpiresIn"] == 3600
    claims = json.loads(CLAIMS)
    assert claims["exp"] - claims["iat"] == 3600
    principal = principal_from_claims(claims)
    assert (principal.role, principal.school_id, principal.person_id) == (
        "teacher",
        "colegio-san-martin-01",
        "doc-0001",
    )


def test_figures_are_those_in_force() -> None:
    assert (settings.DATA_UPLOAD_MAX_MEMORY_SIZE, MAX_BODY_BYTES) == (1_048_576, 262_144)
    assert MAX_ROWS == MAX_EVENTS == 100
    assert f"| {MOST_ERRORS}, and `more` |" in GUIDE
    example = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")
    rates = dict(re.findall(r"^(LIBRETA_API_\w+)=(\d+)/minute", example, re.MULTILINE))
    assert f"| {rates['LIBRETA_API_READS']}; {rates['LIBRETA_API_WRITES']} a minute" in GUIDE
    assert "LIBRETA_REFUSED_KIB_A_MINUTE=2048" in example
    assert contract()["info"]["description"] == GUIDE


def test_contract_has_no_key_that_everybody_would_copy() -> None:
    schema = contract()["components"]["parameters"]["Idempotency-Key"]["schema"]
    assert not {"example", "default", "examples"} & schema.keys()


_PAGE = """
const made = [];
globalThis.document = { getElementById: () => ({ dataset: { url: "/schema" } }) };
const contract = { components: { parameters: { "Idempotency-Key": { schema: {} } } } };
globalThis.fetch = async () => ({ json: async () => contract });
globalThis.SwaggerUIBundle = (options) => made.push(options);
require(process.argv[1]);
setTimeout(() => {
  const [{ spec, requestInterceptor }] = made;
  const shown = spec.components.parameters["Idempotency-Key"].schema.example;
  const sent = [shown, shown, "my own"].map((key) => requestInterceptor({ headers: { "Idempotency-Key": key } }));
  const without = requestInterceptor({ headers: {} });
  console.log(JSON.stringify([shown, ...sent.map((one) => one.headers["Idempotency-Key"]), without.headers]));
}, 10);
"""


@pytest.mark.skipif(NODE is None, reason="needs Node.js to run the page's script")
def test_docs_page_sends_a_new_key_with_each_write_that_is_tried() -> None:
    script = Path(str(finders.find("edu/contract.js")))
    ran = subprocess.run([str(NODE), "-e", _PAGE, str(script)], capture_output=True, text=True, check=True, timeout=30)
    shown, first, second, own, without = json.loads(ran.stdout)
    assert re.fullmatch("[ -~]{1,255}", shown)
    assert all(re.fullmatch("[0-9a-f]{32}", key) for key in (first, second))
    assert first != second
    assert (own, without) == ("my own", {})
