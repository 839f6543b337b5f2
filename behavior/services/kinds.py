"""Which kinds of the catalogue a school uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from behavior.domain.kinds import KINDS, Kind, KindSwitches
from behavior.errors import unknown_kind
from behavior.permissions import CHOOSE_KINDS
from behavior.repository import kinds as repository
from edu import audit, clock, memory
from edu.dynamo.transactions import Transaction
from edu.errors import ConflictError
from edu.identity.capabilities import require

if TYPE_CHECKING:
    from edu.idempotency import Reply
    from edu.identity.principal import Principal

_SWITCHES = "behavior_kinds"
_ATTEMPTS = 5


class _SwitchesChangedError(ConflictError):
    """Another change of the school's kinds came first."""


@dataclass(frozen=True)
class SchoolKind:
    """A kind of the catalogue, and since when the school does not use it (``None``: it does)."""

    kind: Kind
    off_since: datetime | None = None

    @property
    def in_use(self) -> bool:
        """Whether the school uses it."""
        return self.off_since is None


def switches_of_school() -> KindSwitches:
    """What the school in scope does not use, at most five minutes old. Same errors as the repository's."""
    found: KindSwitches = memory.remembered(_SWITCHES, repository.get_kind_switches)
    return found


def list_kinds() -> list[SchoolKind]:
    """The catalogue, and which of it the school uses, as its record says now."""
    off = repository.get_kind_switches().off
    return [SchoolKind(kind, off.get(name)) for name, kind in KINDS.items()]


def switch_kind(*, actor: Principal, kind: str, in_use: bool, reply: Reply[SchoolKind] | None = None) -> SchoolKind:
    """Let the school use a kind, or not: what arrives from then on is set aside, as every worker knows within minutes.

    Repeatable: what is so already is not written again. Audited.

    Raises:
        ForbiddenError: the actor is no administrator of the school.
        InvalidInputError: the catalogue has no such kind.
        ConflictError: others kept changing the school's kinds.
        IdempotentReplay: the same request was answered before.
    """
    require(actor, CHOOSE_KINDS)
    if kind not in KINDS:
        raise unknown_kind()
    for _attempt in range(_ATTEMPTS):
        before = repository.get_kind_switches()
        after = _switched(before, kind, in_use=in_use)
        result = SchoolKind(KINDS[kind], after.off.get(kind))
        transaction = Transaction()
        if reply:
            reply.remember(transaction, result)
        if after is not before:
            _write(transaction, actor, before, after, subject=f"behavior_kind:{kind}", in_use=in_use)
        elif not reply:
            return result
        try:
            transaction.commit()
        except _SwitchesChangedError:
            continue
        memory.forget(_SWITCHES)
        return result
    raise ConflictError


def _switched(before: KindSwitches, kind: str, *, in_use: bool) -> KindSwitches:
    if in_use == (kind not in before.off):
        return before
    others = {name: since for name, since in before.off.items() if name != kind}
    off = others if in_use else others | {kind: clock.now()}
    return KindSwitches(off, before.version + 1, audit.new_salt())


def _write(
    transaction: Transaction,
    actor: Principal,
    before: KindSwitches,
    after: KindSwitches,
    *,
    subject: str,
    in_use: bool,
) -> None:
    repository.put_kind_switches(transaction, before, after, otherwise=_SwitchesChangedError)
    audit.add_entry(
        transaction,
        actor=actor,
        action="behavior_kind.used" if in_use else "behavior_kind.not_used",
        subject=subject,
        version=after.version,
        digests=(_digest_of(before) if before.version else "", _digest_of(after)),
    )


def _digest_of(switches: KindSwitches) -> str:
    return audit.digest_of(repository.switches_record(switches), switches.salt)
