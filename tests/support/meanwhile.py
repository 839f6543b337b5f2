"""What somebody else does between a write's readings and its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.dynamo.transactions import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def before_next_commit(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Have ``do`` done right before the next transaction is sent; its own transactions go as ever."""
    send = Transaction.commit

    def commit(transaction: Transaction) -> None:
        monkeypatch.setattr(Transaction, "commit", send)
        do()
        send(transaction)

    monkeypatch.setattr(Transaction, "commit", commit)
