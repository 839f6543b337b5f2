"""What a fault makes of an answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from deploy.government import faults
from deploy.government.edits import EditDoesNotFitError, apply_edits
from deploy.government.replies import NO_ANSWER, Question, Reply, in_form

if TYPE_CHECKING:
    from datetime import datetime

    from deploy.government.faults import Content, Fault


def altered(question: Question, own: Reply | None, before: Reply | None, fault: Fault, ticket: str) -> Reply:
    """The answer that is given.

    ``own``: the right one, if the request was let do what it asks for; ``before``: the right one to the request of its
    operation before it; ``ticket``: what a scripted 202 gives to ask with.
    """
    effect = own is not None and own.effect
    if fault.action not in {faults.STATUS, faults.ANSWER, faults.STALE}:
        return Reply(NO_ANSWER, effect=effect)
    base = own if fault.action == faults.ANSWER else before if fault.action == faults.STALE else None
    status = fault.content.status or HTTPStatus.SERVICE_UNAVAILABLE
    return replace(_worded(base or in_form(question, status, ticket), fault.content), effect=effect)


def _worded(reply: Reply, content: Content) -> Reply:
    """The reply in the fault's words, where it has any."""
    try:
        body = apply_edits(reply.body if content.body is None else content.body, content.edits)
    except EditDoesNotFitError as error:
        return Reply(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "edit_does_not_fit", "at": str(error)})
    asked = {} if content.retry_after_s is None else {"Retry-After": str(content.retry_after_s)}
    return replace(
        reply,
        status=content.status or reply.status,
        body=_written(body, content),
        headers={**reply.headers, **asked, **content.headers},
    )


def _written(body: Any, content: Content) -> Any:  # noqa: ANN401 - any JSON, or bytes
    if content.raw is not None:
        return content.raw.encode("latin-1")
    if not content.replace:
        return body
    text = json.dumps(body)
    for old, new in content.replace.items():
        text = text.replace(old, new)
    return text.encode("latin-1")


def dated(reply: Reply, content: Content, now: datetime) -> Reply:
    """The reply with a ``Date`` that is off, if it is to be."""
    if not content.date_skew_s:
        return reply
    skewed = format_datetime(now + timedelta(seconds=content.date_skew_s), usegmt=True)
    return replace(reply, headers={"Date": skewed, **reply.headers})
