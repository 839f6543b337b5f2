"""The drill of ``make drill-edge`` in a short form: every attack, a twentieth of the crowds, a few seconds.

How much slower the teacher may get is the long form's to judge, on a machine that does nothing else.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import httpx

from tests.drills.edge import Doors, Plan, drill, judge
from tests.integration.edu.http.servers import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.edu.http.conftest import Place
    from tests.integration.edu.http.servers import Knocking, Servers

SHORT = Plan(quiet_s=2.0, attack_s=6.0, calm_s=10.0, scale=0.05)
LONGEST_MS = 2000.0


def _writer(servers: Servers, place: Place) -> Callable[[], object]:
    client = httpx.Client(headers={"Authorization": f"Bearer {place.teacher.token}"}, trust_env=False, timeout=10)
    content = json.dumps(place.exam)

    def write() -> None:
        headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
        answer = client.post(f"{servers.web}{SECTIONS}/mat-5a/evaluations", content=content, headers=headers)
        assert answer.status_code == httpx.codes.CREATED, answer.text

    return write


def test_teacher_works_on_and_health_is_told_under_every_attack(
    servers: Servers, place: Place, hostile: Knocking
) -> None:
    doors = Doors(servers.web, servers.door, (servers.web_pid, servers.door_pid))
    figures = drill(doors, _writer(servers, place), (hostile.teacher, hostile.student), SHORT)
    met = judge(figures)
    del met[next(bar for bar in met if bar.startswith("p95"))]
    assert all(met.values()), figures
    assert figures["attacked_p99_ms"] < LONGEST_MS, figures
    assert figures["answers"]["a field of 280 KB"].keys() == {"431"}, figures
    assert figures["answers"]["half bodies of a teacher"].keys() <= {"408", "open"}, figures
