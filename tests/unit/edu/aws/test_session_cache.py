"""Sessions are fetched once, renewed ahead on another thread, and never replaced by anything else."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import EndpointConnectionError
from structlog.testing import capture_logs

from edu.aws import credentials
from edu.aws.credentials import CredentialsUnavailableError, Session, SessionCache
from edu.tenancy import NoScopeError, Scope, ScopeKind, current_scope, enter_school
from tests.support.waiting import wait_until

NORTE, SUR = Scope(ScopeKind.TENANT, "norte"), Scope(ScopeKind.TENANT, "sur")
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
LIFETIME = timedelta(hours=1)


@dataclass
class FakeSts:
    """Gives numbered sessions of an hour, or fails."""

    started: datetime = START
    is_down: bool = False
    calls: list[tuple[Scope, str, Scope | None]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def fetch(self, scope: Scope) -> Session:
        try:
            inside: Scope | None = current_scope()
        except NoScopeError:
            inside = None
        self.calls.append((scope, threading.current_thread().name, inside))
        assert self.gate.wait(10)
        if self.is_down:
            raise CredentialsUnavailableError("no credentials")
        number = f"{scope.school_id}-{len(self.calls)}"
        return Session(ReadOnlyCredentials(f"KEY-{number}", f"secret-{number}", f"token-{number}"), self._end())

    def _end(self) -> datetime:
        return datetime.now(UTC) + LIFETIME


@pytest.fixture
def sts() -> FakeSts:
    return FakeSts()


@pytest.fixture
def cache(sts: FakeSts) -> SessionCache:
    return SessionCache(sts.fetch)


def test_twenty_threads_cause_one_fetch_a_scope(cache: SessionCache, sts: FakeSts) -> None:
    sts.gate.clear()
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(cache.get, scope) for scope in (NORTE, SUR) for _ in range(10)]
        wait_until(lambda: len(sts.calls) == 2, what="a first fetch of each scope")
        sts.gate.set()
        keys = [future.result() for future in waiting]
    assert sorted(scope.school_id or "" for scope, *_ in sts.calls) == ["norte", "sur"]
    assert len(set(keys[:10])) == len(set(keys[10:])) == 1
    assert str(keys[0].access_key).startswith("KEY-norte")
    assert str(keys[10].access_key).startswith("KEY-sur")


def test_renewal_ahead_happens_on_another_thread_outside_the_callers_scope(cache: SessionCache, sts: FakeSts) -> None:
    with time_machine.travel(START, tick=False) as clock, enter_school("norte"):
        first = cache.get(NORTE)
        clock.shift(LIFETIME - credentials.REFRESH_BEFORE + timedelta(seconds=1))
        sts.gate.clear()
        assert cache.get(NORTE) == first
        assert cache.get(NORTE) == first
        sts.gate.set()
        wait_until(lambda: cache.get(NORTE) != first, what="the renewed session")
    assert len(sts.calls) == 2
    _, thread, inside = sts.calls[1]
    assert thread != threading.current_thread().name
    assert inside is None
    with pytest.raises(NoScopeError):
        current_scope()


def test_session_is_not_renewed_before_its_time(cache: SessionCache, sts: FakeSts) -> None:
    with time_machine.travel(START, tick=False) as clock:
        cache.get(NORTE)
        clock.shift(LIFETIME - credentials.REFRESH_BEFORE - timedelta(seconds=1))
        cache.get(NORTE)
        assert len(sts.calls) == 1


def test_failing_renewal_keeps_the_session_is_logged_and_pauses(cache: SessionCache, sts: FakeSts) -> None:
    with time_machine.travel(START, tick=False) as clock, capture_logs() as logs:
        first = cache.get(NORTE)
        sts.is_down = True
        clock.shift(LIFETIME - timedelta(minutes=5))
        assert cache.get(NORTE) == first
        wait_until(lambda: logs, what="the log record")
        wait_until(lambda: not cache._renewing, what="the end of the renewal")
        for _ in range(50):
            assert cache.get(NORTE) == first
            wait_until(lambda: not cache._renewing, what="the end of any renewal")
        assert len(sts.calls) == 2
    assert logs[0]["event"] == "renewing credentials failed"
    assert "secret" not in str(logs)


def test_renewal_is_tried_again_after_the_pause(
    cache: SessionCache, sts: FakeSts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "RENEWAL_PAUSE_S", 0.0)
    with time_machine.travel(START, tick=False) as clock:
        first = cache.get(NORTE)
        sts.is_down = True
        clock.shift(LIFETIME - timedelta(minutes=5))
        cache.get(NORTE)
        wait_until(lambda: not cache._renewing, what="the failed renewal")
        sts.is_down = False
        wait_until(lambda: cache.get(NORTE) != first, what="the renewed session")


@pytest.mark.parametrize("left", [timedelta(seconds=59), timedelta(0), timedelta(hours=-3)])
def test_expired_session_and_sts_down_is_an_error_never_other_keys(
    cache: SessionCache, sts: FakeSts, left: timedelta
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        cache.get(NORTE)
        cache.get(SUR)
        sts.is_down = True
        clock.shift(LIFETIME - left)
        for _ in range(2):
            with pytest.raises(CredentialsUnavailableError):
                cache.get(NORTE)
        sts.is_down = False
        assert str(cache.get(NORTE).access_key).startswith("KEY-norte")


def test_one_schools_trouble_does_not_hold_up_another(cache: SessionCache, sts: FakeSts) -> None:
    cache.get(SUR)
    sts.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        stuck = pool.submit(cache.get, NORTE)
        wait_until(lambda: len(sts.calls) == 2, what="the stuck fetch")
        assert str(cache.get(SUR).access_key).startswith("KEY-sur")
        sts.gate.set()
        stuck.result()


def test_unreachable_sts_is_credentials_unavailable_without_the_schools_id(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable:
        def assume_role(self, **_: object) -> None:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    monkeypatch.setattr(credentials, "service_client", lambda _name: Unreachable())
    with pytest.raises(CredentialsUnavailableError) as raised:
        credentials.assume_role(NORTE)
    assert raised.value.retryable
    assert "norte" not in str(raised.value)


def test_assume_role_carries_the_school_as_session_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    class Sts:
        def assume_role(self, **request: object) -> object:
            asked.append(request)
            keys = {"AccessKeyId": "k", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": START}
            return {"Credentials": keys}

    monkeypatch.setattr(credentials, "service_client", lambda _name: Sts())
    for scope in (NORTE, Scope(ScopeKind.PLATFORM)):
        credentials.assume_role(scope)
    assert asked[0]["Tags"] == [{"Key": "school_id", "Value": "norte"}]
    assert asked[0]["DurationSeconds"] == 3600
    assert "Tags" not in asked[1]
