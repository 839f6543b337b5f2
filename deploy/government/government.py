"""The government without HTTP: a question in, an answer out, and every request and effect on record."""

from __future__ import annotations

import hmac
import re
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from deploy.government import faults
from deploy.government.altering import altered, dated
from deploy.government.clock import Clock
from deploy.government.faults import Fault
from deploy.government.grades import Decide, Decision, Held, refusal_of
from deploy.government.limit import RollingLimit
from deploy.government.listing import list_page
from deploy.government.replies import ASK, FIND, HELD, SUBMIT, Question, Reply, in_progress, problem
from deploy.government.script import Script
from deploy.government.store import KeptBatch, KeyReusedError, Store

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NOT_ASKED = -1  # sending a batch is no question about it, not even the first
_NO_FAULT = Fault(faults.ANSWER)


@dataclass(frozen=True)
class Arrival:
    """When a request came, on which connection (its port) and with which ``Authorization``."""

    at_ns: int
    connection: int
    shown: str


class Government:
    """What all requests share. Thread-safe."""

    def __init__(self, store: Store, *, api_key: str, window_s: float) -> None:
        """At most two requests pass in any ``window_s`` seconds; with an empty ``api_key`` any key is good."""
        self.store, self.script, self.clock = store, Script(), Clock()
        self._limit, self._api_key = RollingLimit(window_s), api_key
        self._lock = threading.Lock()
        self._latest: dict[str, Reply] = {}
        self._late: list[threading.Timer] = []

    def clear(self) -> None:
        """As if it had just been started on an empty file."""
        with self._lock:
            for timer in self._late:
                timer.cancel()
            self._late.clear()
            self._latest.clear()
        self.script.clear()
        self._limit.clear()
        self.store.clear()

    def now(self) -> datetime:
        """The instant by its clock, as set."""
        offset = timedelta(seconds=self.script.conditions.clock_offset_s)
        return datetime.fromtimestamp(self.clock.now_ns() / 1e9, UTC) + offset

    def answer(self, question: Question, arrival: Arrival) -> tuple[Reply, Fault]:
        """The answer to a request, and the fault with which it is sent."""
        question = self._named(question)
        named = question.operation, question.batch_id, question.school_id
        position = self.store.log(arrival.at_ns, *named, arrival.connection)
        reply, fault = self._answer(question, arrival, position)
        self.store.log_outcome(position, reply.status, effect=reply.effect)
        return reply, fault

    def _answer(self, question: Question, arrival: Arrival, position: int) -> tuple[Reply, Fault]:
        conditions = self.script.conditions
        outage = conditions.outage_at(self.now())
        if outage is not None:
            return self._answer_with(question, outage, position), outage
        if not self._is_authorised(arrival.shown):
            return problem(question, conditions.key_status, "unauthorised"), _NO_FAULT
        if not self._limit.lets_through(arrival.at_ns):
            return problem(question, HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", {"Retry-After": "1"}), _NO_FAULT
        self.store.log_let_in(position)
        fault = self.script.next_for(question.operation) or _NO_FAULT
        return self._answer_with(question, fault, position), fault

    def _answer_with(self, question: Question, fault: Fault, position: int) -> Reply:
        """Do what is asked for, if the fault lets it, and answer as the fault says."""
        if fault.late_s and not fault.takes_effect:
            self._do_later(question, fault, position)
        before = self._latest.get(question.operation)
        own = self._do(question, fault, position) if fault.takes_effect else None
        with self._lock:
            if own is not None:
                self._latest[question.operation] = own
        batch = self.store.find_batch(batch_id=question.batch_id)
        reply = altered(question, own, before, fault, batch.ticket if batch else f"t-{position}")
        return dated(reply, fault.content, self.now())

    def _do_later(self, question: Question, fault: Fault, position: int) -> None:
        def do() -> None:
            if self._do(question, fault, position).effect:
                self.store.log_effect(position)

        timer = threading.Timer(fault.late_s, do)
        timer.daemon = True
        with self._lock:
            self._late.append(timer)
        timer.start()

    def _do(self, question: Question, fault: Fault, position: int) -> Reply:
        if question.operation == SUBMIT:
            return self._submit(question, fault, position)
        if question.operation == HELD:
            page = list_page(self.store, question, self.script.conditions.listing)
            if page is None:
                return problem(question, HTTPStatus.BAD_REQUEST, "malformed_query")
            return Reply(HTTPStatus.OK, {**question.echo, **page})
        batch = self.store.find_batch(batch_id=question.batch_id)
        if batch is None:
            return problem(question, HTTPStatus.NOT_FOUND, "unknown_batch" if question.batch_id else "unknown_ticket")
        if question.operation == FIND:
            return Reply(HTTPStatus.OK, {**question.echo, "upload_id": batch.ticket})
        self.store.note_question(batch.batch_id)
        return self._told(question, batch)

    def _submit(self, question: Question, fault: Fault, position: int) -> Reply:
        if question.body is None:
            return problem(question, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
        if question.content is None or not _KEY.fullmatch(question.batch_id):
            return problem(question, HTTPStatus.BAD_REQUEST, "malformed_batch")
        grades = question.content["grades"]
        poison = self.script.poison_of(grade["student_id"] for grade in grades)
        if poison is not None:
            return problem(question, poison, "poisoned_batch")
        try:
            batch, applied = self.store.take_batch(
                question.batch_id,
                question.body,
                question.content,
                self._decisions(fault, grades),
                request=position,
                at=self.now().timestamp(),
                honour_key=self.script.conditions.honour_key,
            )
        except KeyReusedError:
            return problem(question, HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency_key_reused")
        told = in_progress(question, batch.ticket) if question.shape == "upload" else self._told(question, batch)
        created = applied and told.status == HTTPStatus.OK
        headers = told.headers if applied else {**told.headers, "Idempotent-Replay": "true"}
        return replace(told, status=HTTPStatus.CREATED if created else told.status, headers=headers, effect=applied)

    def _told(self, question: Question, batch: KeptBatch) -> Reply:
        """What became of a batch, if it is time to say so."""
        waited_s = self.now().timestamp() - batch.received_at
        if not batch.told:
            questions = batch.questions if question.operation == ASK else _NOT_ASKED
            if not self.script.conditions.is_decided(questions=questions, waited_s=waited_s):
                return in_progress(question, batch.ticket)
            self.store.note_told(batch.batch_id)
        return Reply(HTTPStatus.OK, {**question.echo, "results": batch.results})

    def _decisions(self, fault: Fault, grades: list[dict[str, Any]]) -> Decide:
        """How the grades of a batch are decided on."""
        rules = self.script.rules()
        fates = {_name(grade): fault.fate_of(position, len(grades)) for position, grade in enumerate(grades)}

        def decide(grade: Mapping[str, Any], held: Held | None) -> Decision:
            reason = refusal_of(grade, held, rules)
            if not reason and fates[_name(grade)] == faults.REJECTED:
                reason = fault.reason
            return Decision(reason, kept=fates[_name(grade)] != faults.LOST)

        return decide

    def _named(self, question: Question) -> Question:
        """The question with what is known of its batch."""
        if question.operation not in {ASK, FIND}:
            return question
        batch = self.store.find_batch(batch_id=question.batch_id, ticket=question.ticket)
        if batch is None:
            return question
        return replace(question, batch_id=batch.batch_id, school_id=batch.school_id, term_id=batch.term_id)

    def _is_authorised(self, shown: str) -> bool:
        keys = self.script.conditions.keys
        if keys is None and not self._api_key:
            return True
        now = self.now()
        good = [self._api_key] if keys is None else [key for key, period in keys if period.covers(now)]
        return any(hmac.compare_digest(shown.encode(), f"Bearer {key}".encode()) for key in good)


def _name(grade: Mapping[str, Any]) -> tuple[str, str, int]:
    return grade["evaluation_id"], grade["student_id"], grade["version"]
