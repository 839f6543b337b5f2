"""Answers to writes: rendered once to bytes, so that what is stored for a repeat is what the client gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer

from edu.errors import FieldError, InvalidInputError
from edu.idempotency import Answer, IdempotencyKey, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.request import Request

    from edu.identity.principal import Principal

T = TypeVar("T")
HEADER = "Idempotency-Key"
_MAX_KEY_CHARS = 255


class MissingIdempotencyKeyError(InvalidInputError):
    """A write came without an ``Idempotency-Key``: repeating it after a lost answer could happen twice."""

    code = "idempotency_key_required"
    status = 400


def reply_for(request: Request, actor: Principal, render: Callable[[T], dict[str, Any]]) -> Reply[T]:
    """How this request's write is to be answered: 201, the rendered result, and its version as ETag.

    Raises:
        MissingIdempotencyKeyError: the header is missing, too long or not printable ASCII.
    """
    value = request.headers.get(HEADER, "")
    if not (0 < len(value) <= _MAX_KEY_CHARS and value.isascii() and value.isprintable()):
        message = _("Send an Idempotency-Key header, e.g. a UUID, with every write")
        raise MissingIdempotencyKeyError(fields=[FieldError(HEADER, "required", message)])
    key = IdempotencyKey.of_request(
        subject=actor.subject,
        value=value,
        method=request.method or "",
        path=request.path,
        body=request._request.body,  # noqa: SLF001 - DRF parses from the same cached bytes
    )
    return Reply(key, lambda result: created(render(result)))


def created(data: dict[str, Any]) -> Answer:
    """201 with this body."""
    return Answer(201, JSONRenderer().render(data), etag_of(data))


def etag_of(data: dict[str, Any]) -> str:
    """The entity tag of a versioned record."""
    return f'"{data["version"]}"'
