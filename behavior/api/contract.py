"""The event door's part of the contract: it is no Django view, so its operation is written down here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from behavior.domain.events import CLOCK_SKEW, MAX_EVENTS, MAX_NOTE_CHARS, MAX_VALUE, MAX_VALUE_DECIMALS, OLDEST
from behavior.domain.kinds import DEVICE_KINDS
from behavior.errors import InvalidEventsError, QueueUnavailableError, TooManyEventsError
from behavior.permissions import REPORT_EVENTS
from edu.http import contract
from edu.http.codes import with_codes
from edu.http.schema import SECURITY_SCHEME, roles_text

EVENTS_PATH = "/api/v1/behavior"
OWN_ERRORS = (InvalidEventsError, QueueUnavailableError, TooManyEventsError)
EXAMPLE: dict[str, Any] = {
    "event_id": "6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90",
    "kind": "participation",
    "occurred_at": "2026-11-23T10:15:00-05:00",
    "value": 2.5,
    "note": "Explicó el ejercicio a su grupo",
}
_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "Something that happened with the student who sends it. Any other field is refused.",
    "required": ["event_id", "kind", "occurred_at"],
    "additionalProperties": False,
    "properties": {
        "event_id": {
            "type": "string",
            "format": "uuid",
            "description": "Made by the device, once: sending it again, with whatever content, changes nothing.",
        },
        "kind": {
            "type": "string",
            "enum": sorted(DEVICE_KINDS),
            "description": (
                "One of the catalogue (`/api/v1/behavior-kinds`) that devices report. What the school does not use is "
                "taken and set aside (`/api/v1/rejected-events`)."
            ),
        },
        "occurred_at": {
            "type": "string",
            "format": "date-time",
            "description": (
                "With its offset, as RFC 3339 writes it; what is finer than a microsecond is cut off. At most "
                f"{OLDEST.days} days ago "
                f"and {CLOCK_SKEW // timedelta(minutes=1)} minutes ahead."
            ),
        },
        "value": {
            "type": ["number", "null"],
            "minimum": -MAX_VALUE,
            "maximum": MAX_VALUE,
            "description": f"At most {MAX_VALUE_DECIMALS} decimals.",
        },
        "note": {
            "type": ["string", "null"],
            "maxLength": MAX_NOTE_CHARS,
            "description": "Every end of line is kept as a line feed. No other control characters, but tabs.",
        },
    },
    "example": EXAMPLE,
}
_ACCEPTED: dict[str, Any] = {
    "type": "object",
    "required": ["accepted", "events"],
    "properties": {
        "accepted": {"type": "boolean"},
        "events": {"type": "integer", "minimum": 1, "maximum": MAX_EVENTS},
    },
    "example": {"accepted": True, "events": 2},
}
_EVENT_REF = {"$ref": "#/components/schemas/EventInput"}
_OPERATION: dict[str, Any] = {
    "operationId": "send_events",
    "tags": ["behavior"],
    "summary": "Send events",
    "description": (
        "Take a student's events: one, or a list. 202 means that the queue holds them all; of a refused request none "
        "is taken. Served by a process of its own (the event door), behind the same address in production; `make run` "
        "has it on another port, which it prints. "
        f"{roles_text(REPORT_EVENTS)}"
    ),
    "security": [{SECURITY_SCHEME: []}],
    "parameters": contract.parameter("Accept-Language", "X-Correlation-Id"),
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [_EVENT_REF, {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": _EVENT_REF}]
                },
                "examples": {
                    "one": {"summary": "One event", "value": EXAMPLE},
                    "several": {
                        "summary": "Several, of which none is taken if one is refused",
                        "value": [EXAMPLE, EXAMPLE | {"event_id": "0b0f8a52-77a1-4f0e-8f0d-5f6f2f1c9a11"}],
                    },
                },
            }
        },
    },
    "responses": {
        "202": {
            "description": "The queue holds them.",
            "headers": contract.header("X-Correlation-Id"),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EventsAccepted"}}},
        },
        **contract.refusals(400, 401, 403, 408, 413, 415, 422, 429, 431, 503),
    },
}


def add_event_door(result: dict[str, Any], **_generation: object) -> dict[str, Any]:
    """The contract with the door's operation: a post-processing hook of drf-spectacular."""
    schemas = {**result["components"]["schemas"], "EventInput": _EVENT, "EventsAccepted": _ACCEPTED}
    components = result["components"] | {"schemas": dict(sorted(schemas.items()))}
    paths = dict(sorted({**result["paths"], EVENTS_PATH: {"post": _OPERATION}}.items()))
    return with_codes(result | {"paths": paths, "components": components}, OWN_ERRORS)
