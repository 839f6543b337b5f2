"""A wire that is listened to: a proxy before the emulator that notes with whose key each call was signed.

It stands outside the product: the keys are read from the signatures as they arrive, and whose they are from STS's own
answers.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from tests.support.proxy import proxied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

_CREDENTIAL = re.compile(r"Credential=([^/]+)/")
_ISSUED = re.compile(rb"<AccessKeyId>([^<]+)</AccessKeyId>")
_SCHOOL = re.compile(r'(?<!\\)"SCHOOL#([^#"\\]+)')
_PLATFORM = re.compile(r'(?<!\\)"(PLATFORM)#')
SERVICE = "the service itself"


@dataclass(frozen=True)
class Call:
    """One call to the table: in whose name it was signed, and whose partitions it named."""

    operation: str
    signed_for: str
    named: frozenset[str]

    @property
    def crosses(self) -> bool:
        """Whether it names anybody but the one it is signed for."""
        return self.named != {self.signed_for}


@dataclass
class Wire:
    """What was heard, and where to connect to be heard."""

    endpoint_url: str = ""
    calls: list[Call] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def issued(self, request: bytes, answer: bytes) -> None:
        """STS has given a session: remember whose its key is."""
        asked = parse_qs(request.decode(errors="replace"))
        found = _ISSUED.search(answer)
        if asked.get("Action") == ["AssumeRole"] and found:
            tags = {value[0] for name, value in asked.items() if re.fullmatch(r"Tags\.member\.\d+\.Value", name)}
            with self._lock:
                self.owners[found[1].decode()] = next(iter(tags), "PLATFORM")

    def called(self, target: str, authorization: str, body: bytes) -> None:
        """A call to the table has come."""
        text = body.decode(errors="replace")
        key = _CREDENTIAL.search(authorization)
        with self._lock:
            signed_for = self.owners.get(key[1], SERVICE) if key else "nobody"
            named = frozenset(_SCHOOL.findall(text) + _PLATFORM.findall(text))
            self.calls.append(Call(target.rpartition(".")[2], signed_for, named))


@contextmanager
def tapped(endpoint_url: str) -> Iterator[Wire]:
    """A wire to this endpoint, as long as the block runs."""
    wire = Wire()

    def call(headers: Message, body: bytes) -> None:
        target = headers.get("X-Amz-Target", "")
        if target.startswith("DynamoDB"):
            wire.called(target, headers.get("Authorization", ""), body)

    def answered(_headers: Message, body: bytes, answer: bytes) -> None:
        wire.issued(body, answer)

    with proxied(endpoint_url, before=call, after=answered) as wire.endpoint_url:
        yield wire
