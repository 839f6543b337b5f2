"""``make bench``: recording one score over HTTP, beside the bare transaction of the same six actions.

The whole stack (granian, Django, DRF, the service, the adapter, IAM-checked calls to the emulator) against
``TransactWriteItems`` sent by one boto3 client with the same tenant's credentials to the same endpoint, taken in turns
in one run, one client at a time.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx

from deploy.local.layout import Layout, Ports, read_environment
from deploy.local.people import Logins, sign_in
from deploy.local.run import LocalSystem
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS, WARM_UP = 300, 30


class Bench:
    """A system of its own with nothing but the web process, and the two ways of writing."""

    def __init__(self, layout: Layout) -> None:
        ports, logins = layout.ports, Logins(layout)
        self._teacher = logins.one("teacher")
        self._stack = read_environment(layout.state_dir / "stack.env")
        token = sign_in(
            ports.url("emulator"), self._stack["LIBRETA_USER_POOL_CLIENT_ID"], self._teacher, logins.password
        )
        self._http = httpx.Client(
            base_url=f"{ports.url('web')}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        self._section = self._http.get("/sections").json()["results"][0]["section_id"]
        students = self._http.get(f"/sections/{self._section}/students").json()["results"]
        self._students = [student["student_id"] for student in students]
        latest = self._http.get(f"/sections/{self._section}/evaluations").json()["results"][0]
        self._exam = {name: latest[name] for name in ("term_id", "kind", "title", "weight", "held_on")}
        scores = self._http.get(f"/evaluations/{latest['evaluation_id']}/scores").json()["results"]
        self._value = next(score["value"] for score in scores if score["value"])
        self._raw = self._tenant_client(layout)
        self._evaluation_id, self._waiting = "", list[str]()

    def write_over_http(self) -> float:
        """Seconds that one score takes over HTTP."""
        if not self._waiting:
            self._evaluation_id = self._post(f"/sections/{self._section}/evaluations", self._exam)["evaluation_id"]
            self._waiting = list(self._students)
        student = self._waiting.pop()
        started = time.perf_counter()
        self._post(f"/evaluations/{self._evaluation_id}/scores", {"student_id": student, "value": self._value})
        return time.perf_counter() - started

    def write_raw(self) -> float:
        """Seconds that the bare transaction takes: a check and four puts of like size."""
        table, school, run = self._stack["LIBRETA_TABLE_NAME"], self._teacher.school_id, uuid.uuid4().hex
        enrolment = {"pk": {"S": f"SCHOOL#{school}#ENROLMENT#{self._section}"}, "sk": {"S": self._students[0]}}
        actions: list[Any] = [
            {"ConditionCheck": {"TableName": table, "Key": enrolment, "ConditionExpression": "attribute_exists(pk)"}}
        ]
        for part, chars in (("SCORE", 420), ("PENDING", 160), ("AUDIT", 380), ("IDEMPOTENCY", 420)):
            item = {"pk": {"S": f"SCHOOL#{school}#BENCH#{part}"}, "sk": {"S": run}, "filling": {"S": "x" * chars}}
            if part in {"SCORE", "AUDIT"}:
                item |= {"gsi1pk": {"S": f"SCHOOL#{school}#BENCH"}, "gsi1sk": {"S": run}}
            put = {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
            actions.append({"Put": put})
        started = time.perf_counter()
        self._raw.transact_write_items(TransactItems=actions)
        return time.perf_counter() - started

    def _post(self, path: str, data: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.post(path, json=data, headers={"Idempotency-Key": uuid.uuid4().hex})
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def _tenant_client(self, layout: Layout) -> Any:
        os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(layout.state_dir / "aws-credentials")
        arguments: Any = {"endpoint_url": layout.ports.url("emulator"), "region_name": "us-east-1"}
        sts = boto3.Session(profile_name="web").client("sts", **arguments)
        tags: Any = [{"Key": "school_id", "Value": self._teacher.school_id}]
        found = sts.assume_role(RoleArn=self._stack["LIBRETA_TENANT_ROLE_ARN"], RoleSessionName="bench", Tags=tags)
        keys = found["Credentials"]
        return boto3.client(
            "dynamodb",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            **arguments,
        )


def main() -> int:
    """Measure; the last line is ``RESULT`` with the figures."""
    with tempfile.TemporaryDirectory(prefix="libreta-bench-") as state_dir:
        ports = Ports(free_port(), free_port(), free_port(), free_port())
        layout = Layout(Path(state_dir), ports)
        system = LocalSystem(layout)
        system.environment |= {"LIBRETA_API_READS": "1000000/minute", "LIBRETA_API_WRITES": "1000000/minute"}
        system.services = [service for service in system.services if service.name == "web"]
        try:
            system.start()
            figures = _measure(Bench(layout))
        finally:
            system.stop()
    sys.stdout.write(f"RESULT {json.dumps(figures)}\n")
    return 0


def _measure(bench: Bench) -> dict[str, Any]:
    taken: dict[str, list[float]] = {"http": [], "raw": []}
    ways: dict[str, Callable[[], float]] = {"http": bench.write_over_http, "raw": bench.write_raw}
    for round_number in range(ROUNDS + WARM_UP):
        for name, write in ways.items():
            seconds = write()
            if round_number >= WARM_UP:
                taken[name].append(seconds * 1000)
    figures = {f"{name}_p{p}_ms": round(_percentile(times, p), 2) for name, times in taken.items() for p in (50, 95)}
    ratios = {f"ratio_p{p}": round(figures[f"http_p{p}_ms"] / figures[f"raw_p{p}_ms"], 2) for p in (50, 95)}
    return {"writes": ROUNDS, "concurrency": 1, **figures, **ratios}


def _percentile(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100)[percent - 1]


if __name__ == "__main__":
    sys.exit(main())
