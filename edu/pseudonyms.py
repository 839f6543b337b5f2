"""Students' names in the lake: an HMAC, under a key of the school's own, of the student's own key and id.

Without the platform's secret and the student's key a row of the lake leads to no child, and the same student has
unrelated pseudonyms in two schools. Once the student's key is destroyed nobody can compute the pseudonym any more, so
that every copy of the lake is unlinked at once (ADR 0036).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from edu import student_keys
from edu.errors import ConfigurationError
from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from collections.abc import Iterable

_CHARACTERS = 32


def pseudonym_of(student_id: str) -> str:
    """The student's pseudonym in the school in scope: 32 hexadecimal characters. The same as long as their key stands.

    Of an erased student each call gives another, which is nobody's. Costs nothing where the key is remembered, see
    ``edu.student_keys.keys_of``.

    Raises:
        NoScopeError: outside a school's scope.
        ConfigurationError: there is no secret, so that whoever has a copy of the table could undo the pseudonym.
        StoreUnavailableError: the table does not answer.
    """
    return pseudonyms_of([student_id])[student_id]


def pseudonyms_of(student_ids: Iterable[str]) -> dict[str, str]:
    """The pseudonyms of many: one read for each 100 whose keys are not remembered. Raises like ``pseudonym_of``."""
    school_key = _key_of_school()
    keys = student_keys.keys_of(student_ids)
    return {student_id: _pseudonym(school_key, key, student_id) for student_id, key in keys.items()}


def standing_pseudonyms_of(student_ids: Iterable[str]) -> dict[str, str]:
    """The pseudonyms of those that have one; none is made, and nobody erased has one.

    Raises like ``pseudonym_of``.
    """
    school_key = _key_of_school()
    keys = student_keys.standing_keys_of(student_ids)
    return {student_id: _pseudonym(school_key, key, student_id) for student_id, key in keys.items() if key}


def blinded(text: str) -> str:
    """What stands for a text that may stand in no key and no address: the same in this school only, for good.

    Raises:
        NoScopeError: outside a school's scope.
        ConfigurationError: there is no secret, so that anybody could find the text by trying.
    """
    return hmac.new(_key_of_school(), text.encode(), hashlib.sha256).hexdigest()[:_CHARACTERS]


def _pseudonym(school_key: bytes, student_key: bytes, student_id: str) -> str:
    if student_key == student_keys.ERASED:
        return secrets.token_hex(_CHARACTERS // 2)
    return hmac.new(school_key, student_key + student_id.encode(), hashlib.sha256).hexdigest()[:_CHARACTERS]


def _key_of_school() -> bytes:
    if not settings.PSEUDONYM_KEY:
        raise ConfigurationError("LIBRETA_PSEUDONYM_KEY is not set")
    return _derived(current_school_id(), settings.PSEUDONYM_KEY)


@lru_cache(maxsize=256)
def _derived(school_id: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), b"school\0" + school_id.encode(), hashlib.sha256).digest()
