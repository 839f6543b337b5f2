"""Temporary credentials for each scope: assumed once, kept below their hour, refreshed ahead of need.

``AssumeRole`` of the ``tenant`` role carries the session tag ``school_id``; the role's policy then allows only keys of
that school (``dynamodb:LeadingKeys``). Role chaining limits a session to one hour, whatever the role says:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html (role chaining).
"""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from edu import clock
from edu.aws.clients import service_client
from edu.errors import ConfigurationError, UnavailableError
from edu.logs import get_logger
from edu.tenancy import NoScopeError, Scope, ScopeKind, current_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

SESSION_S = 3600
REFRESH_BEFORE = timedelta(minutes=15)
NEVER_USE_BEFORE_EXPIRY = timedelta(minutes=1)
RENEWAL_PAUSE_S = 10.0  # after a failed renewal: STS in trouble is not asked again at every call
_log = get_logger(__name__)


class CredentialsUnavailableError(UnavailableError):
    """STS did not give the scope's credentials. Nothing else is ever used in their place."""

    code = "credentials_unavailable"


@dataclass(frozen=True)
class Session:
    """One scope's credentials and the instant they end."""

    keys: ReadOnlyCredentials
    expires_at: datetime

    def lasts(self, margin: timedelta) -> bool:
        """Whether it is still valid ``margin`` from now."""
        return self.expires_at - clock.now() > margin


def assume_role(scope: Scope) -> Session:
    """Ask STS for a scope's session.

    Raises:
        CredentialsUnavailableError: STS refused, is throttled or does not answer.
    """
    role_arn = {
        ScopeKind.TENANT: settings.TENANT_ROLE_ARN,
        ScopeKind.PLATFORM: settings.PLATFORM_ROLE_ARN,
        ScopeKind.CONSOLE: settings.CONSOLE_ROLE_ARN,
        ScopeKind.LAKE: settings.LAKE_ROLE_ARN,
    }[scope.kind]
    request: AssumeRoleRequestTypeDef = {
        "RoleArn": role_arn,
        "RoleSessionName": f"{scope.kind}-{scope.school_id}" if scope.school_id else str(scope.kind),
        "DurationSeconds": SESSION_S,
    }
    if scope.school_id:
        request["Tags"] = [{"Key": "school_id", "Value": scope.school_id}]
    try:
        found = service_client("sts").assume_role(**request)["Credentials"]
    except (ClientError, BotoCoreError) as error:
        raise CredentialsUnavailableError(f"no credentials for a {scope.kind} scope") from error
    keys = ReadOnlyCredentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
    return Session(keys, found["Expiration"])


class SessionCache:
    """Sessions by scope. Only a scope's first call waits for STS; later renewals run on a thread of their own."""

    def __init__(self, fetch: Callable[[Scope], Session] = assume_role) -> None:
        self._fetch = fetch
        self.start_anew()

    def start_anew(self) -> None:
        """Be as new: a forked process has none of its parent's threads, and a lock that was held there stays held."""
        self._sessions: dict[Scope, Session] = {}
        self._locks: dict[Scope, threading.Lock] = {}
        self._guard = threading.Lock()
        self._renewing: set[Scope] = set()
        self._not_before: dict[Scope, float] = {}
        self._renewer = ThreadPoolExecutor(max_workers=2, thread_name_prefix="credentials")

    def get(self, scope: Scope) -> ReadOnlyCredentials:
        """The scope's keys, valid for at least another minute.

        Raises:
            CredentialsUnavailableError: there are none and STS gives none.
        """
        session = self._sessions.get(scope)
        if session is None or not session.lasts(NEVER_USE_BEFORE_EXPIRY):
            session = self._fetch_once(scope)
        elif not session.lasts(REFRESH_BEFORE):
            self._renew_later(scope)
        return session.keys

    def forget(self, scope: Scope) -> None:
        """Drop one scope's session, which AWS no longer takes: its next call asks STS again. Idempotent."""
        self._sessions.pop(scope, None)

    def forget_all(self) -> None:
        """Drop every session, so that the next call of each scope asks STS again."""
        self._sessions.clear()

    def _fetch_once(self, scope: Scope) -> Session:
        with self._guard:
            lock = self._locks.setdefault(scope, threading.Lock())
        with lock:
            session = self._sessions.get(scope)
            if session is None or not session.lasts(NEVER_USE_BEFORE_EXPIRY):
                session = self._sessions[scope] = self._fetch(scope)
            return session

    def _renew_later(self, scope: Scope) -> None:
        with self._guard:
            if scope in self._renewing or time.monotonic() < self._not_before.get(scope, 0.0):
                return
            self._renewing.add(scope)
        self._renewer.submit(self._renew, scope)

    def _renew(self, scope: Scope) -> None:
        """Replace a session ahead of time. When STS fails, the old one serves on and a later call tries again."""
        try:
            self._sessions[scope] = self._fetch(scope)
        except Exception as error:  # noqa: BLE001 - logged: on this thread nobody else would ever hear of it
            self._not_before[scope] = time.monotonic() + RENEWAL_PAUSE_S
            _log.exception("renewing credentials failed", scope=str(scope.kind), error=type(error).__name__)
        finally:
            with self._guard:
                self._renewing.discard(scope)


sessions = SessionCache()
os.register_at_fork(after_in_child=sessions.start_anew)


def drop_current_session() -> None:
    """AWS refused the current scope's session: do not use it again. Outside a scope there is none to drop.

    A session may end before its hour (its role was made anew, somebody revoked it, a clock is wrong); kept, it would
    shut its school out until then.
    """
    with suppress(NoScopeError):
        sessions.forget(current_scope())


class SplitReadError(ConfigurationError):
    """Somebody reads the keys one by one: between two reads they may be renewed, and the signature be of neither.

    botocore's signers all call ``get_frozen_credentials``, once a signature.
    """

    code = "split_credentials_read"


class ScopedCredentials(Credentials):
    """What botocore's signer asks for keys: at each signature, those of the scope in force at that moment."""

    method = "libreta-scope"

    def __init__(self) -> None:
        self.account_id = None

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """The current scope's keys.

        Raises:
            NoScopeError: outside any scope.
            CredentialsUnavailableError: see ``SessionCache.get``.
        """
        return sessions.get(current_scope())

    @property
    def access_key(self) -> str | None:  # type: ignore[override]  # never set, and not to be read
        """Refused: see ``SplitReadError``."""
        raise SplitReadError

    @property
    def secret_key(self) -> str | None:  # type: ignore[override]  # as above
        """Refused: see ``SplitReadError``."""
        raise SplitReadError

    @property
    def token(self) -> str | None:  # type: ignore[override]  # as above
        """Refused: see ``SplitReadError``."""
        raise SplitReadError

    def get_deferred_property(self, property_name: str) -> Callable[[], str | None]:
        """One part of the current scope's keys, read when called (botocore asks so for S3)."""
        return lambda: getattr(self.get_frozen_credentials(), property_name, None)
