"""A request's head: what is looked at before its body is waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edu.http.errors import BodyTooLargeError, HeadTooLargeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edu.http.front.limits import Limits

_SHORT_FIELDS = (b"content-type", b"content-encoding")


class Head:
    """The fields that the front itself looks at. Where a name is sent twice, the last value."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.fields: dict[bytes, bytes] = dict(scope["headers"])
        self.peer: str = (scope.get("client") or ("",))[0]

    def text(self, name: str) -> str:
        """A field's value, empty when it was not sent."""
        return self.fields.get(name.encode(), b"").decode("latin-1")

    @property
    def declared_bytes(self) -> int | None:
        """The body's length: 0 without a body, ``None`` when it is not told (``Transfer-Encoding: chunked``)."""
        if b"transfer-encoding" in self.fields:
            return None
        length = self.fields.get(b"content-length", b"0")
        return int(length) if length.isdigit() else None


def check_head(scope: Mapping[str, Any], limits: Limits) -> Head:
    """The head, within the limits.

    Raises:
        HeadTooLargeError: it is too long, has too many fields, or one that must be short is not.
        BodyTooLargeError: the body that it announces is.
    """
    headers = scope["headers"]
    size = len(scope.get("raw_path") or scope["path"]) + len(scope.get("query_string", b""))
    if len(headers) > limits.head_fields or size + sum(len(n) + len(v) for n, v in headers) > limits.head_bytes:
        raise HeadTooLargeError
    head = Head(scope)
    if any(len(head.fields.get(name, b"")) > limits.media_type_bytes for name in _SHORT_FIELDS):
        raise HeadTooLargeError
    if (head.declared_bytes or 0) > limits.body_bytes:
        raise BodyTooLargeError
    return head
