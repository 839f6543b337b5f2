"""What the government can tell us, whichever shape its API has (``docs/GOVERNMENT-API.md``). Pure.

What is not agreed on is ``Unknown`` or ``ContractBroken``, and both leave open whether the request had its effect: only
``NotTaken`` and ``NeverReceived`` let a batch be sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from govsync.domain.grades import GradeKey, SubmittedGrade


@dataclass(frozen=True)
class Decided:
    """The government decided on each grade: ``rejected`` gives its reason, all others it holds."""

    accepted: frozenset[GradeKey]
    rejected: Mapping[GradeKey, str]


@dataclass(frozen=True)
class Refused:
    """The government will never take this batch, as a whole; which of its grades is why, it does not say."""

    reason: str


@dataclass(frozen=True)
class NotTaken:
    """The request had no effect, for certain: it never left us, or the government said so in the agreed form.

    ``asked_s``: the seconds ``Retry-After`` asks for, 0 without one. ``is_upstream``: the API as a whole is out of
    reach or too busy; it has nothing to do with this batch.
    """

    reason: str
    asked_s: float = 0.0
    is_upstream: bool = True


@dataclass(frozen=True)
class InProgress:
    """The government has the batch and has not decided; it is asked about with ``receipt``, which it gave."""

    receipt: str
    asked_s: float = 0.0


@dataclass(frozen=True)
class Unknown:
    """The request may have had its effect or not (of a question: nothing was learnt).

    ``is_upstream``: no answer at all, or one as an API gives that is out of order (5xx, a proxy's page).
    """

    reason: str
    asked_s: float = 0.0
    is_upstream: bool = True


@dataclass(frozen=True)
class NeverReceived:
    """The government does not know the batch it was asked about."""


@dataclass(frozen=True)
class HeldPage:
    """Some of the grades the government holds, and the cursor of the next page (``None``: this is the last)."""

    grades: tuple[SubmittedGrade, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class ContractBroken:
    """An answer that is not of the contract's form, or not to this question; nothing of it is kept but why."""

    reason: str


@dataclass(frozen=True)
class CredentialsRefused:
    """The government does not take our key. It says nothing about the batch."""

    reason: str


BatchAnswer = Decided | Refused | NotTaken | InProgress | Unknown | NeverReceived | ContractBroken | CredentialsRefused
PageAnswer = HeldPage | NotTaken | Unknown | ContractBroken | CredentialsRefused
