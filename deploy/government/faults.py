"""A fault: what goes wrong with a request, as data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from deploy.government.edits import Edit, check_edit
from deploy.government.replies import OPERATIONS
from deploy.government.wire import Delivery

ANY = "any"
REJECTED, LOST = "rejected", "lost"
STATUS, ANSWER, STALE, HANG, DROP, RESET, REFUSE = "status", "answer", "stale", "hang", "drop", "reset", "refuse"
_ACTIONS = frozenset({STATUS, ANSWER, STALE, HANG, DROP, RESET, REFUSE})


@dataclass(frozen=True)
class Content:
    """What an answer says instead of its own words.

    ``status``, and ``body`` as JSON; without ``body`` what the contract has for the status. ``edits``: changes to the
    body (``apply_edits``). ``replace``: texts in its JSON -> what is sent for them, in Latin-1. ``raw``: all the
    body's bytes, as Latin-1. ``headers`` stand beside or instead of the usual ones (``null``: without it);
    ``retry_after_s`` is one of them. ``date_skew_s``: its ``Date`` is off by so much.
    """

    status: int | None = None
    body: Mapping[str, Any] | None = None
    edits: Sequence[Edit] = ()
    replace: Mapping[str, str] = field(default_factory=dict)
    raw: str | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    retry_after_s: int | None = None
    date_skew_s: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.body, Mapping | None):
            raise TypeError("malformed content")
        for edit in self.edits:
            check_edit(edit)
        for text in (*self.replace.values(), self.raw or "", *(value or "" for value in self.headers.values())):
            text.encode("latin-1")


@dataclass(frozen=True)
class Fault:
    """What happens to the next ``times`` requests of an operation (``submit``, ``ask``, ``find``, ``held``, ``any``).

    ``action``:

    - ``status``: answer with ``status`` (503 unless given), as ``Content`` says;
    - ``answer``: its own answer, changed as ``Content`` says; it took effect;
    - ``stale``: the answer to the request of this operation before it;
    - ``hang`` for ``hold_s`` and then close; ``drop``: close at once; ``reset``: break the connection off;
    - ``refuse``: drop it, and refuse all connections for ``hold_s``.

    With ``effect`` that happens after the request took effect, else instead of it; with ``late_s`` it takes effect so
    many seconds later, whatever was answered and asked meanwhile. Of a batch that takes effect, the
    share ``reject`` of its grades is rejected for ``reason`` (the first ones), and the share ``lose`` is accepted and
    not kept (the last ones): a lie. As a chance, a fault has a ``share`` of the requests instead of ``times``.
    """

    action: str
    on: str = ANY
    times: int = 1
    share: float = 1.0
    effect: bool = False
    late_s: float = 0.0
    reject: float = 0.0
    reason: str = "schema.grade"
    lose: float = 0.0
    content: Content = field(default_factory=Content)
    delivery: Delivery = field(default_factory=Delivery)

    def __post_init__(self) -> None:
        named = self.action in _ACTIONS and self.on in {ANY, *OPERATIONS}
        if not named or self.times < 1 or not all(0 <= n <= 1 for n in (self.share, self.reject, self.lose)):
            raise ValueError("malformed fault")

    @property
    def takes_effect(self) -> bool:
        """Whether the request does what it asks for, whatever is answered."""
        return self.effect or self.action == ANSWER

    def fate_of(self, position: int, count: int) -> str:
        """What becomes of a batch's grade at this position of ``count``: ``rejected``, ``lost`` or nothing (empty)."""
        if position < math.ceil(self.reject * count):
            return REJECTED
        return LOST if position >= count - math.ceil(self.lose * count) else ""


def read_fault(given: Mapping[str, Any]) -> Fault:
    """A fault from its fields, those of ``Content`` and ``Delivery`` among them.

    Raises:
        ValueError, TypeError: it is malformed.
    """
    rest = dict(given)
    content = Content(**{f.name: rest.pop(f.name) for f in fields(Content) if f.name in rest})
    delivery = Delivery(**{f.name: rest.pop(f.name) for f in fields(Delivery) if f.name in rest})
    return Fault(**rest, content=content, delivery=delivery)
