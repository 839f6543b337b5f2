"""A government without HTTP, and questions to it."""

from __future__ import annotations

import hashlib
import json
import random
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deploy.government.government import Arrival, Government
from deploy.government.grades import read_batch
from deploy.government.replies import ASK, FIND, HELD, SUBMIT, Question, Reply
from deploy.government.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHOOL, TERM, EVALUATION = "escuela-a", "2026-q4", "eva-1"
PLACE = {"school_id": SCHOOL, "term_id": TERM}


def grades(count: int, *, version: int = 1, value: str = "5.5") -> list[dict[str, Any]]:
    """Grades of the students ``s-0`` and on."""
    named = {"evaluation_id": EVALUATION, "course_id": "mat-5", "version": version, "state": "recorded", "value": value}
    return [{**named, "student_id": f"s-{n}"} for n in range(count)]


def batch_of(sent: list[dict[str, Any]], *, shape: str = "direct", school_id: str = SCHOOL) -> Question:
    """The question that sends these grades."""
    content = {"school_id": school_id, "term_id": TERM, "run_id": "r-1", "grades": sent}
    body = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    batch_id = hashlib.sha256(body).hexdigest()
    return Question(SUBMIT, shape, batch_id, school_id, TERM, body=body, content=read_batch(body))


@dataclass
class Talk:
    """A conversation with a government whose limit is not in its way."""

    government: Government
    key: str = "k"
    at_ns: int = field(default_factory=lambda: random.SystemRandom().randrange(10**9))

    def say(self, question: Question) -> Reply:
        """One question, long after the one before."""
        self.at_ns += 10**10
        return self.government.answer(question, Arrival(self.at_ns, 1, f"Bearer {self.key}"))[0]

    def submit(self, sent: list[dict[str, Any]], shape: str = "direct") -> Reply:
        """Send grades as a batch."""
        return self.say(batch_of(sent, shape=shape))

    def ask(self, sent: list[dict[str, Any]]) -> Reply:
        """Ask what became of the batch of these grades."""
        return self.say(Question(ASK, batch_id=batch_of(sent).batch_id))

    def ask_with(self, ticket: str, shape: str = "direct") -> Reply:
        """Ask with what it gave for asking."""
        return self.say(Question(ASK, shape, ticket=ticket))

    def find(self, sent: list[dict[str, Any]]) -> Reply:
        """Ask for the upload of the batch of these grades."""
        return self.say(Question(FIND, "upload", batch_id=batch_of(sent).batch_id))

    def page(self, cursor: str | None = None, limit: int = 500) -> Reply:
        """A page of the list."""
        return self.say(Question(HELD, school_id=SCHOOL, term_id=TERM, cursor=cursor, limit=str(limit)))

    def pages(self, limit: int, at_most: int = 10) -> list[Reply]:
        """The list, page by page, as far as its cursors lead."""
        found = [self.page(limit=limit)]
        while (cursor := found[-1].body.get("next_cursor")) and len(found) < at_most:
            found.append(self.page(cursor, limit))
        return found

    def script(self, **fault: Any) -> None:
        """A fault to come."""
        self.government.script.load({"faults": [fault]})

    def set(self, **conditions: Any) -> None:
        """Conditions from now on."""
        self.government.script.load({"conditions": conditions})


@contextmanager
def talking(path: Path) -> Iterator[Talk]:
    """A government on a new file."""
    store = Store(path)
    yield Talk(Government(store, api_key="k", window_s=1.0))
    store.close()
