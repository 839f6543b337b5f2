"""Students' names in the lake: an HMAC of the student id under a key of the school's own.

Without the secret the lake's rows lead to no child, and the same student has unrelated pseudonyms in two schools.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from django.conf import settings

from edu.errors import ConfigurationError
from edu.tenancy import current_school_id


def pseudonym_of(student_id: str) -> str:
    """The student's pseudonym in the school in scope: 32 hexadecimal characters.

    Raises:
        NoScopeError: outside a school's scope.
        ConfigurationError: there is no secret, so anybody could undo the pseudonym.
    """
    if not settings.PSEUDONYM_KEY:
        raise ConfigurationError("LIBRETA_PSEUDONYM_KEY is not set")
    key = _school_key(current_school_id(), settings.PSEUDONYM_KEY)
    return hmac.new(key, student_id.encode(), hashlib.sha256).hexdigest()[:32]


@lru_cache(maxsize=256)
def _school_key(school_id: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), b"school\0" + school_id.encode(), hashlib.sha256).digest()
