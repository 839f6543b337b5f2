"""What can be wrong with a request as such, in the words of every HTTP door: the API's and the event door's.

The same failure has the same code, status and text at both (``edu.http.problems`` writes it). What an app refuses is in
its own ``errors``; ``Retry-After``, ``Allow``, ``Accept`` and ``WWW-Authenticate`` follow from the error alone.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from edu.errors import LibretaError, UnavailableError


class BadRequestError(LibretaError):
    """The request is refused before anybody reads it: a host that is not ours, a malformed header."""

    code = "bad_request"
    status = 400
    title = _("The request cannot be served")


class MalformedBodyError(LibretaError):
    """The body is no JSON in UTF-8, holds too much, repeats a member's name, or has not the form asked for."""

    code = "malformed_body"
    status = 400
    title = _("The request cannot be served")


class NotAuthenticatedError(LibretaError):
    """The request brings no bearer token; one that is refused is ``edu.identity.tokens.InvalidTokenError``."""

    code = "not_authenticated"
    status = 401
    title = _("Sign in first")


class MethodNotAllowedError(LibretaError):
    """The address is right and the method is not; ``allowed`` are those it takes, where the raiser knows them."""

    code = "method_not_allowed"
    status = 405
    title = _("This method is not offered here")

    def __init__(self, *allowed: str) -> None:
        super().__init__()
        self.allowed = allowed


class NotAcceptableError(LibretaError):
    """The answer is offered in none of the formats that the request asks for."""

    code = "not_acceptable"
    status = 406
    title = _("None of the formats asked for is offered")


class BodyTimeoutError(LibretaError):
    """The body did not come whole in time; nothing of it counts."""

    code = "body_timeout"
    status = 408
    title = _("The request took too long to arrive")


class PreconditionFailedError(LibretaError):
    """A read's ``If-Match`` names none of the tags that the answer has.

    A write's is the app's own error.
    """

    code = "precondition_failed"
    status = 412
    title = _("It is not the version you asked for")


class BodyTooLargeError(LibretaError):
    """The body passes the limit; no more of it is read."""

    code = "body_too_large"
    status = 413
    title = _("The request is too large")


class UnsupportedMediaTypeError(LibretaError):
    """The body is said to be something else than plain JSON."""

    code = "unsupported_media_type"
    status = 415
    title = _("Send application/json")
    offered = ("Accept", "application/json")


class EncodedBodyError(UnsupportedMediaTypeError):
    """The body is said to be compressed (``Content-Encoding``), and none is decompressed here (RFC 9110, 15.5.16)."""

    title = _("Send the body as it is, without a Content-Encoding such as gzip")
    offered = ("Accept-Encoding", "identity")


class HeadTooLargeError(LibretaError):
    """The address and the header fields pass a limit; nothing of them is looked at."""

    code = "head_too_large"
    status = 431
    title = _("The request's headers are too large")


class ThrottledError(LibretaError):
    """The account called too often; ``retry_after_s`` says when to come back."""

    code = "throttled"
    status = 429
    title = _("Too many requests, please try again in a moment")

    def __init__(self, retry_after_s: float | None = None) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class TooManyOpenRequestsError(ThrottledError):
    """The sender has as many requests open as they may; nothing of this one was read."""

    code = "too_many_open_requests"

    def __init__(self) -> None:
        super().__init__(retry_after_s=UnavailableError.retry_after_s)


class BusyError(UnavailableError):
    """As many requests are waiting as may; nothing of this one was done."""

    code = "busy"
