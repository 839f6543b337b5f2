"""API Gateway: request validators kept from a template, and the mapping-template functions stock ministack lacks."""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import base64
import json
import time
import urllib.parse
from typing import Any

from deploy.emulator.extension import patching, stack_resources
from deploy.emulator.extension.stack_resources import Properties, is_true

_CREATED = 201


def escape_javascript(text: str) -> str:
    """``$util.escapeJavaScript``: JSON's escapes, ASCII only, and also ``'`` and ``/``."""
    return json.dumps(text)[1:-1].replace("'", "\\'").replace("/", "\\/")


def call_util(name: str, text: str) -> Any:
    """The value of ``$util.<name>(text)``, or None for a function we do not add."""
    if name == "base64Encode":
        return base64.b64encode(text.encode(errors="replace")).decode()  # Java makes "?" of half a surrogate pair
    if name == "base64Decode":
        return base64.b64decode(text).decode()
    if name == "escapeJavaScript":
        return escape_javascript(text)
    if name == "urlDecode":
        return urllib.parse.unquote_plus(text)
    if name == "parseJson":
        return json.loads(text)
    return None


def _util(original: patching.AnyFunction) -> patching.AnyFunction:
    gateway = patching.service("apigateway_v1")

    def vtl_util(steps: list[tuple[str, str | None]], st: dict[str, Any]) -> Any:
        name, arguments = steps[0] if steps else ("", None)
        if arguments is None:
            return original(steps, st)
        first = gateway._vtl_split_args(arguments)[:1]
        value = call_util(name, gateway._vtl_str(gateway._vtl_value(first[0], st)) if first else "")
        if value is None:
            return original(steps, st)
        return gateway._vtl_walk(value, steps[1:], st) if steps[1:] else value

    return vtl_util


def _render(original: patching.AnyFunction) -> patching.AnyFunction:
    """Give every template ``$context.requestId`` and the request's time."""

    def render(template: str, body_str: str, params_map: dict[str, Any], context: Any = None) -> Any:
        now_s = time.time()
        known = {
            "requestId": patching.core("responses").new_uuid(),
            "requestTimeEpoch": str(int(now_s * 1000)),
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now_s)),
        }
        return original(template, body_str, params_map, {**known, **(context or {})})

    return render


def _create_validator(logical_id: str, props: Properties, _stack_name: str) -> tuple[str, Properties]:
    status, _headers, body = patching.service("apigateway_v1")._create_request_validator(
        props["RestApiId"], {"name": props.get("Name", logical_id), **_validator_flags(props)}
    )
    if status != _CREATED:
        raise ValueError(f"AWS::ApiGateway::RequestValidator: {body!r}")
    validator_id = json.loads(body)["id"]
    return validator_id, {"RequestValidatorId": validator_id}


def _update_validator(
    physical_id: str, old_props: Properties, new_props: Properties, stack_name: str
) -> tuple[str, Properties]:
    if any(old_props.get(name) != new_props.get(name) for name in ("RestApiId", "Name")):
        _delete_validator(physical_id, old_props)
        return _create_validator(physical_id, new_props, stack_name)
    validator = patching.service("apigateway_v1")._request_validators[new_props["RestApiId"]][physical_id]
    validator.update(_validator_flags(new_props))
    return physical_id, {"RequestValidatorId": physical_id}


def _delete_validator(physical_id: str, props: Properties) -> None:
    validators = patching.service("apigateway_v1")._request_validators.get(props.get("RestApiId", ""), {})
    validators.pop(physical_id, None)


def _validator_flags(props: Properties) -> dict[str, bool]:
    return {
        "validateRequestBody": is_true(props.get("ValidateRequestBody")),
        "validateRequestParameters": is_true(props.get("ValidateRequestParameters")),
    }


def _attach_validator(_physical_id: str, props: Properties, _old_props: Properties) -> None:
    """A method keeps its validator, which stock ministack's handler leaves out."""
    resource = patching.service("apigateway_v1")._resources[props["RestApiId"]][props["ResourceId"]]
    resource["resourceMethods"][props["HttpMethod"]]["requestValidatorId"] = props.get("RequestValidatorId")


def install() -> None:
    """Keep validators and add the functions."""
    gateway = patching.service("apigateway_v1")
    patching.require(gateway, "_vtl_split_args", "src")
    patching.require(gateway, "_vtl_value", "expr st")
    patching.require(gateway, "_vtl_str", "value")
    patching.require(gateway, "_vtl_walk", "node steps st")
    patching.require(gateway, "_create_request_validator", "api_id data")
    patching.replace(gateway, "_vtl_util", "steps st", _util)
    patching.replace(gateway, "_render_request_template_v1", "template body_str params_map context", _render)
    stack_resources.replace(
        "AWS::ApiGateway::RequestValidator",
        create=_create_validator,
        update=_update_validator,
        delete=_delete_validator,
    )
    stack_resources.after("AWS::ApiGateway::Method", _attach_validator)
