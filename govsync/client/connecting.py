"""A connection to one host, and no other whatever an answer says, within a deadline.

Nothing of the environment is asked: neither proxies nor certificates nor files to write keys to.
"""

from __future__ import annotations

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from edu import clock
from govsync.client.failures import NotSentError

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_LIMIT_S: Final = 5.0  # for one address of several
PORTS: Final = {"http": 80, "https": 443}
# Looking up a name has no time limit of its own: a thread that hangs in it is left there.
_lookups: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="government-name")


class Deadline:
    """So many seconds from now, by the clock that nobody sets."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = clock.elapsed_s() + seconds

    def left_s(self) -> float:
        """The seconds left, more than 0.

        Raises:
            TimeoutError: there are none.
        """
        left = self._ends_at - clock.elapsed_s()
        if left <= 0:
            raise TimeoutError
        return left


class Host:
    """Where requests go. Thread-safe: it holds no connection."""

    def __init__(self, base_url: str, ca_file: str) -> None:
        """Prepare, without connecting.

        Raises:
            OSError: ``ca_file`` is no file of certificates.
        """
        parts = urlsplit(base_url)
        self.netloc, self.base_path = parts.netloc, parts.path.rstrip("/")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._name, self._port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        self._tls = tls_context(ca_file) if parts.scheme == "https" else None

    def connect(self, deadline: Deadline) -> socket.socket:
        """A new connection, its certificate verified.

        Raises:
            NotSentError: there is none.
        """
        try:
            for family, place in self._addresses(deadline):
                with suppress(OSError):
                    return self._secured(_connected(family, place, deadline), deadline)
            deadline.left_s()
        except TimeoutError as error:
            raise NotSentError("connect_timeout") from error
        raise NotSentError("not_connected")

    def _addresses(self, deadline: Deadline) -> Iterator[tuple[socket.AddressFamily, tuple[str, int]]]:
        look_up = partial(socket.getaddrinfo, self._name, self._port, type=socket.SOCK_STREAM)
        try:
            found = _lookups.submit(look_up).result(deadline.left_s())
        except (socket.gaierror, UnicodeError) as error:
            raise NotSentError("name_not_found") from error
        for family, _kind, _protocol, _name, place in found:
            yield family, (str(place[0]), int(place[1]))

    def _secured(self, connection: socket.socket, deadline: Deadline) -> socket.socket:
        if self._tls is None:
            return connection
        try:
            connection.settimeout(deadline.left_s())
            # an end without TLS's own good-bye is a lost connection, not the end of a body
            return self._tls.wrap_socket(connection, server_hostname=self._name, suppress_ragged_eofs=False)
        except TimeoutError:
            connection.close()
            raise
        except ssl.SSLCertVerificationError as error:
            connection.close()
            raise NotSentError("certificate_refused") from error
        except OSError as error:
            connection.close()
            raise NotSentError("tls_failed") from error


def tls_context(ca_file: str) -> ssl.SSLContext:
    """TLS 1.2 or later; certificates are verified, with their name, against those of ``ca_file`` and nothing else.

    Raises:
        OSError: it is no file of certificates.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=ca_file)
    return context


def _connected(family: socket.AddressFamily, place: tuple[str, int], deadline: Deadline) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(min(CONNECT_LIMIT_S, deadline.left_s()))
        connection.connect(place)
    except OSError:
        connection.close()
        raise
    return connection
