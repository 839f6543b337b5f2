"""What is wrong with files, by file, row and column, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import Promise

MAX_TOLD = 200
HEADER_ROW = 1

_WORDS: Mapping[str, Promise] = MappingProxyType(
    {
        "absent_but_there": _("The manifest says that this file is absent"),
        "ambiguous_date": _("It may be one day or another; write it as 2026-11-23, or say the order of day and month"),
        "bad_archive": _("This is no zip file that can be read"),
        "bad_csv": _("The row cannot be read: a quotation mark is not closed, or closes too early"),
        "bad_workbook": _("This is no workbook (xlsx) that can be read"),
        "copy_of_another": _("The file is a copy of another one"),
        "differs": _("It says something else than a row before"),
        "empty": _("There is nothing in it"),
        "encoding": _("The file is not in UTF-8; it was read in the encoding that fits"),
        "encrypted": _("The archive is protected by a password"),
        "end_before_start": _("It ends before it starts"),
        "exists": _("What it names is neither in the files nor in the school"),
        "extension_column": _("An extension of the standard, which is not read"),
        "extra_cells": _("The row has more cells than the header"),
        "header_case": _("The header is written otherwise; it was read all the same"),
        "invalid": _("This value is not valid"),
        "invalid_date": _("It is no date like 2026-11-23"),
        "missing_column": _("The file needs this column"),
        "missing_file": _("The set needs this file"),
        "mode_empty": _("The manifest does not say whether this file is bulk, delta or absent"),
        "mode_unknown": _("The manifest may say bulk, delta or absent"),
        "no_teacher": _("The class has no teacher"),
        "not_read": _("This file is not read"),
        "password_column": _("Passwords are not read, and stored nowhere"),
        "repeated": _("It is there twice"),
        "required": _("Something must stand here"),
        "school_year": _("It belongs to no school year, or to more than one"),
        "separator": _("The cells are not separated by commas; they were read all the same"),
        "several_schools": _("It is of another school than the rows before; import a set for each school"),
        "too_large": _("It is larger than an import may be"),
        "unknown_column": _("No column of the standard, which is not read"),
        "unreadable": _("It holds characters that cannot be read"),
        "unsafe_path": _("The archive names a path that leads elsewhere"),
        "wrong_role": _("The user has another role"),
        "version_empty": _("The manifest does not say which version it is; the files tell"),
        "version_unknown": _("Only OneRoster 1.1 and 1.2 are read"),
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule that one place of the files breaks. Row 0: the file itself; the header is row 1."""

    file: str
    row: int
    column: str
    rule: str

    @property
    def place(self) -> str:
        """Where: ``users.csv:12:birthDate``."""
        return f"{self.file}:{self.row}:{self.column}" if self.row else self.file


@dataclass
class Report:
    """What was noticed while files were read: ``problems`` forbid the import, ``notices`` do not."""

    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)

    def refuse(self, file: str, rule: str, *, row: int = 0, column: str = "") -> None:
        """Note what forbids the import; of very many, the first."""
        if len(self.problems) < MAX_TOLD:
            self.problems.append(Problem(file, row, column, rule))

    def notice(self, file: str, rule: str, *, row: int = 0, column: str = "") -> None:
        """Note where the files differ from their standard without harm."""
        if len(self.notices) < MAX_TOLD:
            self.notices.append(Problem(file, row, column, rule))


def words_of(rule: str) -> Promise:
    """The words for a broken rule."""
    return _WORDS[rule]
