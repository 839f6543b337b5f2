"""How an answer goes over the wire: as HTTP says, or in every way it does not."""

from __future__ import annotations

import gzip
import json
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from deploy.government.replies import Reply

PLAIN, CHUNKED, DRIP, DRIP_HEAD = "plain", "chunked", "drip", "drip_head"
ENDLESS, SHORT, STALL = "endless", "short", "stall"
_WIRES = frozenset({PLAIN, CHUNKED, DRIP, DRIP_HEAD, ENDLESS, SHORT, STALL})
_CODINGS: Mapping[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
_BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_BLOCK = b" " * 65_536
_MISSING_BYTES = 100


@dataclass(frozen=True)
class Delivery:
    """How an answer is sent.

    ``wire``: ``plain``; ``chunked``; ``drip``: the body, or with ``drip_head`` all of it, a byte in ``every_s``;
    ``endless``: spaces without end, a block in ``every_s``, for ``hold_s`` at most; ``short``: fewer bytes than
    announced; ``stall``: half of it, nothing for ``hold_s``, and the end of the connection. ``delay_s``: it begins so
    late. ``pad_bytes``: so many spaces stand before the body. ``coding``: it is sent in ``gzip`` or ``deflate``.
    ``surplus``: the whole answer comes so many times more on the same connection. ``preface``: these bytes (as Latin-1)
    stand before it. ``answer``: these are sent, head and all, and nothing else.
    """

    wire: str = PLAIN
    every_s: float = 1.0
    hold_s: float = 60.0
    delay_s: float = 0.0
    pad_bytes: int = 0
    coding: str = ""
    surplus: int = 0
    preface: str = ""
    answer: str | None = None

    def __post_init__(self) -> None:
        f"{self.preface}{self.answer}".encode("latin-1")
        if self.wire not in _WIRES or self.coding not in {"", *_CODINGS}:
            raise ValueError("malformed delivery")


@dataclass(frozen=True)
class Sender:
    """One answer on its way: ``write`` sends bytes, ``released`` ends every wait."""

    write: Callable[[bytes], object]
    released: threading.Event

    def send(self, reply: Reply, delivery: Delivery, now: datetime) -> bool:
        """Send it; whether the connection may be used for a further answer.

        Raises:
            OSError: the other side is gone.
        """
        self.released.wait(delivery.delay_s)
        if delivery.answer is not None:
            self.write(delivery.answer.encode("latin-1"))
            return True
        if delivery.preface:
            self.write(delivery.preface.encode("latin-1"))
        for _ in range(1 + delivery.surplus):
            self._send_once(reply, delivery, now)
        ends = delivery.wire in {SHORT, STALL, ENDLESS} or reply.headers.get("Connection") == "close"
        return not ends

    def _send_once(self, reply: Reply, delivery: Delivery, now: datetime) -> None:
        length, blocks = _body_of(reply, delivery)
        head = _head_of(reply, delivery, length, now)
        if delivery.wire in {CHUNKED, ENDLESS}:
            self.write(head)
            self._send_chunks(blocks, delivery)
        elif delivery.wire in {DRIP, DRIP_HEAD}:
            self._drip(head, b"".join(blocks), delivery)
        elif delivery.wire == STALL:
            self.write(head + b"".join(blocks)[: length // 2])
            self.released.wait(delivery.hold_s)
        else:
            self.write(head + next(blocks))
            for block in blocks:
                self.write(block)

    def _send_chunks(self, blocks: Iterator[bytes], delivery: Delivery) -> None:
        for block in blocks:
            self._send_chunk(block)
        if delivery.wire == CHUNKED:
            self.write(b"0\r\n\r\n")
            return
        until_s = time.monotonic() + delivery.hold_s
        while time.monotonic() < until_s and not self.released.wait(delivery.every_s):
            self._send_chunk(_BLOCK)

    def _send_chunk(self, block: bytes) -> None:
        if block:  # an empty chunk is the end
            self.write(b"%x\r\n%s\r\n" % (len(block), block))

    def _drip(self, head: bytes, body: bytes, delivery: Delivery) -> None:
        whole, position = head + body, 0 if delivery.wire == DRIP_HEAD else len(head)
        self.write(whole[:position])
        while position < len(whole) and not self.released.wait(delivery.every_s):
            self.write(whole[position : position + 1])
            position += 1


def _body_of(reply: Reply, delivery: Delivery) -> tuple[int, Iterator[bytes]]:
    """The body's length and its blocks; there is at least one, which may be empty."""
    if reply.status in _BODILESS:
        return 0, iter([b""])
    content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
    if delivery.coding:
        coded = _CODINGS[delivery.coding](b" " * delivery.pad_bytes + content)
        return len(coded), iter([coded])
    return delivery.pad_bytes + len(content), _padded(content, delivery.pad_bytes)


def _padded(content: bytes, pad_bytes: int) -> Iterator[bytes]:
    for _ in range(pad_bytes // len(_BLOCK)):
        yield _BLOCK
    yield b" " * (pad_bytes % len(_BLOCK)) + content


def _head_of(reply: Reply, delivery: Delivery, length: int, now: datetime) -> bytes:
    """Status line and headers; those of the reply stand instead of ours, and one without a value is left out."""
    headers: dict[str, str | None] = {"Date": format_datetime(now, usegmt=True), "Content-Type": "application/json"}
    if delivery.coding:
        headers["Content-Encoding"] = delivery.coding
    if delivery.wire in {CHUNKED, ENDLESS}:
        headers["Transfer-Encoding"] = "chunked"
    elif reply.status not in _BODILESS:
        headers["Content-Length"] = str(length + (_MISSING_BYTES if delivery.wire == SHORT else 0))
    lines = [f"HTTP/1.1 {reply.status} {_phrase_of(reply.status)}"]
    lines += [f"{name}: {value}" for name, value in _merged(headers, reply.headers).items() if value is not None]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _merged(ours: Mapping[str, str | None], given: Mapping[str, str | None]) -> dict[str, str | None]:
    names = {name.lower() for name in given}
    return {name: value for name, value in ours.items() if name.lower() not in names} | dict(given)


def _phrase_of(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unlisted"
