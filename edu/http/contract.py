"""The parts of the OpenAPI contract that every operation shares. Plain data: settings import it before Django is up."""

from __future__ import annotations

from typing import Any

PROBLEM_JSON = "application/problem+json"

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457), in the language of Accept-Language.",
    "required": ["type", "title", "status", "code", "correlation_id"],
    "example": {
        "type": "urn:libreta:problem:invalid_input",
        "title": "Los datos no son válidos",
        "status": 422,
        "code": "invalid_input",
        "correlation_id": "4f0b9d3a0d2c1f6f7a115f1c2c6e6c0e",
        "errors": [{"field": "reson", "rule": "unknown_field", "message": "Ese campo no existe"}],
    },
    "properties": {
        "type": {"type": "string", "description": "urn:libreta:problem:<code>"},
        "title": {"type": "string", "description": "For people."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {
            "type": "string",
            "description": "For programs; stable. Each response says which it may be; there may be new ones some day.",
        },
        "correlation_id": {"type": "string", "description": "Leads to this request in the logs."},
        "detail": {"type": "string"},
        "errors": {"type": "array", "maxItems": 20, "items": {"$ref": "#/components/schemas/FieldProblem"}},
        "more": {"type": "integer", "minimum": 1, "description": "How many more errors there are than `errors` tells."},
        "current": {
            "type": "object",
            "additionalProperties": True,
            "description": "With 412: what stands now.",
        },
        "yours": {
            "type": "object",
            "additionalProperties": True,
            "description": "With 412: what was sent, to be laid beside `current`.",
        },
        "offered": {
            "type": "array",
            "items": {"type": "string"},
            "description": "With 406: the media types that are offered.",
        },
    },
}
_FIELD_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A rule that a field broke.",
    "required": ["field", "rule", "message"],
    "properties": {
        "field": {
            "type": "string",
            "description": "Its path in the body, a query parameter or a header; may be empty.",
        },
        "rule": {"type": "string", "description": "For programs; stable."},
        "message": {"type": "string", "description": "For people."},
    },
}


def _text_header(description: str, **schema: Any) -> dict[str, Any]:  # noqa: ANN401 - of OpenAPI
    return {"description": description, "required": True, "schema": {"type": "string", **schema}}


