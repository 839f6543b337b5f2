"""JSON as the API and the event door read it: exact, and nothing in it that two readers could take differently."""

from __future__ import annotations

import codecs
import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NoReturn

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from edu.http.errors import EncodedBodyError, MalformedBodyError
from edu.http.json_limits import require_within_limits

if TYPE_CHECKING:
    from django.utils.functional import Promise

MAX_NUMBER_CHARS = 100
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^";\s]*)', re.IGNORECASE)
_NOT_JSON = _("The body is not JSON")
_NOT_UTF_8 = _("The body has to be in UTF-8, as all JSON is")
_MARKED = _("The body is not JSON: it begins with a byte order mark (EF BB BF); send it without")
_NOT_JSON_AT = _("The body is not JSON: see line {line}, column {column}")
_TOO_LONG = _("The body is not JSON as it is read here: a number has more than {most} characters")
_TWICE = _("An object of the body has two fields of the same name")


class _RefusedError(ValueError):
    """JSON that Python takes and we do not."""

    def __init__(self, reason: str | Promise) -> None:
        super().__init__(str(reason))
        self.reason = reason


def require_no_coding(content_encoding: str) -> None:
    """Refuse a compressed body: none is decompressed here, whatever its ``Content-Encoding`` says.

    Raises:
        EncodedBodyError: the encoding is another than ``identity``.
    """
    if content_encoding.strip().lower() not in {"", "identity"}:
        raise EncodedBodyError


def require_utf_8(content_type: str) -> None:
    """Refuse a body that is said to be in another character encoding: JSON has one (RFC 8259, 8.1).

    Raises:
        MalformedBodyError: the ``charset`` of its ``Content-Type``, which needs none, is another.
    """
    found = _CHARSET.search(content_type)
    if found and found[1].lower() not in {"utf-8", "utf8"}:
        raise MalformedBodyError(_NOT_UTF_8)


def decode(body: bytes) -> Any:  # noqa: ANN401 - whatever the body holds
    """The value that a body stands for; numbers with decimals or exponents as ``Decimal``, digit by digit.

    The work, and the value, are bounded whatever the body (``edu.http.json_limits``).

    Raises:
        MalformedBodyError: see there. The numbers NaN and Infinity are no JSON.
    """
    if body.startswith(codecs.BOM_UTF8):  # nobody sees it, so "line 1, column 1" would not help
        raise MalformedBodyError(_MARKED)
    try:
        require_within_limits(body)
        return _DECODER.decode(body.decode())
    except _RefusedError as error:
        raise MalformedBodyError(error.reason) from error
    except json.JSONDecodeError as error:
        raise MalformedBodyError(format_lazy(_NOT_JSON_AT, line=error.lineno, column=error.colno)) from error
    except UnicodeDecodeError as error:
        raise MalformedBodyError(_NOT_JSON) from error


def canonical(value: Any) -> str:  # noqa: ANN401 - whatever ``decode`` makes
    """The one text of a decoded value, in ASCII: the same for bodies that differ in spaces, escapes or order alone.

    Numbers are the same when they are written so, but for the letter and sign of an exponent: 5.50 is not 5.5.
    """
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{canonical(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def _whole_number(text: str) -> int:
    return int(_short(text))


def _number(text: str) -> Decimal:
    try:
        return Decimal(_short(text))
    except InvalidOperation as error:  # an exponent beyond any
        raise _RefusedError(_NOT_JSON) from error


def _short(number: str) -> str:
    if len(number) > MAX_NUMBER_CHARS:
        raise _RefusedError(format_lazy(_TOO_LONG, most=MAX_NUMBER_CHARS))
    return number


def _no_number(_name: str) -> NoReturn:
    raise _RefusedError(_NOT_JSON)


def _object_of_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _RefusedError(_TWICE)
    return found


_DECODER = json.JSONDecoder(
    parse_int=_whole_number,
    parse_float=_number,
    parse_constant=_no_number,
    object_pairs_hook=_object_of_unique_names,
)
