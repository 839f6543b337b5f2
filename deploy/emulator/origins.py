"""ASGI middleware that refuses what a page of another site has the developer's browser send.

ministack answers every origin with ``Access-Control-Allow-Origin: *``, so any page could sign in, answer challenges and
read the answers. SDKs and the product send no ``Origin``; pages of the emulator itself send its own.
"""

from collections.abc import Iterable

from deploy.emulator.internal_endpoints import Application, Message, Receive, Send

_OWN_SITES = frozenset({b"none", b"same-origin"})


def is_foreign(headers: Iterable[tuple[bytes, bytes]], own: frozenset[bytes]) -> bool:
    """Whether a browser says that the request comes from a page of another origin."""
    for name, value in headers:
        if name.lower() == b"origin" and value not in own:
            return True
        if name.lower() == b"sec-fetch-site" and value.lower() not in _OWN_SITES:
            return True
    return False


def own_origin_only(application: Application, port: int) -> Application:
    """``application`` with 403 for a foreign origin, before anything of the request is read."""
    own = frozenset(f"http://{host}:{port}".encode() for host in ("127.0.0.1", "localhost"))

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_foreign(scope.get("headers", ()), own):
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await application(scope, receive, send)

    return serve
