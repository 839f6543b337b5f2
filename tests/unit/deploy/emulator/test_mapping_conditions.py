"""Mapping templates as the emulated API Gateway runs them, without an emulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import json, sys
from deploy.emulator.extension import mapping_conditions, patching
mapping_conditions.install()
gateway = patching.service("apigateway_v1")
asked = json.load(sys.stdin)
if "status" in asked:
    response = {"statusCode": "503", "responseTemplates": {"application/json": asked["template"]}}
    respond = gateway._service_integration_response
    given = {"integrationResponses": {"503": response}}
    status, _headers, body = respond(given, 400, asked["body"], "application/json", {}, {})
    print(json.dumps([status, body.decode()]))
else:
    print(json.dumps(gateway._render_request_template_v1(asked["template"], asked["body"], {}, {"a": "x"})))
"""


def _run(**asked: Any) -> Any:
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(asked),
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('#set($v = $context.a)\n#if($v == "x")\nyes\n#end\nend', "yes\nend"),
        ('#if($context.a != "x")yes#elseif($context.a == "x")but#else no#end', "but"),
        ('#if($context.a == "y")yes#else no#end.', " no."),
        ('#if($context.b == "y" || $context.a == "x")#if($context.a == "z")a#else b#end#end', " b"),
        ('#if($context.a == "x" && $context.b == "y")yes#end-', "-"),
        ('#if($context.b != "y")nothing compares as nothing#end-', "-"),
        ("#if($input.body.length() > 5)long#end-", "long-"),
        ('#if($input.body.contains("bcd"))in#end-', "in-"),
        ('#set($v = "")\n#if($v == "")#set($v = "set")#end\n$v', "set"),
    ],
)
def test_condition(template: str, text: str) -> None:
    assert _run(template=template, body="abcdef") == text


def test_if_without_end_is_an_error() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        _run(template="#if($context.a)x", body="")


def test_status_is_put_over() -> None:
    template = '#if($input.body.contains("No"))#set($context.responseOverride.status = 403)#end\n{}'
    assert _run(template=template, body="No", status=True) == [403, "{}"]
    assert _run(template=template, body="Yes", status=True) == [503, "{}"]
