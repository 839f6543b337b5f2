"""A statement of Athena's dialect (Trino's): its parameters bound, read once, its tables found. No files, no engine.

Remaining differences to AWS: an execution parameter may only be a literal (AWS takes any constant expression), and of
``format_datetime`` only the patterns in ``_PATTERNS`` are known. A time with a zone has UTC's until ``AT TIME ZONE``
gives it another, and then shows no zone; a time without one is read as the zone's own there. ``x / 0`` is NULL.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import SqlglotError

ENGINE = "duckdb"
PATH = "$path"
_trino = Trino()
LONGEST_CHARACTERS = 262_144  # AWS's own bound for QueryString
_PATTERNS = {
    "yyyy": "%Y",
    "YYYY": "%Y",
    "yy": "%y",
    "MMM": "%b",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
    "SSS": "%g",
    "EEE": "%a",
}
_PATTERN = re.compile(r"'[^']*'|([A-Za-z])\1*|.", re.DOTALL)


class QueryRefusedError(Exception):
    """A query that ends as failed; the text is its reason, as AWS words it."""


@dataclass(frozen=True)
class Reference:
    """One place where a statement reads a table. ``select`` is whose FROM or JOIN it stands in, None when unclear."""

    node: exp.Table
    database: str
    name: str
    alias: str
    select: exp.Select | None
    alone: bool
    beside_outer_join: bool

    def conjuncts(self) -> list[exp.Expr]:
        """What the SELECT's own WHERE demands of every row."""
        where = self.select.args.get("where") if self.select else None
        return list(_split(where.this)) if where else []

    def owns(self, column: exp.Column) -> bool:
        """Whether a column of ``conjuncts`` is certainly this reference's, should it have one of the name."""
        return column.table.lower() == self.alias.lower() if column.table else self.alone


def read(sql: str, parameters: Sequence[str] = ()) -> exp.Query:
    """The statement as a tree, names in lower case where they are not quoted, each ``?`` one literal of the parameters.

    Raises:
        QueryRefusedError: it is none, is too long, is more than one, or is no SELECT; the parameters are too few or too
            many, or one is no literal.
    """
    if len(sql) > LONGEST_CHARACTERS:
        raise QueryRefusedError(f"the statement is longer than {LONGEST_CHARACTERS} characters")
    try:
        tokens = list(_bound(_trino.tokenize(sql), parameters))
        statements = [found for found in _trino.parser().parse(tokens, sql) if found]
    except (SqlglotError, RecursionError) as error:
        raise QueryRefusedError("Access denied: the statement cannot be read") from error
    if len(statements) != 1:
        raise QueryRefusedError("Access denied: one statement at a time")
    (statement,) = statements
    if not isinstance(statement, exp.Query) or statement.args.get("into"):
        raise QueryRefusedError("Access denied: only SELECT")
    for identifier in statement.find_all(exp.Identifier):
        if not identifier.quoted:
            identifier.set("this", identifier.name.lower())
    return statement


def in_the_engines_words(statement: exp.Expr) -> str:
    """The statement as DuckDB reads it. It is changed: a copy costs as much as reading it did.

    Raises:
        QueryRefusedError: it has no such words.
    """
    try:
        for node in list(statement.find_all(exp.Anonymous)):
            node.replace(_known_here(node))
        return statement.sql(dialect=ENGINE, copy=False, unsupported_level=sqlglot.ErrorLevel.RAISE)
    except (SqlglotError, RecursionError) as error:
        raise QueryRefusedError(f"NOT_SUPPORTED: the emulator cannot translate the statement: {error}") from error


def references(statement: exp.Query, database: str) -> list[Reference]:
    """Every table that is read, but names that a WITH gives; ``database`` for those that name none."""
    return [
        _reference(table, database)
        for table in list(statement.find_all(exp.Table))
        if isinstance(table.this, exp.Identifier) and (table.db or table.name not in set(_given_names(table)))
    ]


