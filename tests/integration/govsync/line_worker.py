"""A worker whose steps are one question each: ``python -m … <government url> <seconds its clock is ahead>``.

Everything but the step is the product's: the due list, the lanes, the line's state. Each step writes an
item of its school before its request and another after it, as a batch's steps do. It ends at SIGTERM.
"""

from __future__ import annotations

import http.client
import os
import signal
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import django

from govsync.domain.answers import PageAnswer

if TYPE_CHECKING:
    from edu.jobs.domain import StepResult
    from govsync.services.line import Line

API_KEY = "made-up-key-of-a-made-up-government"


@dataclass(frozen=True)
class Asked:
    """What an exchange brought."""

    answer: PageAnswer


def main(url: str, ahead_s: str) -> None:
    """Drive until told to stop."""
    django.setup()
    from edu import clock  # noqa: PLC0415 - needs settings
    from govsync.services import Driver  # noqa: PLC0415

    clock.now = lambda: datetime.now(UTC) + timedelta(seconds=float(ahead_s))
    driver = Driver(f"test-{os.getpid()}-{uuid4().hex[:8]}", step=partial(step, url=url))
    signal.signal(signal.SIGTERM, lambda *_: driver.stop())
    sys.stdout.write("driving\n")
    sys.stdout.flush()
    driver.run()


def step(*, run_id: str, actor: str, line: Line, url: str) -> StepResult:
    """One request, if the line is open."""
    from edu.jobs.domain import CONTINUE, wait_until  # noqa: PLC0415 - needs settings
    from edu.tenancy import current_school_id  # noqa: PLC0415
    from govsync.errors import LaneLostError, LineClosedError  # noqa: PLC0415

    try:
        line.require_open()
        _write(run_id)
        line.exchange(partial(ask, url, current_school_id(), actor))
    except LineClosedError as closed:
        return wait_until(closed.until)
    except LaneLostError:
        return CONTINUE
    _write(run_id)
    return CONTINUE


def ask(url: str, school_id: str, actor: str) -> Asked:
    """A page of the school's grades; the connection stands before the right to send is asked for."""
    from govsync.domain.answers import HeldPage, NotTaken, Unknown  # noqa: PLC0415 - needs settings
    from govsync.domain.rights import require_right  # noqa: PLC0415

    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    headers = {"Authorization": f"Bearer {API_KEY}", "User-Agent": actor}
    try:
        connection.connect()
        require_right()
        connection.request("GET", f"/terms/2026-t3/schools/{school_id}/grades?limit=1", headers=headers)
        answer = connection.getresponse()
        status, asked_s = answer.status, float(answer.headers.get("Retry-After", "0"))
    except ConnectionRefusedError:
        return Asked(NotTaken("not_sent"))
    except OSError:
        return Asked(Unknown("connection_lost"))
    finally:
        connection.close()
    if status == http.HTTPStatus.OK:
        return Asked(HeldPage((), None))
    return Asked(NotTaken(f"http_{status}", asked_s=asked_s))


def _write(run_id: str) -> None:
    from edu.dynamo import table  # noqa: PLC0415 - needs settings
    from edu.dynamo.keys import Key, school_partition  # noqa: PLC0415

    key = Key(school_partition("SYNC", run_id), "STEP")
    table.write_batch(table.BatchWrite(puts=[{**key.as_attributes(), "entity": "test_step"}]))


if __name__ == "__main__":
    main(*sys.argv[1:])
