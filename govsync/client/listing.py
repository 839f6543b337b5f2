"""The list of held grades, which is the same in both shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from govsync.client.meaning import PAGE_ROWS
from govsync.client.port import MAX_PAGE_GRADES
from govsync.client.questions import PageQuestion

if TYPE_CHECKING:
    from govsync.client.calls import Caller
    from govsync.client.exchange import Exchange
    from govsync.domain.answers import PageAnswer


def ask_for_page(
    caller: Caller, *, school_id: str, term_id: str, cursor: str | None, limit: int
) -> Exchange[PageAnswer]:
    """A page of what the government holds; see ``Government.list_held``."""
    if not 1 <= limit <= MAX_PAGE_GRADES:
        raise ValueError(f"limit: not 1 to {MAX_PAGE_GRADES}")
    asked = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
    target = f"{caller.base_path}/terms/{term_id}/schools/{school_id}/grades?{urlencode(asked, quote_via=quote)}"
    question = PageQuestion(school_id, term_id, cursor or None, limit, target)
    return caller.ask(question, PAGE_ROWS, asked_of="list")
