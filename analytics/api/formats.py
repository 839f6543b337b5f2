"""The files that an answer is given as, beside JSON. A client asks for one by ``Accept`` or ``?format=``."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, fields
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, get_type_hints

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from rest_framework.renderers import JSONRenderer

from analytics.column_names import COLUMN_NAMES
from edu.http import conventions
from edu.http.conventions import BYTE_ORDER_MARK, safe_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edu.http.conventions import Convention, Place


class AnswerFormat(JSONRenderer):
    """A file format. What is no answer (a refusal, or that it is not there yet) is JSON all the same."""

    charset = None
    content_type: ClassVar[str]
    schema: ClassVar[OpenApiTypes]

    def write(self, place: Place, row: type[Any], rows: Sequence[Any]) -> bytes:
        """The rows, which are of the type ``row``, as a file."""
        raise NotImplementedError


class CsvFormat(AnswerFormat):
    """A table for a spreadsheet of the school's country, in the reader's language. No text in it is a formula."""

    media_type = "text/csv"
    format = "csv"
    content_type = "text/csv; charset=utf-8"
    schema = OpenApiTypes.STR

    def write(self, place: Place, row: type[Any], rows: Sequence[Any]) -> bytes:
        """UTF-8 with a byte order mark and CRLF."""
        convention, written = conventions.of(place), io.StringIO()
        writer = csv.writer(written, delimiter=convention.delimiter, lineterminator="\r\n")
        names = [one.name for one in fields(row)]
        writer.writerow([safe_cell(str(COLUMN_NAMES[name])) for name in names])
        for one in rows:
            writer.writerow([column_text(getattr(one, name), convention) for name in names])
        return (BYTE_ORDER_MARK + written.getvalue()).encode()


class ParquetFormat(AnswerFormat):
    """A table with typed columns, for programs."""

    media_type = "application/vnd.apache.parquet"
    format = "parquet"
    content_type = media_type
    schema = OpenApiTypes.BINARY

    def write(self, place: Place, row: type[Any], rows: Sequence[Any]) -> bytes:
        """See ``analytics.lake.results``."""
        from analytics.lake.results import parquet_of_answer  # noqa: PLC0415 - pyarrow takes 40 MB: only who asks pays

        del place
        return parquet_of_answer(column_types(row), [asdict(one) for one in rows])


FORMATS: tuple[type[AnswerFormat], ...] = (CsvFormat, ParquetFormat)


def column_types(row: type[Any]) -> dict[str, str]:
    """The columns of a row's type, each with the name of its type; that it may be empty is not said."""
    hints = get_type_hints(row)
    return {one.name: str(getattr(hints[one.name], "__args__", (hints[one.name],))[0].__name__) for one in fields(row)}


def column_text(value: object, convention: Convention) -> str:
    """A value as the school writes it; no text of it is a formula."""
    match value:
        case None:
            return ""
        case bool():
            return _("Yes") if value else _("No")
        case int() | float():
            return convention.number(f"{value}")
        case date():
            return value.isoformat()
        case _:
            return safe_cell(str(value))
