"""JSON as the API and the event door read it: exact, and nothing in it that two readers could take differently."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NoReturn

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from edu.http.errors import MalformedBodyError, UnsupportedMediaTypeError

if TYPE_CHECKING:
    from django.utils.functional import Promise

NOT_JSON = _("The body is not JSON")
_NOT_JSON_AT = _("The body is not JSON: see line {line}, column {column}")
_TOO_DEEP = _("The body is nested too deep")
_TWICE = _("An object of the body has two fields of the same name")


class _RefusedError(ValueError):
    """JSON that Python takes and we do not."""

    def __init__(self, reason: str | Promise) -> None:
        super().__init__(str(reason))
        self.reason = reason


def require_no_coding(content_encoding: str) -> None:
    """Refuse a compressed body: none is decompressed here, whatever its ``Content-Encoding`` says.

    Raises:
        UnsupportedMediaTypeError: the encoding is another than ``identity`` (RFC 9110, 15.5.16).
    """
    if content_encoding.strip().lower() not in {"", "identity"}:
        raise UnsupportedMediaTypeError


def decode(body: bytes) -> Any:  # noqa: ANN401 - whatever the body holds
    """The value that a body stands for; numbers with decimals or exponents as ``Decimal``, digit by digit.

    Raises:
        MalformedBodyError: see there. The numbers NaN and Infinity are no JSON.
    """
    try:
        return json.loads(
            body.decode(), parse_float=_number, parse_constant=_no_number, object_pairs_hook=_object_of_unique_names
        )
    except _RefusedError as error:
        raise MalformedBodyError(error.reason) from error
    except json.JSONDecodeError as error:
        raise MalformedBodyError(format_lazy(_NOT_JSON_AT, line=error.lineno, column=error.colno)) from error
    except ValueError as error:  # no UTF-8, or an integer of thousands of digits
        raise MalformedBodyError(NOT_JSON) from error
    except RecursionError as error:
        raise MalformedBodyError(_TOO_DEEP) from error


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:  # an exponent beyond any
        raise _RefusedError(NOT_JSON) from error


def _no_number(_name: str) -> NoReturn:
    raise _RefusedError(NOT_JSON)


def _object_of_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _RefusedError(_TWICE)
    return found
