"""Athena: whose data a school's query reads, and where its results may go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.isolation.actors import Actor, of_scope, verdict
from tests.isolation.operations.aims import OTHER, OWN
from tests.isolation.policy.law import Access
from tests.isolation.sections import ALLOWED, DENIED, REFUSED, Cell
from tests.isolation.storage.resources import MONTH, named
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.isolation.policy.law import Law
    from tests.support.cloud import Cloud

NOT_ENFORCED = "policy: denied (evaluator); emulator: not enforced"
_ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


def attack(cloud: Cloud, law: Law) -> Iterator[Cell]:
    """A school's queries for its own and for another's, and everybody else's."""
    own, other = of_scope(cloud, "tenant", OWN), of_scope(cloud, "tenant", OTHER)
    yield from _where_results_go(cloud, law, own)
    yield from _whose_query(cloud, own, other)
    yield from _only_in_the_evaluator(law, own)


def _start(cloud: Cloud, actor: Actor, sql: str, location: str | None) -> Any:
    asked: dict[str, Any] = {"QueryString": sql, "WorkGroup": cloud.outputs["AthenaWorkgroup"]}
    if location is not None:
        bucket = cloud.outputs["LakeBucket"]
        asked["ResultConfiguration"] = {"OutputLocation": f"s3://{bucket}/{location}"}
    return actor.client("athena").start_query_execution(**asked)


def _where_results_go(cloud: Cloud, law: Law, own: Actor) -> Iterator[Cell]:
    lake = law.forms[0].arn("Lake")
    locations = {
        "own results": (f"athena-results/school={OWN}/", ALLOWED),
        "other's results": (f"athena-results/school={OTHER}/", DENIED),
        "longer id's results": (f"athena-results/school={OWN}0/", DENIED),
        "results, no school": ("athena-results/", DENIED),
        "own name without the last /": (f"athena-results/school={OWN}x", DENIED),
        "among the events": (f"events/{MONTH}/school={OWN}/", DENIED),
        "another top folder": ("x/", DENIED),
    }
    things = {thing.name: thing for thing in named(law.forms[0]) if thing.service == "athena"}
    for name, (location, expected) in locations.items():
        seen, said = verdict(lambda location=location: _start(cloud, own, "SELECT 1", location))  # type: ignore[misc]
        put = _on_object(f"{lake}/{location}results.csv", "PutObject")
        ruled = law.verdict(own.caller, [things["workgroup"].access("StartQueryExecution"), put])
        observed = seen if seen == ruled else f"emulator {seen}, evaluator {ruled}"
        yield Cell("athena StartQueryExecution", "results", f"tenant at {name}", expected, observed, said)


def _on_object(arn: str, action: str) -> Access:
    return Access(f"s3:{action}", arn)


def _whose_query(cloud: Cloud, own: Actor, other: Actor) -> Iterator[Cell]:
    """Another school's finished query, by its id."""
    theirs = _start(cloud, other, "SELECT 1", f"athena-results/school={OTHER}/")["QueryExecutionId"]
    client = other.client("athena")
    wait_until(
        lambda: client.get_query_execution(QueryExecutionId=theirs)["QueryExecution"]["Status"]["State"] in _ENDED,
        what="the query's end",
    )
    asked = own.client("athena")
    seen, said = verdict(lambda: asked.get_query_results(QueryExecutionId=theirs))
    yield Cell("athena GetQueryResults", "by id", "tenant at another's query", DENIED, seen, said)
    seen, said = verdict(lambda: asked.get_query_execution(QueryExecutionId=theirs))
    yield Cell(
        "athena GetQueryExecution", "by id (one workgroup for all)", "tenant at another's query", ALLOWED, seen, ""
    )
    for method in ("list_query_executions", "list_work_groups", "list_named_queries"):
        seen, said = verdict(lambda method=method: getattr(asked, method)())  # type: ignore[misc]
        yield Cell("athena List", method, "tenant at all queries", DENIED, DENIED if seen == REFUSED else seen, said)


def _only_in_the_evaluator(law: Law, own: Actor) -> Iterator[Cell]:
    """What Athena would need of a query that writes tables, or reads another's partition: IAM's word alone."""
    template = law.forms[0]
    lake, catalogue = template.arn("Lake"), named(template)
    table = next(thing for thing in catalogue if thing.name == "table of events")
    needs = {
        "reads another's partition": _on_object(f"{lake}/events/{MONTH}/school={OTHER}/f.parquet", "GetObject"),
        "CREATE TABLE AS": table.access("CreateTable"),
        "INSERT INTO another's partition": _on_object(f"{lake}/events/{MONTH}/school={OTHER}/new", "PutObject"),
        "INSERT INTO the own partition": _on_object(f"{lake}/events/{MONTH}/school={OWN}/new", "PutObject"),
        "UNLOAD into another's results": _on_object(f"{lake}/athena-results/school={OTHER}/new", "PutObject"),
        "ALTER TABLE ADD PARTITION": table.access("BatchCreatePartition"),
        "DROP TABLE": table.access("DeleteTable"),
    }
    for name, access in needs.items():
        ruled = law.verdict(own.caller, [access])
        seen = NOT_ENFORCED if ruled == DENIED else f"policy: {ruled}"
        yield Cell("athena, a query that", name, "tenant", NOT_ENFORCED, seen)
