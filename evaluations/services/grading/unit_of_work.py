"""How every use case writes: one transaction with its stored answer, its section's lock, and the records themselves."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from edu.dynamo.transactions import Transaction
from evaluations.services.school.term_locking import MissingLockError, TermLock

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.idempotency import Reply

T = TypeVar("T")


class UnitOfWork:
    """A write that happens whole or not at all; what it writes is added to ``transaction``.

    Of several conditions that fail the one added first speaks. So the order is: the answer to the same request, if it
    was given before; then whether the section takes grades of the term; then the use case's own conditions.
    """

    def __init__(self, lock: TermLock | None = None, *, answer: Callable[[Transaction], None] | None = None) -> None:
        self.transaction = Transaction()
        self._lock = lock
        if answer is not None:
            answer(self.transaction)
        if lock is not None:
            lock.require(self.transaction)

    @classmethod
    def answering(cls, reply: Reply[T] | None, result: T, *, lock: TermLock | None = None) -> UnitOfWork:
        """A write whose answer, made of ``result``, is stored with it when there is a ``reply``."""
        return cls(lock, answer=partial(reply.remember, result=result) if reply else None)

    def commit(self) -> None:
        """Write everything. A section's first write of a term finds no lock and adds it, as the school's rules say.

        Raises:
            IdempotentReplay, KeyReusedError: the same request was answered before, or another used its key.
            ClosedTermError, ReopenedTermError, ConflictError: see ``TermLock``.
            Exception: what the failed action's ``otherwise`` says (see ``Transaction.commit``, also for the rest).
        """
        try:
            self.transaction.commit()
        except MissingLockError:
            if self._lock is None:
                raise
            self._lock.add()
            self.transaction.commit()
