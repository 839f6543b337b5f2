"""The platform's list of schools: which there are, and nothing that is theirs."""

from __future__ import annotations

from dataclasses import dataclass

from edu.dynamo import table
from edu.dynamo.keys import Key, platform_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import Transaction
from edu.tenancy import InvalidSchoolIdError, check_school_id, enter_platform, is_canary_id

_ENTITY = "registered_school"


@dataclass(frozen=True)
class RegisteredSchool:
    """A school as the platform knows it."""

    school_id: str
    country: str
    time_zone: str


def register_school(school: RegisteredSchool) -> None:
    """Add a school to the list, or replace its entry. Idempotent. Enters the platform's scope by itself.

    Raises:
        InvalidSchoolIdError: the id is malformed, or of the isolation canaries.
    """
    if is_canary_id(check_school_id(school.school_id)):
        raise InvalidSchoolIdError("a canary's id")
    with enter_platform():
        key = Key(platform_partition("SCHOOLS"), school.school_id)
        transaction = Transaction()
        transaction.put({**key.as_attributes(), "entity": _ENTITY, **to_attributes(school)})
        transaction.commit()


def list_schools() -> list[RegisteredSchool]:
    """Every school, by id. Strongly consistent. Enters the platform's scope by itself."""
    with enter_platform():
        query = table.Query(platform_partition("SCHOOLS"), consistent=True, limit=1000)
        return [from_attributes(RegisteredSchool, found) for found in table.query_all(query)]
