"""Fixtures of the client's tests."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.scripted_server import scripted_server

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Iterator

    from tests.support.scripted_server import ScriptedServer

    Serve = Callable[..., ScriptedServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that does to each connection what it is given."""
    with ExitStack() as running:

        def start(answer: Callable[[socket.socket], object], tls: ssl.SSLContext | None = None) -> ScriptedServer:
            return running.enter_context(scripted_server(answer, tls=tls))

        yield start
