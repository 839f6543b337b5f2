"""Which school the running code works for, and nothing else.

The scope is a context variable: each thread and each asyncio task has its own. The credentials that sign a call to AWS
are chosen from it (``edu.aws.credentials``), so code outside a scope cannot reach the table at all: there is no
default (ADR 0002).
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from edu.errors import ConfigurationError, InvalidInputError
from edu.values import is_school_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

_CANARY_PREFIX = "canary-"


class ScopeKind(StrEnum):
    """The IAM role a scope's calls are signed with."""

    TENANT = "tenant"
    PLATFORM = "platform"
    CONSOLE = "console"
    LAKE = "lake"


@dataclass(frozen=True)
class Scope:
    """Whose data may be touched: one school's (its records, or what it has in the lake), or the platform's own."""

    kind: ScopeKind
    school_id: str | None = None


class NoScopeError(ConfigurationError):
    """Data was asked for outside any scope, or outside a school's: a bug, never answered with wider credentials."""

    code = "no_scope"


class InvalidSchoolIdError(InvalidInputError):
    """The school id has not the one form allowed; wildcards and separators in it would be holes in the IAM policy."""

    code = "invalid_school_id"


_scope: ContextVar[Scope | None] = ContextVar("libreta_scope", default=None)


def check_school_id(value: object) -> str:
    """Return ``value`` when it is a well-formed school id.

    Raises:
        InvalidSchoolIdError: when it is anything else (the value itself is not repeated in the message).
    """
    if not is_school_id(value):
        raise InvalidSchoolIdError("malformed school id")
    return str(value)


def is_canary_id(value: object) -> bool:
    """Whether it is a school id of the name space of the isolation canaries, in which no school is registered."""
    return is_school_id(value) and str(value).startswith(_CANARY_PREFIX)


def current_scope() -> Scope:
    """The scope in force.

    Raises:
        NoScopeError: when there is none.
    """
    scope = _scope.get()
    if scope is None:
        raise NoScopeError("no scope: enter a school or a platform scope first")
    return scope


def current_school_id() -> str:
    """The school in force.

    Raises:
        NoScopeError: when the scope is not a school's.
    """
    scope = current_scope()
    if scope.school_id is None:
        raise NoScopeError("no school in scope")
    return scope.school_id


def enter_school(school_id: str) -> AbstractContextManager[Scope]:
    """Work for one school inside the ``with`` block; the previous scope comes back after it, whatever happens."""
    return _enter(Scope(ScopeKind.TENANT, check_school_id(school_id)))


def enter_lake() -> AbstractContextManager[Scope]:
    """Write, inside the block, what the school in scope has in the lake. Its table is out of reach meanwhile.

    Raises:
        NoScopeError: no school is in scope.
    """
    return _enter(Scope(ScopeKind.LAKE, current_school_id()))


def enter_platform() -> AbstractContextManager[Scope]:
    """Work on the platform's own records (the list of schools, the sync's line to the government) inside the block."""
    return _enter(Scope(ScopeKind.PLATFORM))


def enter_console() -> AbstractContextManager[Scope]:
    """Work on the console's sessions inside the block."""
    return _enter(Scope(ScopeKind.CONSOLE))


@contextmanager
def _enter(scope: Scope) -> Iterator[Scope]:
    token = _scope.set(scope)
    try:
        yield scope
    finally:
        _scope.reset(token)
