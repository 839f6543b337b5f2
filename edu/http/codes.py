"""Every code that a refusal may have, in the contract beside its status: read from the errors themselves."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from edu.aws.credentials import CredentialsUnavailableError
from edu.dynamo.cursors import InvalidCursorError
from edu.dynamo.errors import StoreUnavailableError, TransactionConflictError
from edu.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LibretaError,
    NotFoundError,
    UnavailableError,
)
from edu.http import errors
from edu.http.contract import RESPONSES
from edu.http.negotiation import NotOfferedError
from edu.http.preconditions import (
    ContradictoryPreconditionsError,
    MalformedAbsenceError,
    MalformedPreconditionError,
    PreconditionRequiredError,
)
from edu.http.refused_work import RefusedTooMuchError
from edu.http.replies import MissingIdempotencyKeyError
from edu.idempotency import KeyReusedError
from edu.identity.jwks import KeysUnavailableError
from edu.identity.tokens import InvalidTokenError

if TYPE_CHECKING:
    from collections.abc import Iterable

SHARED: tuple[type[LibretaError], ...] = (
    *(errors.BadRequestError, errors.MalformedBodyError, InvalidCursorError),
    *(MissingIdempotencyKeyError, MalformedPreconditionError),
    *(MalformedAbsenceError, ContradictoryPreconditionsError),
    *(errors.NotAuthenticatedError, InvalidTokenError),
    *(ForbiddenError, NotFoundError, NotOfferedError, ConflictError),
    *(errors.PreconditionFailedError, errors.BodyTooLargeError, errors.UnsupportedMediaTypeError),
    *(InvalidInputError, KeyReusedError, PreconditionRequiredError),
    *(errors.BodyTimeoutError, errors.HeadTooLargeError),
    *(errors.ThrottledError, errors.TooManyOpenRequestsError, RefusedTooMuchError),
    *(UnavailableError, errors.BusyError, KeysUnavailableError, CredentialsUnavailableError),
    *(StoreUnavailableError, TransactionConflictError),
)


def add_codes(result: dict[str, Any], **_generation: object) -> dict[str, Any]:
    """The contract with the codes of every app: a post-processing hook of drf-spectacular."""
    return with_codes(result, SHARED)


def with_codes(result: dict[str, Any], kinds: Iterable[type[LibretaError]]) -> dict[str, Any]:
    """The contract with these errors' codes in the descriptions of their responses, each with what its class says."""
    responses = dict(result["components"]["responses"])
    for status, group in groupby(sorted(kinds, key=_status), key=_status):
        name = RESPONSES[status][0]
        lines = [f"- `{kind.code}`: {_meaning(kind)}" for kind in group]
        described = "\n".join((responses[name]["description"], *lines))
        responses[name] = responses[name] | {"description": described}
    return result | {"components": result["components"] | {"responses": responses}}


def _status(kind: type[LibretaError]) -> int:
    return kind.status


def _meaning(kind: type[LibretaError]) -> str:
    """The first paragraph of the error's own description."""
    paragraph, _, _ = (kind.__doc__ or "").partition("\n\n")
    return " ".join(paragraph.split()).replace("``", "`")
