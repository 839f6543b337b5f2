"""A request's head: what is looked at before its body is waited for."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from edu.http.errors import BodyTooLargeError, HeadTooLargeError
from edu.identity.tokens import bearer_token_of

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from edu.http.front.limits import Limits
    from edu.identity.principal import Principal

_HEAD = "libreta.head"


class Head:
    """The fields that the front itself looks at. Where a name is sent twice, the last value.

    ``token`` is what ``bearer_token_of`` finds in it; ``caller`` whom that was found to prove, for who asks again
    within the request. It decides whose turn it is and never whose data: that is found out where it is decided.
    """

    __slots__ = ("caller", "fields", "method", "path", "peer", "token")

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.fields: dict[bytes, bytes] = dict(scope["headers"])
        self.peer: str = (scope.get("client") or ("",))[0]
        self.token = bearer_token_of(self.text(b"authorization"))
        self.caller: Principal | None = None

    def text(self, name: bytes) -> str:
        """A field's value, empty when it was not sent."""
        value = self.fields.get(name)
        return value.decode("latin-1") if value else ""

    def declared_bytes(self) -> int | None:
        """The body's length: 0 without a body, ``None`` when it is not told (``Transfer-Encoding: chunked``)."""
        if b"transfer-encoding" in self.fields:
            return None
        length = self.fields.get(b"content-length", b"0")
        return int(length) if length.isdigit() else None


def head_of(scope: Mapping[str, Any]) -> Head:
    """The head of a request that ``check_head`` has let through."""
    head: Head = scope[_HEAD]
    return head


def check_head(scope: MutableMapping[str, Any], limits: Limits) -> Head:
    """The head, within the limits; ``head_of`` the same scope finds it again.

    Raises:
        HeadTooLargeError: it is too long, has too many fields, or one that must be short is not.
    """
    headers = scope["headers"]
    size = len(scope["raw_path"]) + len(scope["query_string"]) + sum(map(len, chain.from_iterable(headers)))
    if size > limits.head_bytes or len(headers) > limits.head_fields:
        raise HeadTooLargeError
    head = Head(scope)
    short = limits.media_type_bytes
    if len(head.fields.get(b"content-type", b"")) > short or len(head.fields.get(b"content-encoding", b"")) > short:
        raise HeadTooLargeError
    scope[_HEAD] = head
    return head


def check_length(head: Head, limits: Limits) -> int | None:
    """The length that the head tells, as ``Head.declared_bytes``.

    Raises:
        BodyTooLargeError: it is too large.
    """
    declared = head.declared_bytes()
    if declared is not None and declared > limits.body_bytes:
        raise BodyTooLargeError
    return declared
