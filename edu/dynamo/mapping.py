"""Items of the table <-> dataclasses.

A dataclass's fields become attributes of the same name; nested dataclasses become maps and tuples lists. Decimals stay
exact numbers, aware datetimes become fixed-width UTC text that sorts by time, dates ISO text. What has no exact form in
DynamoDB (floats, naive datetimes) is refused rather than rounded. ``None`` is stored as no attribute at all.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from boto3.dynamodb.types import DYNAMODB_CONTEXT, TypeDeserializer, TypeSerializer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

T = TypeVar("T")
Attributes = dict[str, Any]
_KEPT = (Decimal, datetime, date, bytes)
_serializer, _deserializer = TypeSerializer(), TypeDeserializer()


def to_attributes(record: object) -> Attributes:
    """A dataclass's fields as plain values.

    Raises:
        TypeError: for a float, a naive datetime, a number that DynamoDB cannot hold exactly, or a name in a map that is
            no text.
    """
    plain: Attributes = _plain(msgspec.to_builtins(record, builtin_types=_KEPT))
    return plain


def from_attributes(kind: type[T], attributes: Mapping[str, Any]) -> T:
    """Build a dataclass from an item's attributes; those it does not know (keys, discriminator) are left out.

    Raises:
        msgspec.ValidationError: when the item does not fit the class: the table holds what we did not write.
    """
    return msgspec.convert(attributes, kind)


def to_item(attributes: Mapping[str, Any]) -> dict[str, AttributeValueTypeDef]:
    """Plain attributes in DynamoDB's wire form."""
    return {name: _serializer.serialize(value) for name, value in attributes.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> Attributes:
    """DynamoDB's wire form as plain attributes: whole numbers as ``int``, others as ``Decimal``."""
    return {name: _number(_deserializer.deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever the table holds
    match value:
        case dict() if not all(isinstance(name, str) for name in value):
            raise TypeError("a name in a map is text")
        case dict():
            return {name: _plain(part) for name, part in value.items() if part is not None}
        case list() | tuple():
            return [_plain(part) for part in value]
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case float():
            raise TypeError("a float has no exact form in the table; use Decimal")
        case int() | Decimal() if not _fits(value):
            raise TypeError("a number has at most 38 digits and is neither infinite nor NaN")
        case _:
            return value


def _fits(number: int | Decimal) -> bool:
    """Whether DynamoDB holds the number as it is: 38 digits, between 1E-130 and 1E+126."""
    try:
        return DYNAMODB_CONTEXT.create_decimal(number).is_finite()
    except ArithmeticError:
        return False


def instant_text(instant: datetime) -> str:
    """An instant as UTC text of fixed width, so that text order is time order.

    Raises:
        TypeError: for a naive datetime.
    """
    if instant.tzinfo is None:
        raise TypeError("a naive datetime names no instant")
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _number(value: Any) -> Any:  # noqa: ANN401 - whatever the table holds
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else value
        case dict():
            return {name: _number(part) for name, part in value.items()}
        case list():
            return [_number(part) for part in value]
        case _:
            return value if not hasattr(value, "value") else bytes(value.value)
