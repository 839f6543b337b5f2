"""Bodies of the government's answers: strict JSON, and what texts of it may leave the client."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn, TypeVar

import msgspec

T = TypeVar("T")
MAX_REASON_CHARS: Final = 2_000
_CODE = re.compile(r"[a-z0-9_.-]{1,64}")
_PRINTABLE = re.compile(r"[ -~]{1,512}")


class NotThisFormError(Exception):
    """JSON, and not of the form that is agreed on for this status."""


class ContractBrokenError(Exception):
    """It claims to be what was agreed on and is not, or answers another question; ``code`` says how."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def decode(body: bytes, kind: type[T]) -> T:
    """The body as this class; fields that it does not know are left out.

    Raises:
        NotThisFormError: it is JSON and does not fit the class.
        Exception: it is no JSON that can be read; of what kind depends on what is wrong with it.
    """
    value = _DECODER.decode(body.decode())
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise NotThisFormError from error


def code_of(text: str) -> str:
    """A reason or an error code as it may be kept and shown: their words only where they are a code.

    Raises:
        ContractBrokenError: it is longer than any reason.
    """
    if len(text) > MAX_REASON_CHARS:
        raise ContractBrokenError("oversized_reason")
    return text if is_code(text) else "unreadable"


def is_code(text: str) -> bool:
    """Whether it has the form of a reason or an error code."""
    return _CODE.fullmatch(text) is not None


def require_printable(text: str, code: str) -> str:
    """A cursor or a receipt, unchanged.

    Raises:
        ContractBrokenError: with ``code``; it has other characters than it may, none or too many.
    """
    if not _PRINTABLE.fullmatch(text):
        raise ContractBrokenError(code)
    return text


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ContractBrokenError("name_given_twice")
    return found


def _no_number(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique_names, parse_constant=_no_number)
