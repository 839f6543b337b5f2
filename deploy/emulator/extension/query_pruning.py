"""What a query's conditions leave of a table's objects, decided before one is read. What is not understood keeps all.

A condition counts when it stands in the WHERE of the SELECT that names the table, touches nothing but partition columns
and ``"$path"``, and is made of the parts in ``_UNDERSTOOD``. The engine itself decides it, over the candidates' values.
On AWS a condition around a sub-select reaches into it; here each table goes by its own WHERE.
"""

# ruff: noqa: S608 - every name is quoted, every value a parameter, every condition of known parts

import atexit
from collections.abc import Mapping, Sequence
from functools import cache

import duckdb
from sqlglot import exp

from deploy.emulator.extension.query_statement import ENGINE, Reference

Value = str | None
_UNDERSTOOD = (
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.Boolean,
    exp.Null,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.In,
    exp.Between,
    exp.Is,
    exp.Like,
    exp.And,
    exp.Or,
    exp.Not,
    exp.Paren,
    exp.Tuple,
    exp.Neg,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Cast,
    exp.DataType,
    exp.DPipe,
    exp.Lower,
    exp.Upper,
)


def conditions(reference: Reference, columns: Sequence[str]) -> list[exp.Expr]:
    """The reference's conjuncts that touch ``columns`` (lower case) and nothing else."""
    return [found for found in reference.conjuncts() if _touches_only(found, reference, frozenset(columns))]


def bound_to_constants(reference: Reference, column: str) -> bool:
    """Whether the WHERE holds the column to named values, as AWS demands of an injected partition column."""
    return any(_names_values(found) for found in conditions(reference, [column]))


def kept(found: Sequence[exp.Expr], types: Mapping[str, str], rows: Sequence[Sequence[Value]]) -> list[int] | None:
    """The numbers of the ``rows`` (values in the order of ``types``) for which every condition is true.

    None when the engine cannot decide: the conditions then say nothing about these rows.
    """
    left = list(range(len(rows)))
    open_ones = []
    for condition in found:
        named = _named_texts(condition, types) or _named_numbers(condition, types, [rows[number] for number in left])
        if named is None:
            open_ones.append(condition)
        else:
            place = list(types).index(named[0])
            left = [number for number in left if rows[number][place] in named[1]]
    judged = _judged(open_ones, types, [rows[number] for number in left])
    return None if judged is None else [left[number] for number in judged]


def _judged(found: Sequence[exp.Expr], types: Mapping[str, str], rows: Sequence[Sequence[Value]]) -> list[int] | None:
    if not found or not rows:
        return list(range(len(rows)))
    names = list(types)
    lists = ", ".join(f"unnest(?::VARCHAR[]) AS {_quoted(name)}" for name in names)
    typed = ", ".join(f"CAST({_quoted(name)} AS {types[name]}) AS {_quoted(name)}" for name in names)
    wanted = " AND ".join(f"({_bare(condition)})" for condition in found)
    sql = (
        f"SELECT number FROM (SELECT {typed}, number FROM (SELECT {lists}, unnest(range(?)) AS number)) WHERE {wanted}"
    )
    values = [[row[place] for row in rows] for place in range(len(names))]
    try:
        chosen = _judge().cursor().execute(sql, [*values, len(rows)]).fetchall()
    except duckdb.Error:
        return None
    return sorted(number for (number,) in chosen)


def refuses_null(condition: exp.Expr, types: Mapping[str, str]) -> bool:
    """Whether a row that an outer join filled with NULL is none of the condition's."""
    return kept([condition], types, [[None] * len(types)]) == []


def take_away(reference: Reference, found: Sequence[exp.Expr]) -> None:
    """Leave the conditions out of the statement, where the choice of objects already answers them for every row."""
    if reference.select is None or not reference.alone:
        return
    left = [conjunct for conjunct in reference.conjuncts() if not any(conjunct is gone for gone in found)]
    reference.select.set("where", exp.Where(this=exp.and_(*left, copy=False)) if left else None)


def _touches_only(condition: exp.Expr, reference: Reference, columns: frozenset[str]) -> bool:
    touched = 0
    for node in condition.walk():
        if not isinstance(node, _UNDERSTOOD):
            return False
        if isinstance(node, exp.Column):
            touched += 1
            if node.name.lower() not in columns or not reference.owns(node):
                return False
    return touched > 0


def _names_values(condition: exp.Expr) -> bool:
    if isinstance(condition, exp.Paren):
        return _names_values(condition.this)
    if isinstance(condition, exp.Or):
        return _names_values(condition.left) and _names_values(condition.right)
    if isinstance(condition, exp.EQ):
        sides = (condition.left, condition.right)
        return any(isinstance(one, exp.Column) for one in sides) and any(isinstance(one, exp.Literal) for one in sides)
    if isinstance(condition, exp.In):
        values = condition.expressions
        return isinstance(condition.this, exp.Column) and all(isinstance(value, exp.Literal) for value in values)
    return False


def _named_texts(condition: exp.Expr, types: Mapping[str, str]) -> tuple[str, frozenset[str]] | None:
    """The column and the texts of ``column = 'text'`` or ``column IN ('text', ...)``: for thousands of them."""
    column, values = _named_values(condition)
    if not values or types.get(column) != "VARCHAR" or not all(value.is_string for value in values):
        return None
    return column, frozenset(value.name for value in values)


def _named_numbers(
    condition: exp.Expr, types: Mapping[str, str], rows: Sequence[Sequence[Value]]
) -> tuple[str, frozenset[str]] | None:
    """The column and the texts in ``rows`` that are the numbers of ``column = 1`` or ``column IN (1, ...)``."""
    column, values = _named_values(condition)
    if not values or types.get(column) != "INTEGER" or not all(_is_number(value) for value in values):
        return None
    texts = {row[list(types).index(column)] for row in rows}
    if not all(text and text.isascii() and text.isdigit() for text in texts):
        return None
    numbers = {int(value.name) for value in values}
    return column, frozenset(text for text in texts if text and int(text) in numbers)


def _is_number(value: exp.Expr) -> bool:
    return not value.is_string and value.name.isascii() and value.name.isdigit()


def _named_values(condition: exp.Expr) -> tuple[str, list[exp.Literal]]:
    """The column (lower case) and literals of ``column = literal`` or ``column IN (literal, ...)``; else nothing."""
    column = condition.this
    if isinstance(condition, exp.In):
        values = condition.expressions
    else:
        values = [condition.expression] if isinstance(condition, exp.EQ) else []
    if not isinstance(column, exp.Column) or not all(isinstance(value, exp.Literal) for value in values):
        return "", []
    return column.name.lower(), values


def _bare(condition: exp.Expr) -> str:
    copied = condition.copy()
    for column in list(copied.find_all(exp.Column)):
        for part in ("table", "db", "catalog"):
            column.set(part, None)
        column.this.set("quoted", True)
        column.this.set("this", column.name.lower())
    return copied.sql(dialect=ENGINE)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@cache
def _judge() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    for setting in ("threads = 1", "enable_external_access = false", "python_enable_replacements = false"):
        connection.execute(f"SET {setting}")
    connection.execute("SET lock_configuration = true")
    atexit.register(_judge.cache_clear)  # before the interpreter counts what was left
    return connection
