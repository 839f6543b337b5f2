"""Keeping events longer, for who knows that they are in no other place yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from behavior.repository import events as repository
from edu import clock
from edu.logs import get_logger
from edu.metrics import COUNT, embedded

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_log = get_logger(__name__)


def put_off_expiry(wanted: Mapping[str, Collection[str] | None]) -> int:
    """Let students' events that are about to expire stay longer, and alarm; returns how many do.

    ``wanted``: each student's event ids, or ``None`` for all events of the student. About to: within
    ``domain.PUT_OFF_WITHIN``; longer: by ``domain.PUT_OFF_BY``, so that a second call finds none of them. A query and
    the updates for each student.

    Raises:
        StoreUnavailableError: the table is throttled or does not answer; those before are put off, and alarmed.
        AccessDeniedError: see ``edu.dynamo.errors``.
    """
    now, number = clock.now(), 0
    try:
        for student_id, event_ids in wanted.items():
            number += repository.put_off_expiry(student_id, now=now, event_ids=event_ids)
    finally:
        if number:
            _log.error("expiry of events put off", events=number, **embedded("EventExpiryPutOff", number, COUNT))
    return number
