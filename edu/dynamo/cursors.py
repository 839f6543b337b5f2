"""Where a listing goes on, handed to clients as an opaque token.

A cursor holds the keys of the last item, and keys may hold a name: so it is encrypted, not just signed, and URLs carry
no personal data. It works only in the scope and for the query it was made for.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from edu.errors import InvalidInputError
from edu.tenancy import current_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_TOKEN_CHARS = 4096


class InvalidCursorError(InvalidInputError):
    """The cursor was changed, belongs to another school or another listing, or was never ours.

    A listing with another filter is another listing.
    """

    code = "invalid_cursor"
    status = 400
    title = _("This cursor is of another listing; begin with the first page")


def seal_cursor(last_key: Mapping[str, str], *, query: str) -> str:
    """A token for the position ``last_key`` of the listing named ``query``, in the current scope."""
    payload = json.dumps({"k": dict(last_key), "q": query, "s": _scope_name()}, separators=(",", ":"))
    return _fernet().encrypt(payload.encode()).decode().rstrip("=")


def open_cursor(token: str, *, query: str) -> dict[str, str]:
    """The position inside ``token``.

    Raises:
        InvalidCursorError: unless it was sealed for this query in this scope.
    """
    try:
        if len(token) > _MAX_TOKEN_CHARS:
            raise InvalidCursorError
        padded = token + "=" * (-len(token) % 4)
        if base64.urlsafe_b64encode(base64.urlsafe_b64decode(padded)).decode() != padded:
            raise InvalidCursorError  # bits after the end: another text for the same token
        payload = json.loads(_fernet().decrypt(padded))
    except (InvalidToken, ValueError) as error:
        raise InvalidCursorError from error
    if payload["q"] != query or payload["s"] != _scope_name():
        raise InvalidCursorError
    key: dict[str, str] = payload["k"]
    return key


def _scope_name() -> str:
    scope = current_scope()
    return f"{scope.kind}:{scope.school_id or ''}"


@cache
def _fernet() -> Fernet:
    digest = hashlib.sha256(b"libreta cursor\0" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
