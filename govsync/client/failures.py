"""Why a request has no answer that can be read."""

from __future__ import annotations


class ExchangeFailedError(Exception):
    """``code`` says why, ``status`` what the answer's head said, where one had come."""

    def __init__(self, code: str, status: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class NotSentError(ExchangeFailedError):
    """Not one byte of the request left: no key, no address, no connection, no TLS."""


class NoAnswerError(ExchangeFailedError):
    """The request, or some of it, left, and no whole answer came."""


class BadAnswerError(ExchangeFailedError):
    """What came is not HTTP as it was agreed on: malformed, coded or too large."""
