"""The event door's ceiling here: the same server, the same token check, and a constant for an answer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")

import django

django.setup()

from edu.identity.tokens import bearer_token_of, verifier  # noqa: E402 - after the settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_ANSWER = b'{"events": 1}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_ANSWER)).encode())]


async def app(
    scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Read the body, verify the token, answer."""
    if scope["type"] != "http":
        while True:
            kind = (await receive())["type"]
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return
    if scope["path"] != "/healthz":
        while (await receive()).get("more_body"):
            pass
        token = bearer_token_of(dict(scope["headers"])[b"authorization"].decode()) or ""
        verifier().principal(token)  # its one fetch of the keys blocks, once
    await send({"type": "http.response.start", "status": 202, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _ANSWER})