def _reference(table: exp.Table, database: str) -> Reference:
    clause = table.parent
    select = clause.parent if isinstance(clause, exp.From | exp.Join) else None
    select = select if isinstance(select, exp.Select) and not table.args.get("joins") else None
    joins = (select.args.get("joins") or []) if select else []
    return Reference(
        node=table,
        database=table.db or database,
        name=table.name,
        alias=table.alias_or_name,
        select=select,
        alone=select is not None and not joins and not select.args.get("laterals"),
        beside_outer_join=any(join.side for join in joins),
    )


def _given_names(node: exp.Expr) -> Iterator[str]:
    """The names that a WITH around ``node`` gives: inside one of its own parts, only those before it."""
    inside: exp.Expr | None = None
    step: exp.Expr | None = node
    while step is not None:
        if isinstance(step, exp.CTE):
            inside = step
        elif not isinstance(step, exp.With) and (given := step.args.get("with_")):
            own = inside is not None and inside.parent is given
            for part in given.expressions:
                if own and part is inside and not given.recursive:
                    break
                yield part.alias.lower()
                if own and part is inside:
                    break
        step = step.parent


def _split(condition: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(condition, exp.Paren):
        yield from _split(condition.this)
    elif isinstance(condition, exp.And):
        yield from _split(condition.left)
        yield from _split(condition.right)
    else:
        yield condition


def _bound(tokens: Sequence[Token], parameters: Sequence[str]) -> Iterator[Token]:
    """The tokens, with those of a literal in the place of each ``?``; a text or a comment that holds one has none."""
    places = sum(token.token_type == TokenType.PLACEHOLDER for token in tokens)
    if places != len(parameters):
        counts = f"expected {places} but found {len(parameters)}"
        raise QueryRefusedError(f"INVALID_PARAMETER_USAGE: Incorrect number of parameters: {counts}")
    literals = iter([_literal(parameter) for parameter in parameters])
    for token in tokens:
        if token.token_type == TokenType.PLACEHOLDER:
            yield from next(literals)
        else:
            yield token


def _literal(parameter: str) -> list[Token]:
    try:
        tokens = _trino.tokenize(parameter)
        (value,) = _trino.parser().parse(tokens, parameter)
    except (SqlglotError, ValueError) as error:
        raise QueryRefusedError("SYNTAX_ERROR: an execution parameter cannot be read") from error
    inner = value.this if isinstance(value, exp.Neg | exp.Cast) else value
    if not isinstance(inner, exp.Literal | exp.Boolean | exp.Null) or any(token.comments for token in tokens):
        raise QueryRefusedError("SYNTAX_ERROR: an execution parameter is no literal; a text stands in quotes")
    return tokens


def _known_here(node: exp.Anonymous) -> exp.Expr:
    """Functions of Trino that have no name of their own in the translation."""
    name, arguments = node.name.lower(), node.expressions
    match name, arguments:
        case "format_datetime", [time, exp.Literal() as pattern]:
            return exp.Anonymous(this="strftime", expressions=[time, exp.Literal.string(_strftime(pattern.name))])
        case "at_timezone", [time, zone]:
            return exp.AtTimeZone(this=time, zone=zone)
        case "to_iso8601", [time]:
            form = exp.Literal.string("%Y-%m-%dT%H:%M:%S.%gZ")
            return exp.Anonymous(this="strftime", expressions=[time, form])
        case "from_iso8601_date", [text]:
            return exp.Cast(this=text, to=exp.DataType.build("date"))
        case _:
            return node


def _strftime(pattern: str) -> str:
    parts = []
    for found in _PATTERN.finditer(pattern):
        text = found.group()
        if text.startswith("'"):
            parts.append(text[1:-1].replace("%", "%%") or "'")
        elif text[0].isalpha():
            if text not in _PATTERNS:
                raise QueryRefusedError(f"NOT_SUPPORTED: the emulator does not know '{text}' in format_datetime")
            parts.append(_PATTERNS[text])
        else:
            parts.append(text.replace("%", "%%"))
    return "".join(parts)
