"""The two doors of events beside Django: our ASGI application, and the API Gateway of the template (emulated)."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from behavior.door.application import EVENTS_PATH, event_door
from edu.http.front.application import HEALTH_PATH
from edu.identity.principal import Role
from tests.isolation.routes_resolver import METHODS
from tests.isolation.routes_school import ProbeSchool
from tests.isolation.sections import Cell
from tests.isolation.workers_forgeries import event
from tests.support.cloud import Cloud

_UNKNOWN = "/api/v1/sections"
_GATEWAY = {"/": frozenset[str](), "/behavior": frozenset({"POST"})}
_REFUSED, _STORED, _ITS_OWN = "refused", "202", "the sender's school only"
_SERVER_ERROR = 500


@dataclass
class Doors:
    """The cells so far. Every request names the second school wherever a client can; the senders are of the first."""

    cloud: Cloud
    ours: ProbeSchool
    theirs: ProbeSchool
    cells: list[Cell] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Both doors."""
        self._drain()
        asyncio.run(self._through_the_door())
        self._judge_messages("event door")
        self._through_the_gateway()
        self._judge_messages("API Gateway")

    async def _through_the_door(self) -> None:
        transport = httpx.ASGITransport(app=event_door())
        async with httpx.AsyncClient(transport=transport, base_url="http://door", timeout=60) as client:
            for path in (EVENTS_PATH, HEALTH_PATH, _UNKNOWN, f"{EVENTS_PATH}/{self.theirs.school_id}"):
                for method in METHODS:
                    for name, token in self._callers().items():
                        headers = self._headers({"Authorization": f"Bearer {token}"} if token else {})
                        answer = await client.request(method, path, params=self._query(), headers=headers, json=event())
                        row = path.replace(self.theirs.school_id, "<school>")
                        self._note(f"door {row}", f"{method} {name}", self._at_the_door(path, method, name), answer)
            await self._forged_bodies(client)

    async def _forged_bodies(self, client: httpx.AsyncClient) -> None:
        headers = {"Authorization": f"Bearer {self.ours.tokens[Role.STUDENT]}"}
        forged = {
            "school_id": self.theirs.school_id,
            "student_id": self.theirs.ids["student_id"],
            "pk": f"SCHOOL#{self.theirs.school_id}",
            "tenant": self.theirs.school_id,
        }
        for name, value in forged.items():
            answer = await client.post(EVENTS_PATH, json=event(**{name: value}), headers=headers)
            self._note(f"door {EVENTS_PATH}", f"POST student, body with {name}", "422", answer)

    def _at_the_door(self, path: str, method: str, name: str) -> str:
        if path == HEALTH_PATH:
            return "200" if method in {"GET", "HEAD"} else "405"
        if path != EVENTS_PATH:
            return "404"
        if method != "POST":
            return "405"
        return {"anonymous": "401", str(Role.STUDENT): _STORED}.get(name, "403")

    def _through_the_gateway(self) -> None:
        url = self.cloud.environment["LIBRETA_EVENTS_API_URL"]
        found = self.cloud.root("apigateway").get_resources(restApiId=self.cloud.outputs["EventsApiId"])["items"]
        offered = {one["path"]: frozenset(one.get("resourceMethods", {})) for one in found}
        if offered != _GATEWAY:
            self.problems.append(f"resources of the gateway without cover: {sorted(offered.items())}")
        for method in METHODS:
            for name, token in self._callers().items():
                headers = self._headers({"Authorization": token} if token else {})
                answer = httpx.request(
                    method, url, params=self._query(), headers=headers, json=event(), timeout=60, trust_env=False
                )
                expected = _STORED if method == "POST" and name == str(Role.STUDENT) else _REFUSED
                self._note("gateway /behavior", f"{method} {name}", expected, answer)

    def _callers(self) -> dict[str, str]:
        return {"anonymous": "", **{str(role): token for role, token in self.ours.tokens.items()}}

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = self.theirs.school_id
        return {"X-School-Id": named, "X-Tenant-Id": named, "Cookie": f"school_id={named}", **more}

    def _query(self) -> dict[str, str]:
        return {"school_id": self.theirs.school_id, "student_id": self.theirs.ids["student_id"]}

    def _note(self, row: str, column: str, expected: str, answer: httpx.Response) -> None:
        observed = str(answer.status_code)
        if expected == _REFUSED and httpx.codes.BAD_REQUEST <= answer.status_code < _SERVER_ERROR:
            observed = _REFUSED
        if self.theirs.leaks_in(answer.text, str(answer.request.url)):
            observed = "LEAK"
        self.cells.append(Cell(row, column, "other school named", expected, observed))

    def _judge_messages(self, door: str) -> None:
        """What reached the queue names the sender, as the token does, and nobody else."""
        senders = {(message["school_id"], message["student_id"]) for message in self._drain()}
        own = {(self.ours.school_id, self.ours.ids["student_id"])}
        observed = _ITS_OWN if senders == own else f"{len(senders)} SENDERS"
        self.cells.append(Cell(f"{door}: messages in the queue", "all", "other school named", _ITS_OWN, observed))

    def _drain(self) -> list[dict[str, Any]]:
        sqs, url = self.cloud.root("sqs"), self.cloud.outputs["BehaviorQueueUrl"]
        found = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
            for message in messages:
                keywords = keywords_of(message["Body"])
                found += keywords["parts"]
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found


def keywords_of(message: str) -> dict[str, Any]:
    """A Celery message's keywords; kombu puts the whole of it into base64, the gateway does not."""
    whole = json.loads(message if message.startswith("{") else base64.b64decode(message))
    found: dict[str, Any] = json.loads(base64.b64decode(whole["body"]))[1]
    return found
