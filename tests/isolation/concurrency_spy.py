"""Who asked, whose key signed, whose partitions were named: noted at botocore's own events, for each call to the table.

The school that asked is kept in a variable of the matrix, not of the product, so that a product that loses or mixes its
own is found out.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edu.aws.clients import service_client
from edu.aws.scoped_clients import scoped_client

if TYPE_CHECKING:
    from collections.abc import Iterator

asking: ContextVar[str] = ContextVar("isolation_asking", default="nobody")
_CREDENTIAL = re.compile(r"Credential=([^/]+)/")
_SCHOOL = re.compile(r'(?<!\\)"SCHOOL#([^#"\\]+)')
UNKNOWN = "nobody's key"


@dataclass(frozen=True)
class Signed:
    """One call: the school whose request it is, the one whose key signed it, those whose partitions it names."""

    asked: str
    signed_for: str
    named: frozenset[str]

    @property
    def crosses(self) -> bool:
        """Whether the three are not one and the same."""
        return self.asked != self.signed_for or self.named != {self.asked}


@dataclass
class Spy:
    """Everything seen so far."""

    calls: list[Signed] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    issued: int = 0
    _local: threading.local = field(default_factory=threading.local)

    def asked_sts(self, params: dict[str, Any], **_kwargs: Any) -> None:
        """A session is asked for."""
        tags = params.get("Tags") or [{"Value": "no school"}]
        self._local.school = tags[0]["Value"]

    def got_from_sts(self, parsed: dict[str, Any], **_kwargs: Any) -> None:
        """A session was given."""
        if "Credentials" in parsed:
            self.issued += 1
            self.owners[parsed["Credentials"]["AccessKeyId"]] = self._local.school

    def sent(self, request: Any, **_kwargs: Any) -> None:
        """A signed call to the table leaves."""
        authorization = request.headers["Authorization"]
        text = authorization.decode() if isinstance(authorization, bytes) else authorization
        key = _CREDENTIAL.search(text)
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        signed_for = self.owners.get(key[1], UNKNOWN) if key else UNKNOWN
        self.calls.append(Signed(asking.get(), signed_for, frozenset(_SCHOOL.findall(body))))


@contextmanager
def spying() -> Iterator[Spy]:
    """Look at every call of this process's clients inside the block."""
    spy = Spy()
    sts, table = service_client("sts").meta.events, scoped_client("dynamodb").meta.events
    sts.register("provide-client-params.sts.AssumeRole", spy.asked_sts)
    sts.register("after-call.sts.AssumeRole", spy.got_from_sts)
    table.register("before-send.dynamodb", spy.sent)
    try:
        yield spy
    finally:
        table.unregister("before-send.dynamodb", spy.sent)
        sts.unregister("after-call.sts.AssumeRole", spy.got_from_sts)
        sts.unregister("provide-client-params.sts.AssumeRole", spy.asked_sts)
