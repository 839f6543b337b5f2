"""What a body or a query holds, field by field: as strict as the contract says and no stricter.

Django REST framework's own fields take a number for a text, ``yes`` for ``true``, ``1_0`` for ten and a week for a day.
These read with ``edu.values`` and ``edu.texts`` instead. Their rules keep the framework's names.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from edu import texts, values

if TYPE_CHECKING:
    from datetime import date

ID_PATTERN = f"^{values.ID}$"
_UNREADABLE = _("This character cannot be read: {character}")
_MAX_PLAIN_EXPONENT = 20  # of a JSON number: beyond it no field of ours has anything to take


class IdField(serializers.RegexField):
    """An id. Nothing around it is taken away: another text is another id."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - DRF's options
        super().__init__(ID_PATTERN, trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:  # noqa: ANN401 - whatever was sent
        """The id."""
        if not values.is_id(data):
            self.fail("invalid")
        return str(data)


class LineField(serializers.CharField):
    """One line that people read, as ``edu.texts.one_line`` keeps it; longer than ``max_length`` is judged after that.

    Its ``invalid`` says what may be sent, and then which character may not.
    """

    def to_internal_value(self, data: Any) -> str:  # noqa: ANN401 - whatever was sent
        """The line."""
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            return texts.one_line(data)
        except texts.UnreadableError as error:
            named = format_lazy(_UNREADABLE, character=error.character)
            said = format_lazy("{}. {}", self.error_messages["invalid"], named)
            raise serializers.ValidationError(said, code="invalid") from error


class WholeNumberField(serializers.IntegerField):
    """A whole number: of a query its digits, of a body a JSON number (RFC 8259 has one kind: 5.0 is 5)."""

    def __init__(self, *, in_query: bool = False, **options: Any) -> None:  # noqa: ANN401 - DRF's options
        self._in_query = in_query
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> int:  # noqa: ANN401 - whatever was sent
        """The number."""
        if self._in_query and isinstance(data, str):
            try:
                return values.whole_number(data)
            except ValueError:
                self.fail("invalid")
        if isinstance(data, bool) or not isinstance(data, (int, Decimal)):
            self.fail("invalid")
        if isinstance(data, Decimal) and (data.adjusted() > _MAX_PLAIN_EXPONENT or data != data.to_integral_value()):
            self.fail("invalid")
        return int(data)


class DecimalTextField(serializers.DecimalField):
    """A decimal as text, digit by digit; a JSON number is taken too, and means what it is worth."""

    def to_internal_value(self, data: Any) -> Decimal:  # noqa: ANN401 - whatever was sent
        """The number, within the field's digits."""
        if isinstance(data, bool) or not isinstance(data, (str, int, Decimal)):
            self.fail("invalid")
        try:
            read = values.decimal_number(data if isinstance(data, str) else plain_text(data))
        except ValueError:
            self.fail("invalid")
        return self.quantize(self.validate_precision(read))


class DayField(serializers.DateField):
    """A day, written ``2026-11-23``."""

    def to_internal_value(self, value: Any) -> date:  # noqa: ANN401 - whatever was sent
        """The day."""
        try:
            return values.calendar_date(value if isinstance(value, str) else "")
        except ValueError:
            self.fail("invalid", format="YYYY-MM-DD")


class InstantField(serializers.DateTimeField):
    """An instant with its offset, as RFC 3339 writes it."""

    def to_internal_value(self, value: Any) -> datetime:  # noqa: ANN401 - whatever was sent
        """The instant, in UTC."""
        try:
            return values.instant(value if isinstance(value, str) else "").astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")


class TruthField(serializers.BooleanField):
    """``true`` or ``false``."""

    def to_internal_value(self, data: Any) -> bool:  # noqa: ANN401 - whatever was sent
        """The truth."""
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


def plain_text(number: int | Decimal) -> str:
    """A JSON number without its exponent, digit by digit, where it has few; any other as Python writes it."""
    if isinstance(number, Decimal) and abs(number.adjusted()) <= _MAX_PLAIN_EXPONENT:
        return f"{number:f}"
    return str(number)
