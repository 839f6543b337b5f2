"""From a statement to what the engine is given: the objects that it names, and of those what its caller may read.

The order is the bound of the work: partitions first (one judgement a table), then ``"$path"``, then IAM, asked once a
folder that is left. On AWS a query that touches an object its caller may not read fails; here such objects are left
out, neither read nor counted.
"""

# ruff: noqa: SLF001 - ministack's own functions have private names

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from sqlglot import exp

from deploy.emulator.extension import patching, query_pruning, query_statement
from deploy.emulator.extension.query_files import Folders, QueryFolder, StoredObject, folder_of
from deploy.emulator.extension.query_partitions import TableLayout, Values, layout_of
from deploy.emulator.extension.query_relation import PlacedFile, Relation
from deploy.emulator.extension.query_statement import PATH, QueryRefusedError, Reference

MayRead = Callable[[str, str], bool]
Located = tuple[StoredObject, Values]
_CATALOG = "awsdatacatalog"
_STATIC = (
    "CONSTRAINT_VIOLATION: For the injected projected partition column {column}, the WHERE clause must contain only "
    "static equality conditions, and at least one such condition must be present."
)


class QueryTooLargeError(Exception):
    """A query over its workgroup's bound; ``bytes`` is what it would have read."""

    def __init__(self, scanned_bytes: int) -> None:
        super().__init__("Query cancelled! : Bytes scanned limit was exceeded")
        self.bytes = scanned_bytes


@dataclass
class Plan:
    """The engine's statement, its tables by the names that stand for them there, and what they weigh.

    ``scanned_bytes`` is the whole size of every file that the engine is given: an upper bound of AWS's figure, which
    counts the columns read, and no less than 10 MB a query.
    """

    sql: str = ""
    relations: dict[str, Relation] = field(default_factory=dict)
    scanned_bytes: int = 0


def planned(
    statement: exp.Query, database: str, folder: QueryFolder, may_read: MayRead, *, largest_bytes: int = 0
) -> Plan:
    """The plan of a statement, which is changed. ``may_read(bucket, key)`` is IAM's word for the caller.

    Raises:
        QueryRefusedError: an injected column is not bound, or a table's projection cannot be read.
        QueryTooLargeError: it would read more than ``largest_bytes`` (0: no bound); nothing is read then.
    """
    plan, mark = Plan(), uuid.uuid4().hex
    look = cache(lambda bucket: _folders_of(bucket).look())  # nothing changes meanwhile: once a statement is enough
    chosen = [(found, _choice(*found, may_read, look)) for found in _tables_of(statement, database)]
    plan.scanned_bytes = sum(one.size_bytes for _, objects in chosen for one, _ in objects)
    if largest_bytes and plan.scanned_bytes > largest_bytes:
        raise QueryTooLargeError(plan.scanned_bytes)
    with_path = any(column.name == PATH for column in statement.find_all(exp.Column))
    for number, ((reference, table, layout), objects) in enumerate(chosen):
        files = [PlacedFile(one, at, folder.place(one)) for one, at in objects]
        name = f"table_{mark}_{number}"
        plan.relations[name] = Relation(table, layout, files, with_path)
        _stand_in(statement, reference, name, with_path=with_path)
    plan.sql = query_statement.in_the_engines_words(statement)
    return plan


def _tables_of(statement: exp.Query, database: str) -> Iterator[tuple[Reference, Mapping[str, Any], TableLayout]]:
    """The references that Glue knows; any other name is left to the engine, which knows none."""
    tables = patching.service("glue")._tables
    for reference in query_statement.references(statement, database):
        own = reference.node.catalog.lower() in {"", _CATALOG}
        table = tables.get(f"{reference.database}/{reference.name}") if own else None
        if table and (table.get("StorageDescriptor") or {}).get("Location"):
            yield reference, table, layout_of(table)


@cache
def _folders_of(bucket: str) -> Folders:
    return Folders(bucket)


def _choice(
    reference: Reference, _table: object, layout: TableLayout, may_read: MayRead, look: Callable[[str], Folders]
) -> list[Located]:
    for column in sorted(layout.injected):
        if not query_pruning.bound_to_constants(reference, column):
            raise QueryRefusedError(_STATIC.format(column=column))
    listed = look(layout.bucket)
    by_partition = _usable(reference, layout.partitions)
    partitions = _partitions(listed, layout.prefix, layout.values_of, listed.version(layout.prefix))
    values = list(partitions)
    if (wanted := query_pruning.kept(by_partition, layout.partitions, values)) is not None:
        values = [values[number] for number in wanted]
        query_pruning.take_away(reference, by_partition)
    folders = {folder: at for at in values for folder in partitions[at]}
    found = [(one, folders[folder_of(one.key)]) for one in listed.objects(layout.prefix, folders)]
    types = {**layout.partitions, PATH: "VARCHAR"}
    by_path = _usable(reference, types)
    rows = [(*at, f"s3://{one.bucket}/{one.key}") for one, at in found] if by_path else []
    if by_path and (wanted := query_pruning.kept(by_path, types, rows)) is not None:
        found = [found[number] for number in wanted]
        query_pruning.take_away(reference, by_path)
    return _readable(found, may_read)


@lru_cache(maxsize=100)
def _partitions(
    listed: Folders, prefix: str, values_of: Callable[[str], Values | None], _version: int
) -> Mapping[Values, Sequence[str]]:
    """The folders of each of the table's partitions; of folders that stay as they are they are worked out once."""
    found: dict[Values, list[str]] = defaultdict(list)
    for folder in listed.under(prefix):
        if (at := values_of(folder)) is not None:
            found[at].append(folder)
    return dict(found)


def _usable(reference: Reference, types: Mapping[str, str]) -> list[exp.Expr]:
    """The reference's conditions on these columns, but what an outer join's missing rows would fulfil."""
    found = query_pruning.conditions(reference, list(types))
    if not reference.beside_outer_join:
        return found
    return [condition for condition in found if query_pruning.refuses_null(condition, types)]


def _readable(found: list[Located], may_read: MayRead) -> list[Located]:
    by_folder: dict[str, bool] = {}
    for one, _ in found:
        folder = one.key.rpartition("/")[0]
        if folder not in by_folder:
            by_folder[folder] = may_read(one.bucket, one.key)
    return [pair for pair in found if by_folder[pair[0].key.rpartition("/")[0]]]


def _stand_in(statement: exp.Query, reference: Reference, name: str, *, with_path: bool) -> None:
    """Put the relation's name in the table's place; ``"$path"`` is no part of ``*``, as on AWS."""
    for column in list(statement.find_all(exp.Column)):
        if column.args.get("db") and column.table == reference.name:
            column.set("db", None)
            column.set("catalog", None)
    node = reference.node
    if not node.alias:
        node.set("alias", exp.TableAlias(this=exp.to_identifier(reference.name, quoted=True)))
    node.set("this", exp.to_identifier(name, quoted=True))
    node.set("db", None)
    node.set("catalog", None)
    if not with_path or reference.select is None:
        return
    for star in [one.this if isinstance(one, exp.Column) else one for one in reference.select.expressions]:
        if isinstance(star, exp.Star) and not star.args.get("except_"):
            star.set("except_", [exp.column(PATH, quoted=True)])
