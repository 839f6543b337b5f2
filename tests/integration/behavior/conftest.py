"""Fixtures of the tests of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edu.identity.principal import Role
from tests.integration.behavior.support import EVENTS_PATH, VISIBILITY_S, BehaviorQueue, Student, running_warm_worker
from tests.support.processes import running_door
from tests.support.tokens import id_token_of, make_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud
    from tests.support.processes import Process


@pytest.fixture(scope="module")
def door_url(cloud: Cloud) -> Iterator[str]:
    """Where a real event door takes events."""
    with running_door(cloud) as (_process, base_url):
        yield base_url + EVENTS_PATH


@pytest.fixture(scope="module")
def modules_worker(cloud: Cloud) -> Iterator[Process]:
    """A real worker for as long as a module's tests run."""
    with running_warm_worker(cloud, queue_of(cloud)) as worker:
        yield worker


@pytest.fixture
def worker(modules_worker: Process, queue: BehaviorQueue) -> Process:  # noqa: ARG001 - the queue is emptied first
    """The module's worker, with the log of this test. Not beside a worker of a test's own: it takes every message."""
    modules_worker.begin_log()
    return modules_worker


@pytest.fixture
def queue(cloud: Cloud) -> BehaviorQueue:
    """The queue, empty, with a visibility timeout short enough to wait for."""
    found = queue_of(cloud)
    found.reset(visibility_s=VISIBILITY_S)
    return found


def queue_of(cloud: Cloud) -> BehaviorQueue:
    """The queue, seen from behind."""
    return BehaviorQueue(cloud)


@pytest.fixture
def student(cloud: Cloud, school_id: str) -> Student:  # noqa: ARG001 - the cloud must stand
    """A student of the test's school."""
    return sign_in_student(school_id, "est-001")


def sign_in_student(school_id: str, student_id: str) -> Student:
    """An account of this student, signed in."""
    account = make_account(f"{school_id}.{student_id}", Role.STUDENT, school_id, student_id)
    return Student(school_id, student_id, id_token_of(account))
