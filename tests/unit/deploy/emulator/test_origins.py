"""The emulator serves no page of another site."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from deploy.emulator.origins import own_origin_only


def _statuses(*headers: tuple[bytes, bytes]) -> list[Any]:
    sent: list[Any] = []

    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def receive() -> Any:
        raise AssertionError("nothing of a foreign request is read")

    async def send(message: Any) -> None:
        sent.append(message.get("status"))

    scope = {"type": "http", "path": "/", "headers": list(headers)}

    async def serve() -> None:
        await own_origin_only(application, 4566)(scope, receive, send)

    asyncio.run(serve())
    return [status for status in sent if status]


@pytest.mark.parametrize(
    "headers",
    [
        (b"origin", b"https://evil.example"),
        (b"Origin", b"http://127.0.0.1:4567"),
        (b"origin", b"null"),
        (b"origin", b""),
        (b"origin", b"http://127.0.0.1:4566.evil.example"),
        (b"sec-fetch-site", b"cross-site"),
        (b"sec-fetch-site", b"same-site"),
    ],
)
def test_foreign_page_is_refused(headers: tuple[bytes, bytes]) -> None:
    assert _statuses((b"host", b"127.0.0.1:4566"), headers) == [403]


@pytest.mark.parametrize(
    "headers",
    [
        (b"user-agent", b"Boto3"),
        (b"origin", b"http://127.0.0.1:4566"),
        (b"origin", b"http://localhost:4566"),
        (b"sec-fetch-site", b"none"),
    ],
)
def test_sdk_and_own_page_are_served(headers: tuple[bytes, bytes]) -> None:
    assert _statuses((b"host", b"127.0.0.1:4566"), headers) == [200]
