"""What a write says of what it replaces: a version (``If-Match``, RFC 9110, 13.1.1) or nothing (``If-None-Match: *``).

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

HEADER, ABSENCE_HEADER = "If-Match", "If-None-Match"
_VERSION_TAG = re.compile(r'"([1-9][0-9]{0,8})"', re.ASCII)
_UNQUOTED = re.compile(r"[0-9]{1,9}", re.ASCII)
_WEAK = re.compile(r'[Ww]/("[1-9][0-9]{0,8}")', re.ASCII)


class PreconditionRequiredError(InvalidInputError):
    """A change came without ``If-Match`` (or ``If-None-Match``): it could undo what others wrote in the meantime."""

    code = "if_match_required"
    status = 428
    title = _("Say which version you are changing")


class MalformedPreconditionError(InvalidInputError):
    """``If-Match`` names no single version: ``*``, a weak tag, a list, or no tag of ours."""

    code = "if_match_malformed"
    status = 400
    title = _("Say which version you are changing")


class MalformedAbsenceError(InvalidInputError):
    """``If-None-Match`` on a write is anything but ``*``: an ETag there says nothing that a write could go by."""

    code = "if_none_match_malformed"
    status = 400
    title = _("Say which version you are changing")


class ContradictoryPreconditionsError(InvalidInputError):
    """A write has both ``If-Match`` and ``If-None-Match``: it changes a version, or creates what is not there yet."""

    code = "preconditions_contradict"
    status = 400
    title = _("Say which version you are changing")


def replaced_version(request: Request) -> int | None:
    """The version that a PUT replaces; ``None``: there is to be none yet (``If-None-Match: *``).

    Raises:
        PreconditionRequiredError: there is neither header.
        ContradictoryPreconditionsError: there are both.
        MalformedAbsenceError: ``If-None-Match`` is not ``*``.
        MalformedPreconditionError: see ``expected_version``.
    """
    absence = request.headers.get(ABSENCE_HEADER, "").strip()
    is_versioned = bool(request.headers.get(HEADER, "").strip())
    if absence and is_versioned:
        message = gettext("Send If-Match to change a version, or If-None-Match: * to create; not both")
        raise ContradictoryPreconditionsError(fields=[FieldError(ABSENCE_HEADER, "one_condition", message)])
    if absence and absence != "*":
        message = gettext("Send If-None-Match: * to create, or the ETag in If-Match to change")
        raise MalformedAbsenceError(fields=[FieldError(ABSENCE_HEADER, "asterisk", message)])
    if absence:
        return None
    if not is_versioned:
        message = gettext("Send the record's ETag in an If-Match header, or If-None-Match: * if there is none yet")
        raise PreconditionRequiredError(fields=[FieldError(HEADER, "required", message)])
    return expected_version(request)


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
