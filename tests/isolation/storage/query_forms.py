"""Athena's statements that reach for what is not the caller's: asked of the emulator's engine by a school's session.

On AWS Trino knows none of these readers of files, and IAM and Glue refuse the rest (the cells on the evaluator alone).
Here the engine runs in the emulator's own process, so that a hole would open the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from deploy.emulator.root import FILE_NAME
from tests.isolation.actors import Actor, of_scope, verdict
from tests.isolation.operations.aims import OTHER, OWN
from tests.isolation.restoring import same_bucket_after
from tests.isolation.sections import ALLOWED, DENIED, Cell, Section
from tests.isolation.storage.resources import MONTH
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud

_MARKER = "of-another-school"
_ROW = "athena, in the emulator's engine"
_ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
_BOUNDS = ("Permission Error", "disabled", "locked", "Access denied", "out of reach", "static equality")


@dataclass(frozen=True)
class Targets:
    """Files of the machine: another school's data, root's key, and one that is not there."""

    data: Path
    root_key: Path
    new: Path
    lake: str


def forms(targets: Targets) -> dict[str, str]:
    """The statements, by what they try."""
    data, key, new = targets.data, targets.root_key, targets.new
    return {
        "read_parquet of another's file": f"SELECT * FROM read_parquet('{data}')",
        "another's file by its name": f"SELECT * FROM '{data}'",
        "another's file in a subquery": f"SELECT (SELECT max(x) FROM read_parquet('{data}')) AS x",
        "another's file by query()": f"SELECT * FROM query('FROM ''{data}''')",
        "another's object by its S3 address": f"SELECT * FROM read_parquet('s3://{targets.lake}/x.parquet')",
        "root's key with read_csv": f"SELECT * FROM read_csv('{key}', header = false, columns = {{'x': 'VARCHAR'}})",
        "root's key with read_text": f"SELECT content FROM read_text('{key}')",
        "root's key with read_blob": f"SELECT content FROM read_blob('{key}')",
        "root's key with sniff_csv": f"SELECT * FROM sniff_csv('{key}')",
        "names of files with glob": f"SELECT * FROM glob('{data.parent}/*')",
        "a page of the network": "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
        "another database file": f"ATTACH '{new}' AS other",
        "COPY to a file": f"COPY (SELECT 1 AS x) TO '{new}'",
        "UNLOAD to a file": f"UNLOAD (SELECT 1 AS x) TO '{new}'",
        "EXPORT DATABASE": f"EXPORT DATABASE '{new}'",
        "CREATE TABLE AS": "CREATE TABLE taken AS SELECT * FROM events",
        "INSERT INTO": "INSERT INTO events SELECT * FROM events",
        "DROP TABLE": "DROP TABLE events",
        "DROP TABLE behind a comment": "/* SELECT */ DROP TABLE IF EXISTS events",
        "DROP TABLE behind a SELECT": "SELECT 1; DROP TABLE events",
        "SET": "SET enable_external_access = true",
        "SET behind a SELECT": f"SELECT 1; SET enable_external_access = true; SELECT * FROM '{data}'",
        "PRAGMA": "PRAGMA enable_external_access = true",
        "CALL": "CALL enable_logging()",
        "INSTALL": "INSTALL httpfs",
        "LOAD": "LOAD httpfs",
    }


def attack(cloud: Cloud) -> Iterator[Cell]:
    """Each form by a school; then whether anything is there that was not, or is gone."""
    own = of_scope(cloud, "tenant", OWN)
    targets = _targets(cloud)
    secret = targets.root_key.read_text(encoding="utf-8").split("=")[-1].strip()
    before = _tables(cloud)
    try:
        for name, sql in forms(targets).items():
            seen, said = _ending(cloud, own, sql, (_MARKER, secret, targets.data.name))
            yield Cell(_ROW, name, "tenant", DENIED, seen, said)
        changed = [] if _tables(cloud) == before else ["the catalogue"]
        changed += ["the disk"] if targets.new.exists() else []
        yield Cell(_ROW, "what they changed", "tenant", "nothing", ", ".join(changed) or "nothing")
    finally:
        targets.data.unlink()
    yield from _rows(cloud, own, targets.data.parent)


def run(cloud: Cloud) -> Section:
    """These forms alone, for a hole."""
    with same_bucket_after(cloud):
        return Section(name="storage", title="Statements of Athena", cells=tuple(attack(cloud)))


def _rows(cloud: Cloud, own: Actor, folder: Path) -> Iterator[Cell]:
    """Both schools have rows in the lake; a SELECT, also one that names the other, sees the own alone."""
    file = folder / "rows.parquet"
    for school_id, rows in ((OWN, 2), (OTHER, 3)):
        duckdb.sql(f"COPY (SELECT '{school_id}' AS event_id FROM range({rows})) TO '{file}' (FORMAT parquet)")
        key = f"events/{MONTH}/school={school_id}/rows.parquet"
        cloud.root("s3").put_object(Bucket=cloud.outputs["LakeBucket"], Key=key, Body=file.read_bytes())
    file.unlink()
    asked = {
        "all rows, no school named": ("", f"{DENIED}, none"),
        "both schools' rows": (f" WHERE school IN ('{OWN}', '{OTHER}')", f"{ALLOWED}, the own"),
        "the other's rows": (f" WHERE school = '{OTHER}'", f"{ALLOWED}, none"),
        "the other's objects": (
            f" WHERE school = '{OTHER}' AND \"$path\" LIKE '%school={OTHER}/%'",
            f"{ALLOWED}, none",
        ),
    }
    for name, (condition, expected) in asked.items():
        seen, said = _ending(cloud, own, f"SELECT DISTINCT event_id FROM events{condition}", (f"'{OTHER}'",))
        found = "the own" if f"'{OWN}'" in said else "none"
        yield Cell(_ROW, f"SELECT of {name}", "tenant", expected, f"{seen}, {found}", said)


def _targets(cloud: Cloud) -> Targets:
    state_dir = cloud.emulator.options.state_dir
    data = state_dir / "another.parquet"
    duckdb.sql(f"COPY (SELECT '{_MARKER}' AS x) TO '{data}' (FORMAT parquet)")
    lake = f"{cloud.outputs['LakeBucket']}/events/{MONTH}/school={OTHER}"
    return Targets(data, state_dir / FILE_NAME, state_dir / "written-by-a-query", lake)


def _tables(cloud: Cloud) -> list[str]:
    found = cloud.root("glue").get_tables(DatabaseName=cloud.outputs["GlueDatabase"])["TableList"]
    return sorted(table["Name"] for table in found)


def _ending(cloud: Cloud, actor: Actor, sql: str, told: tuple[str, ...]) -> tuple[str, str]:
    """Denied when it was refused or ended at the engine's bounds; otherwise what came of it."""
    client, bucket = actor.client("athena"), cloud.outputs["LakeBucket"]
    asked = {
        "QueryString": sql,
        "WorkGroup": cloud.outputs["AthenaWorkgroup"],
        "QueryExecutionContext": {"Database": cloud.outputs["GlueDatabase"]},
        "ResultConfiguration": {"OutputLocation": f"s3://{bucket}/athena-results/school={OWN}/"},
    }
    started: list[str] = []
    seen, said = verdict(lambda: started.append(client.start_query_execution(**asked)["QueryExecutionId"]))
    if not started:
        return seen, said
    query_id = started[0]

    def status() -> dict[str, Any]:
        found: dict[str, Any] = client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
        return found if found["State"] in _ENDED else {}

    ended = wait_until(status, what="the query's end")
    reason = str(ended.get("StateChangeReason", ""))
    if ended["State"] == "SUCCEEDED":
        rows = str(client.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"])
        return ("TOLD" if any(part in rows for part in told) else ALLOWED), rows
    return (DENIED if any(bound in reason for bound in _BOUNDS) else "failed otherwise"), reason
