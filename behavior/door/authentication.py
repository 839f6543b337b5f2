"""Who sends: the student that the request's token names."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from behavior.domain.events import is_student_id
from behavior.door.threads import BoundedThreads
from behavior.permissions import REPORT_EVENTS
from edu.errors import ForbiddenError
from edu.http.errors import NotAuthenticatedError
from edu.identity.capabilities import require
from edu.identity.jwks import KeysUnavailableError
from edu.identity.tokens import verifier

if TYPE_CHECKING:
    from behavior.door.asgi import Request
    from edu.identity.principal import Principal

_VERIFY_THREADS = 2
_MOST_WAITING = 500
_VERIFY_TIMEOUT_S = 5.0


class Sender(NamedTuple):
    """The student a verified token names, and nothing a body could say."""

    school_id: str
    student_id: str

    @property
    def device(self) -> str:
        """The name under which what it sends in vain is counted: one device for each student."""
        return f"{self.school_id}/{self.student_id}"


class Authenticator:
    """Verifies the tokens of requests: on the event loop, where the pool's keys are at hand; else in threads beside it.

    A signature costs the loop less than a thread's handing over and back would, and the interpreter runs one of them
    at a time anyway (ADR 0020).
    """

    def __init__(self) -> None:
        self._threads = BoundedThreads(name="authenticator", threads=_VERIFY_THREADS, waiting=_MOST_WAITING)

    async def sender_of(self, request: Request) -> Sender:
        """The student who sends.

        Raises:
            NotAuthenticatedError: there is no bearer token.
            InvalidTokenError: the token is refused; why is in the log only.
            ForbiddenError: the caller is no student, or their account names no person.
            UnavailableError: the pool's keys cannot be fetched, or too many wait.
        """
        if request.token is None:
            raise NotAuthenticatedError
        principal = await self._principal(request.token)
        require(principal, REPORT_EVENTS)
        if not principal.school_id or not is_student_id(principal.person_id):
            raise ForbiddenError
        return Sender(principal.school_id, principal.person_id)

    def close(self) -> None:
        """End the threads. Blocks."""
        self._threads.close()

    async def _principal(self, token: str) -> Principal:
        if known := verifier().principal_at_once(token):
            return known
        try:
            return await self._threads.run(lambda: verifier().principal(token), timeout_s=_VERIFY_TIMEOUT_S)
        except TimeoutError as error:
            raise KeysUnavailableError from error
