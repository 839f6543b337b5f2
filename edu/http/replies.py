"""Answers to writes: rendered once to bytes, so that what is stored for a repeat is what the client gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer

from edu.errors import FieldError, InvalidInputError
from edu.http import preconditions
from edu.http.json_bodies import canonical
from edu.idempotency import IdempotencyKey, Reply, StoredResponse

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


def reply_for(
    request: Request,
    actor: Principal,
    render: Callable[[T], dict[str, Any]],
    *,
    status: int = 201,
    address: Callable[[dict[str, Any]], str] | None = None,
    outcomes: Callable[[dict[str, Any]], str] | None = None,
) -> Reply[T]:
    """How this request's write is to be answered: the status, the rendered result, and its version as ETag.

    ``address`` says where what was created can be read: the answer's ``Location``. ``outcomes`` counts what became of
    the rows of a write of many: its ``Row-Outcomes``.

    Raises:
        MissingIdempotencyKeyError: the header is missing, too long or not printable ASCII.
    """

    def answer(result: T) -> StoredResponse:
        data = render(result)
        return answer_of(
            status, data, location=address(data) if address else "", outcomes=outcomes(data) if outcomes else ""
        )

    return Reply(key_of(request, actor), answer)


def empty_reply_for(request: Request, actor: Principal) -> Reply[Any]:
    """The same for a write that leaves nothing to show: 204."""
    return Reply(key_of(request, actor), lambda _result: StoredResponse(204, b""))


def key_of(request: Request, actor: Principal) -> IdempotencyKey:
    """The request's idempotency key, which stands for what its JSON says, however it is written.

    Raises like ``reply_for``; and as the parser, for a body that is no JSON.
    """
    value = request.headers.get(HEADER, "")
    if not (0 < len(value) <= _MAX_KEY_CHARS and value.isascii() and value.isprintable()):
        message = _("Send an Idempotency-Key header, e.g. a UUID, with every write")
        raise MissingIdempotencyKeyError(fields=[FieldError(HEADER, "required", message)])
    return IdempotencyKey.of_request(
        subject=actor.subject,
        value=value,
        method=request.method or "",
        path=request.path,
        body=canonical(request.data).encode(),
        precondition=request.headers.get(preconditions.HEADER) or request.headers.get(preconditions.ABSENCE_HEADER, ""),
    )


def answer_of(status: int, data: dict[str, Any], *, location: str = "", outcomes: str = "") -> StoredResponse:
    """An answer with this body in the language in force, and an ETag when the body is a versioned record's."""
    return StoredResponse(
        status,
        JSONRenderer().render(data),
        etag=etag_of(data) if "version" in data else "",
        location=location,
        outcomes=outcomes,
        language=get_language() or "",
    )


def etag_of(data: dict[str, Any]) -> str:
    """The entity tag of a versioned record."""
    return f'"{data["version"]}"'
