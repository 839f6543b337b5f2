"""Many schools at once while credentials end, and STS in every kind of trouble (issue 3, point 5)."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ClientError, EndpointConnectionError
from django.conf import settings

from edu import clock
from edu.aws import credentials
from edu.aws.credentials import NEVER_USE_BEFORE_EXPIRY, Session, SessionCache, assume_role
from edu.identity.principal import Role
from tests.isolation.concurrency_requests import THREADS, Tenant, make_tenants, post_events, request_all
from tests.isolation.concurrency_spy import Spy, asking, spying
from tests.isolation.routes_school import new_client, signed_in
from tests.isolation.sections import Cell, Hole, Section
from tests.support.tokens import make_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    from edu.tenancy import Scope
    from tests.support.cloud import Cloud

SCHOOLS, REQUESTS, EVENTS = 12, 1000, 400
_LASTS_S = (0.05, 0.6)
_rng = random.Random(7)  # noqa: S311 - how long a session lasts


def run(cloud: Cloud, *, requests: int = REQUESTS, events: int = EVENTS) -> Section:
    """The interleaved requests, then STS's troubles one by one."""
    tenants = make_tenants(SCHOOLS)
    cells = [*interleaved(cloud, tenants, requests=requests, events=events), *_troubles(cloud, tenants[0])]
    return Section(
        name="concurrency",
        title="Many schools at once, and STS in trouble",
        intro=_INTRO,
        cells=tuple(cells),
        remarks=_REMARKS,
    )


_INTRO = (
    f"{REQUESTS} requests of {SCHOOLS} schools, shuffled, over {THREADS} threads through the WSGI application, with "
    "sessions that last for fractions of a second; for each call to the table: the school that asked, the school "
    "whose session key signed it, and the partitions it names. Then the event door on one event loop. Then every "
    "trouble STS can have: the answer is 503 with Retry-After, and no call is signed with anything else."
)
_REMARKS = (
    (
        "A session that AWS no longer takes (expired early, its role made anew) costs one 503 and is dropped: the "
        "next request asks STS again."
    ),
    (
        "A session revoked by a policy (`AWSRevokeOlderSessions`) shows itself as AccessDenied. A request that named "
        "only its own school's partitions has not tried to cross: 503, with the alarm that every refusal raises; the "
        "session is dropped, and the next request gets a new one, which the policy does not deny."
    ),
)


def _short(scope: Scope) -> Session:
    """A real session that the cache takes for one that ends in a moment."""
    usable = timedelta(seconds=_rng.uniform(*_LASTS_S))
    return replace(assume_role(scope), expires_at=clock.now() + NEVER_USE_BEFORE_EXPIRY + usable)


def _short_lived() -> SessionCache:
    return SessionCache(_short)


def interleaved(cloud: Cloud, tenants: list[Tenant], *, requests: int, events: int) -> list[Cell]:
    """The requests and events of many schools at once."""
    with mock.patch.object(credentials, "sessions", _short_lived()), spying() as spy:
        seen = request_all(tenants, requests)
    with spying() as idle:
        accepted, crossed = post_events(cloud, tenants, events)
    checks = {
        "every request succeeded": all(one.status in {200, 201} for one in seen),
        "every answer tells of its own school only": all(one.is_clean for one in seen),
        "at least one call to the table for each request": len(spy.calls) >= requests,
        "sessions ended in between": spy.issued > len(tenants),
        "all schools were served": {call.asked for call in spy.calls} == {t.school_id for t in tenants},
        "asked, signed and named are one school in every call": not [call for call in spy.calls if call.crosses],
        "door: every event was taken": accepted == events,
        "door: every message names its sender's school": crossed == 0,
        "door: no call to the table at all": idle.calls == [],
    }
    return [_check("interleaved requests", name, holds) for name, holds in checks.items()]


def _check(row: str, name: str, holds: bool) -> Cell:  # noqa: FBT001 - one of a cell's facts
    return Cell(row, name, "all schools", "holds", "holds" if holds else "DOES NOT HOLD")


# --- STS in trouble


@dataclass(frozen=True)
class _BrokenSts:
    """STS that answers every call with one error."""

    error: Exception

    def assume_role(self, **_kwargs: Any) -> Any:
        """Fail.

        Raises:
            Exception: the one it was made with.
        """
        raise self.error


def _failing(code: str, status: int) -> Exception:
    answer = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "AssumeRole")  # type: ignore[arg-type]  # the part of it that is read


@contextmanager
def _sts(error: Exception) -> Iterator[None]:
    with (
        mock.patch.object(credentials, "sessions", SessionCache()),
        mock.patch.object(credentials, "service_client", return_value=_BrokenSts(error)),
    ):
        yield


@contextmanager
def _wrong_role() -> Iterator[None]:
    """The real STS, asked for roles that this service may not assume."""
    with (
        mock.patch.object(credentials, "sessions", SessionCache()),
        mock.patch.multiple(
            settings, TENANT_ROLE_ARN=settings.PLATFORM_ROLE_ARN, CONSOLE_ROLE_ARN=settings.PLATFORM_ROLE_ARN
        ),
    ):
        yield


