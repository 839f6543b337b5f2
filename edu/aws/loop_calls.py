"""Calls of a JSON service on the event loop: signed here and sent in one piece, one attempt each.

A call from a thread beside a busy loop waits for the interpreter twice, 5 ms each time at worst
(``sys.setswitchinterval``), and botocore takes a millisecond to make it (ADR 0020). What blocks is done in threads all
the same: finding the endpoint, and asking for keys, which are asked for again every minute.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

import boto3
import msgspec
from botocore.exceptions import NoCredentialsError

from edu.aws.clients import make_client
from edu.aws.loop_connections import Connections, UnansweredError
from edu.aws.signing import signed_fields
from edu.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.credentials import Credentials, ReadOnlyCredentials

KEYS_S: Final = 60.0  # botocore renews a session's 10 to 15 minutes before its end
_OK: Final = 200
_CODE = re.compile(r"[A-Za-z.]{1,64}")
_encode = msgspec.json.Encoder().encode
_log = get_logger(__name__)


class CallRefusedError(Exception):
    """The service's answer was an error; the text is its code."""


class _Keys:
    """Keys to sign with, without waiting for them: they are asked for again in a thread, and the last ones serve on."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._frozen = credentials.get_frozen_credentials()
        self._until_s = time.monotonic() + KEYS_S

    def now(self) -> ReadOnlyCredentials:
        """Those of a minute ago at most, and of the moment that asking takes."""
        if self._until_s <= time.monotonic():
            self._until_s = time.monotonic() + KEYS_S
            asking = asyncio.get_running_loop().run_in_executor(None, self._credentials.get_frozen_credentials)
            asking.add_done_callback(self._keep)
        return self._frozen

    def _keep(self, asked: asyncio.Future[ReadOnlyCredentials]) -> None:
        if error := asked.exception():
            _log.warning("renewing credentials failed", error=type(error).__name__)
        else:
            self._frozen = asked.result()


class _Place(NamedTuple):
    """Where calls go, and with what they are signed."""

    host: str
    region: str
    keys: _Keys
    connections: Connections


class LoopCalls:
    """Calls of ``service``, whose operations' full names begin with ``prefix``. One event loop only."""

    def __init__(self, service: str, *, prefix: str, connections: int) -> None:
        self._service, self._prefix, self._connections = service, prefix, connections
        self._finding: asyncio.Future[_Place] | None = None

    async def call(
        self, operation: str, arguments: Mapping[str, Any], *, connect_s: float, answer_s: float
    ) -> dict[str, Any]:
        """The answer; who connects and who answers may each take so many seconds.

        Raises:
            UnansweredError: there is none, or none that can be read. The call may have taken effect all the same.
            CallRefusedError: it is an error.
            BotoCoreError: there are no keys to sign with.
        """
        place = await self._found()
        body = _encode(arguments)
        request = self._request(place, operation, body)
        answer = await place.connections.ask(request, connect_s=connect_s, answer_s=answer_s)
        said = _object(answer.body)
        if answer.status != _OK:
            raise CallRefusedError(_code(said) or f"status {answer.status}")
        if said is None:
            raise UnansweredError("ResponseParserError")
        return said

    def close(self) -> None:
        """Close the connections that rest."""
        if self._finding and self._finding.done() and not self._finding.exception():
            self._finding.result().connections.close()

    async def _found(self) -> _Place:
        if self._finding is None or (self._finding.done() and self._finding.exception()):
            self._finding = asyncio.get_running_loop().run_in_executor(None, self._find)
        return await asyncio.shield(self._finding)

    def _find(self) -> _Place:
        session = boto3.Session(profile_name=os.environ.get("AWS_PROFILE"))
        client = make_client(session, self._service)
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        url = client.meta.endpoint_url
        connections = Connections(url, resting=self._connections)
        return _Place(urlsplit(url).netloc, client.meta.region_name, _Keys(credentials), connections)

    def _request(self, place: _Place, operation: str, body: bytes) -> bytes:
        fields = {
            "content-type": "application/x-amz-json-1.0",
            "host": place.host,
            "x-amz-target": f"{self._prefix}.{operation}",
        }
        signed = signed_fields(fields, body, place.keys.now(), region=place.region, service=self._service)
        head = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
        return f"POST / HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n".encode() + body


def _object(body: bytes) -> dict[str, Any] | None:
    """The JSON object that an answer's body is, if it is one."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _code(said: Mapping[str, Any] | None) -> str:
    """An error's code as it may stand in a log; empty when there is none."""
    name = str((said or {}).get("__type", "")).rpartition("#")[2]
    return name if _CODE.fullmatch(name) else ""
