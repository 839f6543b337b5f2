"""The shipped template as the tests see it: parsed, with CloudFormation's short forms written out."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from cfnlint.decode import decode, decode_str  # type: ignore[import-untyped]

from deploy.stack.template import TEMPLATE_PATH

API_TYPES = frozenset(
    f"AWS::ApiGateway::{name}"
    for name in ("Authorizer", "GatewayResponse", "Method", "Model", "RequestValidator", "Resource", "RestApi")
)


def load() -> dict[str, Any]:
    template, problems = decode(str(TEMPLATE_PATH))
    assert not problems
    return _plain(template)


def parsed(text: str) -> dict[str, Any]:
    """What cfn-lint reads in a template's text."""
    template, problems = decode_str(text)
    assert not problems
    return _plain(template)


def _plain(template: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(template))
    return found


def resources(template: dict[str, Any], *types: str) -> dict[str, dict[str, Any]]:
    return {name: item for name, item in template["Resources"].items() if item["Type"] in types}


def api_digest(template: dict[str, Any]) -> str:
    """Changes whenever the API's definition does."""
    text = json.dumps(resources(template, *API_TYPES), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def inline_policy(template: dict[str, Any], role: str) -> dict[str, Any]:
    (policy,) = template["Resources"][role]["Properties"]["Policies"]
    document: dict[str, Any] = policy["PolicyDocument"]
    return document
