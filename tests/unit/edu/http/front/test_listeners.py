"""The kernel ends connections whose clients take nothing."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import pytest

from edu.http.front.listeners import limit_readers


def test_connections_have_the_limits_of_the_socket_they_were_accepted_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as other:
        assert limit_readers(silence_s=7.5, buffer_bytes=9000) >= 1
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7500
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * 9000  # socket(7): it doubles it
        assert other.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 0


def test_looking_leaves_no_descriptor_open() -> None:
    with Path(__file__).open():  # one that is no socket
        before = len(list(Path("/proc/self/fd").iterdir()))
        limit_readers(silence_s=7.5, buffer_bytes=9000)
        assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_client_that_takes_nothing_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        limit_readers(silence_s=0.2, buffer_bytes=9000)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(listener.getsockname())
        with listener.accept()[0] as accepted:
            with pytest.raises(TimeoutError) as ended:
                accepted.sendall(b"x" * 2**26)
            assert ended.value.errno == errno.ETIMEDOUT
