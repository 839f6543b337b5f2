"""Names of items: the only place where a partition key is put together.

Every partition key of a school, in the table and in the index, is ``SCHOOL#<school_id>`` or continues it after ``#``:
the IAM policy of the tenant role allows exactly these two forms (ADR 0002).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from edu.errors import InvalidInputError
from edu.tenancy import current_school_id

SEPARATOR = "#"
_MAX_PART_BYTES = 256


class InvalidKeyError(InvalidInputError):
    """A part of a key is empty, too long, or holds the separator or a control character."""

    code = "invalid_key"


@dataclass(frozen=True)
class Key:
    """An item's primary key."""

    pk: str
    sk: str

    def as_attributes(self) -> dict[str, str]:
        """The key as plain attributes."""
        return {"pk": self.pk, "sk": self.sk}


def school_partition(*parts: str) -> str:
    """A partition of the school in scope: ``SCHOOL#<id>[#part…]``.

    Raises:
        NoScopeError: outside a school's scope.
        InvalidKeyError: for a part that could be read as two.
    """
    return SEPARATOR.join(("SCHOOL", current_school_id(), *map(checked, parts)))


def platform_partition(*parts: str) -> str:
    """A partition of the platform: ``PLATFORM#part[#part…]``.

    Raises:
        InvalidKeyError: for a part that could be read as two.
    """
    return SEPARATOR.join(("PLATFORM", *map(checked, parts)))


def joined(*parts: str) -> str:
    """A sort key made of parts.

    Raises:
        InvalidKeyError: for a part that could be read as two.
    """
    return SEPARATOR.join(map(checked, parts))


@lru_cache(maxsize=8192)  # a write names a dozen parts, and most of them again and again
def checked(part: str) -> str:
    """Return ``part`` when it can stand between separators.

    Raises:
        InvalidKeyError: when it cannot.
    """
    if not part or SEPARATOR in part or not part.isprintable() or len(part.encode()) > _MAX_PART_BYTES:
        raise InvalidKeyError("malformed key part")
    return part
