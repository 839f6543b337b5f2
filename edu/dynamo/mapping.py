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
_LARGE = 10**38  # the first whole number that has too many digits
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
    return {
        name: {"S": value} if type(value) is str else _to_wire(value)  # most are texts, and a call each would tell
        for name, value in attributes.items()
        if value is not None
    }


def from_item(item: Mapping[str, Any]) -> Attributes:
    """DynamoDB's wire form as plain attributes: whole numbers as ``int``, others as ``Decimal``."""
    return {name: _from_wire(value) for name, value in item.items()}


def _to_wire(value: Any) -> Any:  # noqa: ANN401 - whatever is stored
    """boto3's ``TypeSerializer`` asks a dozen questions of each value; what most values are is answered here first."""
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int() if -_LARGE < value < _LARGE:
            return {"N": str(value)}
        case dict():
            return {"M": {name: {"S": p} if type(p) is str else _to_wire(p) for name, p in value.items()}}
        case list():
            return {"L": [_to_wire(part) for part in value]}
        case _:
            return _serializer.serialize(value)


def _from_wire(wire: Any) -> Any:  # noqa: ANN401 - whatever the table holds
    [(kind, value)] = wire.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return int(value) if value.isdecimal() else _number(Decimal(value))
        case "M":
            return {name: _from_wire(part) for name, part in value.items()}
        case "L":
            return [_from_wire(part) for part in value]
        case _:
            return _other(_deserializer.deserialize(wire))


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever the table holds
    match value:
        case str():
            return value
        case dict() if set(map(type, value)) - {str} and not all(isinstance(name, str) for name in value):
            raise TypeError("a name in a map is text")
        case dict():
            return {n: part if type(part) is str else _plain(part) for n, part in value.items() if part is not None}
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


def _number(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value


def _other(value: Any) -> Any:  # noqa: ANN401 - bytes, nothing, or a set
    return bytes(value.value) if hasattr(value, "value") else value