@contextmanager
def _stale(key_id: str) -> Iterator[None]:
    """A cache full of sessions that AWS does not know, though they look good for an hour."""
    keys = ReadOnlyCredentials(key_id, "x" * 40, "y" * 40)
    cache = SessionCache(_once(Session(keys, clock.now() + timedelta(hours=1))))
    with mock.patch.object(credentials, "sessions", cache):
        yield


def _once(first: Session) -> Callable[[Scope], Session]:
    """A fetch that gives each scope a bad session first and real ones after."""
    served: set[Scope] = set()

    def fetch(scope: Scope) -> Session:
        if scope in served:
            return assume_role(scope)
        served.add(scope)
        return first

    return fetch


def _troubles(cloud: Cloud, tenant: Tenant) -> list[Cell]:
    cells: list[Cell] = []
    make_account(f"school_admin.{tenant.school_id}", Role.SCHOOL_ADMIN, tenant.school_id)
    browser = signed_in(f"school_admin.{tenant.school_id}")
    troubles = {
        "throttled": lambda: _sts(_failing("Throttling", 400)),
        "refuses the role": lambda: _sts(_failing("AccessDenied", 403)),
        "own key expired": lambda: _sts(_failing("ExpiredToken", 403)),
        "failing": lambda: _sts(_failing("InternalFailure", 500)),
        "down": lambda: _sts(EndpointConnectionError(endpoint_url="https://sts")),
        "refuses the role, really": _wrong_role,
    }
    for name, trouble in troubles.items():
        with trouble(), spying() as spy:
            cells += _while_sts_is(name, tenant, browser, spy)
        cells.append(_status(f"STS {name}: afterwards", _api(tenant), "200"))
    for name, key_id in {"unknown to AWS": "ASIAUNKNOWNUNKNOWN00", "not a key": "x"}.items():
        with _stale(key_id):
            cells.append(_problem(f"session {name}: first request", _api(tenant)))
            cells.append(_status(f"session {name}: second request", _api(tenant), "200"))
    return cells + _revoked_by_policy(cloud, tenant)


def _while_sts_is(name: str, tenant: Tenant, browser: Client, spy: Spy) -> list[Cell]:
    page = browser.get("/admin/")
    busy = f"{page.status_code}, Retry-After {'given' if page.headers.get('Retry-After') else 'missing'}"
    return [
        _problem(f"STS {name}: API", _api(tenant)),
        Cell("STS in trouble", f"STS {name}: console", "own school", "503, Retry-After given", busy),
        _check("STS in trouble", f"STS {name}: nothing was signed with another key", spy.calls == []),
    ]


def _revoked_by_policy(cloud: Cloud, tenant: Tenant) -> list[Cell]:
    iam = cloud.root("iam")
    role = settings.TENANT_ROLE_ARN.rpartition("/")[2]
    document = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
    iam.put_role_policy(RoleName=role, PolicyName="revoked", PolicyDocument=document)
    try:
        refused = _api(tenant)
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="revoked")
    with spying() as spy:
        served = _api(tenant)
    return [
        _problem("session revoked by a policy: while it is", refused),
        _status("session revoked by a policy: afterwards", served, "200"),
        _check("STS in trouble", "session revoked by a policy: a new session was asked for", spy.issued == 1),
    ]


def _api(tenant: Tenant) -> tuple[int, str, str]:
    token = asking.set(tenant.school_id)
    try:
        headers = {"Authorization": f"Bearer {tenant.teacher}"}
        found = new_client().get("/api/v1/sections", headers=headers)
    finally:
        asking.reset(token)
    return found.status_code, found.headers["Content-Type"], found.headers.get("Retry-After", "")


def _problem(name: str, answer: tuple[int, str, str]) -> Cell:
    status, content_type, retry_after = answer
    observed = f"{status} {content_type.partition(';')[0]}, Retry-After {'given' if retry_after else 'missing'}"
    expected = "503 application/problem+json, Retry-After given"
    return Cell("STS in trouble", name, "own school", expected, observed)


def _status(name: str, answer: tuple[int, str, str], expected: str) -> Cell:
    return Cell("STS in trouble", name, "own school", expected, str(answer[0]))


class _Forgetful(SessionCache):
    """A cache that forgets whose session it holds."""

    def get(self, scope: Scope) -> ReadOnlyCredentials:
        """The first caller's keys, whoever asks."""
        if not self._sessions:
            self._sessions[scope] = assume_role(scope)
        return next(iter(self._sessions.values())).keys


@contextmanager
def _one_for_all(_cloud: Cloud) -> Iterator[None]:
    with mock.patch(f"{__name__}._short_lived", _Forgetful):
        yield


def _few_requests(cloud: Cloud) -> Section:
    tenants = make_tenants(2)
    cells = interleaved(cloud, tenants, requests=24, events=8)
    return Section(name="concurrency", title="A few requests", cells=tuple(cells))


HOLES = (
    Hole(
        "one-key-for-all",
        "a credentials cache that gives every school the first one's session",
        _one_for_all,
        narrow=_few_requests,
    ),
)
