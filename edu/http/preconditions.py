"""``If-Match`` on a write: whoever changes a record says which version of it they saw (RFC 9110, 13.1.1).

Conditions on reads are ``edu.http.conditional``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from edu.errors import FieldError, InvalidInputError

if TYPE_CHECKING:
    from rest_framework.request import Request

HEADER = "If-Match"
_VERSION_TAG = re.compile(r'"([1-9][0-9]{0,8})"', re.ASCII)
_UNQUOTED = re.compile(r"[0-9]{1,9}", re.ASCII)
_WEAK = re.compile(r'[Ww]/("[1-9][0-9]{0,8}")', re.ASCII)


class PreconditionRequiredError(InvalidInputError):
    """A change came without ``If-Match``: it could undo what somebody else wrote in the meantime."""

    code = "if_match_required"
    status = 428
    title = _("Say which version you are changing")


class MalformedPreconditionError(InvalidInputError):
    """``If-Match`` names no single version: ``*``, a weak tag, a list, or no tag of ours."""

    code = "if_match_malformed"
    status = 400
    title = _("Say which version you are changing")


def expected_version(request: Request) -> int:
    """The version that the request changes.

    Raises:
        PreconditionRequiredError: there is no ``If-Match``.
        MalformedPreconditionError: it names no single version; ``*`` (whatever it is now) is refused on purpose.
    """
    header = request.headers.get(HEADER, "").strip()
    if not header:
        message = gettext("Send the record's ETag in an If-Match header")
        raise PreconditionRequiredError(fields=[FieldError(HEADER, "required", message)])
    found = _VERSION_TAG.fullmatch(header)
    if found is None:
        raise MalformedPreconditionError(fields=[FieldError(HEADER, "one_version", _what_to_send(header))])
    return int(found[1])


def _what_to_send(header: str) -> str:
    """What would have been right instead of a header that names no single version."""
    if _UNQUOTED.fullmatch(header):
        return gettext('Send the version in quotes: "%(version)s"') % {"version": header}
    if weak := _WEAK.fullmatch(header):  # a proxy that compresses answers weakens their tags on the way
        return gettext("Send the ETag without W/: %(tag)s") % {"tag": weak[1]}
    return gettext('Send the ETag of the one version that you saw, such as "1": neither * nor several')
