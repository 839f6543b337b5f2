"""The emulated cloud of a test run: an emulator of its own with the shipped template deployed into it."""

from __future__ import annotations

import importlib
import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from deploy.emulator.options import EmulatorOptions
from deploy.emulator.process import EmulatorProcess
from deploy.local import access_keys
from deploy.stack import deployment
from edu import celeryconfig
from edu.aws import clients, credentials, scoped_clients
from edu.celery import app
from tests.environment import EMULATOR_PORT, STATE_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

ENV = "test"
_LATER_S = 3600.0
_sessions: dict[str, credentials.SessionCache] = {}


@dataclass(frozen=True)
class Cloud:
    """A running emulator, its stack's outputs, and root's clients to look behind the product's back."""

    emulator: EmulatorProcess
    outputs: dict[str, str]
    environment: dict[str, str]
    _root_clients: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def administrator(self) -> deployment.Clients:
        """Root's clients, as an administrator deploys with."""
        return clients_of_root(self.emulator)

    def root(self, service: str) -> Any:
        """The client of root, for arranging and checking; the product has nothing like it."""
        if service not in self._root_clients:
            self._root_clients[service] = self.emulator.client(service)
        return self._root_clients[service]

    def items_of(self, school_id: str) -> list[dict[str, Any]]:
        """Every item in a school's partitions, looked for behind the product's back."""
        pages = self.root("dynamodb").get_paginator("scan")
        own = pages.paginate(
            TableName=self.outputs["TableName"],
            FilterExpression="pk = :own OR begins_with(pk, :parts)",
            ExpressionAttributeValues={":own": {"S": f"SCHOOL#{school_id}"}, ":parts": {"S": f"SCHOOL#{school_id}#"}},
        )
        return [item for page in own for item in page["Items"]]

    def process_environment(self, profile: str, **extra: str) -> dict[str, str]:
        """The environment of a product process (web, worker, operator) of this cloud."""
        return {**os.environ, "AWS_PROFILE": profile, **extra}


def clients_of_root(emulator: EmulatorProcess) -> deployment.Clients:
    """What an administrator of the emulated account deploys with."""
    root = emulator.root
    keys = {"aws_access_key_id": root.access_key_id, "aws_secret_access_key": root.secret_access_key}
    return deployment.connect(endpoint_url=emulator.endpoint_url, credentials=keys)


@contextmanager
def running_cloud(*, still: bool = False, lasting: bool = False, **protections: bool) -> Iterator[Cloud]:
    """Start the emulator on this run's port, deploy, and point this process's settings at the stack.

    A protection of ``EmulatorOptions`` that is given as false is a hole for the isolation matrix to notice. ``still``:
    it delivers nothing to the lake and expires nothing by itself. ``lasting``: stopped and started it has what it had.
    """
    state_dir = Path(STATE_DIR)
    options = EmulatorOptions(port=EMULATOR_PORT, state_dir=state_dir / "emulator", persist=lasting, **protections)
    if still:
        options = replace(options, delivery_interval_s=_LATER_S, ttl_interval_s=_LATER_S)
    with EmulatorProcess(options) as emulator:
        connected = clients_of_root(emulator)
        outputs = deployment.deploy_data_plane(connected, deployment.DataPlane(env=ENV, local=True))
        environment = deployment.stack_environment(outputs, emulator.endpoint_url)
        access_keys.write_environment(state_dir, environment)
        access_keys.ensure_access_keys(connected.iam, outputs, state_dir)
        for name, value in environment.items():
            setattr(settings, name.removeprefix("LIBRETA_"), value)
        _reload_celery()
        clients.forget_clients()
        scoped_clients.forget_scoped_clients()
        _sessions.clear()
        use_profile("web")
        yield Cloud(emulator, outputs, environment)


def _reload_celery() -> None:
    """Let Celery read its settings again: a test module may have made it read them before there were queues."""
    importlib.reload(celeryconfig)
    app.config_from_object("edu.celeryconfig", force=True)
    app._after_fork()  # type: ignore[attr-defined] # forgets its connections; there is no public way


def use_profile(profile: str) -> None:
    """Make this test process sign as one of the services from now on.

    Each service keeps its own sessions, as the processes it stands for do: no session of one is ever used by another.
    """
    os.environ["AWS_PROFILE"] = profile
    credentials.sessions = _sessions.setdefault(profile, credentials.SessionCache())


def forget_sessions() -> None:
    """Let every service ask STS again at its next call, as if its process had just started."""
    for sessions in _sessions.values():
        sessions.forget_all()


@contextmanager
def acting_as(profile: str) -> Iterator[None]:
    """Sign as another of the services inside the block."""
    before = os.environ["AWS_PROFILE"]
    use_profile(profile)
    try:
        yield
    finally:
        use_profile(before)