HEADERS: dict[str, Any] = {
    "ETag": _text_header(
        "The record's version, or a weak tag of the answer's content. If-None-Match takes it on a read; the version is "
        "what If-Match takes on a write."
    ),
    "Retry-After": {
        "description": "Seconds to wait before trying again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    },
    "X-Correlation-Id": _text_header("The request's id in the logs: the caller's own, or a new one."),
    "Idempotent-Replayed": {
        "description": "There when this is the first answer to a request that was sent again: nothing was done anew.",
        "schema": {"type": "string", "const": "true"},
    },
    "Row-Outcomes": _text_header(
        "How many rows came to which outcome (a dictionary of RFC 9651).",
        example="created=37, updated=2, unchanged=0, rejected=1",
    ),
    "Location": _text_header("Where what was created can be read."),
    "WWW-Authenticate": _text_header("What to sign in with."),
}


def header(*names: str) -> dict[str, Any]:
    """References to shared response headers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _problem(description: str, *headers: str) -> dict[str, Any]:
    return {
        "description": description,
        "headers": header("X-Correlation-Id", *headers),
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


# by status, so that an operation is said in numbers
RESPONSES: dict[int, tuple[str, dict[str, Any]]] = {
    304: (
        "NotModified",
        {"description": "The client's copy is current.", "headers": header("X-Correlation-Id", "ETag")},
    ),
    400: ("BadRequest", _problem("The request itself is malformed: JSON, a header, a cursor.")),
    401: ("NotAuthenticated", _problem("No token, or one that is not taken.", "WWW-Authenticate")),
    403: ("Forbidden", _problem("The caller's role, or a rule of the school, does not allow it.")),
    404: ("NotFound", _problem("There is no such thing in the caller's school.")),
    406: (
        "NotAcceptable",
        _problem(
            "None of the media types asked for, or no `format` of that name, is offered; `offered` says which are."
        ),
    ),
    408: ("BodyTimeout", _problem("The body did not arrive in time; nothing was done.")),
    409: ("Conflict", _problem("It exists already, is closed, or somebody changed it in the meantime.")),
    410: ("Gone", _problem("What was asked for is no longer kept.")),
    412: (
        "PreconditionFailed",
        _problem("If-Match names another version than the current one, or something stands in spite of If-None-Match."),
    ),
    413: ("TooLarge", _problem("The body is too large.")),
    415: (
        "UnsupportedMediaType",
        _problem(
            "The body is not application/json (`Accept` says so), or is compressed (`Accept-Encoding: identity`)."
        ),
    ),
    422: ("InvalidInput", _problem("The data breaks a rule; `errors` says which.")),
    428: ("PreconditionRequired", _problem("The write needs If-Match, or If-None-Match where it may create.")),
    429: (
        "TooManyRequests",
        _problem(
            "The account called too often, has too many requests open, or too much of what it sent in this minute was "
            "refused: 2 MiB of bodies, each counted as 1 KiB at least.",
            "Retry-After",
        ),
    ),
    431: ("HeadTooLarge", _problem("The address and the header fields are too large, or too many.")),
    503: ("Unavailable", _problem("A service behind this one does not answer; trying again is safe.", "Retry-After")),
}


def _header_parameter(name: str, description: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"in": "header", "name": name, "description": description, "required": required, "schema": schema}


PARAMETERS: dict[str, dict[str, Any]] = {
    "Accept-Language": _header_parameter(
        "Accept-Language",
        "`es` (the default) or `en`: the language of messages to people.",
        {"type": "string", "example": "es"},
    ),
    "X-Correlation-Id": _header_parameter(
        "X-Correlation-Id",
        "An id to find this request by in the logs: a UUID, or 16 to 64 hexadecimal digits. Any other is replaced.",
        {"type": "string", "example": "6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90"},
    ),
    "Idempotency-Key": _header_parameter(
        "Idempotency-Key",
        "A new value, e.g. a UUID, for each write. Sent again within 24 hours with the same request, it gets the first "
        "answer, byte for byte, and `Idempotent-Replayed: true`; with another request, 422. The request is the same if "
        "its method, address, condition (`If-Match`, `If-None-Match`) and JSON are; spaces and the order of members do "
        "not count.",
        {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": "^[ -~]+$",
        },
        required=True,
    ),
    "If-Match": _header_parameter(
        "If-Match",
        "The ETag of the version that this write changes. `*` and lists are refused.",
        {"type": "string", "pattern": '^"[1-9][0-9]{0,8}"$', "example": '"1"'},
        required=True,
    ),
    "Replaced-Version": _header_parameter(
        "If-Match",
        "To change: the ETag of the version that this write replaces. `*` and lists are refused. This or "
        "`If-None-Match: *` must be there, and not both.",
        {"type": "string", "pattern": '^"[1-9][0-9]{0,8}"$', "example": '"1"'},
    ),
    "Nothing-Replaced": _header_parameter(
        "If-None-Match",
        "To create: `*`, for there is to be nothing yet. An ETag is refused.",
        {"type": "string", "const": "*"},
    ),
    "If-None-Match": _header_parameter(
        "If-None-Match", "ETags of the client's copies; 304 if one of them is current.", {"type": "string"}
    ),
}


def parameter(*names: str) -> list[dict[str, Any]]:
    """References to shared parameters."""
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def refusals(*statuses: int) -> dict[str, Any]:
    """References to shared responses, by status."""
    return {str(status): {"$ref": f"#/components/responses/{RESPONSES[status][0]}"} for status in sorted(statuses)}


COMPONENTS: dict[str, Any] = {
    "schemas": {"Problem": _PROBLEM, "FieldProblem": _FIELD_PROBLEM},
    "headers": HEADERS,
    "parameters": PARAMETERS,
    "responses": dict(RESPONSES.values()),
}
